//! The end of a group: in reverse, each within its limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pyaltt::{ExitReason, State};
use pyaltt_group::{Child, EndedBy, MemberOutcome, Supervisor};
use testkit::Turnstile;
use testkit::os_thread::{OsThread, spawn_asleep};

use crate::rig::{LONG, Member, Rig, fails, finishes, hangs, job, outcomes, wait_for_run, wait_until};

#[apply(bounded)]
fn t1_no_member_is_told_before_those_after_it_have_ended() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let inner = Supervisor::new().name("inner").add(&b);
    let program = rig.plan().add(&a).add(inner).add(&c).start().unwrap();
    let gates = [&a, &b, &c].map(|member| {
        let gate = Turnstile::new();
        member.put(hangs(&gate)).unwrap();
        gate.wait();
        gate
    });
    let stopper = spawn_asleep({
        let program = program.clone();
        move || program.stop()
    });
    for (told, gate, waiting) in
        [(&c, &gates[2], [&a, &b].as_slice()), (&b, &gates[1], &[&a]), (&a, &gates[0], &[])]
    {
        wait_until(|| told.state() == State::Stopping);
        assert!(waiting.iter().all(|member| member.is_active()));
        gate.release();
        wait_until(|| told.state() == State::Stopped);
    }
    assert_eq!(stopper.join().unwrap().exit_code(), 0);
}

#[apply(bounded)]
fn t4_when_all_have_ended_the_group_ends_by_itself() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    a.put(finishes()).unwrap();
    b.put(finishes()).unwrap();
    let report = rig.plan().add(&a).add(Supervisor::new().name("inner").add(&b)).run().unwrap();
    assert_eq!((report.ended_by.clone(), report.exit_code()), (EndedBy::AllEnded, 0));
    assert_eq!(outcomes(&report), ["a: finished", "inner/b: finished"]);
    // One that waits to be restarted has not ended.
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let late = rig.builder("late").restart(pyaltt::Restart::on_failure().backoff(LONG)).build().unwrap();
    let program = rig.plan().add(&a).add(&b).add(&late).start().unwrap();
    late.put(fails()).unwrap();
    wait_until(|| late.state() == State::Waiting);
    a.put(finishes()).unwrap();
    b.stop().unwrap();
    rig.wait_for("b: ended");
    assert!(program.wait_timeout(Duration::from_millis(1)).is_none());
    late.stop().unwrap();
    assert_eq!(program.wait().ended_by, EndedBy::AllEnded);
}

#[apply(bounded)]
fn t6_a_second_stop_begins_nothing_anew_and_both_get_the_report() {
    let ended = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ended);
    let rig = Rig::new();
    let a = rig
        .builder("a")
        .before_stop(move |_cx| {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .build()
        .unwrap();
    let program = rig.plan().add(&a).start().unwrap();
    let gate = Turnstile::new();
    a.put(hangs(&gate)).unwrap();
    gate.wait();
    let stoppers = [(); 3].map(|()| {
        let program = program.clone();
        spawn_asleep(move || program.stop())
    });
    gate.release();
    let reports = stoppers.map(|stopper| stopper.join().unwrap());
    assert!(reports.iter().all(|report| report.ended_by == EndedBy::Asked && report.exit_code() == 0));
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    assert_eq!(rig.logged(), ["+a", "-a"]);
}

#[apply(bounded)]
fn t10_the_group_sleeps_while_it_waits_for_a_member() {
    let rig = Rig::new();
    let a = rig.member("a");
    let (thread, sleeps) = std::sync::mpsc::channel();
    let plan = Supervisor::new().on_event(move |_event| drop(thread.send(OsThread::current())));
    let program = plan.add(Child::of(&a).stop_within(LONG)).stop_within(LONG).start().unwrap();
    let driver = sleeps.recv().unwrap();
    let gate = Turnstile::new();
    a.put(hangs(&gate)).unwrap();
    gate.wait();
    for _ in 0..1_000 {
        a.put(job(|_cx| {})).unwrap();
    }
    let stopper = spawn_asleep({
        let program = program.clone();
        move || program.stop()
    });
    wait_until(|| a.state() == State::Stopping && driver.is_asleep());
    let before = driver.sleeps();
    // Whatever else goes on.
    for _ in 0..1_000 {
        a.put(job(|_cx| {})).unwrap();
        std::thread::yield_now();
    }
    assert_eq!(driver.sleeps(), before);
    gate.release();
    let report = stopper.join().unwrap();
    assert!(matches!(&report.members[0].outcome, MemberOutcome::Stopped(exit) if exit.pending == 2_000));
}

#[apply(bounded)]
fn one_that_is_to_drain_finishes_what_is_queued_first() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(Child::of(&a).drain()).add(&b).start().unwrap();
    let gate = Turnstile::new();
    for member in [&a, &b] {
        member.put(hangs(&gate)).unwrap();
        gate.wait();
        for _ in 0..10 {
            member.put(job(|_cx| {})).unwrap();
        }
    }
    let stopper = spawn_asleep({
        let program = program.clone();
        move || program.stop()
    });
    wait_until(|| b.state() == State::Stopping);
    gate.release();
    gate.release();
    let report = stopper.join().unwrap();
    assert_eq!(report.exit_code(), 0);
    assert_eq!((a.last_exit().turns, a.last_exit().pending), (11, 0));
    assert_eq!(b.last_exit().turns + b.last_exit().pending as u64, 11);
    assert!(b.last_exit().pending >= 10 || b.last_exit().turns <= 11);
}

#[apply(bounded)]
fn terminate_tells_all_at_once() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).add(&b).start().unwrap();
    let gate = Turnstile::new();
    for member in [&a, &b] {
        member.put(hangs(&gate)).unwrap();
        gate.wait();
    }
    program.terminate();
    wait_until(|| [&a, &b].iter().all(|member| member.state() == State::Stopping));
    gate.release();
    gate.release();
    let report = program.wait();
    assert_eq!((report.ended_by.clone(), report.exit_code()), (EndedBy::Asked, 0));
    assert!([&a, &b].iter().all(|member| member.last_exit().reason == ExitReason::Terminated));
}

#[apply(bounded)]
fn the_last_supervision_that_is_dropped_ends_the_group_in_order() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).add(&b).start().unwrap();
    let other = program.clone();
    drop(program);
    assert!(a.is_active() && b.is_active());
    drop(other);
    assert_eq!(rig.logged(), ["+a", "+b", "-b", "-a"]);
    assert!([&a, &b].iter().all(|member| member.state() == State::Stopped));
}

#[apply(bounded)]
fn members_that_are_down_are_no_hindrance() {
    let rig = Rig::new();
    let [a, b, c]: [Member; 3] = rig.members(["a", "b", "c"]);
    let program = rig.plan().add(&a).add(&b).add(&c).start().unwrap();
    b.stop().unwrap();
    c.put(fails()).unwrap();
    wait_for_run(&c, 2);
    let report = program.stop();
    assert_eq!(outcomes(&report), ["a: stopped", "b: stopped", "c: stopped"]);
    assert_eq!(report.exit_code(), 0);
}

#[apply(bounded)]
fn a_report_reads_as_a_table() {
    let rig = Rig::new();
    let [a, mail] = rig.members(["a", "mail"]);
    let program = rig.plan().add(&a).add(Supervisor::new().name("io").add(&mail)).start().unwrap();
    mail.put(fails()).unwrap();
    wait_for_run(&mail, 2);
    let report = program.stop().to_string();
    let (first, rest) = report.split_once('\n').unwrap();
    assert!(first.starts_with("program: asked to; took "), "{report}");
    assert_eq!(rest, "  a        stopped, 0 turns\n  io/mail  stopped, 0 turns, 1 restarts");
}
