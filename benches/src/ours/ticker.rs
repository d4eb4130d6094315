//! The strategies of pyaltt, by a bare `Ticker`.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use pyaltt::{Poll, Precise, Profile, Realtime, RtReport, Sched, Ticker};

use crate::absence::Absence;
use crate::conditions::Policy;
use crate::contender::{Contender, Kind};
use crate::pacing::{Pacing, Recorder, Recording, Run, UNTIL_ASLEEP, nanos};

pub(super) fn poll() -> Contender {
    let how = "pyaltt Ticker, deadlines rounded up to a poll delay of 1 ms (of the period, if shorter)";
    contender("poll", "Poll", how, Strategy::Poll)
}

pub(super) fn precise() -> Contender {
    let how = "pyaltt Ticker, parks until the deadline with a timer slack of 1 ns";
    contender("precise", "Precise", how, Strategy::Precise)
}

pub(super) fn frugal() -> Contender {
    let how = "pyaltt Ticker, parks and spins little";
    contender("realtime-frugal", "Realtime, frugal", how, Strategy::Frugal)
}

pub(super) fn balanced() -> Contender {
    let how = "pyaltt Ticker, parks and spins through the last part (the default profile)";
    contender("realtime-balanced", "Realtime, balanced", how, Strategy::Balanced)
}

pub(super) fn tight() -> Contender {
    let how = "pyaltt Ticker, parks and spins as much as it takes";
    contender("realtime-tight", "Realtime, tight", how, Strategy::Tight)
}

pub(super) fn awake() -> Contender {
    let how = "Realtime, balanced, with Sched::cpu_latency(0), which cyclictest asks for as well: the processors \
               stay awake while idle, which costs power but no processor time of the process";
    contender("realtime-awake", "Realtime, cpu_latency 0", how, Strategy::Awake)
}

fn contender(id: &'static str, label: &'static str, how: &'static str, strategy: Strategy) -> Contender {
    Contender::new(Kind::Ours, id, label, how).paces(strategy)
}

#[derive(Clone, Copy, Debug)]
enum Strategy {
    Poll,
    Precise,
    Frugal,
    Balanced,
    Tight,
    /// Balanced, with all processors kept from sleeping deeply.
    Awake,
}

impl Pacing for Strategy {
    fn run(&self, run: &Run, mut recorder: Recorder) -> anyhow::Result<Recording> {
        if let Self::Awake = self {
            stay_awake();
        }
        for tick in self.ticker(run.period())? {
            // The grid begins with the first call of `next`, a few instructions before its first tick.
            recorder.anchor_from(tick.index, tick.scheduled, run.period_ns);
            if !recorder.wake() {
                break;
            }
        }
        Ok(recorder.finish())
    }

    fn absence(&self, _policy: Policy) -> Option<Absence> {
        let Self::Awake = self else { return None };
        // On a thread of its own, so that the request is gone when the others are measured.
        let report = thread::spawn(stay_awake).join().unwrap_or_default();
        let item = report.refused().next()?;
        Some(Absence::new(item.to_string(), item.needs().unwrap_or("a machine that has it")))
    }

    fn can_be_stopped(&self) -> bool {
        true
    }

    /// Stops a ticker whose next tick is far away.
    fn stop(&self) -> anyhow::Result<u64> {
        let mut ticker = self.ticker(Duration::from_secs(10))?;
        let stopper = ticker.stopper();
        let (ready, is_ready) = mpsc::channel();
        let sleeper = thread::spawn(move || {
            ticker.next();
            let _ = ready.send(());
            ticker.next();
            Instant::now()
        });
        is_ready.recv()?;
        thread::sleep(UNTIL_ASLEEP);
        let called = Instant::now();
        stopper.stop();
        let ran = sleeper.join().map_err(|_| anyhow!("the ticking thread panicked"))?;
        Ok(nanos(ran.saturating_duration_since(called)))
    }
}

impl Strategy {
    fn ticker(self, period: Duration) -> anyhow::Result<Ticker> {
        let ticker = Ticker::interval(period)?;
        let realtime = |profile| Realtime::new().profile(profile);
        Ok(match self {
            // A coarser poll delay than the period could not keep it.
            Self::Poll => ticker.strategy(Poll::new(period.min(Duration::from_millis(1)))?),
            Self::Precise => ticker.strategy(Precise),
            Self::Frugal => ticker.strategy(realtime(Profile::Frugal)),
            Self::Balanced | Self::Awake => ticker.strategy(realtime(Profile::Balanced)),
            Self::Tight => ticker.strategy(realtime(Profile::Tight)),
        })
    }
}

/// Keeps the processors awake until the calling thread ends.
fn stay_awake() -> RtReport {
    Sched::new().cpu_latency(Duration::ZERO).apply()
}
