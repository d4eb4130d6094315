//! How often may be restarted, and what follows when that is spent.

use std::time::Duration;

use pyaltt::{Restart, State, Then};
use pyaltt_group::{Child, EndedBy, Problem, Supervisor};
use testkit::failed;

use crate::rig::{LONG, Rig, at_once, fails, outcomes, wait_for_run, wait_until};

#[apply(bounded)]
fn s8_each_member_has_a_budget_of_its_own() {
    let rig = Rig::new();
    let members = rig.members(["a", "b", "c", "d", "e"]);
    let mut plan = rig.plan().restart(at_once().max(1, LONG));
    for member in &members {
        plan = plan.add(member);
    }
    let program = plan.start().unwrap();
    for member in &members {
        member.put(fails()).unwrap();
        wait_for_run(member, 2);
    }
    assert!(program.is_healthy());
    members[0].put(fails()).unwrap();
    assert!(matches!(failed(members[0].wait()).then, Then::GaveUp { restarts: 1, .. }));
    assert!(matches!(&program.problems()[..], [Problem::Down { member, .. }] if member == "a"));
    let report = program.stop();
    assert_eq!((report.ended_by.clone(), report.exit_code()), (EndedBy::Asked, 1));
}

#[apply(bounded)]
fn s8_max_is_shared_by_all_members() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().max(2, LONG).add(&a).add(&b).add(&c).start().unwrap();
    for member in [&a, &b] {
        member.put(fails()).unwrap();
        wait_for_run(member, 2);
    }
    c.put(fails()).unwrap();
    let report = program.wait();
    assert_eq!(report.ended_by, EndedBy::GaveUp { member: "c".into() });
    assert_eq!(outcomes(&report), ["a: stopped", "b: stopped", "c: failed"]);
    assert_eq!(report.exit_code(), 1);
    assert!(matches!(c.last_exit().then, Then::GaveUp { restarts: 2, .. }));
}

#[apply(bounded)]
fn s9_a_budget_of_the_group_that_is_spent_ends_it_in_order() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program =
        rig.plan().restart(at_once().max(1, LONG)).one_for_all().add(&a).add(&b).add(&c).start().unwrap();
    // Each fails once, so that no budget of a member is spent.
    a.put(fails()).unwrap();
    wait_for_run(&c, 2);
    rig.logged();
    b.put(fails()).unwrap();
    let report = program.wait();
    assert_eq!(report.ended_by, EndedBy::GaveUp { member: "b".into() });
    assert_eq!(report.exit_code(), 1);
    assert_eq!(rig.logged(), ["-b", "-c", "-a"]);
    assert!([&a, &b, &c].iter().all(|member| member.state() == State::Stopped));
    assert!(rig.events.all().contains(&"the group: failed for good".to_owned()));
}

#[apply(bounded)]
fn s9_a_group_that_gives_up_is_one_failed_member_of_its_parent() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let inner = |times| {
        Child::of(Supervisor::new().name("inner").restart(at_once()).max(1, LONG).add(&b))
            .restart(at_once().max(times, LONG))
    };
    // Its parent starts it again, with a budget that begins anew.
    let program = rig.plan().add(&a).add(inner(5)).start().unwrap();
    b.put(fails()).unwrap();
    wait_for_run(&b, 2);
    b.put(fails()).unwrap();
    rig.wait_for("inner: failed for good");
    rig.wait_for("inner: restarts");
    wait_for_run(&b, 3);
    b.put(fails()).unwrap();
    wait_for_run(&b, 4);
    assert!(program.is_healthy() && a.stats().runs == 1);
    assert_eq!(program.stop().exit_code(), 0);
    // Or does not. The others go on.
    let program = rig.plan().add(&a).add(inner(0)).start().unwrap();
    b.put(fails()).unwrap();
    wait_for_run(&b, 6);
    b.put(fails()).unwrap();
    wait_until(|| !program.is_healthy());
    failed(b.wait());
    assert!(a.is_active());
    assert_eq!(program.stop().exit_code(), 1);
}

#[apply(bounded)]
fn s9_restarts_together_of_a_group_count_anew_when_its_parent_has_restarted_it() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let inner = Supervisor::new().name("inner").one_for_all().restart(at_once().max(1, LONG));
    let inner = inner.add(Child::of(&a).restart(at_once()));
    let program = rig.plan().add(inner).add(&b).start().unwrap();
    for run in 2..6 {
        a.put(fails()).unwrap();
        wait_for_run(&a, run);
    }
    let given_up = rig.events.all().into_iter().filter(|event| event == "inner: failed for good").count();
    assert_eq!(given_up, 2);
    assert_eq!((b.stats().runs, program.stop().exit_code()), (1, 0));
}

#[apply(bounded)]
fn a_critical_member_that_is_down_ends_its_group() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program =
        rig.plan().add(&a).add(Child::of(&b).critical().restart(at_once().max(1, LONG))).start().unwrap();
    b.put(fails()).unwrap();
    wait_for_run(&b, 2);
    rig.logged();
    b.put(fails()).unwrap();
    let report = program.wait();
    assert_eq!(report.ended_by, EndedBy::Critical { member: "b".into() });
    assert_eq!((report.exit_code(), rig.logged()), (1, vec!["-b".to_owned(), "-a".to_owned()]));
}

#[apply(bounded)]
fn a_critical_member_ends_the_groups_that_are_critical_themselves() {
    for is_critical in [true, false] {
        let rig = Rig::new();
        let [a, b, c] = rig.members(["a", "b", "c"]);
        let inner =
            Supervisor::new().name("inner").add(&b).add(Child::of(&c).critical().restart(Restart::never()));
        let inner = if is_critical { Child::of(inner).critical() } else { Child::of(inner) };
        let program = rig.plan().add(&a).add(inner).start().unwrap();
        c.put(fails()).unwrap();
        if is_critical {
            let report = program.wait();
            assert_eq!(report.ended_by, EndedBy::Critical { member: "inner".into() });
            assert_eq!(report.exit_code(), 1);
        } else {
            rig.wait_for("inner: failed for good");
            wait_until(|| b.state() == State::Stopped);
            assert!(a.is_active());
            assert_eq!(program.stop().exit_code(), 1);
        }
    }
}

#[apply(bounded)]
fn a_healthy_run_begins_the_waits_anew() {
    let rig = Rig::new();
    let a = rig.member("a");
    let waits = Restart::on_failure().backoff(Duration::ZERO..LONG).healthy_after(Duration::ZERO).jitter(0.0);
    let program = rig.plan().restart(waits).one_for_all().add(&a).start().unwrap();
    for run in 2..6 {
        a.put(fails()).unwrap();
        wait_for_run(&a, run);
    }
    assert_eq!(program.stop().exit_code(), 0);
}
