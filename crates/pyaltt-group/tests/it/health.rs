//! How members stand, as seen from outside.

use pyaltt::{ExitReason, Restart, State};
use pyaltt_group::{Child, Problem, Supervisor};
use testkit::os_thread::spawn_asleep;
use testkit::{Turnstile, failed};

use crate::rig::{MILLIS, Rig, asks, fails, hangs, job, panics, paths, wait_until};

#[apply(bounded)]
fn x11_a_member_that_is_dead_is_seen_at_once() {
    for fault in [fails, panics] {
        let rig = Rig::new();
        let [a, b] = rig.members(["a", "b"]);
        let never = Supervisor::new().name("io").restart(Restart::never()).add(&b);
        let program = rig.plan().add(&a).add(never).start().unwrap();
        assert!(program.is_healthy());
        b.put(fault()).unwrap();
        failed(b.wait());
        // The end is published, and so it is seen, whether the group has heard of it or not.
        assert!(!program.is_healthy());
        assert!(matches!(&program.problems()[..], [Problem::Down { member, exit }]
            if member == "io/b" && exit.reason == ExitReason::Failed));
        b.start().unwrap();
        assert!(program.is_healthy());
        b.stop().unwrap();
        assert!(program.is_healthy(), "it was told to");
    }
}

#[apply(bounded)]
fn members_are_named_in_the_order_in_which_they_were_added() {
    let rig = Rig::new();
    let [a, b, c, d, last] = rig.members(["a", "b", "c", "d", "e"]);
    let inner = Supervisor::new().name("x").add(&b).add(Supervisor::new().name("y").add(&c));
    let program = rig.plan().add(&a).add(inner).add(&d).start().unwrap();
    program.add(&last).unwrap();
    assert_eq!(paths(&program), ["a", "x/b", "x/y/c", "d", "e"]);
    let members = program.members();
    assert_eq!((members[2].name.as_str(), members[2].state, members[2].restarts), ("c", State::Active, 0));
    assert_eq!(members[2].last_exit.reason, ExitReason::NeverStarted);
    let report = program.stop();
    let reported: Vec<_> = report.members.iter().map(|member| member.path.as_str()).collect();
    assert_eq!(reported, ["a", "x/b", "x/y/c", "d", "e"]);
    assert!(program.members().iter().all(|member| member.state == State::Stopped));
}

#[apply(bounded)]
fn a_turn_that_takes_too_long_is_a_problem_until_it_is_over() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(Child::of(&a).stuck_after(20 * MILLIS)).add(&b).start().unwrap();
    let gate = Turnstile::new();
    for member in [&a, &b] {
        member.put(hangs(&gate)).unwrap();
        gate.wait();
    }
    rig.wait_for("a: stuck in turn 1");
    let problems = program.problems();
    let [Problem::Stuck { member, turn, for_at_least, .. }] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!((member.as_str(), *turn), ("a", 1));
    assert!(*for_at_least >= 20 * MILLIS);
    assert!(problems[0].to_string().starts_with("a is stuck in turn 1 for at least"));
    assert!(!program.is_healthy() && a.is_active(), "it is told of, and not stopped");
    gate.release();
    gate.release();
    rig.wait_for("a: moving again");
    wait_until(|| program.is_healthy());
    // The next one is a story of its own.
    a.put(hangs(&gate)).unwrap();
    gate.wait();
    assert_eq!(rig.wait_for("a: stuck in turn 2").len(), 1);
    gate.release();
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn a_turn_that_waits_for_another_worker_for_too_long_says_for_whom() {
    let (rig, gate) = (Rig::new(), Turnstile::new());
    let a = rig.member("a");
    let program = rig.plan().add(Child::of(&a).stuck_after(20 * MILLIS)).start().unwrap();
    let (clerk, asks) = asks(&gate);
    a.put(asks).unwrap();
    rig.wait_for("a: stuck in turn 1");
    let problems = program.problems();
    let [problem @ Problem::Stuck { waiting_on: Some(on), .. }] = &problems[..] else {
        panic!("{problems:?}")
    };
    assert_eq!(on.workers().collect::<Vec<_>>(), ["clerk"]);
    assert!(problem.to_string().ends_with("; it waits for an answer of worker \"clerk\""), "{problem}");
    let stopper = spawn_asleep(move || program.stop());
    gate.wait();
    gate.release();
    assert_eq!(stopper.join().unwrap().exit_code(), 0);
    clerk.stop().unwrap();
    drop(clerk.take_pending());
}

#[apply(bounded)]
fn w9_a_member_that_is_paused_or_idle_is_not_stuck() {
    let rig = Rig::new();
    let [paused, idle, busy] = rig.members(["paused", "idle", "busy"]);
    let watched = |member| Child::of(member).stuck_after(10 * MILLIS);
    let program = rig.plan().add(watched(&paused)).add(watched(&idle)).add(watched(&busy)).start().unwrap();
    paused.pause();
    paused.put(job(|_cx| {})).unwrap();
    // Until the group has looked at all of them for long enough.
    let gate = Turnstile::new();
    busy.put(hangs(&gate)).unwrap();
    gate.wait();
    let events = rig.wait_for("busy: stuck");
    gate.release();
    let again = rig.wait_for("busy: moving again");
    for event in [events, again].concat() {
        assert!(!event.starts_with("paused: stuck") && !event.starts_with("idle: stuck"), "{event}");
    }
    wait_until(|| program.is_healthy());
    assert!(paused.is_paused() && paused.len() == 1);
    paused.resume();
    wait_until(|| paused.is_empty());
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn w9_a_member_that_is_paused_ends_with_the_others() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).add(&b).start().unwrap();
    a.pause();
    b.pause();
    assert_eq!(program.stop().exit_code(), 0);
    assert_eq!(rig.logged()[2..], ["-b", "-a"]);
}
