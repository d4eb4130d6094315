//! Waiting until the turn in hand is over.

use std::thread;
use std::time::Duration;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BoxError, ExitReason, Handle, StopError, WeakHandle, event,
    queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile};

use super::{Kind, LONG, Slot};
use crate::flavour::Flavour;

#[apply(bounded)]
fn a_pause_wait_lasts_until_the_turn_in_hand_is_over() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(2);
        let error = worker.pause_wait(Duration::from_millis(1)).unwrap_err();
        let StopError::Timeout { worker: name, stuck_turn, .. } = &error else { panic!("{error}") };
        assert_eq!((&**name, *stuck_turn), ("held", Some(1)));
        let waiting = [(); 2].map(|()| {
            let worker = worker.clone();
            spawn_asleep(move || worker.pause_wait(LONG))
        });
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
        turnstile.release();
        for waiting in waiting {
            waiting.join().unwrap().unwrap();
        }
        assert_eq!((worker.stats().turns, worker.len()), (1, 2), "{flavour:?}");
        worker.resume();
        turnstile.release();
        turnstile.release();
        worker.drain().unwrap();
    }
}

#[apply(bounded)]
fn a_pause_wait_for_a_worker_that_rests_or_does_not_run_returns_at_once() {
    for kind in Kind::all() {
        let subject = kind.build();
        subject.pause_wait(Duration::ZERO).unwrap();
        assert!(subject.is_paused());
        subject.start().unwrap();
        subject.pause_wait(LONG).unwrap();
        subject.pause_wait(Duration::ZERO).unwrap();
        subject.stop().unwrap();
        subject.pause_wait(Duration::ZERO).unwrap();
    }
}

/// A worker that rests and was resumed may take a turn, whether it has noticed or not.
#[apply(bounded)]
fn a_pause_wait_after_a_resume_waits_for_the_turn_that_came_of_it() {
    for flavour in Flavour::ALL {
        let (begun, ended) = (Probe::new(), Probe::new());
        let (begins, ends) = (begun.clone(), ended.clone());
        let worker = queue(move |task: u32, _cx| {
            begins.add(task);
            thread::yield_now();
            ends.add(task);
        });
        let worker = flavour.unbounded(worker).start().unwrap();
        for task in 0..2000 {
            worker.pause_wait(LONG).unwrap();
            assert_eq!(begun.len(), ended.len(), "{flavour:?}");
            worker.put(task).unwrap();
            worker.resume();
        }
        worker.drain().unwrap();
        assert_eq!(ended.len(), 2000);
    }
}

#[apply(bounded)]
fn a_pause_wait_ends_when_somebody_resumes_the_worker() {
    let (worker, turnstile) = Flavour::Fifo.held(0);
    let waiting = spawn_asleep({
        let worker = worker.clone();
        move || worker.pause_wait(LONG)
    });
    worker.resume();
    waiting.join().unwrap().unwrap();
    assert!(!worker.is_paused());
    turnstile.release();
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_pause_wait_for_a_worker_that_is_told_to_end_lasts_until_its_last_turn_is_over() {
    let ends: [fn(&BackgroundQueueWorker<u32>); 3] =
        [|worker| worker.signal_stop(), |worker| worker.terminate(), |worker| worker.signal_drain()];
    for (end, is_first) in ends.into_iter().flat_map(|end| [(end, false), (end, true)]) {
        let (worker, turnstile) = Flavour::Fifo.held(2);
        if is_first {
            end(&worker);
        }
        let waiting = spawn_asleep({
            let worker = worker.clone();
            move || worker.pause_wait(LONG)
        });
        end(&worker);
        assert!(!waiting.is_finished());
        (0..3).for_each(|_| turnstile.release());
        waiting.join().unwrap().unwrap();
        worker.stop().unwrap();
        drop(worker.take_pending());
    }
}

/// Calls its own worker in its turn, by a handle of any kind.
fn calls_itself(
    call: impl Fn(&Handle) -> Result<(), StopError> + Send + 'static,
) -> (BackgroundEventWorker, Probe<String>) {
    let (slot, said) = (Slot::<WeakHandle>::default(), Probe::new());
    let (own, says) = (slot.clone(), said.clone());
    let worker = event(move |_trigger, _cx| {
        let own = own.wait().upgrade().ok_or("no handle")?;
        says.add(call(&own).map_or_else(|error| error.to_string(), |()| "paused".to_owned()));
        Ok::<_, BoxError>(())
    });
    let worker = worker.name("self").start().unwrap();
    slot.get_or_init(|| worker.downgrade());
    (worker, said)
}

#[apply(bounded)]
fn w11_a_pause_wait_on_the_workers_own_thread_pauses_and_says_so() {
    for limit in [Duration::ZERO, LONG, Duration::MAX] {
        let (worker, said) = calls_itself(move |own| {
            let result = own.pause_wait(limit);
            assert!(matches!(result, Err(StopError::FromWorker { .. })));
            result
        });
        worker.trigger();
        let text = r#"worker "self" cannot wait for itself on its own thread; what it was told holds after the current turn"#;
        assert_eq!(said.next(), text);
        worker.pause_wait(LONG).unwrap();
        worker.trigger();
        worker.pause_wait(LONG).unwrap();
        assert_eq!((said.len(), worker.stats().turns, worker.is_active()), (0, 1, true));
        worker.stop().unwrap();
    }
}

/// Its thread no longer takes turns when the destructors of its thread-locals run.
#[apply(bounded)]
fn w11_a_pause_wait_on_the_thread_of_a_run_that_has_ended_returns_at_once() {
    use std::cell::RefCell;
    use testkit::OnDrop;
    type Job = Box<dyn FnMut() + Send>;
    std::thread_local! {
        static AT_END: RefCell<Option<OnDrop<Job>>> = const { RefCell::new(None) };
    }
    let said = Probe::new();
    let says = said.clone();
    let (worker, _) = calls_itself(move |own| {
        let (own, says) = (own.downgrade(), says.clone());
        let job: Job = Box::new(move || says.add(own.upgrade().map(|own| own.pause_wait(LONG).is_ok())));
        AT_END.set(Some(OnDrop::new(job)));
        Ok(())
    });
    worker.trigger();
    assert!(testkit::until(LONG, || worker.stats().turns == 1));
    worker.stop().unwrap();
    assert_eq!(said.next(), Some(true));
}

/// The first waits in its turn for the end of the second, whose turn waits until the first rests.
#[apply(bounded)]
fn w11_a_pause_wait_for_a_worker_that_waits_for_the_caller_ends_with_the_callers_own_stop() {
    let begun = Turnstile::new();
    let (second_slot, pass) = (Slot::<WeakHandle>::default(), begun.clone());
    let waited_for = second_slot.clone();
    let first = event(move |_trigger, _cx| {
        pass.pass();
        let second = waited_for.wait().upgrade().ok_or("no handle")?;
        second.wait()?;
        pyaltt_core::done()
    });
    let first = first.start().unwrap();
    let (paused, said) = (first.clone(), Probe::new());
    let says = said.clone();
    let second = queue(move |_task: u32, _cx| {
        let result = paused.pause_wait(LONG);
        says.add(result.clone());
        result
    });
    let second = second.start().unwrap();
    second_slot.get_or_init(|| second.downgrade());
    first.trigger();
    begun.wait();
    begun.release();
    second.put(1).unwrap();
    assert!(testkit::until(LONG, || first.is_paused()));
    let exit = second.stop().unwrap();
    assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
    assert!(matches!(said.next(), Err(StopError::Stopping { .. })));
    assert_eq!(second.stats().interrupted, 1);
    // That end is what the first one has waited for.
    first.pause_wait(LONG).unwrap();
    assert_eq!(first.stats().turns, 1);
    first.stop().unwrap();
}

/// Two workers that wait for each other's turns.
#[apply(bounded)]
fn w11_two_workers_that_pause_each_other_come_free() {
    let slots = [Slot::<WeakHandle>::default(), Slot::default()];
    let workers = [0, 1].map(|index| {
        let other = slots[1 - index].clone();
        let both =
            event(move |_trigger, _cx| other.wait().upgrade().map_or(Ok(()), |other| other.pause_wait(LONG)));
        both.start().unwrap()
    });
    for (slot, worker) in slots.iter().zip(&workers) {
        slot.get_or_init(|| worker.downgrade());
    }
    for worker in &workers {
        worker.trigger();
    }
    for worker in &workers {
        assert_eq!(worker.stop().unwrap().errors, 0);
    }
}
