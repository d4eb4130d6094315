//! The pace of looped workers where something is odd: strategies that return early, and turns that change the pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pyaltt::timing::WaitContext;
use pyaltt_core::{
    BackgroundWorker, BoxError, Context, ExitReason, Flow, Inbox, ManualClock, Strategy, Tick, Turn, Waited,
    Worker, looped,
};
use testkit::Probe;

const MS: Duration = Duration::from_millis(1);

/// Returns early from every wait: some time before the deadline or at once, with one answer or the other.
#[derive(Clone)]
struct Early {
    parks: bool,
    answer: Waited,
    asked: Arc<AtomicU64>,
}

impl Early {
    fn all() -> Vec<Self> {
        let early = |parks, answer| Self { parks, answer, asked: Arc::default() };
        let answers = [Waited::Due, Waited::Interrupted];
        answers.into_iter().flat_map(|answer| [early(true, answer), early(false, answer)]).collect()
    }
}

impl Strategy for Early {
    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.parks {
            cx.park(deadline.map(|deadline| deadline - MS));
        }
        self.answer
    }
}

/// Number 10, f19: the run ended as Finished, as if the worker had wanted it.
#[apply(bounded)]
fn a_strategy_that_returns_early_neither_ends_the_run_nor_makes_an_early_tick() {
    for early in Early::all() {
        let (clock, ticks) = (ManualClock::new(), Probe::new());
        let (sink, time) = (ticks.clone(), clock.clone());
        let worker = looped(move |tick: Tick, _cx| sink.add((time.elapsed(), tick.late)))
            .interval(20 * MS)
            .delay_before(20 * MS)
            .clock(clock.clone())
            .strategy(early.clone())
            .start()
            .unwrap();
        for n in 1..=5 {
            while clock.elapsed() < n * 20 * MS {
                clock.advance_to_next();
            }
            assert_eq!(ticks.next(), (n * 20 * MS, Duration::ZERO));
        }
        // Once for each deadline, the current one among them: it does not spin.
        clock.wait_for_sleepers(1);
        assert_eq!(early.asked.load(Ordering::SeqCst), 6);
        let exit = worker.stop().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 5));
    }
}

#[apply(bounded)]
fn a_strategy_that_returns_early_does_not_end_a_wait_that_has_no_deadline() {
    for answer in [Waited::Due, Waited::Interrupted] {
        let early = Early { parks: false, answer, asked: Arc::default() };
        let clock = ManualClock::new();
        let worker = looped(|_tick, _cx| ()).delay(Duration::MAX).clock(clock.clone()).strategy(early);
        let worker = worker.start().unwrap();
        clock.wait_for_sleepers(1);
        let exit = worker.stop().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
    }
}

#[apply(bounded)]
fn a_strategy_that_returns_early_does_not_shorten_next_deadline() {
    struct Impatient(ManualClock, Probe<Duration>);
    impl Worker for Impatient {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
            let start = inbox.next().ok_or("no first tick")?.scheduled;
            let _ = inbox.next_deadline(start + 4 * MS);
            self.1.add(self.0.elapsed());
            let _ = inbox.next_deadline(start + 40 * MS);
            self.1.add(self.0.elapsed());
            Ok(())
        }
    }
    for early in Early::all() {
        let (clock, returned) = (ManualClock::new(), Probe::new());
        let worker = BackgroundWorker::builder(Impatient(clock.clone(), returned.clone()))
            .clock(clock.clone())
            .interval(10 * MS)
            .strategy(early)
            .start()
            .unwrap();
        for until in [4 * MS, 10 * MS] {
            while clock.elapsed() < until {
                clock.advance_to_next();
            }
            assert_eq!(returned.next(), until);
        }
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    }
}
