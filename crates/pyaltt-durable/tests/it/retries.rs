//! The policy of retries.

use std::time::Duration;

use pyaltt::leased::{ErrorText, Settlement};
use pyaltt::{StopError, TaskInfo, WorkerError};
use pyaltt_durable::engine::Fate;
use pyaltt_durable::{Retry, Verdict, fresh_id};

const SECOND: Duration = Duration::from_secs(1);

fn attempt(attempt: u32, attempts: u32) -> TaskInfo {
    let mut task = TaskInfo::new(fresh_id());
    (task.attempt, task.attempts) = (attempt, attempts);
    task
}

fn text() -> ErrorText {
    ErrorText::new("no paper")
}

#[apply(bounded)]
fn case_17_the_waits_double_up_to_the_longest_and_then_the_task_is_dead() {
    let retry = Retry::exponential(SECOND).max_delay(SECOND * 5).jitter(0.0).attempts(5);
    let fates = (1..=5).map(|number| retry.fate(&Settlement::Failed(text()), &attempt(number, 5), None, 0.5));
    let waits: Vec<_> = fates
        .map(|fate| match fate {
            Fate::Retry { after, .. } => Some(after),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [Some(SECOND), Some(SECOND * 2), Some(SECOND * 4), Some(SECOND * 5), None]);
}

#[apply(bounded)]
fn case_18_the_waits_of_tasks_that_fail_together_are_spread() {
    let retry = Retry::fixed(SECOND * 100);
    let waits: Vec<_> = (0..=100_u8).map(|number| retry.delay(1, f64::from(number) / 100.0)).collect();
    assert!(waits.is_sorted() && waits.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!((waits[0], waits[50], waits[100]), (SECOND * 75, SECOND * 100, SECOND * 125));
}

#[apply(bounded)]
fn huge_waits_are_cut() {
    let retry = Retry::exponential(Duration::MAX).factor(1e300).jitter(1.0);
    assert_eq!(retry.delay(u32::MAX, 0.5), Duration::from_secs(3_600));
    assert_eq!(Retry::fixed(Duration::MAX).jitter(1.0).delay(1, 1.0), Duration::MAX);
}

#[apply(bounded)]
fn case_19_each_settlement_has_its_fate() {
    let retry = Retry::fixed(SECOND).jitter(0.0);
    let fate = |settlement, number| retry.fate(&settlement, &attempt(number, 2), None, 0.5);
    assert_eq!(fate(Settlement::Done, 1), Fate::Done);
    assert_eq!(fate(Settlement::Panicked(text()), 1), Fate::Retry { after: SECOND, error: text() });
    assert_eq!(fate(Settlement::GiveUp(text()), 1), Fate::Dead { error: text() });
    let minute = SECOND * 60;
    assert_eq!(fate(Settlement::RetryAfter(minute, text()), 1), Fate::Retry { after: minute, error: text() });
    assert_eq!(fate(Settlement::RetryAfter(minute, text()), 2), Fate::Dead { error: text() });
    assert_eq!(fate(Settlement::HandBack(Some(minute)), 2), Fate::HandBack { after: Some(minute) });
}

/// The error of a turn that failed.
fn error() -> std::sync::Arc<WorkerError> {
    let worker = pyaltt::looped(|_tick, _cx| Err::<(), _>("no paper")).start().unwrap();
    let Err(StopError::Failed(exit)) = worker.wait() else { panic!("it fails") };
    exit.error.unwrap()
}

#[apply(bounded)]
fn a_function_decides_on_failures() {
    let error = error();
    let fate = |verdict: Verdict, number| {
        let retry = Retry::fixed(SECOND).jitter(0.0).when(move |error, task| {
            assert!(error.to_string().contains("no paper") && task.attempts == 2);
            verdict
        });
        retry.fate(&Settlement::Failed(text()), &attempt(number, 2), Some(&error), 0.5)
    };
    assert_eq!(fate(Verdict::Retry, 1), Fate::Retry { after: SECOND, error: text() });
    assert_eq!(fate(Verdict::Dead, 1), Fate::Dead { error: text() });
    assert_eq!(fate(Verdict::After(SECOND * 9), 1), Fate::Retry { after: SECOND * 9, error: text() });
    assert_eq!(fate(Verdict::After(SECOND * 9), 2), Fate::Dead { error: text() });
    assert_eq!(fate(Verdict::Again, 2), Fate::HandBack { after: None });
}

#[apply(bounded)]
fn case_20_a_panic_of_the_function_is_a_plain_failure() {
    let retry = Retry::fixed(SECOND).jitter(0.0).when(|_, _| panic!("this panic is expected"));
    let fate = retry.fate(&Settlement::Failed(text()), &attempt(1, 2), Some(&error()), 0.5);
    assert_eq!(fate, Fate::Retry { after: SECOND, error: text() });
}

#[apply(bounded)]
fn options_without_sense_are_refused() {
    for (retry, word) in [
        (Retry::default().jitter(-0.1), "jitter"),
        (Retry::default().jitter(f64::NAN), "jitter"),
        (Retry::default().factor(0.5), "factor"),
        (Retry::default().factor(f64::INFINITY), "factor"),
        (Retry::default().attempts(0), "attempts"),
    ] {
        assert!(retry.check().unwrap_err().to_string().starts_with(word));
    }
    assert!(Retry::none().check().is_ok());
}
