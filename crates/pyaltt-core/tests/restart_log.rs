//! What is logged of restarts. A subscriber serves the whole process, so this is a program of its own. Its tests tell their
//! workers apart by name.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use pyaltt_core::{Context, ManualClock, Restart, looped, queue};
use testkit::{Listener, Logged, failed};
use tracing::Level;

const LONG: Duration = Duration::from_secs(3600);

static LINES: LazyLock<Mutex<Vec<Logged>>> = LazyLock::new(|| {
    let listener = Listener::new(|event| {
        let logged = Logged::of(event);
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(logged);
    });
    tracing::subscriber::set_global_default(listener).unwrap();
    Mutex::default()
});

/// What was logged of this worker so far, without what is only for debugging.
fn lines(worker: &str) -> Vec<Logged> {
    let worker = format!("{worker:?}");
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let of_worker = lines.iter().filter(|line| line.field("worker") == Some(&*worker));
    of_worker.filter(|line| line.level <= Level::WARN).cloned().collect()
}

fn texts(worker: &str) -> Vec<String> {
    lines(worker).iter().map(ToString::to_string).collect()
}

fn at_once() -> Restart {
    Restart::on_failure().backoff(Duration::ZERO)
}

#[test]
fn r13_a_failed_run_is_an_error_a_planned_restart_a_warning_and_the_end_an_error() {
    LazyLock::force(&LINES);
    let worker = looped(|_tick, _cx| Err::<(), _>("no paper"));
    let worker = worker.name("gives up").restart(at_once().max(2, LONG)).start().unwrap();
    failed(worker.wait());
    let failure =
        r#"ERROR worker failed, error: worker "gives up", turn 1: no paper, turn: 1, worker: "gives up""#;
    let restart = |n| {
        format!(
            r#"WARN the worker will be restarted, backoff: 0ns, left_out: 0, restart: {n}, worker: "gives up""#
        )
    };
    let end = "ERROR too many restarts; the worker is not restarted any more, restarts: 2, within: 3600s, \
               worker: \"gives up\"";
    assert_eq!(texts("gives up"), [failure, &restart(1), failure, &restart(2), failure, end]);
}

#[test]
fn r13_a_start_that_fails_is_an_error_and_a_warning_too_and_a_stop_in_the_backoff_is_neither() {
    LazyLock::force(&LINES);
    let clock = ManualClock::new();
    let worker = queue(|_task: u32, _cx| Err::<(), _>("no paper"))
        .name("slow")
        .before_start(|cx: &mut Context| if cx.run_number() == 2 { Err("no power".into()) } else { Ok(()) })
        .restart(Restart::on_failure().jitter(0.0))
        .clock(clock.clone())
        .start()
        .unwrap();
    worker.put(0).unwrap();
    clock.advance_to_next();
    // Its second backoff.
    clock.wait_for_sleepers(1);
    worker.stop().unwrap();
    let want = [
        r#"ERROR worker failed, error: worker "slow", turn 1: no paper, turn: 1, worker: "slow""#,
        r#"WARN the worker will be restarted, backoff: 100ms, left_out: 0, restart: 1, worker: "slow""#,
        r#"ERROR worker failed, error: worker "slow", before_start: no power, turn: 0, worker: "slow""#,
        r#"WARN the worker will be restarted, backoff: 200ms, left_out: 0, restart: 2, worker: "slow""#,
    ];
    assert_eq!(texts("slow"), want);
}

#[test]
fn r13_a_storm_is_limited_and_every_line_says_how_many_were_left_out_before_it() {
    const RESTARTS: u32 = 3_000;
    LazyLock::force(&LINES);
    let mut failures = 0;
    let worker = looped(move |_tick, _cx| {
        failures += 1;
        Err::<(), _>(format!("failure {failures}."))
    });
    let worker = worker.name("storm").restart(at_once().max(RESTARTS, LONG)).start().unwrap();
    failed(worker.wait());
    // It does not use up what other workers may log.
    let other = looped(|_tick, _cx| Err::<(), _>("no paper")).name("calm").start().unwrap();
    failed(other.wait());
    assert_eq!(texts("calm").len(), 1);

    let lines = lines("storm");
    let number = |line: &Logged| -> u32 {
        let text = line.field("restart").or_else(|| line.field("error")?.split("failure ").nth(1));
        text.unwrap().trim_end_matches('.').parse().unwrap()
    };
    for level in [Level::ERROR, Level::WARN] {
        let of_level: Vec<_> = lines
            .iter()
            .filter(|line| line.level == level && !line.message.starts_with("too many"))
            .collect();
        // The first in a row are all there, and then one a second.
        assert!(of_level.len() >= 10 && of_level.len() < RESTARTS as usize, "{} lines", of_level.len());
        assert!(of_level[..10].iter().map(|line| number(line)).eq(1..=10));
        let mut last = 0;
        for line in of_level {
            let left_out: u32 = line.field("left_out").map_or(0, |left_out| left_out.parse().unwrap());
            assert_eq!(number(line), last + left_out + 1, "{line}");
            last = number(line);
        }
    }
    // The end is told in any case, once.
    assert_eq!(lines.iter().filter(|line| line.message.starts_with("too many")).count(), 1);
}
