//! The attributes of the `pyaltt` crate, which re-exports them; they expand to paths in it.

mod args;
mod attributes;
mod collect;
mod conflicts;
mod duration;
mod expand;
mod signature;
mod words;

use proc_macro::TokenStream;

/// Puts a function into a static collection, declared with `collection!` in any crate of the program.
///
/// The function is a free one, not of an `impl`; it takes no arguments and returns what the collection's
/// functions return, or a `Result` of it. It is in the collection from the collection's first use on, without
/// a call of anything, and stays callable. Options, after the collection's path:
///
/// - `name = "..."`: its name in the collection. Default: the function's name.
/// - `priority = 10`: highest first. Default: 0. Equal ones are in the order of their modules' paths, then
///   of their lines.
/// - `time_limit = "500ms"`: how long it may take, in `h`, `m`, `s`, `ms`, `us` or `ns`. Default: for ever.
///
/// If the collection has a function of the same name, the later one is not called: every run reports a
/// `DuplicateName` to `on_error` and is not ok.
///
/// # Examples
///
/// ```ignore
/// use pyaltt::{FunctionCollection, collect, collection};
///
/// collection! { pub static SHUTDOWN: FunctionCollection<()>; }
///
/// #[collect(SHUTDOWN)]
/// fn close_port() {}
///
/// #[collect(SHUTDOWN, name = "stop the motor", priority = 100, time_limit = "1.5s")]
/// fn stop_motor() -> Result<(), std::io::Error> {
///     Ok(())
/// }
///
/// let (results, ok) = SHUTDOWN.execute();
/// ```
#[proc_macro_attribute]
pub fn collect(arguments: TokenStream, item: TokenStream) -> TokenStream {
    collect::expand(arguments.into(), &item.into()).into()
}

/// Turns a function into a background worker: a static of the function's name, which derefs to the handle.
///
/// The static's type has the same name, and these methods besides those of the handle:
///
/// - `start(..)` takes the function's own parameters, by value and typed;
/// - `start_with(Start, ..)` takes options for one run before them.
///
/// # The function
///
/// It is a free function, `fn name(..)` or `fn name(..) -> T`. It takes what it needs of the following:
///
/// | parameter | worker | what it is |
/// | --- | --- | --- |
/// | `tick: Tick` | looped | when the turn was due; first |
/// | `task: T` | queue | the task, of any type and name; first, and always there, for it says what `put` takes |
/// | `trigger: Trigger` | event | how often the event was set; first |
/// | `cx: &mut Context` | all | what the worker knows of itself |
/// | `name: &T`, `name: &mut T` | all | a parameter of its own: `start` takes the `T`, and the worker keeps it |
///
/// It returns anything that is `IntoTurn`: nothing, a `bool` or a `Flow` that says whether to go on, or a `Result`
/// of one of these.
///
/// What was given to one start is there, with what the turns have made of it, for the next one that gives
/// nothing: `name.clone().start()`, where `clone` gives the plain handle. When there was none before,
/// that is a `StartError::Hook`.
///
/// In the function's body its name is the static, so that `name.terminate()` ends the run. Statics cannot be
/// shadowed: no variable where the worker is in scope can have its name.
///
/// # Options
///
/// | option | worker | what it sets | default |
/// | --- | --- | --- | --- |
/// | `looped`, `queue`, `event` | | the kind of worker | `looped` |
/// | `queue = EXPR` | queue | the kind, and the queue to take from: anything `Into<Queue<T>>` | a queue of its own |
/// | `event = EXPR` | event | the kind, and the `Event` to wait for | an event of its own |
/// | `name = "..."` | all | the name, also of the thread | the function's |
/// | `daemon`, `daemon = BOOL` | all | whether the process may end while it runs | `true` |
/// | `o = EXPR` | all | the object that `cx.o()` finds | none |
/// | `on_error = FUNCTION` | all | what is called with the `&WorkerError` of a turn, and decides whether to go on | the run fails |
/// | `stack_size = N` | all | the size of the thread's stack in bytes | 2 MiB |
/// | `delay_before = TIME` | looped | a pause before each turn | none |
/// | `delay_after = TIME`, `delay = TIME` | looped | a pause after each turn | none |
/// | `interval = TIME` | looped | the exact time from turn to turn, in place of a delay | none |
/// | `poll_delay = TIME` | looped | deadlines are rounded up to its multiples | none |
/// | `realtime`, `realtime = BOOL` | looped | whether to spin through the last microseconds | `false` |
/// | `strategy = EXPR` | looped | another way to wait, in place of these two | `Precise` |
/// | `missed = EXPR` | looped | what happens to ticks that were missed | `MissedTick::Skip` |
/// | `bounded = N` | queue | how many tasks can wait | any number |
/// | `overflow = EXPR` | queue | what a put does when the queue is full | `Overflow::Block` |
/// | `on_dropped = FUNCTION` | queue | what is called with a task that is dropped then | none |
/// | `priority` | queue | the highest task comes first | first come, first served |
/// | `lifo` | queue | the latest task comes first | first come, first served |
///
/// A time is a text, `"1.5s"` in `h`, `m`, `s`, `ms`, `us` or `ns`, or an expression of type `Duration`. Expressions
/// are evaluated when the worker is first used, and cannot use it themselves.
///
/// # Errors
///
/// Wrong options and signatures are compile errors that say what is allowed. What only the running program can
/// tell, such as an `interval = period()` of zero, is the `StartError::Option` of `start`.
///
/// # Panics
///
/// A worker whose options are wrong in that way has no handle, so everything but its two starts panics with the text
/// of the error; so does every use of a worker after a panic in one of its option's expressions.
///
/// # Examples
///
/// The crate `pyaltt`, which re-exports this, has the example of each kind: this one cannot depend on it, so this
/// example is not run.
///
/// ```ignore
/// use pyaltt::prelude::*;
///
/// #[background_worker(interval = "100ms", realtime)]
/// fn myworker(cx: &mut Context) {
///     println!("I'm a worker {}", cx.name());
/// }
///
/// myworker.start()?;
/// myworker.stop()?;
/// ```
#[proc_macro_attribute]
pub fn background_worker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(arguments.into(), &item.into()).into()
}
