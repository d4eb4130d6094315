//! Puts that wait for room without a thread.

mod futures;

use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Overflow, PutErrorKind, PutFuture, Queue, WaitsFor, crossbeam_channel, queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{LendingQueue, Probe, Turnstile, block_on, silence_log, until};

use crate::flavour::Flavour;
use crate::polling::{Calls, spawn};

const LONG: Duration = Duration::from_secs(3600);

/// Those that a future can wait for.
const WAITABLE: [Flavour; 4] = [Flavour::Fifo, Flavour::Lifo, Flavour::Priority, Flavour::Custom];

/// A full queue of one task, 0, that no worker has run with.
fn full(flavour: Flavour) -> BackgroundQueueWorker<u32> {
    flavour.full("full")
}

/// Takes the one task that is queued.
fn take(worker: &BackgroundQueueWorker<u32>) -> u32 {
    let [task] = worker.take_pending()[..] else { panic!("not one task") };
    task
}

fn is_send_and_unpin(_: &(impl Send + Unpin)) {}

#[apply(bounded)]
fn a_put_with_room_is_ready_at_once_and_wakes_the_worker() {
    for flavour in WAITABLE {
        let told = Probe::new();
        let sink = told.clone();
        let worker = flavour.bounded(queue(move |task: u32, _cx| sink.add(task)), 2).start().unwrap();
        let calls = Arc::<Calls>::default();
        let mut put = worker.put_async(1);
        is_send_and_unpin(&put);
        assert!(matches!(calls.poll(&mut put), Poll::Ready(Ok(()))), "{flavour:?}");
        drop(put);
        assert_eq!((told.next(), calls.count(), Arc::strong_count(&calls)), (1, 0, 1));
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn a_put_waits_until_there_is_room() {
    for flavour in WAITABLE {
        let worker = full(flavour);
        let calls = Arc::<Calls>::default();
        let mut put = worker.put_async(1);
        assert!(calls.poll(&mut put).is_pending());
        assert_eq!(calls.count(), 0);
        assert_eq!((take(&worker), calls.count()), (0, 1), "{flavour:?}");
        assert!(matches!(calls.poll(&mut put), Poll::Ready(Ok(()))));
        assert_eq!(take(&worker), 1);
    }
}

/// The first of three is dropped or cancelled after its call, which goes on to the second and to nobody else.
#[apply(bounded)]
fn b1_a_future_that_is_dropped_after_its_call_passes_it_on() {
    let ways: [fn(PutFuture<'_, u32>); 2] = [|put| drop(put), |put| assert_eq!(put.cancel(), Some(1))];
    for (flavour, let_go) in WAITABLE.into_iter().flat_map(|flavour| ways.map(|way| (flavour, way))) {
        let worker = full(flavour);
        let calls: [Arc<Calls>; 3] = Default::default();
        let mut puts = [1, 2, 3].map(|task| Some(worker.put_async(task)));
        for (calls, put) in calls.iter().zip(&mut puts) {
            assert!(calls.poll(put.as_mut().unwrap()).is_pending());
        }
        let counts = || calls.each_ref().map(|calls| calls.count());
        take(&worker);
        assert_eq!(counts(), [1, 0, 0], "{flavour:?}");
        let_go(puts[0].take().unwrap());
        assert_eq!(counts(), [1, 1, 0], "{flavour:?}");
        assert!(calls[1].poll(puts[1].as_mut().unwrap()).is_ready());
        // One that was not called has no call to pass on.
        drop(puts[2].take());
        assert_eq!((take(&worker), counts()), (2, [1, 1, 0]), "{flavour:?}");
    }
}

/// The call goes on to a thread as well.
#[apply(bounded)]
fn b1_the_call_of_a_dropped_future_reaches_a_thread() {
    for flavour in WAITABLE {
        let worker = full(flavour);
        let calls = Arc::<Calls>::default();
        let mut put = worker.put_async(1);
        assert!(calls.poll(&mut put).is_pending());
        let thread = {
            let worker = worker.clone();
            spawn_asleep(move || worker.put(2))
        };
        take(&worker);
        assert_eq!(calls.count(), 1);
        drop(put);
        thread.join().unwrap().unwrap();
        assert_eq!(take(&worker), 2);
    }
}

#[apply(bounded)]
fn b2_a_stop_changes_nothing_and_a_close_hands_back() {
    for flavour in WAITABLE {
        let (turnstile, told) = (Turnstile::new(), Probe::new());
        let (pass, sink) = (turnstile.clone(), told.clone());
        let turn = move |task: u32, _cx: &mut pyaltt_core::Context| {
            pass.pass();
            sink.add(task);
        };
        let worker = flavour.bounded(queue(turn), 1).start().unwrap();
        worker.put(0).unwrap();
        turnstile.wait();
        worker.put(1).unwrap();
        let calls = Arc::<Calls>::default();
        let mut put = worker.put_async(2);
        assert!(calls.poll(&mut put).is_pending());
        // Told before the turn ends, or it would take the next task, whose turn nobody lets pass.
        worker.signal_stop();
        turnstile.release();
        worker.stop().unwrap();
        assert!(calls.poll(&mut put).is_pending(), "{flavour:?}");
        worker.start().unwrap();
        turnstile.wait();
        assert!(until(LONG, || calls.count() > 0));
        assert!(matches!(calls.poll(&mut put), Poll::Ready(Ok(()))));
        let mut last = worker.put_async(3);
        assert!(calls.poll(&mut last).is_pending());
        let before = calls.count();
        worker.close();
        assert_eq!(calls.count(), before + 1);
        let Poll::Ready(Err(error)) = calls.poll(&mut last) else { panic!("{last:?}") };
        assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Closed, 3));
        (0..2).for_each(|_| turnstile.release());
        worker.wait().unwrap();
        assert_eq!(told.all(), [0, 1, 2], "{flavour:?}");
    }
}

/// A worker that fails for good hands the task back as well.
#[apply(bounded)]
fn b2_the_failure_of_the_last_worker_hands_back() {
    silence_log();
    for flavour in WAITABLE {
        let turnstile = Turnstile::new();
        let pass = turnstile.clone();
        let turn = move |_task: u32, _cx: &mut pyaltt_core::Context| {
            pass.pass();
            Err::<(), _>("the disk is gone")
        };
        let worker = flavour.bounded(queue(turn), 1).name("disk").start().unwrap();
        worker.put(0).unwrap();
        turnstile.wait();
        worker.put(1).unwrap();
        let calls = Arc::<Calls>::default();
        let mut put = worker.put_async(2);
        assert!(calls.poll(&mut put).is_pending());
        turnstile.release();
        worker.wait().unwrap_err();
        assert_eq!(calls.count(), 1);
        let Poll::Ready(Err(error)) = calls.poll(&mut put) else { panic!("{put:?}") };
        assert_eq!(
            (error.kind(), &*error.to_string()),
            (
                PutErrorKind::WorkerFailed,
                "worker \"disk\": its queue takes no tasks, because its worker has failed; start the worker again",
            )
        );
        assert_eq!(take(&worker), 1);
    }
}

#[apply(bounded)]
fn b3_a_put_into_the_workers_own_full_queue_is_refused_on_its_thread() {
    for flavour in WAITABLE {
        let (slot, told) = (Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()), Probe::new());
        let (own, sink) = (Arc::clone(&slot), told.clone());
        let turn = move |task: u32, _cx: &mut pyaltt_core::Context| {
            if task == 0 {
                let own = own.wait();
                own.put(1).unwrap();
                sink.add(block_on(own.put_async(2)).map_err(|error| (error.kind(), error.into_inner())));
            }
        };
        let worker = flavour.bounded(queue(turn), 1).start().unwrap();
        let _ = slot.set(worker.clone());
        worker.put(0).unwrap();
        assert_eq!(told.next(), Err((PutErrorKind::FromWorker, 2)), "{flavour:?}");
        assert_eq!(worker.drain().unwrap().turns, 2);
    }
}

/// One that is refused there after its call passes the call on.
#[apply(bounded)]
fn b3_a_future_that_is_refused_after_its_call_passes_it_on() {
    let queue_ = Queue::bounded(1).unwrap();
    queue_.put(0).unwrap();
    let calls: [Arc<Calls>; 2] = Default::default();
    let (mut first, mut second) = (queue_.put_async(1), queue_.put_async(2));
    assert!(calls[0].poll(&mut first).is_pending() && calls[1].poll(&mut second).is_pending());
    assert_eq!(queue_.take_pending(), [0]);
    queue_.close();
    assert!(calls[0].poll(&mut first).is_ready());
    assert_eq!(calls.each_ref().map(|calls| calls.count()), [1, 1]);
}

#[apply(bounded)]
fn b4_a_worker_that_waits_for_room_names_the_worker_of_the_queue() {
    // Also one that was never started.
    for (flavour, has_run) in Flavour::ALL.into_iter().flat_map(|flavour| [(flavour, true), (flavour, false)])
    {
        let target =
            flavour.bounded(queue(|_task: u32, _cx| ()), 1).name("mail").paused(true).build().unwrap();
        if has_run {
            target.start().unwrap();
        }
        target.put(0).unwrap();
        let lines = target.queue().clone();
        let worker = queue(move |task: u32, _cx| lines.put(task)).name("clerk").start().unwrap();
        worker.put(7).unwrap();
        assert!(until(LONG, || worker.waiting_on().is_some()));
        let on = worker.waiting_on().unwrap();
        assert_eq!((on.what, &*on.worker, on.is_ring()), (WaitsFor::Room, "mail", false), "{flavour:?}");
        let error = worker.drain_timeout(Duration::from_millis(1)).unwrap_err().to_string();
        assert!(error.ends_with("; it waits for room in the queue of worker \"mail\""), "{error}");
        if !has_run {
            target.start().unwrap();
        }
        target.resume();
        worker.wait().unwrap();
        assert_eq!(worker.waiting_on(), None);
        target.drain().unwrap();
    }
}

/// Who waits for room in a queue that has no worker waits for nobody in particular.
#[apply(bounded)]
fn b4_a_queue_without_a_worker_has_no_name() {
    let lines = Queue::bounded(1).unwrap();
    lines.put(0).unwrap();
    // One that has had it and is gone, without a run, is none.
    drop(queue(|_task: u32, _cx| ()).name("mail").queue(lines.clone()).build().unwrap());
    let target = lines.clone();
    let worker = queue(move |task: u32, _cx| target.put(task)).start().unwrap();
    worker.put(7).unwrap();
    assert!(until(LONG, || worker.waiting_on().is_some()));
    let on = worker.waiting_on().unwrap();
    assert_eq!((&*on.worker, &*on.to_string()), ("", "waits for room in a queue that no worker takes from"));
    assert_eq!(lines.take_pending(), [0]);
    assert_eq!(worker.drain().unwrap().turns, 1);
    assert_eq!(lines.take_pending(), [7]);
}

#[apply(bounded)]
fn b5_puts_that_are_awaited_one_after_the_other_keep_their_order() {
    let told = Probe::new();
    let sink = told.clone();
    let worker = queue(move |task: u32, _cx| sink.add(task)).bounded(2).start().unwrap();
    let producers = [0, 1, 2, 3].map(|producer| {
        let worker = worker.clone();
        spawn(async move {
            for number in 0..500 {
                worker.put_async(producer * 1000 + number).await.unwrap();
            }
        })
    });
    for producer in producers {
        producer.join().unwrap();
    }
    worker.drain().unwrap();
    let ran = told.all();
    for producer in 0..4 {
        let tasks: Vec<u32> = ran.iter().copied().filter(|task| task / 1000 == producer).collect();
        assert_eq!(tasks, (0..500).map(|number| producer * 1000 + number).collect::<Vec<_>>());
    }
}

#[apply(bounded)]
fn b7_threads_and_futures_are_served_in_the_order_of_their_arrival() {
    for flavour in [Flavour::Fifo, Flavour::Custom] {
        let worker = full(flavour);
        let calls: [Arc<Calls>; 3] = Default::default();
        let mut puts = [1, 3, 5].map(|task| worker.put_async(task));
        let mut threads = Vec::new();
        for (index, put) in puts.iter_mut().enumerate() {
            assert!(calls[index].poll(put).is_pending());
            let (worker, task) = (worker.clone(), 2 * u32::try_from(index).unwrap() + 2);
            threads.push(spawn_asleep(move || worker.put(task)));
        }
        let mut order = vec![take(&worker)];
        for (index, put) in puts.iter_mut().enumerate() {
            assert_eq!(calls[index].count(), 1, "{flavour:?}");
            assert!(calls[index].poll(put).is_ready());
            order.push(take(&worker));
            threads.remove(0).join().unwrap().unwrap();
            order.push(take(&worker));
        }
        assert_eq!(order, [0, 1, 2, 3, 4, 5, 6], "{flavour:?}");
    }
}

#[apply(bounded)]
fn b10_each_policy_acts_at_the_first_poll() {
    let dropped = Probe::new();
    let with = |overflow, told: Option<Probe<u32>>| {
        let builder = queue(|_task: u32, _cx| ()).name("mail").bounded(1).overflow(overflow);
        let builder = match told {
            Some(told) => builder.on_dropped(move |task| told.add(task)),
            None => builder,
        };
        let worker = builder.build().unwrap();
        worker.put(0).unwrap();
        worker
    };
    let calls = Arc::<Calls>::default();
    let put = |worker: &BackgroundQueueWorker<u32>| calls.poll(&mut worker.put_async(1));

    let worker = with(Overflow::Reject, None);
    let Poll::Ready(Err(error)) = put(&worker) else { panic!("it waits") };
    assert_eq!((error.kind(), take(&worker)), (PutErrorKind::Full, 0));
    assert!(error.to_string().starts_with("worker \"mail\""));
    assert_eq!(error.into_inner(), 1);

    let worker = with(Overflow::DropOldest, Some(dropped.clone()));
    assert!(matches!(put(&worker), Poll::Ready(Ok(()))));
    assert_eq!((dropped.next(), take(&worker), worker.stats().dropped), (0, 1, 1));

    let worker = with(Overflow::DropNewest, Some(dropped.clone()));
    assert!(matches!(put(&worker), Poll::Ready(Ok(()))));
    assert_eq!((dropped.next(), take(&worker), worker.stats().dropped), (1, 0, 1));
    assert_eq!(Arc::strong_count(&calls), 1);
}

/// Queues that a future cannot wait for refuse it whether they are full or not.
#[apply(bounded)]
fn b10_queues_that_cannot_call_a_future_refuse_it() {
    let refused = |lines: &Queue<u32>| {
        let error = block_on(lines.put_async(7)).unwrap_err();
        let kind = error.kind();
        assert_eq!(error.into_inner(), 7);
        kind
    };
    let (sender, receiver) = crossbeam_channel::bounded(4);
    let channel = Queue::from((sender, receiver.clone()));
    assert_eq!((refused(&channel), channel.len()), (PutErrorKind::Unsupported, 0));
    assert_eq!(refused(&Queue::from(receiver)), PutErrorKind::ReceiverOnly);
    assert_eq!(refused(&Queue::leased(LendingQueue::new())), PutErrorKind::Unsupported);
    let unbounded = Queue::from(crossbeam_channel::unbounded());
    block_on(unbounded.put_async(7)).unwrap();
    assert_eq!(unbounded.take_pending(), [7]);
    for lines in [channel, unbounded] {
        lines.close();
        assert_eq!(refused(&lines), PutErrorKind::Closed);
    }
}
