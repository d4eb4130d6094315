//! Queue workers made from functions.

use std::time::Duration;

use super::builder::QueueBuilder;
use crate::failure::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::batch::function::BatchWorker;
use crate::worker::context::Context;
use crate::worker::flow::IntoTurn;
use crate::worker::function::FnWorker;

/// Builds a queue worker from a function that is called once for each task.
///
/// The function returns whatever [`IntoTurn`] takes: `()`, `bool` (`false` ends the run), `Flow`, or a `Result` of one
/// of these.
///
/// # Examples
///
/// ```
/// let mail = pyaltt::queue(|letter: String, _cx| println!("{letter}")).name("mail").bounded(1024).start()?;
/// mail.put("dear Sir".into())?;
/// mail.drain()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn queue<T, R, F>(function: F) -> QueueBuilder<T>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + Send + 'static,
{
    Builder::from_worker(FnWorker::new(function), DefaultName::Number)
}

/// Builds a queue worker from a function that is called with many tasks at once: with those that are there, up to `max`.
///
/// `within` says how long to gather more once there is one, by the worker's clock; zero takes what is there. It runs from the
/// first task, so a steady trickle cannot hold the batch back. A full batch, a pause, and the end of a drain or of a closed
/// queue end the gathering at once. A stop does as well, and what was taken by then is run, for it has left the queue.
///
/// A batch is one turn, and an error fails it as one. On a leased queue a batch that failed goes back, and its tasks come
/// again one by one, so that one bad task does not fail the others for ever: only what fails alone counts as a failed
/// attempt. To say which tasks of a batch failed, write a loop with
/// [`next_batch`](crate::worker::inbox::Inbox::next_batch).
///
/// `max` is at least 1; with 0 the build fails with a [`BuildError`](crate::error::BuildError).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::batch;
///
/// let table = batch(100, Duration::from_millis(5), |rows: Vec<u32>, _cx| println!("insert {rows:?}")).build()?;
/// table.put_many(0..250)?;
/// table.start()?;
/// assert_eq!(table.drain()?.turns, 3);
///
/// let error = batch(0, Duration::ZERO, |_rows: Vec<u32>, _cx| ()).build().unwrap_err();
/// assert_eq!(error.option(), "batch");
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn batch<T, R, F>(max: usize, within: Duration, function: F) -> QueueBuilder<T>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(Vec<T>, &mut Context) -> R + Send + 'static,
{
    let worker = BatchWorker::new(max, within, function);
    Builder::from_worker(worker, DefaultName::Number).of_batches(max)
}

/// Builds a queue worker from a function that makes the worker's function, on the worker's own thread at the start of
/// each run.
///
/// So the function can own values that are not `Send`, and making it can fail, as opening a device can: then the start
/// fails with [`StartError::Factory`](crate::error::StartError::Factory). At the end of the run the function is
/// dropped, with all that it owns.
///
/// The inner closure has to name the type of its context, as below, because the compiler does not infer it here.
///
/// # Examples
///
/// ```
/// use pyaltt::Context;
/// use std::fs::File;
/// use std::io::Write;
///
/// let path = std::env::temp_dir().join("pyaltt-queue-from.txt");
/// let log = pyaltt::queue_from({
///     let path = path.clone();
///     move || {
///         let mut file = File::create(&path)?; // opened anew for each run
///         Ok(move |line: String, _cx: &mut Context| writeln!(file, "{line}"))
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
    Builder::from_factory(move || make().map(FnWorker::new), DefaultName::Number)
}
