//! What user code may do while a full queue drops a task. A put into that very queue would go on without end, so it is
//! refused; everything else works.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Overflow, PutError, PutErrorKind, Queue, QueueBuilder, StopError, queue,
};
use testkit::{EXPECTED, OnDrop, Probe, silence_expected_panics};

const POLICIES: [Overflow; 2] = [Overflow::DropOldest, Overflow::DropNewest];

type Slot<T> = Arc<OnceLock<T>>;

/// The orders in which a queue of its own can give tasks to a worker.
fn orders<T: Ord>() -> [fn(QueueBuilder<T>) -> QueueBuilder<T>; 3] {
    [|builder| builder, QueueBuilder::lifo, QueueBuilder::priority]
}

fn full(overflow: Overflow) -> QueueBuilder<u32> {
    queue(|_task: u32, _cx| ()).name("mail").bounded(2).overflow(overflow)
}

/// Builds the worker, lets what `on_dropped` uses be it, and puts 0 to 4.
fn flood(builder: QueueBuilder<u32>, slot: &Slot<BackgroundQueueWorker<u32>>) -> BackgroundQueueWorker<u32> {
    let worker = builder.build().unwrap();
    slot.set(worker.clone()).unwrap();
    (0..5).for_each(|task| worker.put(task).unwrap());
    worker
}

/// What is dropped of the tasks 0 to 4, and what stays.
fn outcome(overflow: Overflow) -> ([u32; 3], [u32; 2]) {
    if overflow == Overflow::DropOldest { ([0, 1, 2], [3, 4]) } else { ([2, 3, 4], [0, 1]) }
}

fn sorted(mut tasks: Vec<u32>) -> Vec<u32> {
    tasks.sort_unstable();
    tasks
}

type Put = fn(&BackgroundQueueWorker<u32>, u32) -> Result<(), PutError<u32>>;

const PUTS: [Put; 6] = [
    |worker, task| worker.put(task),
    |worker, task| worker.try_put(task),
    |worker, task| worker.put_timeout(task, Duration::MAX),
    |worker, task| worker.queue().put(task),
    |worker, task| worker.queue().try_put(task),
    |worker, task| worker.queue().put_timeout(task, Duration::MAX),
];

#[apply(bounded)]
fn on_dropped_that_puts_the_task_again_is_given_it_back() {
    for overflow in POLICIES {
        for order in orders() {
            for put in PUTS {
                let (slot, refused) = (Slot::<BackgroundQueueWorker<u32>>::default(), Probe::new());
                let (worker, sink) = (Arc::clone(&slot), refused.clone());
                let builder = order(full(overflow)).on_dropped(move |task| {
                    let error = put(worker.wait(), task).unwrap_err();
                    assert_eq!(error.kind(), PutErrorKind::FromOnDropped);
                    sink.add(error.into_inner());
                });
                let worker = flood(builder, &slot);
                let (dropped, stays) = outcome(overflow);
                assert_eq!(refused.all(), dropped);
                assert_eq!(sorted(worker.take_pending()), stays);
                assert_eq!(worker.stats().dropped, 3);
            }
        }
    }
}

#[apply(bounded)]
fn the_error_of_such_a_put_says_what_to_do() {
    let (slot, texts) = (Slot::<BackgroundQueueWorker<u32>>::default(), Probe::new());
    let (worker, sink) = (Arc::clone(&slot), texts.clone());
    let on_dropped = move |task| {
        sink.add(worker.wait().put(task).unwrap_err().to_string());
        sink.add(worker.wait().queue().put(task).unwrap_err().to_string());
    };
    let _worker = flood(full(Overflow::DropOldest).on_dropped(on_dropped), &slot);
    let texts = texts.all();
    let says = "takes no tasks from its own on_dropped, or from the destructor of a task that it drops; \
                put them into another queue";
    assert_eq!(texts[..2], [format!("worker \"mail\": its queue {says}"), format!("the queue {says}")]);
}

/// Room does not matter: it was made for the put that drops.
#[apply(bounded)]
fn it_is_refused_also_where_on_dropped_has_made_room() {
    let (slot, taken) = (Slot::<BackgroundQueueWorker<u32>>::default(), Probe::new());
    let (worker, sink) = (Arc::clone(&slot), taken.clone());
    let on_dropped = move |task| {
        let worker = worker.wait();
        worker.take_pending().into_iter().for_each(|task| sink.add(task));
        assert_eq!(worker.put(task).unwrap_err().kind(), PutErrorKind::FromOnDropped);
    };
    let worker = flood(full(Overflow::DropOldest).on_dropped(on_dropped), &slot);
    // 2 found a full queue, and 4 one with only 2 and 3.
    assert_eq!((taken.all(), worker.take_pending()), (vec![1, 3], vec![4]));
    assert_eq!(worker.stats().dropped, 2);
}

/// The first queue that is met again refuses, and the others have taken what they could.
#[apply(bounded)]
fn a_ring_of_queues_that_drop_into_each_other_ends() {
    for length in [2, 3, 5] {
        for overflow in POLICIES {
            let (ring, refused) = (Slot::<Vec<Queue<u32>>>::default(), Probe::new());
            let workers: Vec<_> = (0..length)
                .map(|at| {
                    let (ring, sink) = (Arc::clone(&ring), refused.clone());
                    let on_dropped = move |task| {
                        if let Err(error) = ring.wait()[(at + 1) % length].put(task) {
                            sink.add((at, error.kind(), error.into_inner()));
                        }
                    };
                    let builder = queue(|_task: u32, _cx| ()).bounded(1).overflow(overflow);
                    builder.on_dropped(on_dropped).build().unwrap()
                })
                .collect();
            ring.set(workers.iter().map(|worker| worker.queue().clone()).collect()).unwrap();
            // One more than the ring holds, and then another one.
            for task in 0..u32::try_from(length).unwrap() + 2 {
                workers[0].put(task).unwrap();
            }
            let kind = PutErrorKind::FromOnDropped;
            let last = u32::try_from(length).unwrap();
            let oldest = if overflow == Overflow::DropOldest { [0, 1] } else { [last, last + 1] };
            assert_eq!(refused.all(), oldest.map(|task| (length - 1, kind, task)));
            let held = workers.iter().flat_map(BackgroundQueueWorker::take_pending).collect();
            let all = (0..last + 2).filter(|task| !oldest.contains(task)).collect::<Vec<_>>();
            assert_eq!(sorted(held), all);
        }
    }
}

/// A task that puts a plain one when it is dropped.
struct Phoenix {
    number: u32,
    ashes: Option<Slot<Queue<Phoenix>>>,
    errors: Probe<(PutErrorKind, u32)>,
}

impl Drop for Phoenix {
    fn drop(&mut self) {
        let Some(queue) = self.ashes.take() else { return };
        let ashes = Self { number: self.number + 100, ashes: None, errors: self.errors.clone() };
        if let Err(error) = queue.wait().put(ashes) {
            self.errors.add((error.kind(), error.into_inner().number));
        }
    }
}

testkit::ordered_by!(Phoenix, |a, b| a.number.cmp(&b.number));

/// A worker with three tasks put into a queue for two.
fn phoenixes(builder: QueueBuilder<Phoenix>) -> (BackgroundQueueWorker<Phoenix>, Probe<(PutErrorKind, u32)>) {
    let (slot, errors) = (Slot::default(), Probe::new());
    let worker = builder.bounded(2).build().unwrap();
    slot.set(worker.queue().clone()).unwrap_or_else(|_| unreachable!("it is set once"));
    for number in 0..3 {
        worker.put(Phoenix { number, ashes: Some(Arc::clone(&slot)), errors: errors.clone() }).unwrap();
    }
    (worker, errors)
}

#[apply(bounded)]
fn the_destructor_of_a_dropped_task_that_puts_is_refused_too() {
    for overflow in POLICIES {
        for order in orders() {
            let (worker, errors) = phoenixes(order(queue(|_: Phoenix, _cx| ())).overflow(overflow));
            let dropped = if overflow == Overflow::DropOldest { 0 } else { 2 };
            assert_eq!(errors.all(), [(PutErrorKind::FromOnDropped, dropped + 100)]);
            assert_eq!((worker.len(), worker.stats().dropped), (2, 1));
            // On the thread that takes the tasks out, their destructors are no matter of the queue, which has room.
            let pending = worker.take_pending();
            drop(pending);
            assert_eq!((errors.all(), worker.len(), worker.stats().dropped), (vec![], 2, 1));
            assert!(worker.take_pending().iter().all(|task| task.number >= 100));
        }
    }
}

#[apply(bounded)]
fn the_destructor_of_a_task_in_on_dropped_is_refused_too() {
    let (_worker, errors) =
        phoenixes(queue(|_: Phoenix, _cx| ()).overflow(Overflow::DropOldest).on_dropped(drop));
    assert_eq!(errors.all(), [(PutErrorKind::FromOnDropped, 100)]);
}

/// And that thread may be in `on_dropped` of the queue at the same time.
#[apply(bounded)]
fn another_thread_puts_meanwhile_as_ever() {
    for overflow in POLICIES {
        let (slot, dropped) = (Slot::<BackgroundQueueWorker<u32>>::default(), Probe::new());
        let (worker, sink) = (Arc::clone(&slot), dropped.clone());
        let on_dropped = move |task| {
            sink.add(task);
            if task < 10 {
                let worker = worker.wait().clone();
                std::thread::spawn(move || worker.put(task + 10).unwrap()).join().unwrap();
            }
        };
        let worker = flood(full(overflow).on_dropped(on_dropped), &slot);
        let all: Vec<u32> = dropped.all().into_iter().chain(worker.take_pending()).collect();
        let puts_again = all.iter().filter(|task| **task >= 10).count();
        assert_eq!(all.len(), 5 + puts_again);
        assert!(puts_again >= 3, "{all:?}");
    }
}

#[apply(bounded)]
fn when_on_dropped_has_returned_or_panicked_its_thread_puts_as_before() {
    silence_expected_panics();
    for overflow in POLICIES {
        let worker = full(overflow).on_dropped(|task| panic!("{EXPECTED}task {task}")).build().unwrap();
        (0..5).for_each(|task| worker.put(task).unwrap());
        assert_eq!((worker.take_pending(), worker.stats().dropped), (outcome(overflow).1.to_vec(), 3));
        worker.put(5).unwrap();
        assert_eq!(worker.take_pending(), [5]);
    }
}

/// Only the queue that drops refuses: a put into another one may even wait for room.
#[apply(bounded)]
fn on_dropped_puts_into_other_queues_as_ever() {
    let overflows = Queue::unbounded();
    let small = queue(|task: u32, _cx| assert!(task < 3)).name("small").bounded(1).start().unwrap();
    let (sink, tiny) = (overflows.clone(), small.clone());
    let on_dropped = move |task| {
        sink.put(task).unwrap();
        tiny.put(task).unwrap();
    };
    let worker = full(Overflow::DropOldest).on_dropped(on_dropped).build().unwrap();
    (0..5).for_each(|task| worker.put(task).unwrap());
    assert_eq!(overflows.take_pending(), [0, 1, 2]);
    assert_eq!(small.drain().unwrap().turns, 3);
}

/// Everything but a put may be done with the queue and its worker.
#[apply(bounded)]
fn on_dropped_may_stop_drain_and_close() {
    let (slot, seen) = (Slot::<BackgroundQueueWorker<u32>>::default(), Probe::new());
    let (worker, sink) = (Arc::clone(&slot), seen.clone());
    let on_dropped = move |task| {
        let worker = worker.wait();
        assert!(worker.len() <= 2);
        worker.signal_drain();
        sink.add((task, worker.stop().is_ok()));
        worker.close();
    };
    let worker = full(Overflow::DropNewest).on_dropped(on_dropped).build().unwrap();
    slot.set(worker.clone()).unwrap();
    (0..3).for_each(|task| worker.put(task).unwrap());
    assert_eq!(seen.all(), [(2, true)]);
    assert_eq!(worker.put(3).unwrap_err().kind(), PutErrorKind::Closed);
    worker.start().unwrap();
    assert_eq!(worker.wait().map(|exit| exit.turns).map_err(|error: StopError| error.to_string()), Ok(2));
}

/// Its locals are gone by then, and the guard works all the same.
#[apply(bounded)]
fn a_thread_that_puts_as_it_ends_is_refused_as_well() {
    thread_local! {
        static LATE: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) };
    }
    for overflow in POLICIES {
        let (slot, refused) = (Slot::<BackgroundQueueWorker<u32>>::default(), Probe::new());
        let (worker, sink) = (Arc::clone(&slot), refused.clone());
        let on_dropped = move |task| {
            let error = worker.wait().put(task).unwrap_err();
            sink.add((error.kind(), error.into_inner()));
        };
        let worker = full(overflow).on_dropped(on_dropped).build().unwrap();
        slot.set(worker.clone()).unwrap();
        let producer = worker.clone();
        std::thread::spawn(move || {
            // Set first, so it is dropped after the locals that the puts here need.
            LATE.set(Some(Box::new(OnDrop::new({
                let producer = producer.clone();
                move || (5..10).for_each(|task| producer.put(task).unwrap())
            }))));
            (0..5).for_each(|task| producer.put(task).unwrap());
        })
        .join()
        .unwrap();
        let refused = refused.all();
        assert_eq!((refused.len(), worker.len()), (8, 2));
        assert!(refused.iter().all(|(kind, _)| *kind == PutErrorKind::FromOnDropped));
    }
}

/// A turn meets the `on_dropped` of its own queue on its own thread.
#[apply(bounded)]
fn a_turn_that_floods_its_own_queue_goes_on() {
    let (slot, refused) = (Slot::<BackgroundQueueWorker<u32>>::default(), Probe::new());
    let (worker, again, sink) = (Arc::clone(&slot), Arc::clone(&slot), refused.clone());
    let worker = queue(move |task: u32, _cx| {
        if task == 0 {
            let worker = worker.wait();
            (1..=5).for_each(|task| worker.put(task).unwrap());
            worker.close();
        }
    })
    .bounded(2)
    .overflow(Overflow::DropOldest)
    .on_dropped(move |task| sink.add(again.wait().put(task).unwrap_err().into_inner()))
    .start()
    .unwrap();
    slot.set(worker.clone()).unwrap();
    worker.put(0).unwrap();
    assert_eq!(worker.wait().unwrap().turns, 3);
    assert_eq!(refused.all(), [1, 2, 3]);
}
