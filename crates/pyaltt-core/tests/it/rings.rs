//! Rings of workers that wait for one another: each waits, they are named, and a stop of any of them dissolves the ring.

use std::sync::{Arc, Barrier, OnceLock};
use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, PutErrorKind, StopError, WaitsFor, queue};
use testkit::{Probe, until};

const LONG: Duration = Duration::from_secs(3600);

type Slots = Arc<Vec<OnceLock<BackgroundQueueWorker<u32>>>>;

/// What a worker of a ring does in its turn, with the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Put,
    Wait,
}

struct Ring {
    workers: Vec<BackgroundQueueWorker<u32>>,
    refused: Probe<String>,
}

fn ring(links: &[Link]) -> Ring {
    let slots: Slots = Arc::new(links.iter().map(|_| OnceLock::new()).collect());
    let (full, refused) = (Arc::new(Barrier::new(links.len() + 1)), Probe::new());
    for (index, link) in links.iter().copied().enumerate() {
        let (all, full, told) = (Arc::clone(&slots), Arc::clone(&full), refused.clone());
        let next = (index + 1) % links.len();
        let turn = move |task: u32, _cx: &mut pyaltt_core::Context| {
            if task == 0 {
                full.wait();
            } else {
                return;
            }
            let next = all[next].wait();
            match link {
                Link::Put => next.put(9).map_err(|error| match error.kind() {
                    PutErrorKind::Stopping => told.note(format!("task {} back", error.into_inner())),
                    kind => told.note(format!("{kind:?}")),
                }),
                Link::Wait => next.wait().map(drop).map_err(|error| match error {
                    StopError::Stopping { worker } => told.note(format!("no wait for {worker}")),
                    error => told.note(error.to_string()),
                }),
            }
            .unwrap_or_default();
        };
        let worker = queue(turn).name(format!("w{index}")).bounded(1).start().unwrap();
        slots[index].set(worker).unwrap();
    }
    let workers: Vec<_> = slots.iter().map(|slot| slot.wait().clone()).collect();
    for worker in &workers {
        // One for the turn, and one that fills the queue.
        worker.put(0).unwrap();
        worker.put(1).unwrap();
    }
    full.wait();
    assert!(until(LONG, || workers.iter().all(|worker| worker.waiting_on().is_some())));
    Ring { workers, refused }
}

/// A ring of two, one of five, and one with a wait for an end in it: no error by itself, and named in order.
#[apply(bounded)]
fn a8_a_ring_is_named_and_a_stop_of_any_of_it_dissolves_it() {
    use Link::{Put, Wait};
    for links in [vec![Put, Put], vec![Put; 5], vec![Put, Wait, Put], vec![Wait, Put]] {
        for stopped in 0..links.len() {
            let Ring { workers, refused } = ring(&links);
            let count = links.len();
            for (index, worker) in workers.iter().enumerate() {
                let on = worker.waiting_on().unwrap();
                let names: Vec<String> =
                    (1..=count).map(|step| format!("w{}", (index + step) % count)).collect();
                assert_eq!(on.workers().collect::<Vec<_>>(), names);
                assert!(on.is_ring());
                let what = if links[index] == Put { WaitsFor::Room } else { WaitsFor::End };
                assert_eq!(on.what, what);
            }
            assert!(refused.is_empty(), "a ring is no error");
            let first = &workers[stopped];
            match first.wait_timeout(Duration::from_millis(1)) {
                Err(StopError::Timeout { waiting_on: Some(on), stuck_turn: Some(1), .. }) => {
                    assert!(on.is_ring());
                }
                other => panic!("{other:?}"),
            }
            // The others get room by its next run or by its end, or are told to stop themselves.
            first.stop().unwrap();
            let last = &workers[(stopped + 1) % count];
            assert_eq!(
                refused.next(),
                if links[stopped] == Put {
                    "task 9 back".to_owned()
                } else {
                    format!("no wait for {}", last.name())
                }
            );
            for worker in &workers {
                worker.stop().unwrap();
                assert_eq!(worker.waiting_on(), None);
                drop(worker.take_pending());
            }
        }
    }
}

/// It looks like a ring, and a third thread takes tasks out: the waits end by that.
#[apply(bounded)]
fn a9_a_ring_that_a_third_thread_opens_ends_without_an_error() {
    let Ring { workers, refused } = ring(&[Link::Put, Link::Put]);
    assert!(workers[0].waiting_on().unwrap().is_ring());
    assert_eq!(workers[1].take_pending(), [1]);
    // The first has put its task, and goes on to its next turn, which waits for the barrier no more.
    assert!(until(LONG, || workers[0].waiting_on().is_none()));
    assert!(refused.is_empty());
    for worker in &workers {
        worker.signal_stop();
    }
    drop(workers[0].take_pending());
    workers[1].wait().unwrap();
}
