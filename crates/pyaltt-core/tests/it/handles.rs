//! Handles and builders do not name the type of their worker, so they can be stored, returned, compared and hashed.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Event, EventBuilder,
    ExitReason, Flow, Handle, LoopedBuilder, Queue, QueueBuilder, StartError, State, Tick, Turn, WeakHandle,
    Worker, event, event_from, looped, looped_from, queue, queue_from,
};
use testkit::Probe;

type Letter = &'static str;

/// Records its tasks.
struct Postman(Probe<Letter>);

impl Worker for Postman {
    type Task = Letter;

    fn run(&mut self, letter: Letter, _cx: &mut Context) -> Turn {
        self.0.add(letter);
        Ok(Flow::Continue)
    }
}

/// Another worker with the same tasks.
struct Shredder;

impl Worker for Shredder {
    type Task = Letter;

    fn run(&mut self, _letter: Letter, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }
}

/// A worker with other tasks.
struct Clock;

impl Worker for Clock {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        Ok(Flow::Stop)
    }
}

/// The builders of a program.
struct Builders {
    mail: QueueBuilder<Letter>,
    beat: LoopedBuilder,
    alarm: EventBuilder,
    more: Vec<QueueBuilder<Letter>>,
}

/// What the program builds with them.
struct App {
    mail: BackgroundQueueWorker<Letter>,
    beat: BackgroundWorker,
    alarm: BackgroundEventWorker,
    all: Vec<Handle>,
}

impl Builders {
    /// All from functions.
    fn functions(seen: &Probe<Letter>) -> Self {
        let sinks: [_; 3] = std::array::from_fn(|_| seen.clone());
        let [mail, beat, alarm] = sinks;
        Self {
            mail: queue(move |letter, _cx| mail.add(letter)),
            beat: looped(move |_tick, _cx| {
                beat.add("beat");
                false
            }),
            alarm: event(move |_trigger, _cx| alarm.add("alarm")),
            more: Vec::new(),
        }
    }

    /// From types, functions and factories, in the same fields.
    fn mixed(seen: &Probe<Letter>) -> Self {
        let sinks: [_; 5] = std::array::from_fn(|_| seen.clone());
        let [mail, beat, alarm, made, from] = sinks;
        Self {
            mail: BackgroundQueueWorker::builder(Postman(mail)),
            beat: looped_from(move || {
                let beat = beat.clone();
                Ok(move |_tick, _cx: &mut Context| {
                    beat.add("beat");
                    false
                })
            }),
            alarm: event_from(move || {
                let alarm = alarm.clone();
                Ok(move |_trigger, _cx: &mut Context| alarm.add("alarm"))
            }),
            more: vec![
                BackgroundQueueWorker::factory(move || Postman(made.clone())),
                queue_from(move || {
                    let from = from.clone();
                    Ok(move |letter, _cx: &mut Context| from.add(letter))
                }),
            ],
        }
    }

    fn build(self) -> Result<(App, Vec<BackgroundQueueWorker<Letter>>), BoxError> {
        let (mail, beat, alarm) = (self.mail.build()?, self.beat.build()?, self.alarm.build()?);
        let more = self.more.into_iter().map(QueueBuilder::build).collect::<Result<Vec<_>, _>>()?;
        let mut all = vec![Handle::from(&mail), Handle::from(&beat), Handle::from(&alarm)];
        all.extend(more.iter().map(Handle::from));
        Ok((App { mail, beat, alarm, all }, more))
    }
}

#[apply(bounded)]
fn workers_of_every_kind_and_making_fit_in_a_struct_and_a_vec() {
    for make in [Builders::functions, Builders::mixed] {
        let seen = Probe::new();
        let (app, more) = make(&seen).build().unwrap();
        for worker in &app.all {
            worker.start().unwrap();
        }
        assert_eq!(seen.next(), "beat");
        assert_eq!(app.beat.wait().unwrap().reason, ExitReason::Finished);
        app.alarm.trigger();
        assert_eq!(seen.next(), "alarm");
        for mail in more.iter().chain([&app.mail]) {
            mail.put("dear Sir").unwrap();
            assert_eq!(seen.next(), "dear Sir");
        }
        app.all.iter().for_each(Handle::signal_stop);
        for worker in app.all {
            worker.wait().unwrap();
            assert_eq!(worker.state(), State::Stopped);
        }
        assert!(seen.all().is_empty());
    }
}

#[apply(bounded)]
#[expect(clippy::mutable_key_type, reason = "a handle is compared and hashed by its id, which never changes")]
fn handles_are_equal_and_hash_alike_when_they_are_of_one_worker() {
    let (App { mail, beat, alarm, all }, _) = Builders::functions(&Probe::new()).build().unwrap();
    let again = [Handle::from(mail.clone()), Handle::from(beat.clone()), Handle::from(alarm.clone())];
    assert_eq!(all, again);
    let upgraded = all.iter().map(|worker| worker.downgrade().upgrade().unwrap());
    let set: HashSet<Handle> = all.iter().cloned().chain(again.clone()).chain(upgraded).collect();
    assert_eq!(set.len(), 3, "one for each worker: {set:?}");
    assert!([&*mail, &*beat, &*alarm].into_iter().all(|worker| set.contains(worker)));
    assert_ne!(all[0], all[1]);

    // Typed handles of another worker of the same kind, and of the same worker.
    let (other, _) = Builders::functions(&Probe::new()).build().unwrap();
    let mails = HashSet::from([mail.clone(), other.mail.clone(), mail]);
    let beats = HashSet::from([beat.clone(), other.beat.clone(), beat]);
    let alarms = HashSet::from([alarm.clone(), other.alarm.clone(), alarm]);
    assert_eq!((mails.len(), beats.len(), alarms.len()), (2, 2, 2));
    assert!(mails.contains(&other.mail) && beats.contains(&other.beat) && alarms.contains(&other.alarm));
    assert!(other.all.iter().all(|worker| !set.contains(worker)));
}

#[apply(bounded)]
fn a_weak_handle_keeps_no_worker_alive_and_upgrades_while_a_handle_lives() {
    let (seen, owned) = (Probe::new(), Arc::new(()));
    let worker = queue({
        let (seen, owned) = (seen.clone(), Arc::clone(&owned));
        move |letter: Letter, _cx| {
            let _ = &owned;
            seen.add(letter);
        }
    });
    // A non-daemon worker, so the drop of its last handle waits until it has stopped.
    let worker = worker.daemon(false).start().unwrap();
    let letters = worker.queue().clone();
    let weak = worker.downgrade();
    let copies = vec![weak.clone(); 3];

    let strong = weak.upgrade().unwrap();
    assert_eq!(strong, *worker);
    drop(worker);
    assert!(strong.is_active(), "a handle that was upgraded is one like any other");
    letters.put("dear Sir").unwrap();
    assert_eq!(seen.next(), "dear Sir");
    assert_eq!(Arc::strong_count(&owned), 2);

    drop(strong);
    assert_eq!(Arc::strong_count(&owned), 1, "the worker is stopped and dropped");
    assert!(copies.iter().chain([&weak]).all(|weak| weak.upgrade().is_none()));
}

const _: () = {
    const fn handle<H: Clone + Send + Sync + UnwindSafe + RefUnwindSafe + 'static>() {}
    const fn builder<B: Send + 'static>() {}
    handle::<Handle>();
    handle::<WeakHandle>();
    handle::<BackgroundWorker>();
    handle::<BackgroundEventWorker>();
    handle::<Event>();
    // Also for tasks that are neither `Sync` nor `UnwindSafe`.
    handle::<BackgroundQueueWorker<Cell<u8>>>();
    handle::<BackgroundQueueWorker<&'static mut u8>>();
    handle::<Queue<Cell<u8>>>();
    handle::<Queue<&'static mut u8>>();
    builder::<LoopedBuilder>();
    builder::<QueueBuilder<Cell<u8>>>();
    builder::<EventBuilder>();
};

#[apply(bounded)]
fn a_handle_is_usable_after_a_panic_has_passed_it() {
    let seen = Probe::new();
    let mail = BackgroundQueueWorker::builder(Postman(seen.clone())).start().unwrap();
    let panicked = catch_unwind(|| {
        mail.put("dear Sir").unwrap();
        panic!("told to panic");
    });
    assert!(panicked.is_err());
    mail.put("dear Madam").unwrap();
    assert_eq!([seen.next(), seen.next()], ["dear Sir", "dear Madam"]);
}

#[apply(bounded)]
fn a_worker_that_cannot_be_taken_gives_the_handle_back_and_changes_nothing() {
    let seen = Probe::new();
    let mail = BackgroundQueueWorker::builder(Postman(seen.clone())).start().unwrap();

    // While it runs: as another type with other tasks, as another type, and as its own type.
    let handle = Handle::from(&mail).into_inner::<Clock>().map(drop).unwrap_err();
    assert_eq!(handle, *mail);
    assert!(mail.clone().into_inner::<Shredder>().is_err());
    let mail = mail.into_inner::<Postman>().map(drop).unwrap_err();
    assert!(mail.is_active());
    mail.put("dear Sir").unwrap();
    assert_eq!(seen.next(), "dear Sir");

    // While it is stopped: as another type.
    mail.stop().unwrap();
    let mail = mail.into_inner::<Shredder>().map(drop).unwrap_err();
    drop(handle.into_inner::<Clock>().map(drop).unwrap_err());
    mail.start().unwrap();
    mail.put("dear Madam").unwrap();
    assert_eq!(seen.next(), "dear Madam");

    mail.stop().unwrap();
    let other = mail.clone();
    let Postman(sink) = mail.into_inner().unwrap();
    assert!(matches!(other.start(), Err(StartError::Taken { .. })));
    assert!(other.into_inner::<Postman>().is_err(), "it was taken before");
    sink.add("mine");
    assert_eq!(seen.next(), "mine");
}

#[apply(bounded)]
fn workers_that_are_made_for_each_run_cannot_be_taken_out() {
    let seen = Probe::new();
    let sink = seen.clone();
    let mail = BackgroundQueueWorker::factory(move || Postman(sink.clone())).build().unwrap();
    let mail = mail.into_inner::<Postman>().map(drop).unwrap_err();
    mail.start().unwrap();
    mail.put("dear Sir").unwrap();
    mail.drain().unwrap();
    assert_eq!(seen.next(), "dear Sir");
    assert!(mail.into_inner::<Postman>().is_err());
    let clock = BackgroundWorker::builder(Clock).build().unwrap();
    assert!(clock.into_inner::<Clock>().is_ok(), "one that was given to a builder can");
}
