//! Workers of a durable queue: tasks, batches, stops, drains and closes.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt::{Context, Inbox, Queue, Turn, Worker, done};
use pyaltt_durable::{Cancelled, Durable, MemoryStore, Put, Retry, TaskState};
use testkit::{Turnstile, until};

use crate::faulty::{Fault, FaultyStore};
use crate::support::{LIMIT, state_of, wait_for_running, wait_until_done, worker};

fn queue() -> Durable<String> {
    MemoryStore::default().queue("mail").build().unwrap()
}

#[apply(bounded)]
fn a_task_that_is_put_has_a_turn_and_is_gone() {
    let mail = queue();
    let (worker, seen) = worker(&mail, |_, _| done());
    for n in 0..20 {
        let id = mail.put(format!("letter {n}")).unwrap();
        let (letter, info) = seen.recv().unwrap();
        assert_eq!((letter, info.attempt, info.id), (format!("letter {n}"), 1, id));
    }
    let exit = worker.drain().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (20, 0));
    wait_until_done(&mail);
}

#[apply(bounded)]
fn tasks_run_in_the_order_of_their_puts() {
    let mail = queue();
    mail.put_many((0..50).map(|n| n.to_string()).collect()).unwrap();
    let (worker, seen) = worker(&mail, |_, _| done());
    let order: Vec<_> = seen.iter().take(50).map(|(letter, _)| letter).collect();
    assert!(order.into_iter().eq((0..50).map(|n| n.to_string())));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_13_a_worker_that_waits_on_an_empty_queue_stops_and_takes_nothing_after_it() {
    let mail = queue();
    let (worker, seen) = worker(&mail, |_, _| done());
    let exit = worker.stop().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (0, 0));
    mail.put("dear Sir".into()).unwrap();
    assert!(until(LIMIT, || mail.stats().unwrap().owners.is_empty()), "the clerk says goodbye");
    assert_eq!(mail.stats().unwrap().ready[1], 1);
    assert!(seen.try_recv().is_err());
    // Another life, with another clerk.
    worker.start().unwrap();
    assert_eq!(seen.recv().unwrap().0, "dear Sir");
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_14_what_a_stopped_worker_had_asked_for_goes_back_uncounted_to_its_place() {
    let store = FaultyStore::default();
    let mail: Durable<String> = store.queue("mail").build().unwrap();
    let ids = mail.put_many(vec!["first".into(), "second".into()]).unwrap();
    store.break_next("round", [Fault::Hang]);
    let (worker, seen) = worker(&mail, |_, _| done());
    store.wait_for_hang();
    worker.stop().unwrap();
    store.let_go();
    wait_for_running(&mail, 0);
    assert!(until(LIMIT, || mail.stats().unwrap().owners.is_empty()));
    let task = mail.find(ids[0]).unwrap().unwrap();
    assert_eq!((task.state, task.attempt), (TaskState::Ready, 0));
    let (other, seen_by_other) = crate::support::worker(&mail, |_, _| done());
    assert_eq!(seen_by_other.recv().unwrap().0, "first");
    other.drain().unwrap();
    assert!(seen.try_recv().is_err());
}

#[apply(bounded)]
fn what_a_paused_worker_had_asked_for_goes_back_and_it_asks_again_when_it_goes_on() {
    let store = FaultyStore::default();
    let mail: Durable<String> = store.queue("mail").build().unwrap();
    let ids = mail.put_many(vec!["first".into(), "second".into()]).unwrap();
    store.break_next("round", [Fault::Hang]);
    let (worker, seen) = worker(&mail, |_, _| done());
    store.wait_for_hang();
    worker.pause_wait(LIMIT).unwrap();
    store.let_go();
    wait_for_running(&mail, 0);
    let task = mail.find(ids[0]).unwrap().unwrap();
    assert_eq!((task.state, task.attempt), (TaskState::Ready, 0));
    assert!(seen.try_recv().is_err());
    worker.resume();
    assert_eq!(seen.recv().unwrap().0, "first");
    assert_eq!(seen.recv().unwrap().0, "second");
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_47_two_workers_of_one_name_are_independent() {
    let store = MemoryStore::default();
    let gate = Turnstile::new();
    let (sender, turns) = mpsc::channel();
    let start = |queue: &Durable<String>| {
        let (gate, sender) = (gate.clone(), sender.clone());
        let turn = move |_: String, _: &mut Context| {
            sender.send(()).unwrap();
            gate.pass();
        };
        pyaltt::queue(turn).name("postman").queue(queue.clone()).start().unwrap()
    };
    // Two connections, as of two processes.
    let queues: [Durable<String>; 2] = [(); 2].map(|()| store.queue("mail").build().unwrap());
    queues[0].put_many(vec!["first".into(), "second".into()]).unwrap();
    let workers = [start(&queues[0]), start(&queues[1])];
    turns.recv().unwrap();
    turns.recv().unwrap();
    let stats = queues[0].stats().unwrap();
    assert_eq!(stats.owners.iter().map(|owner| owner.running).collect::<Vec<_>>(), [1, 1]);
    gate.release();
    gate.release();
    for worker in workers {
        worker.stop().unwrap();
    }
    wait_until_done(&queues[0]);
}

#[apply(bounded)]
fn case_50_a_cancelled_task_is_removed_or_its_turn_is_told() {
    let store = MemoryStore::default();
    let mail: Durable<String> = store.queue("mail").build().unwrap();
    let delayed = mail.put_with("later".into(), Put::new().delay(LIMIT)).unwrap().id();
    assert_eq!(mail.cancel(delayed).unwrap(), Cancelled::Removed);
    let running = mail.put("runs".into()).unwrap();
    let (worker, seen) = worker(&mail, |letter, cx| {
        while letter == "runs" && !cx.is_lost() {
            std::thread::yield_now();
        }
        done()
    });
    seen.recv().unwrap();
    let waiting = mail.put("waits".into()).unwrap();
    assert_eq!(mail.cancel(waiting).unwrap(), Cancelled::Removed);
    assert_eq!(mail.cancel(running).unwrap(), Cancelled::Running);
    assert!(until(LIMIT, || worker.stats().turns == 1), "the turn is told");
    assert_eq!(mail.cancel(running).unwrap(), Cancelled::Unknown);
    worker.stop().unwrap();
    wait_until_done(&mail);
}

struct TakesTwice;

impl Worker for TakesTwice {
    type Task = String;

    fn run(&mut self, _: String, _: &mut Context) -> Turn {
        done()
    }

    fn r#loop(&mut self, inbox: &mut Inbox<String>) -> Result<(), pyaltt::BoxError> {
        drop(inbox.next());
        drop(inbox.next());
        Ok(())
    }
}

#[apply(bounded)]
fn case_55_a_worker_that_takes_twice_without_a_turn_fails_and_the_first_task_is_back() {
    let mail = queue();
    let id = mail.put("dear Sir".into()).unwrap();
    let worker = pyaltt::BackgroundQueueWorker::builder(TakesTwice).queue(mail.clone()).start().unwrap();
    let error = worker.wait().unwrap_err().to_string();
    assert!(error.contains("a leased task was taken without a turn; use turn or next_batch"), "{error}");
    assert!(until(LIMIT, || state_of(&mail, id) == Some(TaskState::Ready)));
    assert_eq!(mail.find(id).unwrap().unwrap().attempt, 0);
}

struct Batches(mpsc::Sender<Vec<String>>);

impl Worker for Batches {
    type Task = String;

    fn run(&mut self, _: String, _: &mut Context) -> Turn {
        done()
    }

    fn r#loop(&mut self, inbox: &mut Inbox<String>) -> Result<(), pyaltt::BoxError> {
        while let Some(mut batch) = inbox.next_batch(10, Duration::ZERO) {
            self.0.send(batch.to_vec())?;
            match &*batch[0] {
                "drop" => drop(batch),
                "fail" => {
                    batch.fail(1, "not this one");
                    batch.done();
                }
                _ => drop(batch.done()),
            }
        }
        Ok(())
    }
}

#[apply(bounded)]
fn case_56_a_batch_is_settled_in_one_round() {
    let store = FaultyStore::default();
    let mail: Durable<String> = store.queue("mail").retry(Retry::none()).build().unwrap();
    let (sender, batches) = mpsc::channel();
    let put = |first: &str| {
        let rest = (1..10).map(|n| format!("letter {n}"));
        mail.put_many([first.to_owned()].into_iter().chain(rest).collect()).unwrap()
    };
    let worker = pyaltt::BackgroundQueueWorker::builder(Batches(sender)).queue(mail.clone()).start().unwrap();
    for (first, dead) in [("done", 0), ("fail", 1), ("drop", 11)] {
        // The clerk sleeps until the bell.
        let rounds = store.calls("round");
        put(first);
        assert_eq!(batches.recv().unwrap().len(), 10, "{first}");
        wait_until_done(&mail);
        assert_eq!(mail.stats().unwrap().dead, dead, "{first}");
        // One round to take, one to settle, and one to find nothing after a settlement that came before the question.
        let more = store.calls("round") - rounds;
        assert!((2..=4).contains(&more), "{more} rounds");
        assert!(until(LIMIT, || store
            .store
            .queue("mail")
            .build::<String>()
            .unwrap()
            .stats()
            .unwrap()
            .running
            == 0));
    }
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_58_a_drain_takes_what_was_there_and_a_closed_queue_ends_empty() {
    let mail = queue();
    mail.put_many((0..30).map(|n| n.to_string()).collect()).unwrap();
    let (drained, seen) = worker(&mail, |_, _| done());
    assert_eq!(drained.drain().unwrap().turns, 30);
    assert_eq!(seen.try_iter().count(), 30);

    let shared: Queue<String> = mail.clone().into();
    mail.put("dear Sir".into()).unwrap();
    assert!(shared.take_pending().is_empty(), "the tasks are safe where they are");
    let closing = pyaltt::queue(|_: String, _: &mut Context| ()).queue(shared.clone()).start().unwrap();
    shared.close();
    assert_eq!(shared.put("dear Madam".into()).unwrap_err().kind(), pyaltt::PutErrorKind::Closed);
    assert_eq!(closing.wait().unwrap().turns, 1);
    wait_until_done(&mail);
}

#[apply(bounded)]
fn case_58_a_drain_takes_what_a_batch_that_failed_has_handed_back() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").retry(Retry::none()).build().unwrap();
    mail.put_many((1..=100).map(|n| n.to_string()).collect()).unwrap();
    let (died, deaths) = mpsc::channel();
    let batches = pyaltt::batch(50, Duration::ZERO, move |letters: Vec<String>, _: &mut Context| {
        if letters == ["13"] {
            died.send(()).unwrap();
        }
        if letters.contains(&"13".to_owned()) { Err("an unlucky letter") } else { Ok(()) }
    })
    .queue(mail.clone())
    .start()
    .unwrap();
    deaths.recv().unwrap();
    batches.drain().unwrap();
    assert_eq!(mail.stats().unwrap().ready, [0; 4], "it was there when the drain began");
    wait_until_done(&mail);
    assert_eq!(mail.stats().unwrap().dead, 1);
}

#[apply(bounded)]
fn case_59_an_idle_worker_makes_no_rounds() {
    let store = FaultyStore::default();
    let mail: Durable<String> = store.queue("mail").build().unwrap();
    let (worker, seen) = worker(&mail, |_, _| done());
    mail.put("dear Sir".into()).unwrap();
    seen.recv().unwrap();
    wait_until_done(&mail);
    // The last round has found nothing. From then on there is none: the operator's requests go by the same connection, so
    // what the clerk has to do is done between them.
    let mut rounds = 0;
    assert!(until(LIMIT, || std::mem::replace(&mut rounds, store.calls("round")) == store.calls("round")));
    for _ in 0..200 {
        mail.stats().unwrap();
        std::thread::yield_now();
    }
    assert!(store.calls("round") <= rounds + 1, "{rounds} rounds, then {}", store.calls("round"));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_62_nobody_takes_a_task_after_a_pause_has_returned() {
    let store = MemoryStore::default();
    let mail: Durable<String> = store.queue("mail").build().unwrap();
    let (sender, turns) = mpsc::channel();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (sender, queue) = (sender.clone(), store.queue("mail").build::<String>().unwrap());
            pyaltt::queue(move |_: String, _: &mut Context| sender.send(()).unwrap())
                .queue(queue)
                .start()
                .unwrap()
        })
        .collect();
    mail.put_many((0..100).map(|n| n.to_string()).collect()).unwrap();
    turns.recv().unwrap();
    mail.pause().unwrap();
    wait_for_running(&mail, 0);
    let left = mail.stats().unwrap().ready[1];
    mail.put("while it is paused".into()).unwrap();
    for _ in 0..100 {
        let stats = mail.stats().unwrap();
        assert_eq!((stats.ready[1], stats.running), (left + 1, 0));
    }
    mail.resume().unwrap();
    wait_until_done(&mail);
    for worker in workers {
        worker.stop().unwrap();
    }
    assert_eq!(turns.try_iter().count(), 100);
}
