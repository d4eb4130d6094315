//! Pause and resume, on every kind of worker. The names of the tests begin with the case that they show.

mod batches;
mod ends;
mod intake;
mod orders;
mod starts;
mod ticks;
mod waits;

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Builder, Context, Exit, Flow,
    Handle, Tick, Trigger, Turn, Worker,
};
use testkit::os_thread::OsThread;
use testkit::{AnyWorker, Probe, until};

use crate::flavour::{Flavour, wait_until_thread_is_asleep};

/// Far longer than anything takes.
const LONG: Duration = Duration::from_secs(3600);

/// Shows its hooks and its thread.
struct Shows {
    hooks: Probe<&'static str>,
    threads: Probe<OsThread>,
}

/// The same for a task of any type. The turn gives it no more than to be counted.
struct For<T>(Shows, std::marker::PhantomData<fn(T)>);

impl<T: Send + 'static> Worker for For<T> {
    type Task = T;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.0.hooks.add("before_start");
        self.0.threads.add(OsThread::current());
        Ok(())
    }

    fn after_start(&mut self, _cx: &mut Context) {
        self.0.hooks.add("after_start");
    }

    fn run(&mut self, _task: T, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.0.hooks.add("before_stop");
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.0.hooks.add("after_stop");
    }
}

/// A kind of worker.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Queue(Flavour),
    Event,
    Looped(Pace),
}

/// How a looped worker waits for its turns.
#[derive(Clone, Copy, Debug)]
enum Pace {
    Continuous,
    Delay,
    Precise,
    Poll,
    Realtime,
}

impl Kind {
    fn all() -> impl Iterator<Item = Self> {
        let paces = [Pace::Continuous, Pace::Delay, Pace::Precise, Pace::Poll, Pace::Realtime];
        Flavour::ALL.map(Self::Queue).into_iter().chain([Self::Event]).chain(paces.map(Self::Looped))
    }

    /// A worker of this kind that has not been started.
    fn build(self) -> Subject {
        self.build_with(false)
    }

    fn build_with(self, paused: bool) -> Subject {
        fn options<T, K>(builder: Builder<T, K>, paused: bool) -> Builder<T, K> {
            builder.name("subject").paused(paused)
        }
        fn shows<T>(hooks: &Probe<&'static str>, threads: &Probe<OsThread>) -> For<T> {
            For(Shows { hooks: hooks.clone(), threads: threads.clone() }, std::marker::PhantomData)
        }
        let (hooks, threads) = (Probe::new(), Probe::new());
        let worker = match self {
            Self::Queue(flavour) => {
                let builder = BackgroundQueueWorker::builder(shows(&hooks, &threads));
                AnyWorker::Queue(flavour.unbounded(options(builder, paused)).build().unwrap())
            }
            Self::Event => {
                let builder = BackgroundEventWorker::builder(shows::<Trigger>(&hooks, &threads));
                AnyWorker::Event(options(builder, paused).build().unwrap())
            }
            Self::Looped(pace) => {
                let builder = BackgroundWorker::builder(shows::<Tick>(&hooks, &threads));
                let (builder, often) = (options(builder, paused), Duration::from_micros(300));
                let builder = match pace {
                    Pace::Continuous => builder,
                    Pace::Delay => builder.delay(often),
                    Pace::Precise => builder.interval(often),
                    Pace::Poll => builder.interval(often).poll_delay(often),
                    Pace::Realtime => builder.interval(often).realtime(true),
                };
                AnyWorker::Looped(builder.build().unwrap())
            }
        };
        Subject { worker, hooks, threads, kind: self }
    }
}

/// A worker, with what it shows of itself.
struct Subject {
    worker: AnyWorker<u32>,
    hooks: Probe<&'static str>,
    threads: Probe<OsThread>,
    kind: Kind,
}

impl std::ops::Deref for Subject {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.worker
    }
}

impl Subject {
    /// Gives it something to do, if it does not do so by itself.
    fn give(&self) {
        match &self.worker {
            AnyWorker::Queue(worker) => worker.put(1).unwrap(),
            AnyWorker::Event(worker) => worker.trigger(),
            AnyWorker::Looped(_) => {}
        }
    }

    /// Gives it something to do, and waits until it has done it.
    fn has_turn(&self) {
        let before = self.stats().turns;
        self.give();
        self.has_turn_after(before);
    }

    fn has_turn_after(&self, turns: u64) {
        assert!(until(LONG, || self.stats().turns > turns), "{:?}", self.kind);
    }

    /// Takes turns as it should, and none that it should not.
    fn is_paused_as_said(&self, paused: bool) {
        assert_eq!(self.is_paused(), paused, "{:?}", self.kind);
        if paused {
            self.pause_wait(LONG).unwrap();
            let before = self.stats().turns;
            self.give();
            // Had it been woken, it would not wait at its inbox yet.
            self.pause_wait(LONG).unwrap();
            assert_eq!(self.stats().turns, before, "{:?}", self.kind);
        } else {
            self.has_turn();
        }
    }
}

/// How often a thread that sleeps has slept before; 0 where the system does not say.
fn sleeps(thread: &OsThread) -> u64 {
    wait_until_thread_is_asleep(thread);
    thread.sleeps().unwrap_or(0)
}

/// A handle that a worker finds in its turn, once it is there.
type Slot<H> = Arc<std::sync::OnceLock<H>>;
