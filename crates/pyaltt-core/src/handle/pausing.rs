//! Pausing a worker, of any kind.

use std::time::Duration;

use super::Handle;
use crate::error::StopError;

impl Handle {
    /// Pauses the worker: after the turn in hand it takes no further one until it is [resumed](Handle::resume). Returns at
    /// once.
    ///
    /// - The worker stays as it is: its state is `Active`, its thread sleeps and nothing wakes it, and what is put or
    ///   triggered is kept. A bounded queue fills up, and then its producers wait. Other workers of the queue go on.
    /// - A stop, a drain and a terminate end a paused worker as any other; a drain runs what is queued. A queue that is
    ///   closed does not: the worker ends after its last task, once it is resumed.
    /// - A looped worker stays on its grid: after the pause it goes on at the next slot of its interval, and what has passed
    ///   is neither made up for nor counted as missed. A delay that has passed, or an event that was triggered, makes one
    ///   turn at once.
    /// - The pause belongs to the worker and not to the run. A worker that is paused starts with its hooks and without
    ///   turns. Pauses are not counted: whatever was said last holds.
    /// - It acts at the inbox. A [loop of the worker's own](crate::worker::Worker::loop) that does not ask its inbox goes
    ///   on, and one that has taken tasks runs them. While it is paused, `next` waits,
    ///   [`next_deadline`](crate::worker::inbox::Inbox::next_deadline) waits until its time is over or a waker rings, and
    ///   `try_next` gives no task.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// let (sender, printed) = mpsc::channel();
    /// let printer = pyaltt::queue(move |page: u32, _cx| drop(sender.send(page))).start()?;
    /// printer.pause();
    /// printer.put(1)?;
    /// printer.put(2)?;
    /// assert!(printer.is_paused() && printer.is_active());
    /// printer.resume();
    /// assert_eq!((printed.recv()?, printed.recv()?), (1, 2));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn pause(&self) {
        self.shared().control.set_paused(true);
    }

    /// Pauses the worker and waits until no turn is in hand, for at most `timeout`. If no run is in progress, returns at
    /// once.
    ///
    /// It also returns when somebody resumes the worker meanwhile, because then there is no pause to wait for. When it was
    /// told to end, the wait lasts until its last turn is over.
    ///
    /// # Errors
    ///
    /// The worker is paused all the same after any of them.
    ///
    /// - [`StopError::Timeout`] if the turn lasts longer than `timeout`, or a loop of the worker's own does not wait at its
    ///   inbox: `next` and `next_deadline` wait there, and `try_next` does not, because what it took before may be a batch
    ///   that is still to be run.
    /// - [`StopError::FromWorker`] on the worker's own thread.
    /// - [`StopError::Stopping`] in a turn of another worker that is told to stop meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs;
    /// use std::time::Duration;
    ///
    /// # let path = std::env::temp_dir().join(format!("pyaltt-pause-wait-{}", std::process::id()));
    /// # let (log, old) = (path.with_extension("log"), path.with_extension("old"));
    /// # let (written, rotated) = (log.clone(), log.clone());
    /// let writer = pyaltt::queue(move |line: &str, _cx| fs::write(&written, line)).start()?;
    /// writer.put("the first line")?;
    /// writer.put("the last line of the day")?;
    /// writer.pause_wait(Duration::from_secs(10))?; // nobody writes from here on
    /// if fs::exists(&log)? {
    ///     fs::rename(&log, &old)?;
    /// }
    /// writer.resume();
    /// # writer.drain()?;
    /// # let _ = (fs::remove_file(rotated), fs::remove_file(old));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn pause_wait(&self, timeout: Duration) -> Result<(), StopError> {
        self.shared().control.pause_wait(timeout)
    }

    /// Ends a [pause](Handle::pause): the worker takes turns again. If it is not paused, nothing happens.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// let (sender, rung) = mpsc::channel();
    /// let bell = pyaltt::event(move |trigger, _cx| drop(sender.send(trigger.count))).paused(true).start()?;
    /// bell.trigger();
    /// bell.trigger();
    /// bell.resume();
    /// assert_eq!(rung.recv()?, 2); // both in one turn
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn resume(&self) {
        self.shared().control.set_paused(false);
    }

    /// Returns whether the worker is paused, also when it is not running.
    ///
    /// # Examples
    ///
    /// ```
    /// let beat = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// beat.pause();
    /// beat.start()?; // it is paused from the beginning,
    /// beat.stop()?;
    /// assert!(beat.is_paused()); // and in its next run as well
    /// assert_eq!(beat.stats().turns, 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn is_paused(&self) -> bool {
        self.shared().control.is_paused()
    }
}
