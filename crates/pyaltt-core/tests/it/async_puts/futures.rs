//! What a program may do with the future of a put: drop it, leak it, move it, cancel it, and have very many.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use pyaltt_core::{BackgroundQueueWorker, PutErrorKind, Queue, ReplyTo, queue};
use testkit::os_thread::spawn_asleep;
use testkit::{
    DequeQueue, EXPECTED, Probe, Turnstile, block_on, silence_expected_panics, silence_log, until,
};

use super::{LONG, WAITABLE, full, take};
use crate::flavour::Flavour;
use crate::polling::{Calls, OnWake};

const MEMORY: [Flavour; 3] = [Flavour::Fifo, Flavour::Lifo, Flavour::Priority];

#[apply(bounded)]
fn b6_a_poll_after_the_end_panics_as_those_of_std_do() {
    silence_expected_panics();
    let lines = Queue::unbounded();
    let mut put = lines.put_async(1);
    let calls = Arc::<Calls>::default();
    assert!(calls.poll(&mut put).is_ready());
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| calls.poll(&mut put).is_ready()));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"`PutFuture` polled after completion"));
    assert_eq!((put.cancel(), lines.take_pending()), (None, vec![1]));
}

/// It may be polled on one thread, moved, and polled on another one.
#[apply(bounded)]
fn b6_a_future_may_be_moved_while_it_waits() {
    for flavour in WAITABLE {
        let worker = full(flavour);
        let calls: [Arc<Calls>; 2] = Default::default();
        let mut put = worker.put_async(1);
        assert!(calls[0].poll(&mut put).is_pending());
        let mut moved = Box::new(put);
        std::thread::scope(|scope| {
            let poll = scope.spawn(|| calls[1].poll(&mut moved).is_pending());
            assert!(poll.join().unwrap());
        });
        // The old waker is dropped at once, and the new one is called.
        assert_eq!(Arc::strong_count(&calls[0]), 1, "{flavour:?}");
        take(&worker);
        assert_eq!(calls.each_ref().map(|calls| calls.count()), [0, 1]);
        assert!(calls[1].poll(&mut moved).is_ready());
        assert_eq!(Arc::strong_count(&calls[1]), 1);
    }
}

#[apply(bounded)]
fn b6_a_leaked_future_that_was_called_holds_nobody_up_from_the_next_take_on() {
    for bound in [2, 8, 100] {
        let told = Probe::new();
        let (turnstile, sink) = (Turnstile::new(), told.clone());
        let pass = turnstile.clone();
        let turn = move |task: u32, _cx: &mut pyaltt_core::Context| {
            pass.pass();
            sink.add(task);
        };
        let worker = queue(turn).bounded(bound).start().unwrap();
        worker.put(0).unwrap();
        turnstile.wait();
        let last = u32::try_from(bound).unwrap();
        worker.put_many(1..=last).unwrap();
        let calls: [Arc<Calls>; 2] = Default::default();
        let (mut leaked, mut other) = (worker.put_async(last + 1), worker.put_async(last + 2));
        assert!(calls[0].poll(&mut leaked).is_pending() && calls[1].poll(&mut other).is_pending());
        let counts = || calls.each_ref().map(|calls| calls.count());
        turnstile.release();
        turnstile.wait();
        assert!(until(LONG, || counts() == [1, 0]));
        std::mem::forget(leaked);
        turnstile.release();
        turnstile.wait();
        assert_eq!(counts(), [1, 1], "a bound of {bound}");
        assert!(calls[1].poll(&mut other).is_ready());
        (0..bound).for_each(|_| turnstile.release());
        worker.drain().unwrap();
        assert_eq!(told.all(), (0..=last).chain([last + 2]).collect::<Vec<_>>());
    }
}

/// The task that is taken is the last one, so no other take calls the thread.
#[apply(bounded)]
fn b6_a_called_future_that_is_kept_holds_no_thread_up() {
    for flavour in WAITABLE {
        let worker = full(flavour);
        let calls: [Arc<Calls>; 2] = Default::default();
        let mut puts = [1, 2].map(|task| worker.put_async(task));
        for (calls, put) in calls.iter().zip(&mut puts) {
            assert!(calls.poll(put).is_pending());
        }
        let thread = {
            let worker = worker.clone();
            spawn_asleep(move || worker.put(3))
        };
        take(&worker);
        thread.join().unwrap().unwrap();
        assert_eq!(calls[0].count(), 1, "{flavour:?}");
        // They keep their places in the line, and their turns.
        for (calls, put) in calls.iter().zip(&mut puts) {
            assert!(calls.poll(put).is_pending(), "{flavour:?}");
        }
        assert_eq!(take(&worker), 3);
        assert!(calls[0].poll(&mut puts[0]).is_ready());
        assert_eq!(take(&worker), 1);
        assert!(calls[1].poll(&mut puts[1]).is_ready());
    }
}

#[apply(bounded)]
fn b6_a_called_future_that_is_kept_holds_no_thread_up_that_waits_with_a_limit_or_puts_many() {
    let ways: [fn(&BackgroundQueueWorker<u32>); 2] =
        [|worker| worker.put_timeout(2, LONG).unwrap(), |worker| worker.put_many([2, 3]).unwrap()];
    for (flavour, way) in MEMORY.into_iter().flat_map(|flavour| ways.map(|way| (flavour, way))) {
        let worker = flavour.bounded(queue(|_task: u32, _cx| ()), 100).build().unwrap();
        worker.put_many(0..100).unwrap();
        let calls = Arc::<Calls>::default();
        let mut put = worker.put_async(1);
        assert!(calls.poll(&mut put).is_pending());
        let thread = {
            let worker = worker.clone();
            spawn_asleep(move || way(&worker))
        };
        assert_eq!(worker.take_pending().len(), 100);
        thread.join().unwrap();
        assert_eq!(calls.count(), 1, "{flavour:?}");
        assert!(calls.poll(&mut put).is_ready());
    }
}

/// As where an async runtime of one thread has two tasks, of which one blocks.
#[apply(bounded)]
fn b6_a_thread_is_not_held_up_by_its_own_future() {
    for is_custom in [false, true] {
        let builder = queue(|(task, to): (u32, Option<ReplyTo<u32>>), _cx| {
            if let Some(to) = to {
                to.send(task).unwrap();
            }
        });
        let builder = if is_custom { builder.queue(DequeQueue::bounded(1)) } else { builder.bounded(1) };
        let worker = builder.paused(true).start().unwrap();
        worker.put((0, None)).unwrap();
        let thread = {
            let worker = worker.clone();
            spawn_asleep(move || {
                let calls = Arc::<Calls>::default();
                let mut put = worker.put_async((1, None));
                assert!(calls.poll(&mut put).is_pending());
                let answer = worker.ask(|to| (2, Some(to))).unwrap().wait().unwrap();
                block_on(put).unwrap();
                answer
            })
        };
        worker.resume();
        assert_eq!(thread.join().unwrap(), 2);
        assert_eq!(worker.drain().unwrap().turns, 3);
    }
}

/// Very many do not keep the thread waiting for a pause each.
#[apply(bounded)]
fn b6_very_many_leaked_futures_hold_no_thread_up() {
    let worker = full(Flavour::Fifo);
    let calls = Arc::<Calls>::default();
    for task in 0..100_000 {
        let mut put = Box::new(worker.put_async(task));
        assert!(calls.poll(&mut put).is_pending());
        std::mem::forget(put);
    }
    let thread = {
        let worker = worker.clone();
        spawn_asleep(move || worker.put(1))
    };
    take(&worker);
    thread.join().unwrap().unwrap();
    assert_eq!(take(&worker), 1);
}

#[apply(bounded)]
fn b6_a_take_of_all_calls_as_many_futures_as_there_is_room_for() {
    for flavour in MEMORY {
        let worker = flavour.bounded(queue(|_task: u32, _cx| ()), 8).build().unwrap();
        worker.put_many(0..8).unwrap();
        let calls: [Arc<Calls>; 10] = Default::default();
        let mut puts = [(); 10].map(|()| worker.put_async(1));
        for (calls, put) in calls.iter().zip(&mut puts) {
            assert!(calls.poll(put).is_pending());
        }
        assert_eq!(worker.take_pending().len(), 8);
        let counts = calls.each_ref().map(|calls| calls.count());
        assert_eq!(counts, [1, 1, 1, 1, 1, 1, 1, 1, 0, 0], "{flavour:?}");
        // No put needs that of another one.
        for (calls, put) in calls.iter().zip(&mut puts).take(8).rev() {
            assert!(calls.poll(put).is_ready());
        }
    }
}

/// While it is being woken, takes call nobody else.
#[apply(bounded)]
fn b6_a_thread_that_was_woken_calls_as_many_futures_as_there_is_room_for() {
    for flavour in MEMORY {
        let worker = flavour.bounded(queue(|_task: u32, _cx| ()), 8).build().unwrap();
        worker.put_many(0..8).unwrap();
        let thread = {
            let worker = worker.clone();
            spawn_asleep(move || worker.put(1))
        };
        let calls: [Arc<Calls>; 10] = Default::default();
        let mut puts = [(); 10].map(|()| worker.put_async(1));
        for (calls, put) in calls.iter().zip(&mut puts) {
            assert!(calls.poll(put).is_pending());
        }
        assert_eq!(worker.take_pending().len(), 8);
        thread.join().unwrap().unwrap();
        // One more if the thread was just awake, and the take called the first of them.
        let called: usize = calls.iter().map(|calls| calls.count()).sum();
        assert!(called >= 7, "{flavour:?}: {called}");
    }
}

/// A waker that panics may have told nobody.
#[apply(bounded)]
fn b6_a_call_that_fails_goes_on_to_the_next() {
    silence_expected_panics();
    silence_log();
    for flavour in MEMORY {
        let worker = full(flavour);
        let calls = Arc::<Calls>::default();
        let (mut first, mut second) = (worker.put_async(1), worker.put_async(2));
        let waker = Waker::from(Arc::new(OnWake(|| panic!("{EXPECTED}"))));
        assert!(Pin::new(&mut first).poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(calls.poll(&mut second).is_pending());
        take(&worker);
        assert_eq!(calls.count(), 1, "{flavour:?}");
        assert!(calls.poll(&mut second).is_ready());
    }
}

#[apply(bounded)]
fn b8_a_close_hands_back_the_tasks_of_very_many_futures() {
    const FUTURES: u32 = 100_000;
    for flavour in WAITABLE {
        let worker = full(flavour);
        // A waker that uses the queue is not called under its lock.
        let (lines, looks) = (worker.queue().clone(), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&looks);
        let waker = Waker::from(Arc::new(OnWake(move || {
            // The task that fills it.
            seen.fetch_add(lines.len(), Ordering::SeqCst);
        })));
        let mut cx = Context::from_waker(&waker);
        let mut puts: Vec<_> = (1..=FUTURES).map(|task| Box::pin(worker.put_async(task))).collect();
        assert!(puts.iter_mut().all(|put| put.as_mut().poll(&mut cx).is_pending()));
        worker.close();
        assert_eq!(looks.load(Ordering::SeqCst), FUTURES as usize, "{flavour:?}");
        for (put, task) in puts.iter_mut().zip(1..) {
            let Poll::Ready(Err(error)) = put.as_mut().poll(&mut cx) else { panic!("it waits") };
            assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Closed, task));
        }
        assert_eq!(take(&worker), 0);
    }
}

/// Dropped from the last to the first, and from the middle.
#[apply(bounded)]
fn b8_very_many_futures_are_dropped_in_any_order() {
    for flavour in WAITABLE {
        let worker = full(flavour);
        let calls = Arc::<Calls>::default();
        let mut puts: Vec<_> = (1..=50_000).map(|task| worker.put_async(task)).collect();
        assert!(puts.iter_mut().all(|put| calls.poll(put).is_pending()));
        while let Some(put) = puts.pop() {
            drop(put);
        }
        assert_eq!((Arc::strong_count(&calls), calls.count(), take(&worker)), (1, 0, 0), "{flavour:?}");
    }
}

#[apply(bounded)]
fn b9_a_cancel_gives_the_task_or_it_was_put() {
    for flavour in WAITABLE {
        let worker = full(flavour);
        let calls = Arc::<Calls>::default();
        let mut puts = [1, 2, 3].map(|task| worker.put_async(task));
        assert!(puts.iter_mut().all(|put| calls.poll(put).is_pending()));
        let [waiting, mut put, called] = puts;
        assert_eq!(waiting.cancel(), Some(1));
        assert_eq!(take(&worker), 0);
        assert!(calls.poll(&mut put).is_ready());
        assert_eq!((put.cancel(), take(&worker)), (None, 2));
        // It was called just now, and had not put its task yet.
        assert_eq!((called.cancel(), worker.len()), (Some(3), 0), "{flavour:?}");
    }
}

/// A waker that panics is the worker's problem no more than a log line.
#[apply(bounded)]
fn wakers_that_panic_or_put_harm_nobody() {
    silence_expected_panics();
    silence_log();
    for flavour in WAITABLE {
        let worker = full(flavour);
        let mut put = worker.put_async(1);
        let mut other = worker.put_async(2);
        let calls = Arc::<Calls>::default();
        let panics = Waker::from(Arc::new(OnWake(|| panic!("{EXPECTED}"))));
        assert!(std::pin::Pin::new(&mut put).poll(&mut Context::from_waker(&panics)).is_pending());
        assert!(calls.poll(&mut other).is_pending());
        assert_eq!(take(&worker), 0);
        drop(put);
        assert_eq!(calls.count(), 1, "{flavour:?}");
        assert!(calls.poll(&mut other).is_ready());
        assert_eq!(take(&worker), 2);
    }
}

/// Room that is made behind the queue's back is told by a waker of the queue.
#[apply(bounded)]
fn a_future_of_a_users_queue_learns_of_room_that_is_made_elsewhere() {
    let lines = Arc::new(DequeQueue::bounded(1));
    let worker = queue(|_task: u32, _cx| ()).queue(Arc::clone(&lines)).build().unwrap();
    worker.put(0).unwrap();
    let calls = Arc::<Calls>::default();
    let mut put = worker.put_async(1);
    assert!(calls.poll(&mut put).is_pending());
    assert_eq!(take(&worker), 0);
    assert!(calls.poll(&mut put).is_ready());
    assert_eq!(calls.count(), 1);
}
