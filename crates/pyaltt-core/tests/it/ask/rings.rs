//! Workers that ask themselves, and each other.

use std::sync::{Arc, OnceLock};

use pyaltt_core::{BackgroundQueueWorker, BoxError, ExitReason, Flow, PutErrorKind, ReplyTo};
use testkit::os_thread::OsThread;
use testkit::{Probe, until};

use super::{Answer, LONG, MOMENT, Task, asks, kind, started, wait_asleep};
use crate::flavour::wait_until_asleep;

/// A question to a worker of a ring, in which each asks the next one.
type Question = ReplyTo<u64>;
type Slot = Arc<OnceLock<BackgroundQueueWorker<Question>>>;

/// 7. At once, whichever wait it is; and the reply is open for any other use.
#[apply(bounded)]
fn a7_a_wait_for_an_answer_of_the_own_worker_is_an_error_at_once() {
    let slot: Slot = Arc::default();
    let (own, told) = (Arc::clone(&slot), Probe::new());
    let (kinds, handed_on) = (told.clone(), Probe::new());
    let replies = handed_on.clone();
    let worker = asks(move |to: Question, cx| {
        if cx.turn_number() > 1 {
            let _ = to.send(cx.turn_number());
            return Ok(());
        }
        let own = own.wait();
        kinds.add(kind(own.ask(|to| to)?.wait()));
        let mut reply = own.ask(|to| to)?;
        kinds.add(kind(reply.wait_timeout(LONG)));
        assert!(reply.try_get().is_none());
        replies.add(reply);
        let _ = to.send(1);
        Ok(())
    })
    .start()
    .unwrap();
    slot.set(worker.clone()).unwrap_or_else(|_| unreachable!());
    assert_eq!(worker.ask(|to| to).unwrap().wait().unwrap(), 1);
    assert_eq!(told.all(), ["from worker", "from worker"]);
    // The first one was not wanted any more, and took its turn.
    assert_eq!(handed_on.next().wait().unwrap(), 3);
    worker.stop().unwrap();
}

/// 7. A question to an earlier life of the own worker has ended with that.
#[apply(bounded)]
fn a7_a_wait_for_an_earlier_life_of_the_own_worker_is_about_that_life() {
    let slot: Slot = Arc::default();
    let (own, told, earlier) = (Arc::clone(&slot), Probe::new(), Probe::new());
    let (kinds, replies) = (told.clone(), earlier.clone());
    let worker = asks(move |to: Question, cx| {
        match cx.run_number() {
            1 => replies.add(own.wait().ask(|to| to)?),
            _ => kinds.add(kind(replies.next().wait())),
        }
        drop(to);
        cx.terminate();
        Ok(())
    })
    .start()
    .unwrap();
    slot.set(worker.clone()).unwrap_or_else(|_| unreachable!());
    worker.ask(|to| to).unwrap().detach();
    assert_eq!(worker.wait().unwrap().run, 1);
    // The next life takes what the first one has asked.
    worker.start().unwrap();
    assert_eq!(worker.wait().unwrap().run, 2);
    assert_eq!(told.next(), "ended, terminated");
    drop(worker.take_pending());
}

/// 7. Whichever handle it has asked by: it is the last one that reads the queue.
#[apply(bounded)]
fn a7_the_last_reader_of_a_queue_does_not_wait_for_one_that_has_ended() {
    let (clerk, _) = started();
    let told = Probe::new();
    let (handle, kinds) = (clerk.clone(), told.clone());
    let reader = asks(move |task: Task, _cx| {
        kinds.add(kind(handle.ask(Task::Answer)?.wait()));
        drop(task);
        Ok(())
    })
    .queue(clerk.queue().clone())
    .start()
    .unwrap();
    clerk.stop().unwrap();
    reader.put(Task::Fail).unwrap();
    assert_eq!(told.next(), "from worker");
    reader.terminate();
    reader.wait().unwrap();
    drop(reader.take_pending());
}

/// A ring in which each worker asks the next, and waits for the answer without a limit.
struct Ring {
    workers: Vec<BackgroundQueueWorker<Question>>,
    /// The number of a worker, and what its wait has given.
    waits: Probe<(usize, Answer)>,
}

fn ring(count: usize) -> Ring {
    let slots: Vec<Slot> = (0..count).map(|_| Arc::default()).collect();
    let (threads, waits) = (Probe::new(), Probe::new());
    let workers = (0..count).map(|index| {
        let (next, show, told) = (Arc::clone(&slots[(index + 1) % count]), threads.clone(), waits.clone());
        let worker = asks(move |to: Question, _cx| {
            show.add(OsThread::current());
            let answer = next.wait().ask(|to| to)?.wait();
            told.add((index, answer.clone()));
            let _ = to.send(answer?);
            Ok(())
        })
        .on_error(|_| Flow::Continue)
        .name(format!("ring {index}"))
        .paused(true)
        .start()
        .unwrap();
        slots[index].set(worker.clone()).unwrap_or_else(|_| unreachable!());
        worker
    });
    let workers: Vec<_> = workers.collect();
    for worker in &workers {
        // Each of these turns asks the next worker, so each has a question in hand and one in its queue.
        drop(worker.ask(|to| to).unwrap());
    }
    // Only now, so that this question is the first one for each.
    for worker in &workers {
        worker.resume();
    }
    (0..count).for_each(|_| wait_until_asleep(&threads));
    Ring { workers, waits }
}

/// 8. A stop of any of them ends its own wait, and the ring dissolves: each of the others goes on.
#[apply(bounded)]
fn a8_a_ring_of_workers_that_ask_each_other_is_dissolved_by_one_stop() {
    for (count, stopped) in [(2, 0), (2, 1), (5, 3)] {
        let Ring { workers, waits } = ring(count);
        assert!(waits.is_empty(), "each of them waits");
        let exit = workers[stopped].stop().unwrap();
        assert_eq!((exit.reason, exit.turns, exit.errors), (ExitReason::Stopped, 1, 0));
        assert_eq!(workers[stopped].stats().interrupted, 1);
        let (who, answer) = waits.next();
        assert_eq!((who, kind(answer)), (stopped, "stopping".to_owned()));
        // The question of the one before it is pending there, and ends with its life. That one fails its turn, and takes up
        // the question of the one before it, which it cannot answer either, and so on.
        let (who, answer) = waits.next();
        assert_eq!((who, kind(answer)), ((stopped + count - 1) % count, "ended, stopped".to_owned()));
        let mut waiting: Vec<usize> = (2..count).map(|before| (stopped + count - before) % count).collect();
        while !waiting.is_empty() {
            let (who, answer) = waits.next();
            assert_eq!(kind(answer), "no reply");
            waiting.retain(|waits| *waits != who);
        }
        for worker in &workers {
            worker.stop().unwrap();
            drop(worker.take_pending());
        }
    }
}

/// 8. By a terminate as well; and a drain cuts nothing.
#[apply(bounded)]
fn a8_a_terminate_cuts_a_wait_for_an_answer_and_a_drain_does_not() {
    let (clerk, turnstile) = started();
    for drains in [false, true] {
        let (threads, waits) = (Probe::new(), Probe::new());
        let (show, told, other) = (threads.clone(), waits.clone(), clerk.clone());
        let asker = asks(move |(): (), _cx| {
            show.add(OsThread::current());
            let answer = other.ask(Task::Hold)?.wait();
            told.add(kind(answer.clone()));
            answer?;
            Ok(())
        })
        .start()
        .unwrap();
        asker.put(()).unwrap();
        wait_until_asleep(&threads);
        turnstile.wait();
        if drains {
            asker.signal_drain();
            assert!(waits.is_empty());
            turnstile.release();
            assert_eq!((asker.wait().unwrap().errors, waits.next()), (0, "an answer".to_owned()));
        } else {
            asker.terminate();
            let exit = asker.wait().unwrap();
            assert_eq!((exit.reason, exit.errors), (ExitReason::Terminated, 0));
            assert_eq!((waits.next(), asker.stats().interrupted), ("stopping".to_owned(), 1));
            turnstile.release();
        }
    }
    clerk.stop().unwrap();
}

/// 8. A asks B, whose turn puts into A's full queue: a stop of either ends its wait.
#[apply(bounded)]
fn a8_a_ring_with_a_put_is_dissolved_by_a_stop_of_either() {
    for stops_the_asker in [true, false] {
        let (threads, waits) = (Probe::new(), Probe::new());
        let slot: Arc<OnceLock<BackgroundQueueWorker<u32>>> = Arc::default();
        let (target, told) = (Arc::clone(&slot), waits.clone());
        let show = threads.clone();
        let puts = asks(move |to: Question, _cx| {
            show.add(OsThread::current());
            let target = target.wait();
            while target.try_put(7).is_ok() {}
            let result = target.put(8);
            told.note(match &result {
                Ok(()) => "put".to_owned(),
                Err(error) => format!("{:?}", error.kind()),
            });
            result?;
            let _ = to.send(1);
            Ok(())
        })
        .name("puts")
        .start()
        .unwrap();
        let (other, told, show) = (puts.clone(), waits.clone(), threads.clone());
        let asker = asks(move |task: u32, _cx| {
            if task == 1 {
                show.add(OsThread::current());
                let answer = other.ask(|to| to)?.wait();
                told.add(kind(answer));
            }
            Ok::<(), BoxError>(())
        })
        .bounded(1)
        .start()
        .unwrap();
        slot.set(asker.clone()).unwrap_or_else(|_| unreachable!());
        asker.put(1).unwrap();
        wait_until_asleep(&threads);
        wait_until_asleep(&threads);
        assert!(waits.is_empty());
        if stops_the_asker {
            asker.stop().unwrap();
            assert_eq!(waits.next(), "stopping");
            // The put waits on, for the next run.
            assert_eq!(asker.take_pending(), [7]);
            assert_eq!(waits.next(), "put");
        } else {
            puts.stop().unwrap();
            assert_eq!(waits.next(), format!("{:?}", PutErrorKind::Stopping));
            assert_eq!(waits.next(), "no reply");
        }
        asker.stop().unwrap();
        puts.stop().unwrap();
        drop((asker.take_pending(), puts.take_pending()));
    }
}

/// 9. It looks like a ring, and a third thread ends each wait: by an answer, by a take, by a close. No wait is an error.
#[apply(bounded)]
fn a9_what_looks_like_a_ring_ends_by_a_third_thread() {
    let Ring { workers, waits } = ring(2);
    // The question of each is pending at the other, which waits as well.
    let taken = workers[0].take_pending();
    let (wanted, other): (Vec<_>, Vec<_>) = taken.into_iter().partition(ReplyTo::is_wanted);
    assert_eq!((wanted.len(), other.len()), (1, 0));
    for to in wanted {
        to.send(42).unwrap();
    }
    // Worker 1 has its answer, and takes the question of worker 0, for which it asks that one again.
    let (who, answer) = waits.next();
    assert_eq!((who, answer.unwrap()), (1, 42));
    assert!(until(LONG, || !workers[0].is_empty()));
    for to in workers[0].take_pending() {
        to.send(43).unwrap();
    }
    let answers = [waits.next(), waits.next()].map(|(who, answer)| (who, answer.unwrap()));
    assert_eq!(answers, [(1, 43), (0, 43)]);
    for worker in &workers {
        assert_eq!(worker.drain().unwrap().errors, 0);
    }
}

/// 9. A close ends a worker that waits for a task, and so the wait of the one that asked it, whatever they had to do with
/// each other.
#[apply(bounded)]
fn a9_a_close_ends_the_wait_for_the_one_that_is_closed() {
    let (clerk, _) = started();
    let (threads, waits) = (Probe::new(), Probe::new());
    let (show, told, other) = (threads.clone(), waits.clone(), clerk.clone());
    let asker = asks(move |(): (), _cx| {
        show.add(OsThread::current());
        told.add(kind(other.ask(Task::Keep)?.wait()));
        Ok(())
    })
    .start()
    .unwrap();
    asker.put(()).unwrap();
    wait_until_asleep(&threads);
    clerk.close();
    assert_eq!(waits.next(), "ended, finished");
    asker.stop().unwrap();
}

/// A timeout of a worker's wait is an ordinary error of its turn.
#[apply(bounded)]
fn a11_a_worker_may_wait_for_another_one_with_a_limit() {
    let (clerk, turnstile) = started();
    let held = wait_asleep(clerk.ask(Task::Hold).unwrap());
    turnstile.wait();
    let told = Probe::new();
    let (other, kinds) = (clerk.clone(), told.clone());
    let asker = asks(move |(): (), _cx| {
        let mut reply = other.ask(Task::Answer)?;
        kinds.add(kind(reply.wait_timeout(MOMENT)));
        kinds.add(kind(reply.wait_timeout(LONG)));
        Ok(())
    })
    .start()
    .unwrap();
    asker.put(()).unwrap();
    assert_eq!(told.next(), "timeout");
    turnstile.release();
    assert_eq!((told.next(), held.join().unwrap().unwrap()), ("an answer".to_owned(), 1));
    asker.stop().unwrap();
    clerk.stop().unwrap();
}
