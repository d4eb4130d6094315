//! The verdict against a reference that keeps every restart and computes each answer from scratch.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::restart::backoff::Backoff;

const NANOS: Duration = Duration::from_nanos(1);
const MILLIS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// A nanosecond less.
fn just_short_of(time: Duration) -> Duration {
    time.saturating_sub(NANOS)
}

/// A run that failed, and that nothing keeps from being followed by another one.
const FAILED: EndedRun = EndedRun {
    reason: ExitReason::Failed,
    asked: false,
    exhausted: false,
    allowed: true,
    lasted: Duration::ZERO,
};

/// A life under a policy, at times since its beginning.
struct Life {
    policy: Restart,
    history: History,
    began: Instant,
}

impl Life {
    fn new(policy: Restart) -> Self {
        Self { policy, history: History::default(), began: Instant::now() }
    }

    fn ends(&mut self, at: Duration, run: EndedRun, random: f64) -> Then {
        self.policy.verdict(&mut self.history, run, self.began + at, random)
    }

    fn fails(&mut self, at: Duration) -> Then {
        self.ends(at, FAILED, 0.5)
    }

    /// The backoff after a run that failed.
    fn backoff(&mut self, lasted: Duration) -> Duration {
        match self.ends(Duration::ZERO, EndedRun { lasted, ..FAILED }, 0.5) {
            Then::Again { after } => after,
            then => panic!("{then:?}"),
        }
    }
}

fn exact(backoff: impl Into<Backoff>) -> Restart {
    Restart::on_failure().backoff(backoff).jitter(0.0)
}

#[test]
fn r1_the_default_backoff_doubles_from_100_ms_to_30_s() {
    let mut life = Life::new(Restart::on_failure().jitter(0.0));
    let backoffs = [0; 12].map(|_| life.backoff(Duration::ZERO).as_millis());
    assert_eq!(backoffs, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000]);
}

#[test]
fn r1_the_doubling_comes_to_its_end_however_far_that_is_and_stays_there() {
    let ranges = [
        (NANOS, 3_600 * SECOND),
        (NANOS, Duration::MAX),
        (100 * NANOS, 1_000_000 * SECOND),
        (3 * NANOS, 4 * NANOS),
        (SECOND, Duration::MAX),
        (Duration::MAX / 3, Duration::MAX),
    ];
    for (shortest, longest) in ranges {
        let mut life = Life::new(exact(shortest..longest).healthy_after(Duration::MAX));
        let mut want = shortest;
        for step in 0..200 {
            assert_eq!(life.backoff(Duration::ZERO), want, "step {step} of {shortest:?}..{longest:?}");
            want = want.checked_mul(2).map_or(longest, |doubled| doubled.min(longest));
        }
        life.history.row = u32::MAX;
        assert_eq!(life.backoff(Duration::ZERO), longest);
    }
}

#[test]
fn r1_a_constant_backoff_stays_constant() {
    for backoff in [Duration::ZERO, NANOS, SECOND, Duration::MAX] {
        let mut life = Life::new(exact(backoff));
        assert!((0..100).all(|_| life.backoff(Duration::ZERO) == backoff));
    }
}

#[test]
fn a_healthy_run_begins_the_doubling_anew_and_one_that_is_a_nanosecond_shorter_does_not() {
    // Once by the default, which is the longest backoff, and once as it was set.
    for (policy, healthy) in [
        (exact(MILLIS..8 * MILLIS), 8 * MILLIS),
        (exact(MILLIS..8 * MILLIS).healthy_after(SECOND), SECOND),
        (exact(MILLIS..8 * MILLIS).healthy_after(NANOS), NANOS),
    ] {
        let mut life = Life::new(policy);
        let just_short = just_short_of(healthy);
        let lasted = [Duration::ZERO, just_short, just_short, just_short, healthy, just_short, healthy];
        let backoffs = lasted.map(|lasted| life.backoff(lasted).as_millis());
        assert_eq!(backoffs, [1, 2, 4, 8, 1, 2, 1], "healthy after {healthy:?}");
    }
}

#[test]
fn r3_the_window_of_the_budget_is_exact_at_its_edge() {
    let within = 60 * SECOND;
    let again = Then::Again { after: Duration::ZERO };
    let gave_up = Then::GaveUp { restarts: 2, within };
    for third in [Duration::ZERO, just_short_of(within), within, within + NANOS] {
        let mut life = Life::new(exact(Duration::ZERO).max(2, within));
        assert_eq!(life.fails(Duration::ZERO), again);
        assert_eq!(life.fails(just_short_of(within)), again);
        let is_out = third >= within;
        let at = third.max(just_short_of(within));
        assert_eq!(life.fails(at), if is_out { again } else { gave_up }, "{third:?}");
        // The first is out of the window, the second is not before its own time has passed.
        if is_out {
            assert_eq!(life.fails(just_short_of(just_short_of(2 * within))), gave_up, "{third:?}");
            assert_eq!(life.fails(just_short_of(2 * within)), again, "{third:?}");
        }
    }
}

#[test]
fn r2_healthy_runs_give_nothing_of_the_budget_back() {
    let mut life = Life::new(exact(MILLIS..8 * MILLIS).max(3, 3_600 * SECOND));
    let healthy = EndedRun { lasted: 600 * SECOND, ..FAILED };
    for n in 1..=3 {
        assert_eq!(life.ends(n * 600 * SECOND, healthy, 0.5), Then::Again { after: MILLIS });
    }
    let gave_up = Then::GaveUp { restarts: 3, within: 3_600 * SECOND };
    assert_eq!(life.ends(4 * 600 * SECOND, healthy, 0.5), gave_up);
}

#[test]
fn r10_what_does_not_restart_spends_nothing() {
    let ends = [
        EndedRun { reason: ExitReason::Stopped, ..FAILED },
        EndedRun { reason: ExitReason::Terminated, ..FAILED },
        EndedRun { reason: ExitReason::Finished, ..FAILED },
        EndedRun { asked: true, ..FAILED },
        EndedRun { allowed: false, ..FAILED },
    ];
    let mut life = Life::new(exact(MILLIS..8 * MILLIS).max(1, SECOND));
    for end in ends.iter().cycle().take(100) {
        assert_eq!(life.ends(Duration::ZERO, *end, 0.5), Then::Rest, "{end:?}");
    }
    assert_eq!(life.backoff(Duration::ZERO), MILLIS);
    assert_eq!(life.fails(Duration::ZERO), Then::GaveUp { restarts: 1, within: SECOND });
}

#[test]
fn a_budget_of_nothing_gives_up_at_the_first_failure() {
    let mut life = Life::new(exact(Duration::ZERO).max(0, SECOND));
    assert_eq!(life.fails(Duration::ZERO), Then::GaveUp { restarts: 0, within: SECOND });
}

#[test]
fn which_ends_a_policy_covers() {
    use ExitReason::{Failed, Finished, NeverStarted, Stopped, Terminated};
    let policies = [
        (Restart::never(), vec![]),
        (Restart::on_failure(), vec![Failed]),
        (Restart::always(), vec![Failed, Finished]),
    ];
    for (policy, covered) in policies {
        for reason in [Failed, Finished, NeverStarted, Stopped, Terminated] {
            let run = EndedRun { reason, ..FAILED };
            let is_again =
                |run| matches!(Life::new(policy.clone()).ends(SECOND, run, 0.5), Then::Again { .. });
            assert_eq!(is_again(run), covered.contains(&reason), "{policy:?} after {reason:?}");
            assert!(!is_again(EndedRun { asked: true, ..run }), "{policy:?} after {reason:?}");
            assert!(!is_again(EndedRun { allowed: false, ..run }), "{policy:?} after {reason:?}");
            // R11: a closed and empty queue has no turn for a worker that has finished; one that failed is told so.
            let is_exhausted = is_again(EndedRun { exhausted: true, ..run });
            assert_eq!(is_exhausted, covered.contains(&reason) && reason == Failed);
        }
    }
}

#[test]
fn values_that_make_no_sense_are_refused() {
    let name = std::sync::Arc::from("worker");
    let fails = Restart::on_failure;
    let zero = Duration::ZERO;
    let refused = [
        fails().backoff(zero..SECOND),
        fails().backoff(zero..zero),
        fails().backoff(SECOND..SECOND),
        fails().backoff(SECOND..MILLIS),
        fails().jitter(-0.1),
        fails().jitter(1.1),
        fails().jitter(f64::NAN),
        fails().jitter(f64::INFINITY),
        fails().max(3, zero),
    ];
    for policy in refused {
        assert!(policy.check(&name).is_err(), "{policy:?}");
    }
    let allowed = [
        Restart::never(),
        fails().backoff(zero),
        fails().backoff(Duration::MAX),
        fails().backoff(NANOS..Duration::MAX),
        fails().jitter(0.0),
        fails().jitter(-0.0),
        fails().jitter(1.0),
        fails().max(0, NANOS),
        fails().max(u32::MAX, Duration::MAX),
        fails().healthy_after(zero),
        fails().healthy_after(Duration::MAX),
    ];
    for policy in allowed {
        assert!(policy.check(&name).is_ok(), "{policy:?}");
    }
}

/// The end of a run, and how long after the one before it came.
type Step = (EndedRun, Duration, f64);

/// A policy as it was asked for, so that the reference need not look into it.
#[derive(Clone, Debug)]
struct Asked {
    after: After,
    shortest: Duration,
    longest: Duration,
    jitter: Option<f64>,
    max: Option<(u32, Duration)>,
    healthy_after: Option<Duration>,
}

impl Asked {
    fn policy(&self) -> Restart {
        let policy = match self.after {
            After::Nothing => Restart::never(),
            After::Failure => Restart::on_failure(),
            After::Everything => Restart::always(),
        };
        let policy = if self.shortest == self.longest {
            policy.backoff(self.shortest)
        } else {
            policy.backoff(self.shortest..self.longest)
        };
        let policy = self.jitter.into_iter().fold(policy, Restart::jitter);
        let policy = self.max.into_iter().fold(policy, |policy, (most, within)| policy.max(most, within));
        self.healthy_after.into_iter().fold(policy, Restart::healthy_after)
    }

    /// What follows each run, as a range of backoffs.
    fn reference(&self, steps: &[Step]) -> Vec<Expected> {
        let mut restarts: Vec<Duration> = Vec::new();
        let (mut at, mut row) = (Duration::ZERO, 0);
        let mut answers = Vec::new();
        for (run, gap, _) in steps {
            at += *gap;
            let is_covered = match (run.reason, self.after) {
                (ExitReason::Failed, After::Failure | After::Everything) => true,
                (ExitReason::Finished, After::Everything) => !run.exhausted,
                _ => false,
            };
            answers.push(if !is_covered || run.asked || !run.allowed {
                Expected::Rest
            } else {
                if run.lasted >= self.healthy_after.unwrap_or(self.longest) {
                    row = 0;
                }
                let in_window = |within: Duration| {
                    restarts.iter().filter(|then| at.saturating_sub(**then) < within).count()
                };
                match self.max {
                    Some((most, within)) if in_window(within) >= most as usize => Expected::GaveUp,
                    _ => {
                        restarts.push(at);
                        row += 1;
                        self.backoff(row - 1)
                    }
                }
            });
        }
        answers
    }

    fn backoff(&self, row: u32) -> Expected {
        let mut nominal = self.shortest;
        for _ in 0..row {
            nominal = (nominal * 2).min(self.longest);
        }
        let jitter = self.jitter.unwrap_or(0.1);
        // A nanosecond for what is rounded.
        let [least, most] = [1.0 - jitter, 1.0 + jitter].map(|factor| nominal.mul_f64(factor));
        if jitter == 0.0 {
            Expected::Again(nominal, nominal)
        } else {
            Expected::Again(least.saturating_sub(NANOS), most + NANOS)
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    Rest,
    GaveUp,
    Again(Duration, Duration),
}

impl Expected {
    fn is(self, then: Then, asked: &Asked) -> bool {
        match (self, then) {
            (Self::Rest, Then::Rest) => true,
            (Self::GaveUp, Then::GaveUp { restarts, within }) => {
                asked.max.is_some_and(|(most, window)| restarts == u64::from(most) && within == window)
            }
            (Self::Again(least, most), Then::Again { after }) => (least..=most).contains(&after),
            _ => false,
        }
    }
}

const REASONS: [ExitReason; 8] = {
    use ExitReason::{Failed, Finished, Stopped, Terminated};
    [Failed, Failed, Failed, Failed, Finished, Finished, Stopped, Terminated]
};

/// Numbers cut from one that is random: a hundred thousand sequences are drawn faster so than part by part.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        let number = self.0 % u64::from(bound);
        self.0 /= u64::from(bound);
        u32::try_from(number).unwrap()
    }

    fn one_of<X: Copy>(&mut self, choices: &[X]) -> X {
        choices[self.below(u32::try_from(choices.len()).unwrap()) as usize]
    }

    fn is_one_in(&mut self, bound: u32) -> bool {
        self.below(bound) == 0
    }

    fn millis_below(&mut self, bound: u32) -> Duration {
        self.below(bound) * MILLIS
    }
}

fn asked(random: u64) -> Asked {
    let mut dice = Dice(random);
    let after = dice.one_of(&[After::Failure, After::Everything, After::Failure, After::Nothing]);
    let shortest = dice.millis_below(5);
    // Only a constant backoff may be zero.
    let longest = if shortest.is_zero() { shortest } else { shortest + dice.millis_below(30) };
    let jitter = dice.one_of(&[None, Some(0.0), Some(1.0), Some(0.3)]);
    let max = dice.is_one_in(2).then(|| (dice.below(4), dice.millis_below(20) + MILLIS));
    let healthy_after = dice.is_one_in(2).then(|| dice.millis_below(20));
    Asked { after, shortest, longest, jitter, max, healthy_after }
}

fn step(random: u64) -> Step {
    let mut dice = Dice(random);
    let run = EndedRun {
        reason: dice.one_of(&REASONS),
        asked: dice.is_one_in(8),
        exhausted: dice.is_one_in(2),
        allowed: !dice.is_one_in(8),
        lasted: dice.millis_below(20),
    };
    // A gap is a few milliseconds, and often a nanosecond less or more, so that many steps meet the edge of a window.
    let gap = (dice.millis_below(8) + dice.below(3) * NANOS).saturating_sub(NANOS);
    (run, gap, f64::from(dice.below(101)) / 100.0)
}

proptest! {
    #![proptest_config(Config::with_cases(100_000))]

    #[test]
    fn the_verdict_is_that_of_the_reference(
        policy in any::<u64>(),
        steps in proptest::collection::vec(any::<u64>(), 0..16),
    ) {
        let asked = asked(policy);
        let steps: Vec<_> = steps.into_iter().map(step).collect();
        let mut life = Life::new(asked.policy());
        let mut at = Duration::ZERO;
        for ((run, gap, random), expected) in steps.iter().zip(asked.reference(&steps)) {
            at += *gap;
            let then = life.ends(at, *run, *random);
            prop_assert!(expected.is(then, &asked), "{then:?} and not {expected:?} after {run:?} at {at:?}");
        }
    }
}

proptest! {
    #[test]
    fn r16_the_jitter_reaches_both_its_ends_and_never_passes_them(random in 0.0..=1.0, jitter in 0.0..=1.0) {
        let backoff = |random| {
            let mut life = Life::new(Restart::on_failure().backoff(SECOND).jitter(jitter));
            match life.ends(Duration::ZERO, FAILED, random) {
                Then::Again { after } => after.as_secs_f64(),
                then => panic!("{then:?}"),
            }
        };
        let (least, most, between) = (backoff(0.0), backoff(1.0), backoff(random));
        prop_assert!((least - (1.0 - jitter)).abs() < 1e-8 && (most - (1.0 + jitter)).abs() < 1e-8);
        prop_assert!((least..=most).contains(&between));
    }
}
