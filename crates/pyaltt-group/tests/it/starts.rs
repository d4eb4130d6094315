//! The start of a group: in order, taken back when a member does not start.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pyaltt::{BoxError, ExitReason, Restart, StartError, State};
use pyaltt_group::{Child, EndedBy, GroupError, Problem, Supervisor};
use testkit::os_thread::spawn_asleep;
use testkit::{Turnstile, failed};

use crate::rig::{LONG, MILLIS, Rig, at_once, fails, outcomes, paths, wait_for_run, wait_until};

#[apply(bounded)]
fn members_start_in_order_each_when_the_one_before_is_at_work() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let gate = Turnstile::new();
    let first = gate.clone();
    let slow = rig.builder("slow").after_start(move |_cx| first.pass()).build().unwrap();
    gate.release();
    let inner = Supervisor::new().name("inner").add(&b).add(&slow);
    let program = rig.plan().add(&a).add(inner).add(&c).start().unwrap();
    assert_eq!(rig.logged(), ["+a", "+b", "+slow", "+c"]);
    assert_eq!(paths(&program), ["a", "inner/b", "inner/slow", "c"]);
    assert!([&a, &b, &slow, &c].iter().all(|member| member.is_active()));
    let report = program.stop();
    assert_eq!(report.ended_by, EndedBy::Asked);
    assert_eq!((report.group.as_str(), report.exit_code()), ("program", 0));
    assert_eq!(rig.logged(), ["-c", "-slow", "-b", "-a"]);
    let stopped = ["a: stopped", "inner/b: stopped", "inner/slow: stopped", "c: stopped"];
    assert_eq!(outcomes(&report), stopped);
}

#[apply(bounded)]
fn s1_a_member_that_does_not_start_is_named_and_those_before_it_are_stopped_in_reverse() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let attempts = AtomicU32::new(0);
    let port = rig.builder("port").before_start(move |_cx| match attempts.fetch_add(1, Ordering::SeqCst) {
        0 => Err::<(), BoxError>("no such device".into()),
        _ => Ok(()),
    });
    let port = port.build().unwrap();
    let plan = || {
        let inner = Supervisor::new().name("io").one_for_all().add(&b).add(&port).add(&c);
        rig.plan().add(&a).add(inner)
    };
    match plan().start().unwrap_err() {
        GroupError::NotStarted { group, member, error } => {
            assert_eq!((group.as_str(), member.as_str()), ("program", "io/port"));
            assert!(matches!(*error, StartError::Hook(_)), "{error}");
            assert!(error.to_string().contains("no such device"), "{error}");
        }
        error => panic!("{error}"),
    }
    assert_eq!(rig.logged(), ["+a", "+b", "-b", "-a"]);
    assert!([&a, &b, &port, &c].iter().all(|member| member.state() == State::Stopped));
    // Nothing is left of the first attempt.
    let program = plan().start().unwrap();
    assert_eq!(program.members().len(), 4);
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn s2_a_start_that_hangs_is_given_up_after_its_limit() {
    let rig = Rig::new();
    let gate = Turnstile::new();
    let (a, hangs) = (rig.member("a"), rig.hangs_in_start("hangs", &gate));
    let limit = 20 * MILLIS;
    let error = rig.plan().add(&a).add(Child::of(&hangs).start_within(limit)).start().unwrap_err();
    let GroupError::StartTimeout { member, within, .. } = &error else { panic!("{error}") };
    assert_eq!((member.as_str(), *within), ("hangs", limit));
    assert_eq!(rig.logged(), ["+a", "-a"]);
    assert_eq!((a.state(), hangs.state()), (State::Stopped, State::Starting));
    assert!(rig.events.all().contains(&"hangs: stuck".to_owned()));
    // It was told to end.
    gate.wait();
    gate.release();
    assert_eq!(hangs.wait().unwrap().turns, 0);
    gate.release();
    hangs.start().unwrap();
}

#[apply(bounded)]
fn s2_a_stop_is_heard_while_a_start_hangs() {
    let rig = Rig::new();
    let gate = Turnstile::new();
    let (a, hangs) = (rig.member("a"), rig.hangs_in_start("hangs", &gate));
    let program = rig.plan().add(&a).start().unwrap();
    let (adder, late) = (program.clone(), hangs.clone());
    let adder = spawn_asleep(move || adder.add(Child::of(&late).stop_within(20 * MILLIS)));
    gate.wait();
    let report = program.stop();
    assert_eq!(outcomes(&report), ["a: stopped", "hangs: stuck in None"]);
    assert_eq!(report.exit_code(), 3);
    assert!(matches!(adder.join().unwrap(), Err(GroupError::Ending { .. })));
    gate.release();
    hangs.wait().unwrap();
}

#[apply(bounded)]
fn s3_one_that_fails_in_its_first_turn_before_add_returns_is_restarted() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    // Before its start, so that it fails at once.
    a.put(fails()).unwrap();
    let program = rig.plan().add(&a).start().unwrap();
    wait_for_run(&a, 2);
    b.put(fails()).unwrap();
    program.add(&b).unwrap();
    wait_for_run(&b, 2);
    // And while it is no member yet.
    let c = rig.member("c");
    c.start().unwrap();
    c.put(fails()).unwrap();
    program.add(&c).unwrap();
    let restarts = program.members()[2].restarts;
    wait_until(|| c.is_active());
    assert!(restarts <= 1);
    assert!(program.is_healthy());
}

#[apply(bounded)]
fn s3_one_that_is_on_its_way_to_its_end_is_started_after_it() {
    let rig = Rig::new();
    let (gate, inside) = (Turnstile::new(), Turnstile::new());
    let end = gate.clone();
    let ending = rig.builder("ending").after_stop(move |_exit| end.pass()).build().unwrap();
    let end_a_run = || {
        ending.signal_stop();
        gate.wait();
    };
    ending.start().unwrap();
    end_a_run();
    let starter = spawn_asleep({
        let (plan, inside) = (rig.plan().add(&ending), inside.clone());
        move || {
            let program = plan.start().unwrap();
            inside.pass();
            program
        }
    });
    gate.release();
    inside.wait();
    assert_eq!((ending.stats().runs, ending.state()), (2, State::Active));
    inside.release();
    let program = starter.join().unwrap();
    gate.release();
    assert!(program.remove(&ending).is_some());
    // It does not end within the limit of its start, or before the group is told to.
    ending.start().unwrap();
    ending.signal_stop();
    let short = Child::of(&ending).start_within(20 * MILLIS);
    assert!(matches!(program.add(short), Err(GroupError::StartTimeout { .. })));
    let adder = spawn_asleep({
        let (program, ending) = (program.clone(), ending.clone());
        move || program.add(&ending)
    });
    wait_until(|| program.members().len() == 1);
    let stopper = spawn_asleep(move || program.stop());
    gate.release();
    assert_eq!(stopper.join().unwrap().exit_code(), 0);
    assert!(matches!(adder.join().unwrap(), Err(GroupError::Ending { .. })));
    assert_eq!((ending.stats().runs, ending.state()), (3, State::Stopped));
}

#[apply(bounded)]
fn s13_a_worker_belongs_to_one_group_and_the_error_names_both() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let first = rig.plan().add(&a).start().unwrap();
    let error = Supervisor::new().name("second").add(&b).add(&a).start().unwrap_err();
    let GroupError::TwoGroups { member, first: one, second } = &error else { panic!("{error}") };
    assert_eq!((member.as_str(), one.as_str(), second.as_str()), ("a", "program", "second"));
    assert_eq!(
        error.to_string(),
        r#"worker "a" belongs to group "program", and cannot belong to group "second" too"#
    );
    assert_eq!(b.state(), State::Stopped, "nothing was started");
    // Twice to one, also below it.
    let error = rig.plan().add(&b).add(Supervisor::new().name("inner").add(&b)).start().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"worker "b" was given to group "program" twice, or to two groups of this name"#
    );
    assert!(matches!(first.add(&a), Err(GroupError::TwoGroups { .. })));
    // A group that was to be added with it leaves nothing behind.
    let inner = || Supervisor::new().name("inner").add(&b).add(&a);
    assert!(matches!(first.add(inner()), Err(GroupError::TwoGroups { .. })));
    assert_eq!((paths(&first), b.state()), (vec!["a".to_owned()], State::Stopped));
    drop(first);
    let program = Supervisor::new().add(inner()).start().unwrap();
    assert_eq!(paths(&program), ["inner/b", "inner/a"]);
}

#[apply(bounded)]
fn s14_members_without_a_policy_get_that_of_the_group() {
    let rig = Rig::new();
    let [a, never] = rig.members(["a", "never"]);
    let own = rig.builder("own").restart(Restart::on_failure().backoff(LONG)).build().unwrap();
    let program =
        Supervisor::new().add(&a).add(&own).add(Child::of(&never).restart(Restart::never())).start().unwrap();
    // By default: on failure, with a wait.
    a.put(fails()).unwrap();
    wait_for_run(&a, 2);
    own.put(fails()).unwrap();
    wait_until(|| own.state() == State::Waiting);
    never.put(fails()).unwrap();
    assert_eq!(failed(never.wait()).reason, ExitReason::Failed);
    assert!(matches!(&program.problems()[..], [Problem::Down { member, .. }] if member == "never"));
    assert_eq!(program.stop().exit_code(), 1);
}

#[apply(bounded)]
fn a_childs_policy_comes_before_the_workers_own_and_the_groups() {
    let rig = Rig::new();
    let own = rig.builder("own").restart(Restart::never()).build().unwrap();
    let slow = rig.builder("slow").restart(Restart::on_failure().backoff(LONG)).build().unwrap();
    let program = rig
        .plan()
        .restart(Restart::never())
        .add(Child::of(&own).restart(at_once()))
        .add(Child::of(&slow).restart(at_once()))
        .start()
        .unwrap();
    for member in [&own, &slow] {
        member.put(fails()).unwrap();
        wait_for_run(member, 2);
    }
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn a_first_start_that_may_be_tried_again_neither_fails_the_group_nor_holds_it_up() {
    let rig = Rig::new();
    let a = rig.member("a");
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let port = rig.builder("port").before_start(move |_cx| match counted.fetch_add(1, Ordering::SeqCst) {
        0..3 => Err::<(), BoxError>("no such device".into()),
        _ => Ok(()),
    });
    let port = port.build().unwrap();
    let program = rig.plan().add(Child::of(&port).retry_start()).add(&a).start().unwrap();
    assert!(a.is_active());
    wait_until(|| port.is_active());
    assert_eq!(attempts.load(Ordering::SeqCst), 4);
    assert!(program.is_healthy());
    let _ = program.stop();

    // Its policy gives up: it is down, and one of the problems.
    attempts.store(0, Ordering::SeqCst);
    let twice = at_once().max(1, LONG);
    let rig = Rig::new();
    let program = rig.plan().add(Child::of(&port).retry_start().restart(twice)).add(&a).start().unwrap();
    rig.wait_for("port: failed for good");
    assert!(matches!(&program.problems()[..], [Problem::Down { member, .. }] if member == "port"));
    attempts.store(3, Ordering::SeqCst);
    port.start().unwrap();
    wait_until(|| program.is_healthy());
}

#[apply(bounded)]
fn an_empty_group_runs_until_it_is_told_to_end() {
    let rig = Rig::new();
    let program = rig.plan().start().unwrap();
    assert!(program.wait_timeout(MILLIS).is_none());
    let never = rig.builder("never").before_start(|_cx| Err::<(), BoxError>("no such device".into()));
    let never = never.build().unwrap();
    assert!(matches!(program.add(&never), Err(GroupError::NotStarted { .. })));
    assert!(program.wait_timeout(MILLIS).is_none());
    assert!(matches!(program.add(Supervisor::new().add(&never)), Err(GroupError::NotStarted { .. })));
    let a = rig.member("a");
    program.add(&a).unwrap();
    program.remove(&a).unwrap();
    assert!(program.wait_timeout(MILLIS).is_none());
    assert!(program.members().is_empty());
    assert_eq!(program.stop().ended_by, EndedBy::Asked);
}

#[apply(bounded)]
fn a_member_whose_start_by_somebody_else_fails_is_started_by_its_group() {
    let rig = Rig::new();
    let (gate, attempts) = (Turnstile::new(), AtomicU32::new(0));
    let at = gate.clone();
    let port = rig.builder("port").before_start(move |_cx| match attempts.fetch_add(1, Ordering::SeqCst) {
        0 => {
            at.pass();
            Err::<(), BoxError>("no such device".into())
        }
        _ => Ok(()),
    });
    let (a, port) = (rig.member("a"), port.build().unwrap());
    let other = port.clone();
    let other = spawn_asleep(move || other.start());
    gate.wait();
    let plan = rig.plan().add(&a).add(&port);
    let group = spawn_asleep(move || plan.start());
    rig.wait_for("a: started");
    gate.release();
    assert!(matches!(other.join().unwrap(), Err(StartError::Hook(_))));
    let program = group.join().unwrap().unwrap();
    assert!(port.is_active());
    assert_eq!(program.stop().exit_code(), 0);
}
