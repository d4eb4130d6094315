//! The end of a program by signals: once, twice, three times, during the start; and the exit codes.

use std::process::exit;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pyaltt_core::{BackgroundWorker, ExitReason, LoopedBuilder, Restart, looped};
use pyaltt_group::{Child, GroupEvent, MemberOutcome, Report, Supervisor};
use rustix::process::Signal;
use testkit::case::{Case, Outside, let_sigint_end_the_process};

/// Longer than any case may take.
const EVER: Duration = Duration::from_secs(60);

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("sigterm_ends_the_members_in_reverse_and_the_code_is_0", in_order)
            .outside(terminate)
            .prints("ready\nthird ended\nsecond ended\nfirst ended\nSIGTERM\nclean\n"),
        Case::new("sigint_ends_the_members_in_reverse_and_the_code_is_0", in_order)
            .outside(interrupt)
            .prints("ready\nthird ended\nsecond ended\nfirst ended\nSIGINT\nclean\n"),
        Case::new("t5_t11_a_second_sigint_tells_all_and_leaves_a_second_to_one_that_is_stuck", stuck)
            .outside(interrupt_twice)
            .prints("ready\ntold\nidle ended\nidle: stopped; deaf: STUCK in turn 1; SIGINT\n")
            .exits(3),
        Case::new("t5_a_third_sigint_ends_the_process", stuck)
            .outside(interrupt_three_times)
            .prints("ready\ntold\nidle ended\n")
            .killed_by(2),
        Case::new("t5_signals_of_both_kinds_count_together", stuck)
            .outside(|child| {
                interrupt(child);
                child.wait_for("told");
                child.signal(Signal::TERM);
                child.wait_for("idle ended");
                child.signal(Signal::INT);
            })
            .prints("ready\ntold\nidle ended\n")
            .killed_by(2),
        Case::new("t6_a_second_signal_begins_no_second_end", hooks_once)
            .outside(|child| {
                child.wait_for("ready");
                child.signal(Signal::TERM);
                child.wait_for("hook");
                child.signal(Signal::TERM);
            })
            .prints("ready\nhook\nfirst ended\nSIGTERM\n"),
        Case::new("t7_a_signal_during_the_start_abandons_it", in_the_start)
            .outside(|child| {
                child.wait_for("starting");
                child.signal(Signal::TERM);
            })
            .prints("starting\nfirst stopped, third never started, SIGTERM\n"),
        Case::new("t11_one_that_is_stuck_does_not_hold_the_process_and_the_code_is_3", stuck_to_its_limit)
            .outside(terminate)
            .prints("ready\ntold\ndeaf: STUCK in turn 1\n")
            .exits(3),
        Case::new("the_code_is_1_when_a_member_has_failed", failed)
            .outside(terminate)
            .prints("ready\nfailed\n")
            .exits(1),
        Case::new("a_second_signal_shortens_what_the_functions_at_the_end_have", hung_shutdown)
            .outside(|child| {
                child.wait_for("ready");
                child.signal(Signal::TERM);
                child.wait_for("hung");
                child.signal(Signal::TERM);
            })
            .prints("ready\nhung\nclose: left alone\n"),
    ]
}

pub(crate) fn terminate(child: &mut Outside) {
    child.wait_for("ready");
    child.signal(Signal::TERM);
}

fn interrupt(child: &mut Outside) {
    child.wait_for("ready");
    child.signal(Signal::INT);
}

fn interrupt_twice(child: &mut Outside) {
    interrupt(child);
    child.wait_for("told");
    child.signal(Signal::INT);
}

fn interrupt_three_times(child: &mut Outside) {
    interrupt_twice(child);
    child.wait_for("idle ended");
    child.signal(Signal::INT);
}

/// A worker that takes one turn, in which it says a line, and then waits for its end.
pub(crate) fn says(name: &str, line: &'static str) -> BackgroundWorker {
    idle(name, move || println!("{line}")).build().unwrap()
}

fn idle(name: &str, mut first: impl FnMut() + Send + 'static) -> LoopedBuilder {
    looped(move |_tick, cx| {
        first();
        let _ = cx.sleep(Duration::MAX);
    })
    .name(name)
}

pub(crate) fn quiet(name: &str) -> BackgroundWorker {
    idle(name, || ()).build().unwrap()
}

fn say_ends(event: &GroupEvent) {
    if let GroupEvent::Ended { member, .. } = event {
        println!("{member} ended");
    }
}

fn in_order() {
    let_sigint_end_the_process();
    let (first, second, third) = (quiet("first"), quiet("second"), says("third", "ready"));
    let program = Supervisor::new().add(&first).add(&second).add(&third).on_event(say_ends);
    let report = program.run_until_signal().unwrap();
    println!("{}", report.ended_by);
    let is_clean = |member: &&_| matches!(member, MemberOutcome::Stopped(exit) if exit.error.is_none());
    if report.members.iter().map(|member| &member.outcome).all(|outcome| is_clean(&outcome)) {
        println!("clean");
    }
    exit(report.exit_code().into())
}

/// A worker that hears of its end and does not end, beside one that has to wait for it.
fn stuck() {
    let_sigint_end_the_process();
    let (idle, deaf) = (quiet("idle"), deaf());
    let program = Supervisor::new().stop_within(EVER).add(&idle).add(Child::of(&deaf).stop_within(EVER));
    let report = program.on_event(say_ends).run_until_signal().unwrap();
    let members: Vec<_> = report
        .members
        .iter()
        .map(|member| format!("{}: {}", member.name, outcome(&member.outcome)))
        .collect();
    println!("{}; {}", members.join("; "), report.ended_by);
    exit(report.exit_code().into())
}

fn stuck_to_its_limit() {
    let deaf = deaf();
    let program = Supervisor::new().add(Child::of(&deaf).stop_within(Duration::from_millis(100)));
    let report = program.run_until_signal().unwrap();
    println!("deaf: {}", outcome(&report.members[0].outcome));
    exit(report.exit_code().into())
}

/// Not a daemon: the process would wait for it.
fn deaf() -> BackgroundWorker {
    let (release, hang) = mpsc::channel::<()>();
    std::mem::forget(release);
    looped(move |_tick, cx| {
        let token = cx.stop_token();
        thread::spawn(move || {
            if token.wait(Duration::MAX) {
                println!("told");
            }
        });
        println!("ready");
        let _ = hang.recv();
    })
    .name("deaf")
    .daemon(false)
    .build()
    .unwrap()
}

/// Without times, which are different each time.
fn outcome(outcome: &MemberOutcome) -> String {
    match outcome {
        MemberOutcome::Stopped(exit) if exit.reason == ExitReason::Failed => "failed".to_owned(),
        MemberOutcome::Stopped(_) => "stopped".to_owned(),
        MemberOutcome::Stuck { turn: Some(turn), .. } => format!("STUCK in turn {turn}"),
        other => other.to_string(),
    }
}

/// Its stop hook lasts until the second signal has ended the member before it.
fn hooks_once() {
    let first = quiet("first");
    let watched = first.ended();
    let second = idle("second", || println!("ready"))
        .before_stop(move |_cx| {
            println!("hook");
            let _ = watched.recv();
        })
        .build()
        .unwrap();
    let (ends, ended) = mpsc::channel();
    let of_first = move |event: &GroupEvent| {
        if let GroupEvent::Ended { member, .. } = event
            && member == "first"
        {
            println!("first ended");
            let _ = ends.send(());
        }
    };
    let report = Supervisor::new().add(&first).add(&second).on_event(of_first).run_until_signal().unwrap();
    ended.recv().unwrap();
    println!("{}", report.ended_by);
}

fn in_the_start() {
    let (first, third) = (quiet("first"), quiet("third"));
    let second = looped(|_tick, _cx| ())
        .name("second")
        .before_start(|cx| {
            println!("starting");
            let _ = cx.sleep(Duration::MAX);
            Ok(())
        })
        .build()
        .unwrap();
    let report = Supervisor::new().add(&first).add(&second).add(&third).run_until_signal().unwrap();
    let reason = |place: usize| exit_of(&report, place).reason;
    assert_eq!(reason(2), ExitReason::NeverStarted);
    println!("first {}, third never started, {}", reason(0), report.ended_by);
    exit(report.exit_code().into())
}

fn exit_of(report: &Report, place: usize) -> &pyaltt_core::Exit {
    match &report.members[place].outcome {
        MemberOutcome::Stopped(exit) => exit,
        other => panic!("{other}"),
    }
}

fn failed() {
    let failing = looped(|_tick, _cx| Err::<(), _>("no carrier")).name("failing").build().unwrap();
    let (ends, ended) = mpsc::channel();
    let watch = idle("ready", move || {
        let () = ended.recv().unwrap();
        println!("ready");
    });
    let watch = watch.build().unwrap();
    let program = Supervisor::new().add(Child::of(&failing).restart(Restart::never())).add(&watch).on_event(
        move |event| {
            if matches!(event, GroupEvent::Ended { member, .. } if member == "failing") {
                let _ = ends.send(());
            }
        },
    );
    let report = program.run_until_signal().unwrap();
    println!("{}", outcome(&report.members[0].outcome));
    exit(report.exit_code().into())
}

fn hung_shutdown() {
    let ready = says("ready", "ready");
    let shutdown = pyaltt_collection::FunctionCollection::new();
    shutdown
        .add("close", || {
            println!("hung");
            thread::sleep(EVER);
        })
        .unwrap();
    let report =
        Supervisor::new().stop_within(EVER).add(&ready).on_shutdown(&shutdown).run_until_signal().unwrap();
    if let [(_, Err(_))] = &report.shutdown[..] {
        println!("close: left alone");
    }
}
