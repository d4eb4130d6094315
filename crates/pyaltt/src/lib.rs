//! Background workers for plain threaded Rust.

mod decorated;
pub mod prelude;

pub use pyaltt_collection::{
    CollectionError, FunctionCollection, NewFunction, Outcome, Results, StaticCollection, collection,
};
pub use pyaltt_core::*;
/// Makes a background worker of a function: one of each kind.
///
/// ```
/// use pyaltt::prelude::*;
///
/// #[background_worker(interval = "100ms", realtime)]
/// fn myworker(cx: &mut Context) {
///     println!("I'm a worker {}", cx.name());
/// }
///
/// #[background_worker(queue, bounded = 64)]
/// fn mailer(letter: String, cx: &mut Context, server: &String, sent: &mut u64) -> Result<(), std::io::Error> {
///     *sent += 1;
///     println!("{}: letter {sent} to {server}: {letter}", cx.name());
///     Ok(())
/// }
///
/// #[background_worker(event, name = "bell", on_error = |error| eprintln!("{error}"))]
/// fn alarm(trigger: Trigger) -> bool {
///     trigger.count < 100
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// myworker.start()?;
/// myworker.stop()?;
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
pub use pyaltt_macros::background_worker;
pub use pyaltt_macros::collect;

/// What the code that the macros make needs. Not for use by hand, and not stable.
#[doc(hidden)]
pub mod __private {
    pub use pyaltt_collection::__private::*;

    pub use crate::decorated::{Decorated, FunctionWorker, HandleOf, Lazy, Looped, Queued, Triggered};
}

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
