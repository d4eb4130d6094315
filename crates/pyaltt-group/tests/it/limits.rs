//! Members that do not end within their limits, and the limit for the whole.

use std::time::{Duration, Instant};

use pyaltt::{Context, ExitReason, ReplyTo, State, StopError, WaitsFor, queue};
use pyaltt_group::{Child, MemberOutcome, Supervisor};
use testkit::{Probe, Turnstile};

use crate::rig::{LONG, MILLIS, Member, Rig, asks, hangs, job, outcomes, wait_until};

/// Far longer than anything takes here.
const GENEROUS: Duration = Duration::from_secs(20);

/// Members in a turn that hangs.
fn hanging<const N: usize>(members: [&Member; N]) -> Turnstile {
    let gate = Turnstile::new();
    for member in members {
        member.put(hangs(&gate)).unwrap();
        gate.wait();
    }
    gate
}

fn let_go<const N: usize>(gate: &Turnstile, members: [&Member; N]) {
    for _ in &members {
        gate.release();
    }
    for member in members {
        member.wait().unwrap();
    }
}

#[apply(bounded)]
fn t2_one_that_hangs_is_named_and_the_others_are_stopped_all_the_same() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let inner = Supervisor::new().name("inner").add(Child::of(&b).stop_within(30 * MILLIS));
    let program = rig.plan().add(&a).add(inner).add(&c).start().unwrap();
    b.put(job(|_cx| {})).unwrap();
    let gate = hanging([&b]);
    let report = program.stop();
    assert_eq!(outcomes(&report), ["a: stopped", "inner/b: stuck in Some(2)", "c: stopped"]);
    assert_eq!((report.members[1].name.as_str(), report.exit_code()), ("b", 3));
    let MemberOutcome::Stuck { state, turn, for_at_least, waiting_on, .. } = &report.members[1].outcome
    else {
        panic!()
    };
    assert!(waiting_on.is_none(), "it waits for no worker: {waiting_on:?}");
    assert_eq!((*state, *turn), (State::Stopping, Some(2)));
    assert!(*for_at_least >= 30 * MILLIS && *for_at_least < GENEROUS, "{for_at_least:?}");
    assert!(report.to_string().contains("inner/b  STUCK in turn 2 for at least"), "{report}");
    assert!(rig.events.all().contains(&"inner/b: stuck in turn 2".to_owned()));
    // It was told to terminate, and is left to itself.
    let_go(&gate, [&b]);
    assert_eq!(b.last_exit().reason, ExitReason::Terminated);
    assert!(b.start().is_ok() && b.stop().is_ok());
}

/// A stop cuts a wait for another worker, so it is what the member waited for before that.
#[apply(bounded)]
fn t2_one_that_waited_for_a_worker_when_it_was_told_to_end_says_for_whom() {
    let rig = Rig::new();
    for drains in [false, true] {
        let (a, gate) = (rig.member("a"), Turnstile::new());
        let child = Child::of(&a).stop_within(30 * MILLIS);
        let events = Probe::new();
        let told = events.clone();
        let plan = Supervisor::new().on_event(move |event| told.note(event.to_string()));
        let program = plan.add(if drains { child.drain() } else { child }).start().unwrap();
        let (clerk, asks) = asks(&gate);
        a.put(asks).unwrap();
        wait_until(|| a.waiting_on().is_some());
        let report = program.stop();
        gate.wait();
        let MemberOutcome::Stuck { turn, waiting_on: Some(on), .. } = &report.members[0].outcome else {
            panic!("{report}")
        };
        assert_eq!((*turn, on.what, &*on.worker), (Some(1), WaitsFor::Answer, "clerk"));
        let words = "; it waits for an answer of worker \"clerk\"";
        assert!(report.to_string().ends_with(words), "{report}");
        assert_eq!(a.waiting_on(), None);
        let_go(&gate, [&a]);
        let told = events.all();
        assert!(told.iter().any(|event| event.starts_with("a: stuck in turn 1") && event.ends_with(words)));
        clerk.stop().unwrap();
        drop(clerk.take_pending());
    }
}

/// The turn ends by the stop, and then a hook hangs, which waits for no worker.
#[apply(bounded)]
fn t2_what_was_waited_for_in_a_turn_that_has_ended_is_not_said() {
    let (rig, gate) = (Rig::new(), Turnstile::new());
    let pass = gate.clone();
    let a = rig.builder("a").before_stop(move |_cx| pass.pass()).build().unwrap();
    let program = rig.plan().add(Child::of(&a).stop_within(200 * MILLIS)).start().unwrap();
    let clerk = queue(|to: ReplyTo<u32>, _cx: &mut Context| drop(to)).paused(true).start().unwrap();
    let asked = clerk.clone();
    a.put(job(move |_cx| drop(asked.ask(|to| to).unwrap().wait()))).unwrap();
    wait_until(|| a.waiting_on().is_some());
    let report = program.stop();
    assert!(matches!(&report.members[0].outcome, MemberOutcome::Stuck { turn: None, waiting_on: None, .. }));
    gate.wait();
    let_go(&gate, [&a]);
    clerk.stop().unwrap();
    drop(clerk.take_pending());
}

#[apply(bounded)]
fn t2_one_that_ends_at_the_last_word_is_not_stuck() {
    let rig = Rig::new();
    let (heard, a) = (Turnstile::new(), rig.member("a"));
    let program = rig.plan().add(Child::of(&a).stop_within(200 * MILLIS)).start().unwrap();
    let here = heard.clone();
    a.put(job(move |cx| {
        here.pass();
        let token = cx.stop_token();
        // It does not heed a stop, and what it waits for is cut by a terminate alone.
        while cx.is_active() || !token.is_stopped() {
            let _ = token.wait(MILLIS);
        }
    }))
    .unwrap();
    heard.wait();
    heard.release();
    let report = program.stop();
    assert_eq!(report.exit_code(), 0);
}

#[apply(bounded)]
fn t3_the_total_covers_all_and_the_rest_is_told_at_once() {
    let rig = Rig::new();
    let [a, b, c, d] = rig.members(["a", "b", "c", "d"]);
    let hang = |member| Child::of(member).stop_within(LONG);
    let program = rig
        .plan()
        .stop_within(50 * MILLIS)
        .add(hang(&a))
        .add(hang(&b))
        .add(hang(&c))
        .add(&d)
        .start()
        .unwrap();
    let gate = hanging([&a, &c]);
    let began = Instant::now();
    let report = program.stop();
    assert!(began.elapsed() < GENEROUS);
    assert!(report.took >= 50 * MILLIS, "{report}");
    // The one in between was told at the end of the total, and has ended in the moment after it.
    assert_eq!(outcomes(&report), ["a: not reached", "b: stopped", "c: stuck in Some(1)", "d: stopped"]);
    assert_eq!(report.exit_code(), 3);
    assert!(report.to_string().contains("a  NOT REACHED before the limit"), "{report}");
    let_go(&gate, [&a, &c]);
}

#[apply(bounded)]
fn t3_a_group_within_a_group_has_what_is_left_of_the_total() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let inner = Supervisor::new().name("inner").stop_within(LONG).add(Child::of(&b).stop_within(LONG));
    let program = rig.plan().stop_within(LONG).add(&a).add(inner).start().unwrap();
    let gate = hanging([&b]);
    let report = program.stop_within(50 * MILLIS);
    assert!(report.took < GENEROUS);
    assert_eq!(outcomes(&report), ["a: stopped", "inner/b: stuck in Some(1)"]);
    let_go(&gate, [&b]);
}

#[apply(bounded)]
fn a_second_stop_can_shorten_the_limit_and_not_lengthen_it() {
    let rig = Rig::new();
    let a = rig.member("a");
    let program = rig.plan().stop_within(LONG).add(Child::of(&a).stop_within(LONG)).start().unwrap();
    let gate = hanging([&a]);
    let first = testkit::os_thread::spawn_asleep({
        let program = program.clone();
        move || program.stop()
    });
    let second = program.stop_within(20 * MILLIS);
    assert_eq!(outcomes(&second), ["a: stuck in Some(1)"]);
    assert_eq!(first.join().unwrap().exit_code(), 3);
    assert_eq!(program.stop_within(LONG).exit_code(), 3);
    let_go(&gate, [&a]);
}

#[apply(bounded)]
fn zero_tells_all_at_once() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().stop_within(Duration::ZERO).add(&a).add(&b).start().unwrap();
    let gate = hanging([&a]);
    let report = program.stop();
    assert_eq!(report.exit_code(), 3);
    assert!(matches!(b.wait_timeout(GENEROUS), Ok(_) | Err(StopError::Failed(_))));
    let_go(&gate, [&a]);
}

#[apply(bounded)]
fn terminate_leaves_a_second() {
    let rig = Rig::new();
    let a = rig.member("a");
    let program = rig.plan().stop_within(LONG).add(Child::of(&a).stop_within(LONG)).start().unwrap();
    let gate = hanging([&a]);
    program.terminate();
    let report = program.wait();
    assert_eq!(outcomes(&report), ["a: stuck in Some(1)"]);
    assert!(report.took < GENEROUS);
    let_go(&gate, [&a]);
}
