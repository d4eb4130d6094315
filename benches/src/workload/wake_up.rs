//! Wake-up: from the trigger until the code of an idle thread runs.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use crossbeam_utils::sync::{Parker, Unparker};
use pyaltt::{BackgroundEventWorker, BackgroundQueueWorker, Context, FnWorker, Trigger};

use super::median;
use crate::Contender;

/// When the woken code ran, in nanoseconds after an origin that both threads know; 0: not yet.
#[derive(Clone, Debug)]
struct Stamp {
    origin: Instant,
    nanos: Arc<AtomicU64>,
}

impl Stamp {
    fn new() -> Self {
        Self { origin: Instant::now(), nanos: Arc::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Called by the code that was woken.
    fn set(&self) {
        self.nanos.store(self.now(), Ordering::Release);
    }

    /// Triggers `count` times, each when the other side has been idle for a while, and gives the median time
    /// from the trigger to the stamp.
    fn measure(&self, count: u64, trigger: impl Fn()) -> Duration {
        let once = |_| {
            let idle_until = Instant::now() + Duration::from_micros(150);
            while Instant::now() < idle_until {
                hint::spin_loop();
            }
            self.nanos.store(0, Ordering::Release);
            let began = self.now();
            trigger();
            loop {
                match self.nanos.load(Ordering::Acquire) {
                    0 => hint::spin_loop(),
                    ran => return Duration::from_nanos(ran.saturating_sub(began)),
                }
            }
        };
        median((0..count).map(once).collect())
    }
}

/// The yardstick: a thread that parks in a crossbeam `Parker`.
#[derive(Debug)]
pub struct ParkerThread {
    stamp: Stamp,
    unparker: Unparker,
    _thread: JoinHandle<()>,
}

impl ParkerThread {
    /// With its thread, which lives as long as the process.
    pub fn new() -> Self {
        let (stamp, parker) = (Stamp::new(), Parker::new());
        let (unparker, set) = (parker.unparker().clone(), stamp.clone());
        let thread = std::thread::spawn(move || {
            loop {
                parker.park();
                set.set();
            }
        });
        Self { stamp, unparker, _thread: thread }
    }
}

impl Default for ParkerThread {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for ParkerThread {
    fn name(&self) -> &'static str {
        "Parker"
    }

    fn run(&mut self, count: u64) -> Duration {
        self.stamp.measure(count, || self.unparker.unpark())
    }
}

/// A thread that waits in crossbeam's `select!` over a task and a control channel.
#[derive(Debug)]
pub struct SelectThread {
    stamp: Stamp,
    tasks: Sender<()>,
    _control: Sender<()>,
}

impl SelectThread {
    /// With its thread, which ends with its channels.
    pub fn new() -> Self {
        let (stamp, (tasks, received), (control, controlled)) = (Stamp::new(), bounded(16), bounded::<()>(1));
        let set = stamp.clone();
        std::thread::spawn(move || {
            loop {
                crossbeam_channel::select! {
                    recv(received) -> task => if task.is_ok() { set.set() } else { return },
                    recv(controlled) -> _ => return,
                }
            }
        });
        Self { stamp, tasks, _control: control }
    }
}

impl Default for SelectThread {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for SelectThread {
    fn name(&self) -> &'static str {
        "select!"
    }

    fn run(&mut self, count: u64) -> Duration {
        self.stamp.measure(count, || _ = self.tasks.send(()))
    }
}

/// Ours: an event worker.
#[derive(Debug)]
pub struct EventWorker {
    stamp: Stamp,
    worker: BackgroundEventWorker<FnWorker<Trigger, (), Turn<Trigger>>>,
}

type Turn<T> = Box<dyn FnMut(T, &mut Context) + Send>;

impl EventWorker {
    /// With its worker, started.
    ///
    /// # Panics
    ///
    /// When the system gives no thread.
    pub fn new() -> Self {
        let stamp = Stamp::new();
        let set = stamp.clone();
        let turn: Turn<Trigger> = Box::new(move |_trigger, _cx| set.set());
        Self { stamp, worker: pyaltt::event(turn).start().expect("a thread can be started") }
    }
}

impl Default for EventWorker {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for EventWorker {
    fn name(&self) -> &'static str {
        "event worker"
    }

    fn run(&mut self, count: u64) -> Duration {
        self.stamp.measure(count, || self.worker.trigger())
    }
}

/// Ours: a queue worker.
#[derive(Debug)]
pub struct QueueWorker {
    stamp: Stamp,
    worker: BackgroundQueueWorker<FnWorker<(), (), Turn<()>>>,
}

impl QueueWorker {
    /// With its worker, started.
    ///
    /// # Panics
    ///
    /// When the system gives no thread.
    pub fn new() -> Self {
        let stamp = Stamp::new();
        let set = stamp.clone();
        let turn: Turn<()> = Box::new(move |(), _cx| set.set());
        Self { stamp, worker: pyaltt::queue(turn).start().expect("a thread can be started") }
    }
}

impl Default for QueueWorker {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for QueueWorker {
    fn name(&self) -> &'static str {
        "queue worker"
    }

    fn run(&mut self, count: u64) -> Duration {
        self.stamp.measure(count, || drop(self.worker.put(())))
    }
}
