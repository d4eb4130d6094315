//! Who belongs to whom, and what a group is asked and told.

use std::sync::Arc;

use pyaltt_core::layer::Member;
use pyaltt_core::{ExitReason, Flow, Handle, StartError, State, Then, event, looped};
use testkit::{Probe, failed};

use super::{Group, Rig, on_failure};

#[apply(bounded)]
fn a_worker_belongs_to_one_group_until_it_leaves() {
    let rig = Rig::new(Group { name: "first", ..Group::default() });
    let join = |name| Member::join(Handle::from(&rig.worker), Arc::new(Group { name, ..Group::default() }));
    for name in ["second", "first"] {
        let Err(other) = join(name) else { panic!("{name} has got it as well") };
        assert_eq!(other.group(), "first");
    }
    rig.member.leave();
    rig.member.leave();
    let second = join("second").ok().unwrap();
    assert_eq!(second.handle(), &Handle::from(&rig.worker));
    rig.worker.start().unwrap();
    rig.worker.stop().unwrap();
    assert!(rig.notes().is_empty(), "the first has nothing to do with it any more");
}

#[apply(bounded)]
fn it_is_told_in_order_on_the_workers_thread_and_last_of_all_that_nothing_is_left_to_do() {
    let rig = Rig::of(Group { policy: Some(on_failure()), ..Group::default() }, |builder| {
        builder.on_error(|_| false)
    });
    rig.worker.start().unwrap();
    let watcher = pyaltt_core::queue(|_: &str, _cx| ()).build().unwrap();
    let notes = rig.group.notes.clone();
    let _watch = watcher.watch(&rig.worker, move |_exit| {
        notes.add("listener".to_owned());
        "ended"
    });
    rig.worker.put(0).unwrap();
    assert_eq!(rig.exits.next().restarts, 0);
    rig.clock.advance_to_next();
    rig.thread.wait_for(2);
    rig.worker.stop().unwrap();
    assert_eq!(
        rig.notes(),
        [
            "active",
            "policy",
            "verdict",
            "failed, again",
            "active",
            "policy",
            "verdict",
            "stopped, rest",
            "listener",
            "gone"
        ]
    );
    let threads = rig.group.threads.all();
    assert!(threads.iter().all(|thread| *thread == threads[0] && *thread != std::thread::current().id()));
}

#[apply(bounded)]
fn the_policy_is_the_groups_and_sees_the_workers_own() {
    // Its own policy restarts it, that of the group does not.
    let never = Some(pyaltt_core::Restart::never());
    let rig = Rig::of(Group { policy: never, ..Group::default() }, |builder| {
        builder.restart(on_failure()).on_error(|_| false)
    });
    rig.worker.start().unwrap();
    rig.worker.put(0).unwrap();
    assert_eq!(failed(rig.worker.wait()).then, Then::Rest);
    // The group leaves it to the worker's own.
    let rig = Rig::of(Group::default(), |builder| builder.restart(on_failure()).on_error(|_| false));
    rig.worker.start().unwrap();
    rig.worker.put(0).unwrap();
    assert!(matches!(rig.exits.next().then, Then::Again { .. }));
    // Out of the group it is the worker's own as well.
    rig.member.leave();
    rig.clock.advance_to_next();
    rig.thread.wait_for(2);
    rig.worker.put(0).unwrap();
    assert!(matches!(rig.exits.next().then, Then::Again { .. }));
}

#[apply(bounded)]
fn a_start_of_the_group_is_answered_on_the_workers_thread() {
    let rig = Rig::new(Group::default());
    let answers = Probe::new();
    let start = || {
        let answers = answers.clone();
        rig.member.start(move |result| answers.add((result, std::thread::current().id())))
    };
    start().unwrap();
    let (result, thread) = answers.next();
    result.unwrap();
    assert_ne!(thread, std::thread::current().id());
    assert!(matches!(start(), Err(StartError::AlreadyRunning { .. })));
    rig.worker.stop().unwrap();
    assert!(answers.is_empty(), "where there is no run to wait for, nobody is told");

    let refuses = looped(|_tick, _cx| ()).before_start(|_cx| Err("no device".into())).build().unwrap();
    let member = Member::join((&refuses).into(), Arc::new(Group::default())).ok().unwrap();
    let told = answers.clone();
    member.start(move |result| told.add((result, std::thread::current().id()))).unwrap();
    let (result, _) = answers.next();
    assert!(matches!(result, Err(StartError::Hook(_))));
}

#[apply(bounded)]
fn what_follows_a_failed_start_is_told_before_the_start_is_answered() {
    let attempts = std::sync::atomic::AtomicU32::new(0);
    let rig =
        Rig::of(Group { policy: Some(on_failure()), holds: true, ..Group::default() }, move |builder| {
            builder.on_error(|_| false).before_start(move |_cx| {
                match attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                    1 => Err("no device".into()),
                    _ => Ok(()),
                }
            })
        });
    rig.worker.start().unwrap();
    rig.worker.put(0).unwrap();
    assert_eq!(rig.exits.next().then, Then::Held);
    rig.notes();
    let notes = rig.group.notes.clone();
    rig.member.start(move |result| notes.add(format!("started: {}", result.is_ok()))).unwrap();
    assert_eq!(rig.exits.next().then, Then::Held);
    assert_eq!(rig.notes(), ["policy", "verdict", "failed, held", "started: false"]);
    assert_eq!(rig.worker.state(), State::Waiting);
    rig.worker.start().unwrap();
    assert_eq!(rig.worker.stop().unwrap().restarts, 2);
}

#[apply(bounded)]
fn the_turn_in_hand_is_seen_with_its_number_in_the_run_and_over_all() {
    let rig = Rig::started(Group::default());
    assert_eq!(rig.member.turn(), None);
    rig.worker.put(1).unwrap();
    rig.worker.drain().unwrap();
    rig.worker.start().unwrap();
    rig.worker.put(9).unwrap();
    rig.turn.wait();
    let turn = rig.member.turn().unwrap();
    assert_eq!((turn.number, turn.overall), (1, 2));
    rig.turn.release();
    rig.worker.drain().unwrap();
    assert_eq!(rig.member.turn(), None);
}

#[apply(bounded)]
fn all_kinds_can_be_members() {
    let once = looped(|_tick, _cx| Flow::Stop).build().unwrap();
    let alarm = event(|_trigger, _cx| Flow::Stop).build().unwrap();
    for handle in [Handle::from(&once), Handle::from(&alarm)] {
        let group = Arc::new(Group::default());
        let member = Member::join(handle.clone(), Arc::clone(&group) as _).ok().unwrap();
        handle.start().unwrap();
        alarm.trigger();
        assert_eq!(handle.wait().unwrap().reason, ExitReason::Finished);
        assert_eq!(group.notes.all(), ["active", "policy", "verdict", "finished, rest", "gone"]);
        assert_eq!(member.hold().0, State::Stopped);
        assert_eq!(handle.state(), State::Stopped);
    }
}
