//! Queue workers from functions.

use super::builder::QueueBuilder;
use crate::error::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::context::Context;
use crate::worker::flow::IntoTurn;
use crate::worker::function::FnWorker;

/// A queue worker from a function of a task: it runs once for each task that is put.
///
/// # Examples
///
/// ```
/// let mail = pyaltt::queue(|letter: String, _cx| println!("{letter}")).name("mail").bounded(1024).start()?;
/// mail.put("dear Sir".into())?;
/// mail.drain()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn queue<T, R, F>(function: F) -> QueueBuilder<T>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + Send + 'static,
{
    Builder::owned(FnWorker::new(function), DefaultName::Number)
}

/// A queue worker from a function that makes its function, on the worker's own thread, at the start of each run.
///
/// So the function may own what cannot be sent to another thread, and the making may fail, as opening a device does:
/// then the start fails with [`StartError::Factory`](crate::error::StartError::Factory). What the function owns is
/// dropped at the end of the run.
///
/// # Examples
///
/// ```
/// use std::fs::File;
/// use std::io::Write;
///
/// let path = std::env::temp_dir().join("pyaltt-queue-from.txt");
/// let log = pyaltt::queue_from({
///     let path = path.clone();
///     move || {
///         let mut file = File::create(&path)?; // opened anew for each run
///         Ok(move |line: String, _cx| writeln!(file, "{line}"))
///     }
/// })
/// .start()?;
/// log.put("first line".into())?;
/// log.drain()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "first line\n");
/// # std::fs::remove_file(path)?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn queue_from<T, R, F, M>(mut make: M) -> QueueBuilder<T>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + 'static,
    M: FnMut() -> Result<F, BoxError> + Send + 'static,
{
    Builder::made(move || make().map(FnWorker::new), DefaultName::Number)
}
