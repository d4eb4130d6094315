//! The attributes `#[background_worker]` and `#[collect]` of the crate `pyaltt`.
//!
//! Programs depend on `pyaltt`, which re-exports them. The code that they expand to uses paths in `::pyaltt`.

mod args;
mod attributes;
mod collect;
mod conflicts;
mod duration;
mod expand;
mod signature;
mod words;

use proc_macro::TokenStream;

/// Puts a function into a static collection that `collection!` declares in any crate of the program.
///
/// It must be a free function without parameters. It returns the type of the collection's functions, or a `Result` of
/// that type. The collection has the function from its first use on, without a call, and the function can still be
/// called by its name. The options follow the path of the collection:
///
/// - `name = "..."`: the name in the collection. Default: the function's name.
/// - `priority = 10`: functions are called highest priority first. Default: 0. Functions of equal priority are called
///   in the order of their modules' paths, then of their lines.
/// - `time_limit = "500ms"`: how long the function may take, in `h`, `m`, `s`, `ms`, `us` or `ns`. Default: no limit.
///
/// # Other crates
///
/// A function of another crate is in the collection only if the program names that crate somewhere. The linker leaves
/// out a crate that is only a dependency, **and all that it collects, without a word**. To make sure, write this in the
/// program, for each such crate:
///
/// ```text
/// use that_crate as _;
/// ```
///
/// To be told, have the program compare `SHUTDOWN.names()` with what it expects, at its start or in a test. The example
/// `collect_from_crates` shows both.
///
/// # Errors
///
/// A wrong option or signature is a compile error that says what is allowed.
///
/// If the collection already has a function with the same name, the later one is not called: every run reports a
/// `CollectionError::DuplicateName` to `on_error` and is not ok.
///
/// # Examples
///
/// ```
/// use pyaltt::{FunctionCollection, collect, collection};
///
/// collection! { pub static SHUTDOWN: FunctionCollection<()>; }
///
/// #[collect(SHUTDOWN)]
/// fn close_port() {
///     println!("port closed");
/// }
///
/// #[collect(SHUTDOWN, name = "stop the motor", priority = 100, time_limit = "1.5s")]
/// fn stop_motor() -> Result<(), std::io::Error> {
///     println!("motor stopped");
///     Ok(())
/// }
///
/// # fn main() {
/// let (results, ok) = SHUTDOWN.execute(); // prints: motor stopped, port closed
/// assert!(ok);
/// assert_eq!(results.names().collect::<Vec<_>>(), ["stop the motor", "close_port"]);
/// # }
/// ```
#[proc_macro_attribute]
pub fn collect(arguments: TokenStream, item: TokenStream) -> TokenStream {
    collect::expand(arguments.into(), &item.into()).into()
}

/// Turns a function into a background worker: a static with the function's name that derefs to the handle.
///
/// The type of the static has the same name. It adds two methods to those of the handle:
///
/// - `start(..)` takes the function's own parameters, typed and by value;
/// - `start_with(Start, ..)` takes options for this start before them.
///
/// # The function
///
/// It is a free function, `fn name(..)` or `fn name(..) -> T`, with any of the following parameters:
///
/// | parameter | worker | what it is |
/// | --- | --- | --- |
/// | `tick: Tick` | looped | when the turn was due; comes first |
/// | `task: T` | queue | the task, of any type and under any name; comes first and is required, because `put` takes this type |
/// | `trigger: Trigger` | event | how often the event was triggered; comes first |
/// | `cx: &mut Context` | all | the context of the worker |
/// | `name: &T`, `name: &mut T` | all | a parameter of the function's own: `start` takes the `T`, and the worker keeps it |
///
/// It returns anything that implements `IntoTurn`: nothing, a `bool` or a `Flow` that says whether to go on, or a
/// `Result` of one of these.
///
/// The worker keeps its parameters, with the changes that the turns made, from run to run. `start` replaces them. A
/// start without parameters, `name.clone().start()`, goes on with the old ones; `clone` returns the plain handle. If
/// there are none yet, that start fails with `StartError::Hook`. A restart goes on with them as well.
///
/// In the body of the function its name refers to the static, so `name.terminate()` ends the run.
///
/// # Options
///
/// | option | worker | what it sets | default |
/// | --- | --- | --- | --- |
/// | `looped`, `queue`, `event` | | the kind of worker | `looped` |
/// | `queue = EXPR` | queue | the kind, and the queue to take from: anything `Into<Queue<T>>` | its own queue |
/// | `event = EXPR` | event | the kind, and the `Event` to wait for | its own event |
/// | `name = "..."` | all | the name of the worker and its thread | the function's name |
/// | `daemon`, `daemon = BOOL` | all | whether the process may end while the worker runs | `true` |
/// | `paused`, `paused = BOOL` | all | whether it starts without turns, until `resume` | `false` |
/// | `o = EXPR` | all | the object that `cx.o()` returns | none |
/// | `on_error = FUNCTION` | all | a function that is called with the `&WorkerError` of a turn and decides whether to go on | the run fails |
/// | `on_error_with = FUNCTION` | all | the same, with the `&mut Context` after the error | the run fails |
/// | `before_start = FUNCTION` | all | a function that is called before the first turn with the `&mut Context`; an error is what `start` returns | none |
/// | `after_start = FUNCTION` | all | a function that is called with the `&mut Context` when the worker has become active | none |
/// | `before_stop = FUNCTION` | all | a function that is called with the `&mut Context` when the worker was told to stop | none |
/// | `after_stop = FUNCTION` | all | a function that is called with the `&Exit` of every run | none |
/// | `restart = EXPR` | all | when the worker runs again by itself: a `Restart` | `Restart::never()` |
/// | `on_exit = FUNCTION` | all | a function that is called with the `&Exit` of every run when it is published | none |
/// | `stack_size = N` | all | the stack size of the thread in bytes | 2 MiB |
/// | `clock = EXPR` | all | the clock that the worker reads and sleeps by | `SystemClock` |
/// | `sched = EXPR` | all | what its thread requests from the system: a `Sched` (feature `sched`) | nothing |
/// | `delay_before = TIME` | looped | a pause before each turn | none |
/// | `delay_after = TIME`, `delay = TIME` | looped | a pause after each turn | none |
/// | `interval = TIME` | looped | the exact time from turn to turn, instead of a delay | none |
/// | `poll_delay = TIME` | looped | rounds deadlines up to multiples of this | none |
/// | `realtime`, `realtime = BOOL` | looped | whether to spin through the last microseconds | `false` |
/// | `strategy = EXPR` | looped | another way to wait, instead of these two | `Precise` |
/// | `missed = EXPR` | looped | what happens to missed ticks; needs `interval` | `MissedTick::Skip` |
/// | `bounded = N` | queue | how many tasks the queue can hold | no bound |
/// | `overflow = EXPR` | queue | what `put` does when the queue is full | `Overflow::Block` |
/// | `on_dropped = FUNCTION` | queue | a function that is called with each task that a full queue drops | none |
/// | `priority` | queue | takes the highest task first | first in, first out |
/// | `lifo` | queue | takes the latest task first | first in, first out |
///
/// A time is a string such as `"1.5s"`, in `h`, `m`, `s`, `ms`, `us` or `ns`, or an expression of type `Duration`.
///
/// Expressions are evaluated when the worker is first used, by one thread; others that use it meanwhile wait. They may
/// use other workers, but not this one. After a panic in an expression, and after an invalid value, there is still no
/// worker, and the next use evaluates all of them again.
///
/// # Names
///
/// The worker is a static and a type, so a module with a worker `mailer` can have no other static, constant, type or
/// module of that name, and no variable in its scope can have it. Names that begin with `__pyaltt` are reserved. The
/// parameters may have any other name; `cx` is always the context.
///
/// As with a plain function, the compiler warns of a task or a parameter whose type is more private than the worker, and
/// only code that knows the type can use the worker.
///
/// # Errors
///
/// A wrong option or signature is a compile error that says what is allowed. An invalid value that only the running
/// program knows, such as a zero from `interval = period()`, is a `StartError::Option` of `start`.
///
/// # Panics
///
/// A worker with such an invalid value has no handle, so every use except its two starts panics with the text of the
/// error. A use of the worker in the expression of one of its own options panics, also by way of another worker or
/// another thread that makes one; a thread that the expression itself starts and waits for is not known as such, and must
/// not use the worker.
///
/// # Examples
///
/// One worker of each kind:
///
/// ```
/// use pyaltt::prelude::*;
///
/// #[background_worker(interval = "100ms", realtime)]
/// fn blink(cx: &mut Context) {
///     println!("I'm a worker {}", cx.name());
/// }
///
/// #[background_worker(queue, bounded = 64)]
/// fn mailer(letter: String, server: &String, sent: &mut u64) -> Result<(), std::io::Error> {
///     *sent += 1;
///     println!("letter {sent} to {server}: {letter}");
///     Ok(())
/// }
///
/// #[background_worker(event, name = "bell", on_error = |error| eprintln!("{error}"))]
/// fn alarm(trigger: Trigger) -> bool {
///     println!("{} alarms", trigger.count);
///     trigger.count < 100
/// }
///
/// # fn main() -> Result<(), BoxError> {
/// blink.start()?;
/// blink.stop()?;
///
/// mailer.start("localhost".into(), 0)?;
/// mailer.put("dear Sir".into())?;
/// assert_eq!(mailer.drain()?.turns, 1);
///
/// alarm.start()?;
/// alarm.trigger();
/// alarm.stop()?;
/// # Ok(())
/// # }
/// ```
#[proc_macro_attribute]
pub fn background_worker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(arguments.into(), &item.into()).into()
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
