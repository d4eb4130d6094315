//! The attributes of the `pyaltt` crate, which re-exports them; they expand to paths in it.

mod collect;
mod duration;

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
