//! Engines that fail, hang, and lose their answers.

use std::time::Duration;

use pyaltt::{Context, PutErrorKind, done};
use pyaltt_durable::{Durable, Put, TaskState};
use testkit::{Turnstile, silence_expected_panics, until};

use crate::faulty::{Fault, FaultyStore};
use crate::support::{LIMIT, state_of, wait_until_done, worker};

fn queue(store: &FaultyStore) -> Durable<String> {
    store.queue("mail").build().unwrap()
}

#[apply(bounded)]
fn case_8_tasks_whose_answer_was_lost_go_back_uncounted_and_run() {
    let store = FaultyStore::default();
    let mail = queue(&store);
    mail.put_many(vec!["first".into(), "second".into()]).unwrap();
    store.break_next("round", [Fault::AnswerLost]);
    let (worker, seen) = worker(&mail, |_, _| done());
    for letter in ["first", "second"] {
        let (seen, info) = seen.recv().unwrap();
        assert_eq!((&*seen, info.attempt, info.crashes), (letter, 1, 0));
    }
    assert_eq!(store.calls("mine"), 1);
    worker.stop().unwrap();
    wait_until_done(&mail);
}

#[apply(bounded)]
fn case_7_a_settlement_whose_answer_was_lost_is_repeated_and_has_one_effect() {
    let store = FaultyStore::default();
    let mail = queue(&store);
    let gate = Turnstile::new();
    let held = gate.clone();
    let (worker, seen) = worker(&mail, move |_, _| {
        held.pass();
        done()
    });
    mail.put("first".into()).unwrap();
    seen.recv().unwrap();
    store.break_next("round", [Fault::AnswerLost]);
    gate.release();
    mail.put("second".into()).unwrap();
    let (letter, info) = seen.recv().unwrap();
    assert_eq!((&*letter, info.attempt), ("second", 1));
    gate.release();
    wait_until_done(&mail);
    worker.stop().unwrap();
    assert_eq!(mail.stats().unwrap().dead, 0);
}

#[apply(bounded)]
fn case_9_a_put_whose_answer_was_lost_can_be_repeated_and_is_one_task() {
    let store = FaultyStore::default();
    let mail = queue(&store);
    for fault in [Fault::AnswerLost, Fault::Lost] {
        store.break_next("put", [fault]);
        let error = mail.put("dear Sir".into()).unwrap_err();
        assert_eq!(error.kind(), PutErrorKind::Uncertain);
        let id = error.id().unwrap();
        assert_eq!(mail.put_again(error).unwrap(), id);
        assert_eq!(mail.cancel(id).unwrap(), pyaltt_durable::Cancelled::Removed);
    }
    store.break_next("put", [Fault::AnswerLost]);
    let error = mail.put_many(vec!["first".into(), "second".into()]).unwrap_err();
    assert_eq!(mail.put_many_again(error).unwrap().len(), 2);
    assert_eq!(mail.stats().unwrap().ready[1], 2);
}

#[apply(bounded)]
fn a_put_that_was_not_sent_is_handed_back_and_one_with_patience_tries_again() {
    let store = FaultyStore::default();
    let mail = queue(&store);
    store.set_down(true);
    let error = mail.put("dear Sir".into()).unwrap_err();
    assert_eq!(error.reason(), Some("down"));
    assert_eq!((error.kind(), &*error.into_inner()), (PutErrorKind::Unavailable, "dear Sir"));
    // By way of a worker's handle, which does not know the queue.
    let worker =
        pyaltt::queue(|_: String, _: &mut Context| ()).name("mail").queue(mail.clone()).build().unwrap();
    let text = worker.put("dear Sir".into()).unwrap_err().without_task().to_string();
    assert_eq!(
        text,
        "worker \"mail\": its queue cannot be reached, and the task was not stored; try again later (down)"
    );
    let calls = store.calls("connect");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(until(LIMIT, || store.calls("connect") > calls + 1));
            store.set_down(false);
        });
        mail.put_with("dear Sir".into(), Put::new().patience(LIMIT)).unwrap();
    });
    assert_eq!(mail.stats().unwrap().ready[1], 1);
}

#[apply(bounded)]
fn case_11_workers_go_on_by_themselves_when_the_engine_returns() {
    let store = FaultyStore::default();
    let mail = queue(&store);
    let gate = Turnstile::new();
    let held = gate.clone();
    let (busy, seen) = worker(&mail, move |_, _| {
        held.pass();
        done()
    });
    mail.put("first".into()).unwrap();
    seen.recv().unwrap();
    store.set_down(true);
    gate.release();
    // The settlement is tried again and again, but not in a hot loop: the simulation of the clerk counts the attempts.
    let calls = store.calls("connect");
    assert!(until(LIMIT, || store.calls("connect") >= calls + 3));
    assert!(busy.is_active());
    store.set_down(false);
    wait_until_done(&mail);
    mail.put("second".into()).unwrap();
    assert_eq!(seen.recv().unwrap().0, "second");
    gate.release();
    busy.stop().unwrap();
}

#[apply(bounded)]
fn case_12_a_stop_needs_nothing_from_an_engine_that_hangs() {
    let store = FaultyStore::default();
    let mail = queue(&store);
    // Idle, while the clerk asks for tasks.
    store.break_next("round", [Fault::Hang]);
    let (idle, _seen) = worker(&mail, |_, _| done());
    store.wait_for_hang();
    let exit = idle.stop().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (0, 0));
    store.let_go();

    // In a turn, whose settlement hangs.
    let store = FaultyStore::default();
    let mail = queue(&store);
    let id = mail.put("dear Sir".into()).unwrap();
    let gate = Turnstile::new();
    let held = gate.clone();
    let (busy, seen) = worker(&mail, move |_, _| {
        held.pass();
        done()
    });
    seen.recv().unwrap();
    store.break_next("round", [Fault::Hang]);
    busy.signal_stop();
    gate.release();
    let exit = busy.wait().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (1, 1));
    store.let_go();
    // The clerk goes on by itself.
    assert!(until(LIMIT, || state_of(&mail, id).is_none()));
    assert!(until(LIMIT, || mail.stats().unwrap().owners.is_empty()));
}

#[apply(bounded)]
fn case_33_without_a_bell_a_task_is_found_by_the_safety_look() {
    let store = FaultyStore::default();
    store.break_bell();
    let mail: Durable<String> = store.queue("mail").look_every(Duration::from_millis(50)).build().unwrap();
    let (worker, seen) = worker(&mail, |_, _| done());
    assert!(until(LIMIT, || store.calls("round") > 0));
    for letter in ["first", "second"] {
        mail.put(letter.into()).unwrap();
        assert_eq!(seen.recv().unwrap().0, letter);
    }
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_panic_of_the_engine_is_a_lost_answer() {
    silence_expected_panics();
    let store = FaultyStore::default();
    let mail = queue(&store);
    store.break_next("put", [Fault::Panic]);
    let error = mail.put("dear Sir".into()).unwrap_err();
    assert_eq!(error.kind(), PutErrorKind::Uncertain);
    mail.put_again(error).unwrap();
    for call in ["register", "bell", "sweep", "round", "mine", "farewell"] {
        store.break_next(call, [Fault::Panic]);
    }
    let (worker, seen) = worker(&mail, |_, _| done());
    assert_eq!(seen.recv().unwrap().1.attempt, 1);
    worker.stop().unwrap();
    wait_until_done(&mail);
    assert!(until(LIMIT, || mail.stats().unwrap().owners.len() <= 1), "but the owner whose number was lost");
}

#[apply(bounded)]
fn every_fault_of_every_call_leaves_each_task_done_once() {
    silence_expected_panics();
    for call in ["connect", "register", "bell", "sweep", "round", "mine", "farewell", "put"] {
        for fault in [Fault::NotSent, Fault::Lost, Fault::AnswerLost, Fault::Panic] {
            let store = FaultyStore::default();
            let mail = queue(&store);
            store.break_next(call, [fault, fault]);
            if call == "mine" {
                store.break_next("round", [Fault::AnswerLost]);
            }
            let (worker, seen) = worker(&mail, |_, _| done());
            for n in 0..10 {
                let mut put = mail.put(n.to_string());
                while let Err(error) = put {
                    put = mail.put_again(error);
                }
            }
            wait_until_done(&mail);
            worker.stop().unwrap();
            let mut letters: Vec<_> = seen.try_iter().map(|(letter, _)| letter).collect();
            letters.sort_unstable();
            let stats = mail.stats().unwrap();
            assert_eq!(stats.dead, 0, "{fault:?} of {call}");
            // A put whose answer was lost may have been done by the time of its repetition, and is then put again.
            letters.dedup();
            assert!(letters.into_iter().eq((0..10).map(|n| n.to_string())), "{fault:?} of {call}");
        }
    }
}

#[apply(bounded)]
fn a_put_in_a_turn_is_cut_by_the_stop_of_its_worker() {
    let store = FaultyStore::default();
    let mail = queue(&store);
    let (other, gate) = (mail.clone(), Turnstile::new());
    let held = gate.clone();
    let (worker, seen) = worker(&mail, move |letter, _| {
        if letter == "first" {
            held.pass();
            let error = other.put("second".into()).unwrap_err();
            assert_eq!(error.kind(), PutErrorKind::Stopping);
            return Err(error.without_task().into());
        }
        done()
    });
    let hanging = mail.clone();
    mail.put("first".into()).unwrap();
    seen.recv().unwrap();
    // A producer holds the connection, so that the turn's put waits for it.
    store.break_next("put", [Fault::Hang]);
    let producer = std::thread::spawn(move || hanging.put("held".into()));
    store.wait_for_hang();
    gate.release();
    worker.signal_stop();
    let exit = worker.wait().unwrap();
    assert_eq!(exit.turns, 1);
    store.let_go();
    producer.join().unwrap().unwrap();
    assert_eq!(state_of(&mail, mail.put("third".into()).unwrap()), Some(TaskState::Ready));
}
