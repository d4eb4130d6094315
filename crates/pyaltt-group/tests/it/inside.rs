//! Calls from inside: from a member's turn, from `on_event`, and from workers that are told to stop meanwhile.

use std::sync::{Arc, Mutex, OnceLock};

use pyaltt::{Handle, State};
use pyaltt_group::{EndedBy, GroupError, Supervision, Supervisor};
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics};

use crate::rig::{Rig, fails, hangs, job, outcomes, wait_for_run, wait_until};

#[apply(bounded)]
fn a_stop_from_a_members_turn_begins_the_end_and_does_not_wait() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).add(Supervisor::new().name("inner").add(&b)).start().unwrap();
    let (inside, reports) = (program.clone(), Probe::new());
    let seen = reports.clone();
    b.put(job(move |_cx| {
        seen.add(inside.stop());
        seen.add(inside.wait());
        assert!(inside.wait_timeout(crate::rig::LONG).is_none());
    }))
    .unwrap();
    for _ in 0..2 {
        let report = reports.next();
        assert_eq!((report.ended_by.clone(), report.members.len()), (EndedBy::NotYet, 2));
    }
    let report = program.wait();
    assert_eq!((report.ended_by.clone(), report.exit_code()), (EndedBy::Asked, 0));
    assert_eq!(rig.logged()[2..], ["-b", "-a"]);
}

#[apply(bounded)]
fn a_member_can_add_and_remove_and_does_not_wait() {
    let rig = Rig::new();
    let [a, b, late] = rig.members(["a", "b", "late"]);
    let program = rig.plan().add(&a).add(&b).start().unwrap();
    let (inside, other, done) = (program.clone(), late.clone(), Probe::new());
    let (handle, seen) = (Handle::from(&b), done.clone());
    a.put(job(move |_cx| {
        inside.add(&other).unwrap();
        seen.add(inside.remove(&handle).is_none());
    }))
    .unwrap();
    assert!(done.next());
    wait_until(|| late.is_active() && b.state() == State::Stopped);
    wait_until(|| program.members().len() == 2);
    assert_eq!(program.stop().exit_code(), 0);
}

#[apply(bounded)]
fn the_last_supervision_dropped_in_a_members_turn_ends_the_group() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().add(&a).add(&b).start().unwrap();
    b.put(job(move |_cx| drop(program))).unwrap();
    a.wait().unwrap();
    b.wait().unwrap();
    assert_eq!(rig.logged(), ["+a", "+b", "-b", "-a"]);
}

#[apply(bounded)]
fn a_stop_from_on_exit_of_a_member_begins_the_end() {
    let rig = Rig::new();
    let slot = Arc::new(OnceLock::<Supervision>::new());
    let (inside, reports) = (Arc::clone(&slot), Probe::new());
    let seen = reports.clone();
    let a = rig.builder("a").on_exit(move |_exit| {
        if let Some(program) = inside.get() {
            seen.add(program.stop().ended_by);
        }
    });
    let (a, b) = (a.build().unwrap(), rig.member("b"));
    let program = rig.plan().add(&a).add(&b).start().unwrap();
    slot.set(program.clone()).ok().unwrap();
    a.put(fails()).unwrap();
    // It is called on the member's thread, which the end waits for.
    let report = program.wait();
    assert_eq!(report.ended_by, EndedBy::Asked);
    assert!(
        reports.all().into_iter().all(|ended_by| ended_by == EndedBy::NotYet || ended_by == EndedBy::Asked)
    );
    assert_eq!(b.state(), State::Stopped);
}

#[apply(bounded)]
fn s15_a_hook_that_panics_is_contained_and_the_next_event_comes() {
    silence_expected_panics();
    let (rig, seen) = (Rig::new(), Probe::new());
    let events = seen.clone();
    let a = rig.member("a");
    let program = rig.plan().add(&a).on_event(move |event| {
        events.note(event.to_string());
        panic!("{EXPECTED}{event}");
    });
    let program = program.start().unwrap();
    a.put(fails()).unwrap();
    wait_for_run(&a, 2);
    assert_eq!(program.stop().exit_code(), 0);
    assert_eq!(seen.all().len(), 4, "started, restarts, started, ended");
}

#[apply(bounded)]
fn s15_a_stop_from_the_hook_begins_the_end_and_does_not_wait() {
    let (rig, reports) = (Rig::new(), Probe::new());
    let slot = Arc::new(Mutex::new(None::<Supervision>));
    let (inside, seen) = (Arc::clone(&slot), reports.clone());
    let [a, b] = rig.members(["a", "b"]);
    let plan = rig.plan().add(&a).add(&b).on_event(move |event| {
        if event.to_string().starts_with("a: restarts")
            && let Some(program) = inside.lock().unwrap().take()
        {
            seen.add(program.stop().ended_by);
            seen.add(program.wait().ended_by);
            assert!(matches!(program.add(Supervisor::new()), Ok(()) | Err(GroupError::Ending { .. })));
        }
    });
    let program = plan.start().unwrap();
    *slot.lock().unwrap() = Some(program.clone());
    a.put(fails()).unwrap();
    let report = program.wait();
    assert_eq!((report.ended_by.clone(), report.exit_code()), (EndedBy::Asked, 0));
    assert_eq!(reports.all(), [EndedBy::NotYet, EndedBy::NotYet]);
}

#[apply(bounded)]
fn a_group_that_only_its_own_hook_holds_ends_with_its_members() {
    let rig = Rig::new();
    let slot = Arc::new(OnceLock::<Supervision>::new());
    let inside = Arc::clone(&slot);
    let a = rig.member("a");
    let program = rig
        .plan()
        .add(&a)
        .on_event(move |_event| assert!(inside.get().is_none_or(Supervision::is_healthy)))
        .start()
        .unwrap();
    slot.set(program.clone()).ok().unwrap();
    drop((slot, program));
    assert!(a.is_active());
    a.stop().unwrap();
}

#[apply(bounded)]
fn w12_a_wait_on_a_workers_thread_is_cut_by_its_own_stop() {
    let rig = Rig::new();
    let [a, waiter] = rig.members(["a", "waiter"]);
    let program = rig.plan().add(&a).start().unwrap();
    waiter.start().unwrap();
    let gate = Turnstile::new();
    a.put(hangs(&gate)).unwrap();
    gate.wait();
    let waits: [fn(&Supervision) -> EndedBy; 2] =
        [|program| program.wait().ended_by, |program| program.stop().ended_by];
    for wait in waits {
        let (inside, here, seen) = (program.clone(), Turnstile::new(), Probe::new());
        let (at, ended) = (here.clone(), seen.clone());
        waiter
            .put(job(move |_cx| {
                at.pass();
                ended.add(wait(&inside));
            }))
            .unwrap();
        here.wait();
        here.release();
        waiter.stop().unwrap();
        assert_eq!(seen.next(), EndedBy::NotYet);
        waiter.start().unwrap();
    }
    gate.release();
    assert_eq!(outcomes(&program.wait()), ["a: stopped"]);
}

#[apply(bounded)]
fn a_worker_that_starts_a_group_is_not_hindered_by_a_start_that_hangs() {
    let rig = Rig::new();
    let gate = Turnstile::new();
    let (slow, starter, seen) = (rig.hangs_in_start("slow", &gate), rig.member("starter"), Probe::new());
    starter.start().unwrap();
    let (plan, told) = (rig.plan().add(&slow), seen.clone());
    starter.put(job(move |_cx| told.add(plan.start().map(drop)))).unwrap();
    gate.wait();
    // Its stop cuts the wait for the start, and also that for the end of what was begun.
    starter.stop().unwrap();
    assert!(matches!(seen.next(), Err(GroupError::Ending { .. })));
    gate.release();
    slow.wait().unwrap();
}
