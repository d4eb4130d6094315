//! Members that come and go while the group runs.

use pyaltt::{BoxError, ExitReason, State};
use pyaltt_group::{Child, GroupError, Supervisor};
use testkit::Turnstile;
use testkit::os_thread::spawn_asleep;

use crate::rig::{MILLIS, Rig, at_once, fails, hangs, paths, wait_for_run, wait_until};

#[apply(bounded)]
fn s7_a_member_that_was_added_later_is_one_like_the_others() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().one_for_all().add(&a).start().unwrap();
    program.add(&b).unwrap();
    program.add(&c).unwrap();
    assert_eq!(paths(&program), ["a", "b", "c"]);
    rig.logged();
    b.put(fails()).unwrap();
    wait_for_run(&c, 2);
    assert_eq!(rig.logged(), ["-b", "-c", "-a", "+a", "+b", "+c"]);

    let exit = program.remove(&b).unwrap();
    assert_eq!((exit.reason, b.state()), (ExitReason::Stopped, State::Stopped));
    assert_eq!(paths(&program), ["a", "c"]);
    rig.logged();
    c.put(fails()).unwrap();
    wait_for_run(&c, 3);
    assert_eq!(rig.logged(), ["-c", "-a", "+a", "+c"]);
    // It is its own, and can be added again: at the end.
    b.start().unwrap();
    b.put(fails()).unwrap();
    testkit::failed(b.wait());
    program.add(&b).unwrap();
    assert_eq!(paths(&program), ["a", "c", "b"]);
    rig.logged();
    assert_eq!(program.stop().exit_code(), 0);
    assert_eq!(rig.logged(), ["-b", "-c", "-a"]);
}

#[apply(bounded)]
fn a_group_can_be_added_and_its_members_removed() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().add(&a).start().unwrap();
    program.add(Supervisor::new().name("inner").restart(at_once()).one_for_all().add(&b).add(&c)).unwrap();
    assert_eq!(paths(&program), ["a", "inner/b", "inner/c"]);
    c.put(fails()).unwrap();
    wait_for_run(&c, 2);
    wait_for_run(&b, 2);
    assert!(program.remove(&b).is_some());
    c.put(fails()).unwrap();
    wait_for_run(&c, 3);
    assert_eq!((b.state(), paths(&program)), (State::Stopped, vec!["a".to_owned(), "inner/c".to_owned()]));
}

#[apply(bounded)]
fn an_addition_that_does_not_start_is_no_member_and_nothing_is_left_of_it() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let never = rig.builder("never").before_start(|_cx| Err::<(), BoxError>("no such device".into()));
    let never = never.build().unwrap();
    let program = rig.plan().add(&a).start().unwrap();
    let error = program.add(Supervisor::new().name("inner").add(&b).add(&never).add(&c)).unwrap_err();
    let GroupError::NotStarted { member, .. } = &error else { panic!("{error}") };
    assert_eq!(member, "inner/never");
    assert_eq!(rig.logged(), ["+a", "+b", "-b"]);
    assert_eq!(paths(&program), ["a"]);
    // All of them are free.
    program.add(&b).unwrap();
    assert_eq!(Supervisor::new().add(&c).start().unwrap().stop().exit_code(), 0);
}

#[apply(bounded)]
fn one_can_be_removed_while_a_restart_is_under_way() {
    let rig = Rig::new();
    let [a, b, c, d] = rig.members(["a", "b", "c", "d"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).add(&c).add(&d).start().unwrap();
    let gate = Turnstile::new();
    // The restart waits for the one in the middle; those after it are held already.
    b.put(hangs(&gate)).unwrap();
    gate.wait();
    d.put(fails()).unwrap();
    wait_until(|| c.state() == State::Waiting && b.state() == State::Stopping);
    assert!(program.remove(&c).is_some());
    assert!(program.remove(&a).is_some());
    program.remove(&d).unwrap();
    let late = rig.member("late");
    let adder = {
        let (program, late) = (program.clone(), late.clone());
        spawn_asleep(move || program.add(&late))
    };
    assert!(!late.is_active(), "it has its turn in the order");
    gate.release();
    adder.join().unwrap().unwrap();
    wait_for_run(&b, 2);
    assert!(late.is_active());
    assert_eq!(paths(&program), ["b", "late"]);
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn the_one_that_a_restart_waits_for_can_be_removed() {
    let rig = Rig::new();
    let [a, b, c] = rig.members(["a", "b", "c"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).add(&c).start().unwrap();
    let gate = Turnstile::new();
    b.put(hangs(&gate)).unwrap();
    gate.wait();
    c.put(fails()).unwrap();
    wait_until(|| b.state() == State::Stopping);
    let removers = [(); 2].map(|()| {
        let (program, b) = (program.clone(), b.clone());
        spawn_asleep(move || program.remove(&b))
    });
    gate.release();
    for remover in removers {
        assert!(remover.join().unwrap().is_some(), "each that asks is answered");
    }
    wait_for_run(&c, 2);
    wait_for_run(&a, 2);
    assert_eq!((b.state(), b.stats().runs), (State::Stopped, 1));
    assert_eq!(paths(&program), ["a", "c"]);
}

#[apply(bounded)]
fn one_that_does_not_end_is_removed_after_its_limit() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).add(Child::of(&b).stop_within(20 * MILLIS)).start().unwrap();
    let gate = Turnstile::new();
    b.put(hangs(&gate)).unwrap();
    gate.wait();
    assert_eq!(program.remove(&b).unwrap().reason, ExitReason::NeverStarted, "it has not ended yet");
    assert_eq!(paths(&program), ["a"]);
    gate.release();
    b.wait().unwrap();
}

#[apply(bounded)]
fn one_that_is_removed_while_it_starts_is_no_member_and_whoever_added_it_learns_so() {
    let rig = Rig::new();
    let (a, gate) = (rig.member("a"), Turnstile::new());
    let slow = rig.hangs_in_start("slow", &gate);
    let program = rig.plan().add(&a).start().unwrap();
    let adder = {
        let (program, slow) = (program.clone(), slow.clone());
        spawn_asleep(move || program.add(&slow))
    };
    gate.wait();
    let remover = {
        let (program, slow) = (program.clone(), slow.clone());
        spawn_asleep(move || program.remove(&slow))
    };
    gate.release();
    assert!(remover.join().unwrap().is_some());
    assert!(adder.join().unwrap().is_err());
    assert_eq!((slow.state(), paths(&program)), (State::Stopped, vec!["a".to_owned()]));
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn after_the_end_nothing_is_added_or_removed_and_nobody_waits_for_that() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).start().unwrap();
    assert_eq!(program.stop().exit_code(), 0);
    assert!(matches!(program.add(&b), Err(GroupError::Ending { group }) if group == "program"));
    assert_eq!(program.remove(&a).map(|exit| exit.reason), None);
    program.terminate();
    assert_eq!(program.stop().exit_code(), 0);
    assert_eq!(program.wait().exit_code(), 0);
    // Its members are free.
    assert_eq!(Supervisor::new().add(&a).add(&b).start().unwrap().stop().exit_code(), 0);
}
