//! Restarts: of one member, of all, and of those after it; in groups within groups.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyaltt::{BackgroundQueueWorker, ExitReason, Restart, State, Then, queue};
use pyaltt_group::{Child, EndedBy, Problem, Supervisor};
use testkit::{Probe, Turnstile, failed};

use crate::rig::{
    Job, LONG, MILLIS, Member, Rig, at_once, fails, fails_after, finishes, hangs, job, outcomes, panics,
    wait_for_run, wait_until,
};

#[apply(bounded)]
fn one_for_one_restarts_the_one_that_fails_and_no_other() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).add(&b).start().unwrap();
    rig.logged();
    for (run, fault) in [(2, fails as fn() -> Job), (3, panics)] {
        a.put(fault()).unwrap();
        wait_for_run(&a, run);
        assert_eq!(rig.logged(), ["-a", "+a"]);
    }
    assert_eq!((b.stats().runs, program.members()[0].restarts), (1, 2));
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn s4_two_that_fail_at_once_are_restarted_together_once() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).add(&c).start().unwrap();
    let (gate, slow) = (Turnstile::new(), Turnstile::new());
    // They fail in the same moment, while the group waits for the one in between.
    b.put(hangs(&slow)).unwrap();
    slow.wait();
    for member in [&a, &c] {
        member.put(fails_after(&gate)).unwrap();
        gate.wait();
    }
    gate.release();
    gate.release();
    wait_until(|| [&a, &c].iter().all(|member| member.last_exit().then == Then::Held));
    slow.release();
    for member in [&a, &b, &c] {
        wait_for_run(member, 2);
    }
    let restarts = program.stop();
    assert_eq!(restarts.exit_code(), 0);
    let restarts = rig.events.all().into_iter().filter(|event| event.starts_with("the group")).count();
    assert_eq!(restarts, 1);
    assert!([&a, &b, &c].iter().all(|member| member.stats().runs == 2));
}

#[apply(bounded)]
fn s5_all_are_stopped_in_reverse_and_started_in_order() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).add(&c).start().unwrap();
    rig.logged();
    b.put(fails()).unwrap();
    wait_for_run(&c, 2);
    assert_eq!(rig.logged(), ["-b", "-c", "-a", "+a", "+b", "+c"]);
    // None is started before the last one has ended.
    let gate = Turnstile::new();
    a.put(hangs(&gate)).unwrap();
    gate.wait();
    c.put(fails()).unwrap();
    wait_until(|| b.state() == State::Waiting && a.state() == State::Stopping);
    assert_eq!(rig.logged(), ["-c", "-b"]);
    gate.release();
    wait_for_run(&c, 3);
    assert_eq!(rig.logged(), ["-a", "+a", "+b", "+c"]);
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn s5_rest_for_one_leaves_those_before() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().rest_for_one().add(&a).add(&b).add(&c).start().unwrap();
    rig.logged();
    b.put(fails()).unwrap();
    wait_for_run(&c, 2);
    assert_eq!(rig.logged(), ["-b", "-c", "+b", "+c"]);
    assert_eq!(a.stats().runs, 1);
    assert!(rig.events.all().contains(&"the group: restarts, because of b".to_owned()));
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn s6_one_that_does_not_end_in_a_restart_fails_the_group_and_is_named() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let gate = Turnstile::new();
    let program =
        rig.plan().one_for_all().add(&a).add(Child::of(&b).stop_within(20 * MILLIS)).add(&c).start().unwrap();
    b.put(hangs(&gate)).unwrap();
    gate.wait();
    rig.logged();
    c.put(fails()).unwrap();
    let report = program.wait();
    assert_eq!(report.ended_by, EndedBy::GaveUp { member: "b".into() });
    assert_eq!(outcomes(&report), ["a: stopped", "b: stuck in Some(1)", "c: failed"]);
    assert_eq!(report.exit_code(), 3);
    assert!(report.to_string().contains("b  STUCK in turn 1 for at least"), "{report}");
    assert!(rig.events.all().contains(&"b: stuck in turn 1".to_owned()));
    assert_eq!(rig.logged(), ["-c", "-a"], "nothing was started again");
    gate.release();
    b.wait().unwrap();
    assert_eq!(b.stats().runs, 1);
}

#[apply(bounded)]
fn s11_a_member_that_cannot_be_made_again_is_tried_again_and_its_watchers_are_told_at_the_end() {
    let rig = Rig::new();
    let is_there = Arc::new(AtomicBool::new(true));
    let there = Arc::clone(&is_there);
    let port: Member = BackgroundQueueWorker::try_factory(move || {
        if there.load(Ordering::SeqCst) { Ok(Port) } else { Err("no such device".into()) }
    })
    .name("port")
    .build()
    .unwrap();
    let a = rig.member("a");
    let program = rig
        .plan()
        .one_for_all()
        .restart(Restart::on_failure().backoff(MILLIS).jitter(0.0))
        .add(&port)
        .add(&a)
        .start()
        .unwrap();
    let watcher = queue(|_: ExitReason, _cx| ()).build().unwrap();
    let _watch = watcher.watch(&port, |exit| exit.reason);
    is_there.store(false, Ordering::SeqCst);
    a.put(fails()).unwrap();
    wait_until(|| port.stats().restarts >= 3);
    assert!(watcher.is_empty(), "its life goes on");
    is_there.store(true, Ordering::SeqCst);
    wait_for_run(&a, 2);
    assert!(port.is_active() && watcher.is_empty());
    assert_eq!(program.stop().exit_code(), 0);
    assert_eq!(watcher.take_pending(), [ExitReason::Stopped]);
}

struct Port;

impl pyaltt::Worker for Port {
    type Task = Job;

    fn run(&mut self, job: Job, cx: &mut pyaltt::Context) -> pyaltt::Turn {
        job.run(cx)
    }
}

#[apply(bounded)]
fn s12_one_that_was_stopped_by_its_own_handle_stays_so_until_it_is_started_again() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).add(&c).start().unwrap();
    b.stop().unwrap();
    c.put(finishes()).unwrap();
    c.wait().unwrap();
    assert!(program.is_healthy());
    rig.wait_for("c: ended");
    rig.logged();
    a.put(fails()).unwrap();
    wait_for_run(&a, 2);
    assert_eq!((b.state(), c.state()), (State::Stopped, State::Stopped));
    assert_eq!(rig.logged(), ["-a", "+a"]);
    b.start().unwrap();
    rig.wait_for("b: started");
    rig.logged();
    a.put(fails()).unwrap();
    wait_for_run(&b, 3);
    assert_eq!(rig.logged(), ["-a", "-b", "+a", "+b"]);
    assert_eq!(program.stop().exit_code(), 0);
    assert_eq!(rig.logged(), ["-b", "-a"]);
}

#[apply(bounded)]
fn a_group_within_a_group_is_held_and_started_with_the_others() {
    let rig = Rig::new();
    let [a, b, c, d] = rig.members(["a", "b", "c", "d"]);
    let alone = Supervisor::new().name("alone").restart(at_once()).add(&b);
    let together = Supervisor::new().name("together").restart(at_once()).rest_for_one().add(&c).add(&d);
    let program = rig.plan().one_for_all().add(&a).add(alone).add(together).start().unwrap();
    rig.logged();
    // Each by the rule of the group that it is in.
    b.put(fails()).unwrap();
    wait_for_run(&b, 2);
    assert_eq!(rig.logged(), ["-b", "+b"]);
    d.put(fails()).unwrap();
    wait_for_run(&d, 2);
    assert_eq!(rig.logged(), ["-d", "+d"]);
    c.put(fails()).unwrap();
    wait_for_run(&d, 3);
    assert_eq!(rig.logged(), ["-c", "-d", "+c", "+d"]);
    a.put(fails()).unwrap();
    wait_for_run(&d, 4);
    assert_eq!(rig.logged(), ["-a", "-d", "-c", "-b", "+a", "+b", "+c", "+d"]);
    let report = program.stop();
    assert_eq!(report.exit_code(), 0);
    assert_eq!(rig.logged(), ["-d", "-c", "-b", "-a"]);
}

#[apply(bounded)]
fn a_member_in_its_own_backoff_is_started_with_the_others() {
    let rig = Rig::new();
    let a = rig.member("a");
    let waits = rig.builder("waits").restart(Restart::on_failure().backoff(LONG)).build().unwrap();
    let inner = Supervisor::new().name("inner").add(&waits);
    let program = rig.plan().one_for_all().add(&a).add(inner).start().unwrap();
    waits.put(fails()).unwrap();
    rig.wait_for("inner/waits: restarts");
    a.put(fails()).unwrap();
    wait_for_run(&waits, 2);
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn a_member_that_was_paused_starts_paused_after_a_restart_together() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).start().unwrap();
    b.pause();
    a.put(fails()).unwrap();
    wait_for_run(&b, 2);
    assert!(b.is_paused() && program.is_healthy());
    let ran = Probe::new();
    let seen = ran.clone();
    b.put(job(move |_cx| seen.add(()))).unwrap();
    b.resume();
    ran.next();
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn the_tasks_of_members_outlast_a_restart_together() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).start().unwrap();
    let (gate, ran) = (Turnstile::new(), Probe::new());
    b.put(hangs(&gate)).unwrap();
    gate.wait();
    for number in 0..3 {
        let seen = ran.clone();
        b.put(job(move |_cx| seen.add(number))).unwrap();
    }
    a.put(fails()).unwrap();
    wait_until(|| b.state() == State::Stopping);
    assert!(ran.is_empty());
    gate.release();
    assert_eq!([ran.next(), ran.next(), ran.next()], [0, 1, 2]);
    assert_eq!(b.stats().runs, 2);
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn a_member_that_is_down_for_good_is_left_out_and_named() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program =
        rig.plan().one_for_all().add(&a).add(Child::of(&b).restart(Restart::never())).start().unwrap();
    b.put(fails()).unwrap();
    failed(b.wait());
    rig.wait_for("b: ended, failed");
    a.put(fails()).unwrap();
    wait_for_run(&a, 2);
    assert_eq!(b.state(), State::Stopped);
    assert!(matches!(&program.problems()[..], [Problem::Down { member, exit }]
        if member == "b" && exit.reason == ExitReason::Failed));
    assert_eq!(program.stop().exit_code(), 1);
}
