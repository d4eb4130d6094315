//! Workers that go wrong when they are told to.

use pyaltt::{BoxError, Context, Exit, Flow, Turn, Worker, WorkerError};

use crate::expected::EXPECTED;
use crate::turnstile::Turnstile;

/// A worker around another one that fails, panics or hangs on some of its turns, and does the other's turn on all
/// others.
///
/// Turns are counted from 1 over all runs, so a worker that is started again does not meet the same fault twice. Every
/// hook is the inner worker's. The loop is the default one, because an own loop would take its turns past this wrapper.
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker};
/// use testkit::{Faulty, Turnstile};
///
/// struct Mailer;
///
/// impl Worker for Mailer {
///     type Task = u8;
///
///     fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
///         Ok(Flow::Continue)
///     }
/// }
///
/// let gate = Turnstile::new();
/// let mailer = Faulty::new(Mailer).fail_on(2).panic_on(3).hang_on(4, &gate);
/// let worker = BackgroundQueueWorker::builder(mailer).on_error(|_| ()).start()?;
/// (0..5).try_for_each(|task| worker.put(task))?;
/// gate.wait();
/// assert_eq!((worker.stats().errors, worker.stats().panics), (1, 1));
/// gate.release();
/// assert_eq!(worker.drain()?.turns, 5);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
pub struct Faulty<W> {
    worker: W,
    faults: Vec<(u64, Fault)>,
    turns: u64,
}

#[derive(Debug)]
enum Fault {
    Fail,
    Panic,
    Hang(Turnstile),
}

impl<W> Faulty<W> {
    /// A wrapper without a fault so far.
    pub fn new(worker: W) -> Self {
        Self { worker, faults: Vec::new(), turns: 0 }
    }

    /// Turn `turn` returns an error. The inner worker does not see its task.
    #[must_use]
    pub fn fail_on(self, turn: u64) -> Self {
        self.with(turn, Fault::Fail)
    }

    /// Turn `turn` panics. The inner worker does not see its task.
    #[must_use]
    pub fn panic_on(self, turn: u64) -> Self {
        self.with(turn, Fault::Panic)
    }

    /// Turn `turn` passes this turnstile before the inner worker's turn: it hangs until it is released.
    #[must_use]
    pub fn hang_on(self, turn: u64, turnstile: &Turnstile) -> Self {
        self.with(turn, Fault::Hang(turnstile.clone()))
    }

    /// The inner worker.
    pub fn into_inner(self) -> W {
        self.worker
    }

    fn with(mut self, turn: u64, fault: Fault) -> Self {
        self.faults.push((turn, fault));
        self
    }
}

impl<W: Worker> Worker for Faulty<W> {
    type Task = W::Task;

    fn run(&mut self, task: W::Task, cx: &mut Context) -> Turn {
        self.turns += 1;
        let turn = self.turns;
        for (_, fault) in self.faults.iter().filter(|(on, _)| *on == turn) {
            match fault {
                Fault::Fail => return Err(format!("{EXPECTED}turn {turn} fails").into()),
                Fault::Panic => panic!("{EXPECTED}turn {turn} panics"),
                Fault::Hang(turnstile) => turnstile.pass(),
            }
        }
        self.worker.run(task, cx)
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        self.worker.before_start(cx)
    }

    fn after_start(&mut self, cx: &mut Context) {
        self.worker.after_start(cx);
    }

    fn before_stop(&mut self, cx: &mut Context) {
        self.worker.before_stop(cx);
    }

    fn after_stop(&mut self, exit: &Exit) {
        self.worker.after_stop(exit);
    }

    fn on_error(&mut self, error: &WorkerError, cx: &mut Context) -> Flow {
        self.worker.on_error(error, cx)
    }
}

#[cfg(test)]
mod tests {
    use pyaltt::{BackgroundQueueWorker, ExitReason};

    use super::*;
    use crate::probe::Probe;

    struct Adds(Probe<String>);

    impl Worker for Adds {
        type Task = u8;

        fn run(&mut self, task: u8, _cx: &mut Context) -> Turn {
            self.0.note(task.to_string());
            Ok(Flow::Continue)
        }

        fn before_stop(&mut self, _cx: &mut Context) {
            self.0.note("before_stop");
        }

        fn on_error(&mut self, error: &WorkerError, _cx: &mut Context) -> Flow {
            self.0.note(error.to_string());
            Flow::Stop
        }
    }

    #[test]
    fn each_fault_strikes_once_over_all_runs_and_the_hooks_are_the_inner_workers() {
        crate::silence_expected_panics();
        let seen = Probe::new();
        let worker = Faulty::new(Adds(seen.clone())).fail_on(2).panic_on(3);
        let worker = BackgroundQueueWorker::builder(worker).name("adds").build().unwrap();
        (1..=5).for_each(|task| worker.put(task).unwrap());
        for _ in 0..2 {
            worker.start().unwrap();
            assert_eq!(crate::failed(worker.wait()).reason, ExitReason::Failed);
        }
        worker.start().unwrap();
        worker.drain().unwrap();
        let failed = format!(r#"worker "adds", turn 2: {EXPECTED}turn 2 fails"#);
        let panicked = format!(r#"worker "adds", turn 1: panicked: {EXPECTED}turn 3 panics"#);
        assert_eq!(seen.all(), ["1", &failed, &panicked, "4", "5", "before_stop"]);
    }
}
