//! The strategies of pyaltt, by a bare `Ticker`.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::{Poll, Precise, Profile, Realtime, RtReport, Sched, Ticker};

use super::Contender;
use crate::child::{Job, Recorder, Recording, nanos};
use crate::left_out::LeftOut;
use crate::policy::Policy;

#[derive(Clone, Copy, Debug)]
pub(super) enum Strategy {
    Poll,
    Precise,
    Frugal,
    Balanced,
    Tight,
    /// Balanced, while no processor may sleep deeply.
    Awake,
}

impl Strategy {
    fn ticker(self, period: Duration) -> anyhow::Result<Ticker> {
        let ticker = Ticker::interval(period)?;
        let realtime = |profile| Realtime::new().profile(profile);
        Ok(match self {
            Self::Poll => ticker.strategy(Poll::new(poll_delay(period))?),
            Self::Precise => ticker.strategy(Precise),
            Self::Frugal => ticker.strategy(realtime(Profile::Frugal)),
            Self::Balanced | Self::Awake => ticker.strategy(realtime(Profile::Balanced)),
            Self::Tight => ticker.strategy(realtime(Profile::Tight)),
        })
    }
}

/// For as long as the thread lives.
fn stay_awake() -> RtReport {
    Sched::new().cpu_latency(Duration::ZERO).apply()
}

/// 1 ms, and for shorter periods the period: a coarser one could not keep them.
fn poll_delay(period: Duration) -> Duration {
    period.min(Duration::from_millis(1))
}

impl Contender for Strategy {
    fn id(&self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Precise => "precise",
            Self::Frugal => "realtime-frugal",
            Self::Balanced => "realtime-balanced",
            Self::Tight => "realtime-tight",
            Self::Awake => "realtime-awake",
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Poll => "Poll",
            Self::Precise => "Precise",
            Self::Frugal => "Realtime, frugal",
            Self::Balanced => "Realtime, balanced",
            Self::Tight => "Realtime, tight",
            Self::Awake => "Realtime, cpu_latency 0",
        }
    }

    fn how(&self) -> &'static str {
        match self {
            Self::Poll => {
                "pyaltt Ticker, deadlines rounded up to a poll delay of 1 ms (of the period, if shorter)"
            }
            Self::Precise => "pyaltt Ticker, parks until the deadline with a timer slack of 1 ns",
            Self::Frugal => "pyaltt Ticker, parks and spins little",
            Self::Balanced => "pyaltt Ticker, parks and spins through the last part (the default profile)",
            Self::Tight => "pyaltt Ticker, parks and spins as much as it takes",
            Self::Awake => {
                "Realtime, balanced, with Sched::cpu_latency(0), which cyclictest asks for as well: the processors idle \
                 awake, which costs power and no processor time of the process"
            }
        }
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn left_out(&self, _policy: Policy) -> Option<LeftOut> {
        let Self::Awake = self else { return None };
        // On a thread of its own, so that the request is gone when the others are measured.
        let report = thread::spawn(stay_awake).join().unwrap_or_default();
        let item = report.refused().next()?;
        Some(LeftOut {
            what: self.id().into(),
            reason: item.to_string(),
            remedy: item.needs().unwrap_or("a machine that has it").into(),
        })
    }

    fn run(&self, job: &Job, mut recorder: Recorder) -> anyhow::Result<Recording> {
        if let Self::Awake = self {
            stay_awake();
        }
        for tick in self.ticker(job.period())? {
            // The grid begins with the first call of `next`, a few instructions before the first of these.
            recorder.anchor_of(&tick, job.period_ns);
            if !recorder.wake() {
                break;
            }
        }
        Ok(recorder.finish())
    }

    fn can_be_stopped(&self) -> bool {
        true
    }

    fn stop_latencies(&self, _job: &Job, samples: usize) -> anyhow::Result<Vec<u64>> {
        (0..samples).map(|_| self.stop_latency()).collect()
    }
}

impl Strategy {
    /// Stops a ticker whose next tick is far away.
    fn stop_latency(self) -> anyhow::Result<u64> {
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
        thread::sleep(super::UNTIL_ASLEEP);
        let called = Instant::now();
        stopper.stop();
        let ran = sleeper.join().map_err(|_| anyhow::anyhow!("the ticking thread panicked"))?;
        Ok(nanos(ran.saturating_duration_since(called)))
    }
}
