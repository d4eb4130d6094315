//! Who is told of an end is told exactly once.

use super::support::{Log, Puts, assert_conserved, check, collector, produce};
use crate::ends::exits::Exits;
use crate::ends::wait_all::wait_all;
use crate::ends::wait_any::wait_any;
use crate::event::function::event;
use crate::event::handle::BackgroundEventWorker;
use crate::exit::ExitReason;
use crate::handle::Handle;
use crate::queue::function::queue;
use crate::queue::handle::BackgroundQueueWorker;
use crate::sync::thread;
use crate::worker::context::Context;

fn running() -> BackgroundEventWorker {
    event(|_trigger, _cx: &mut Context| ()).start().unwrap()
}

/// A worker that never runs, so that its tasks stay in its queue.
fn watcher() -> BackgroundQueueWorker<u32> {
    queue(|_task: u32, _cx: &mut Context| ()).build().unwrap()
}

fn ends(worker: &BackgroundEventWorker) -> thread::JoinHandle<()> {
    let worker = worker.clone();
    thread::spawn(move || worker.signal_stop())
}

#[test]
fn a_watch_that_is_made_while_the_other_ends() {
    check(|| {
        let (watcher, other) = (watcher(), running());
        let end = ends(&other);
        let watch = watcher.watch(&other, |exit| {
            assert_eq!((exit.reason, exit.run), (ExitReason::Stopped, 1));
            1
        });
        end.join().unwrap();
        other.wait().unwrap();
        assert_eq!(watcher.take_pending(), [1]);
        drop(watch);
    });
}

/// The other ends and runs again: a watch is about one life, whichever it was.
#[test]
fn a_watch_that_is_made_between_two_lives() {
    check(|| {
        let (watcher, other) = (watcher(), running());
        let again = other.clone();
        let again = thread::spawn(move || {
            again.stop().unwrap();
            again.start().unwrap();
        });
        let watch = watcher.watch(&other, |exit| u32::try_from(exit.run).unwrap());
        again.join().unwrap();
        let told = watcher.take_pending();
        other.stop().unwrap();
        let told = [told, watcher.take_pending()].concat();
        assert!(matches!(told[..], [1 | 2]), "{told:?}");
        drop(watch);
    });
}

/// What a closure holds. Its destructor takes the lock of the worker that is watched.
struct Held(BackgroundEventWorker, Log);

impl Drop for Held {
    fn drop(&mut self) {
        self.1.add(u32::try_from(self.0.last_exit().run).unwrap());
    }
}

/// A watch is dropped while the other ends: its closure is called, or dropped, once. The others are told all the same.
#[test]
fn a_watch_that_is_dropped_while_the_other_ends() {
    check(|| {
        let (watcher, other, drops) = (watcher(), running(), Log::default());
        let watch = |task| {
            let held = Held(other.clone(), drops.clone());
            watcher.watch(&other, move |_exit| {
                drop(held);
                task
            })
        };
        let (first, second, third) = (watch(1), watch(2), watch(3));
        drop(first);
        assert_eq!(drops.all().len(), 1, "at once");
        let fourth = watch(4);
        let end = ends(&other);
        drop(second);
        let fifth = watch(5);
        end.join().unwrap();
        other.wait().unwrap();
        let mut told = watcher.take_pending();
        // The fifth may have come at once, before the others or between them.
        let at = told.iter().position(|task| *task == 5).expect("it is told");
        told.remove(at);
        assert!(matches!(told[..], [3, 4] | [2, 3, 4]), "{told:?}");
        drops.wait_for(5);
        assert_eq!(drops.all().len(), 5);
        drop((third, fourth, fifth));
    });
}

/// The queue of the watcher is closed, and goes with the watcher, while the other ends.
#[test]
fn a_watcher_that_is_dropped_while_the_other_ends() {
    check(|| {
        let (log, other) = (Log::default(), running());
        let watcher = collector(&log).start().unwrap();
        let watch = watcher.watch(&other, |_exit| 1);
        let end = ends(&other);
        watcher.detach();
        watcher.close();
        drop(watcher);
        end.join().unwrap();
        other.wait().unwrap();
        assert!(log.all().len() <= 1);
        drop(watch);
    });
}

/// Tasks past the bound beside producers that wait for room: all are run, and no producer sleeps on.
#[test]
fn a_watch_of_a_full_queue_beside_producers_that_wait() {
    for order in [|b| b, |b: crate::queue::builder::QueueBuilder<u32>| b.lifo()] {
        check(move || {
            let log = Log::default();
            let watcher = order(collector(&log)).bounded(1).start().unwrap();
            let other = running();
            let watch = watcher.watch(&other, |_exit| 100);
            let end = ends(&other);
            let producers = [produce(watcher.queue(), [0, 1]), produce(watcher.queue(), [10, 11])];
            let puts: Vec<Puts> = producers.into_iter().map(|producer| producer.join().unwrap()).collect();
            end.join().unwrap();
            other.wait().unwrap();
            watcher.drain().unwrap();
            let told = Puts { accepted: vec![100], returned: Vec::new() };
            assert_conserved(&[&puts[0], &puts[1], &told], &[&log.all()]);
            drop(watch);
        });
    }
}

#[test]
fn a_wait_for_any_of_two_that_end() {
    check(|| {
        let (first, second) = (running(), running());
        let (one, other) = (ends(&first), ends(&second));
        let ended = wait_any(&[&first, &second], None).unwrap();
        // It is told after the state is published.
        let exit = [&first, &second][ended.index].last_exit();
        assert_eq!((exit.run, ended.exit.reason), (1, ExitReason::Stopped));
        one.join().unwrap();
        other.join().unwrap();
        first.wait().unwrap();
        second.wait().unwrap();
    });
}

#[test]
fn a_wait_for_all_of_two_that_end() {
    check(|| {
        let workers = [running(), running()];
        let ends = workers.each_ref().map(ends);
        let exits = wait_all(&workers, None);
        assert!(exits.iter().all(|exit| exit.as_ref().unwrap().run == 1));
        for end in ends {
            end.join().unwrap();
        }
    });
}

/// The stop of the waiter against the end that it waits for.
#[test]
fn a_wait_for_any_that_is_cut_while_the_other_ends() {
    check(|| {
        let (other, log) = (running(), Log::default());
        let (member, seen) = (other.clone(), log.clone());
        let wait = move |_task: u32, _cx: &mut Context| {
            seen.add(u32::from(wait_any(&[&member], None).is_ok()));
        };
        let waiter = queue(wait).start().unwrap();
        waiter.put(1).unwrap();
        let end = ends(&other);
        waiter.stop().unwrap();
        end.join().unwrap();
        assert!(log.all().len() + waiter.len() == 1);
        drop(waiter.take_pending());
        other.wait().unwrap();
    });
}

/// Members are added, and added again, while they end and run again. Each life is given once.
#[test]
fn exits_of_two_that_end_while_they_are_added() {
    check(|| {
        let (first, second) = (running(), running());
        let again = first.clone();
        let again = thread::spawn(move || {
            again.stop().unwrap();
            again.start().unwrap();
            again.signal_stop();
        });
        let end = ends(&second);
        let mut exits = Exits::new();
        for worker in [&first, &second, &first] {
            exits.add(worker);
        }
        let mut given: Vec<(bool, u64)> = Vec::new();
        while let Ok((worker, exit)) = exits.next(None) {
            given.push((worker == Handle::from(&first), exit.run));
        }
        given.sort_unstable();
        let seconds = given.iter().filter(|(is_first, _)| !is_first).count();
        assert_eq!(seconds, 1);
        assert!(matches!(given[1..], [(true, 1 | 2)] | [(true, 1), (true, 2)]), "{given:?}");
        again.join().unwrap();
        end.join().unwrap();
        first.wait().unwrap();
        second.wait().unwrap();
    });
}
