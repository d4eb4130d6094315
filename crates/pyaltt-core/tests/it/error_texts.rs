//! Every error says whose it is and where it happened, once, and its `Debug` reads like its `Display`.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, Flow, Handle, Inbox, PutErrorKind, Queue, Start,
    StartError, StopError, TaskQueue, Turn, Worker, WorkerError, WorkerErrorKind, looped, queue, queue_from,
};
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics};

/// Returns the texts of the chain, and asserts that none says what another one has said, that the first names the
/// worker, and that the error reads the same in `{:?}`.
#[track_caller]
fn chain(error: &(dyn Error + 'static), worker: &str) -> Vec<String> {
    let texts: Vec<String> =
        std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    assert!(texts[0].contains(&format!("{worker:?}")), "{texts:?} does not name {worker:?}");
    assert_eq!(texts[0].matches(worker).count(), 1, "{texts:?}");
    assert_eq!(format!("{error:?}"), texts[0]);
    for (at, text) in texts.iter().enumerate() {
        let rest = texts[at + 1..].iter();
        assert!(rest.clone().all(|later| !text.contains(&**later)), "{texts:?} says it twice");
    }
    texts
}

/// An error with another one behind it.
#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl Outer {
    fn new() -> Self {
        Self("x".parse::<u8>().unwrap_err())
    }
}

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no port")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

const BEHIND: &str = "invalid digit found in string";

/// Fails in the places that it is given.
struct Fails(&'static str);

impl Fails {
    fn at(&self, place: &str) -> Result<(), BoxError> {
        match self.0.split_once(' ') {
            Some((here, "panics")) if here == place => panic!("{EXPECTED}{place}"),
            None if self.0 == place => Err(Outer::new().into()),
            _ => Ok(()),
        }
    }
}

impl Worker for Fails {
    type Task = u32;
    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        self.at("turn")?;
        Ok(Flow::Continue)
    }
    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        while let Some(task) = inbox.next() {
            if inbox.turn(self, task).is_break() {
                break;
            }
        }
        self.at("loop")
    }
    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.at("before_start")
    }
    fn after_start(&mut self, _cx: &mut Context) {
        drop(self.at("after_start"));
    }
    fn before_stop(&mut self, _cx: &mut Context) {
        drop(self.at("before_stop"));
    }
    fn after_stop(&mut self, _exit: &Exit) {
        drop(self.at("after_stop"));
    }
}

/// 4. In `on_error`, in the exit, and in the error of the wait.
#[apply(bounded)]
fn an_error_of_a_run_names_the_worker_and_the_turn_or_hook() {
    silence_expected_panics();
    let places = ["turn", "turn panics", "loop", "loop panics", "after_start panics"];
    let hooks = ["before_stop panics", "after_stop panics"];
    for place in places.into_iter().chain(hooks) {
        let heard = Probe::new();
        let told = heard.clone();
        let worker = BackgroundQueueWorker::builder(Fails(place))
            .name("built")
            .on_error(move |error| {
                told.add((
                    error.to_string(),
                    error.worker().to_owned(),
                    error.turn(),
                    error.hook().map(str::to_owned),
                ));
                Flow::Stop
            })
            .build()
            .unwrap();
        worker.put(1).unwrap();
        worker.put(2).unwrap();
        // An error has the name that the worker has in this run.
        worker.start_with(Start::new().name("mail")).unwrap();
        let exit = worker.drain().unwrap_or_else(|error| match error {
            StopError::Failed(exit) | StopError::Left { exit, .. } => exit,
            error => panic!("{error}"),
        });
        let error = exit.error.clone().unwrap();
        let hook = place.trim_end_matches(" panics");
        let (turn, hook) = if hook == "turn" { (Some(1), None) } else { (None, Some(hook)) };
        assert_eq!((error.worker(), error.turn(), error.hook()), ("mail", turn, hook));
        let is_panic = matches!(error.kind(), WorkerErrorKind::Panicked(_));
        assert_eq!(is_panic, place.ends_with("panics"));
        let texts = chain(&*error, "mail");
        let where_ = turn.map_or_else(|| hook.unwrap().to_owned(), |turn| format!("turn {turn}"));
        if is_panic {
            assert!(texts[0].starts_with(&format!(r#"worker "mail", {where_}: panicked: "#)), "{texts:?}");
        } else {
            assert_eq!(texts, [format!(r#"worker "mail", {where_}: no port"#), BEHIND.to_owned()]);
        }
        let (text, name, told_turn, told_hook) = heard.next();
        assert_eq!((text, &*name, told_turn, told_hook.as_deref()), (texts[0].clone(), "mail", turn, hook));
        if !hooks.contains(&place) {
            assert_eq!(chain(&worker.wait().unwrap_err(), "mail"), texts);
            assert_eq!(chain(&*worker.stop().unwrap().into_result().unwrap_err(), "mail"), texts);
        }
    }
}

/// 4. The number is that of the turn that failed, and not of the last one.
#[apply(bounded)]
fn a_turn_that_fails_later_is_named_by_its_number_in_its_run() {
    let numbers = Probe::new();
    let told = numbers.clone();
    let worker = queue(|task: u32, _cx| if task.is_multiple_of(2) { Ok(()) } else { Err("odd") })
        .on_error(move |error| told.add(error.turn()))
        .build()
        .unwrap();
    for _ in 0..2 {
        (0..6).for_each(|task| worker.put(task).unwrap());
        worker.start().unwrap();
        assert_eq!(worker.drain().unwrap().errors, 3);
        assert_eq!(numbers.all(), [Some(2), Some(4), Some(6)]);
    }
}

/// 4, f23.
#[apply(bounded)]
fn every_error_of_a_start_names_the_worker() {
    silence_expected_panics();
    let mail = || queue(|_task: u32, _cx| ()).name("mail");

    let running = mail().start().unwrap();
    let error = running.start().unwrap_err();
    assert!(matches!(error, StartError::AlreadyRunning { .. }));
    assert_eq!((chain(&error, "mail").len(), error.worker()), (1, "mail"));

    for place in ["before_start", "before_start panics"] {
        let error = BackgroundQueueWorker::builder(Fails(place)).name("mail").start().unwrap_err();
        assert!(matches!(error, StartError::Hook(_)), "{error}");
        let texts = chain(&error, "mail");
        assert!(texts[0].starts_with(r#"worker "mail", before_start: "#), "{texts:?}");
        assert_eq!((texts.len(), error.worker()), (if place.contains(' ') { 1 } else { 2 }, "mail"));
    }

    let made = queue_from(|| {
        if true {
            return Err(Outer::new().into());
        }
        Ok(|_task: u32, _cx: &mut Context| ())
    });
    let error = made.name("mail").start().unwrap_err();
    assert!(matches!(error, StartError::Factory(_)));
    assert_eq!(chain(&error, "mail"), [r#"worker "mail", factory: no port"#, BEHIND]);
    assert_eq!(error.worker(), "mail");

    let error = mail().bounded(0).start().unwrap_err();
    assert!(matches!(error, StartError::Option(_)));
    assert_eq!((chain(&error, "mail").len(), error.worker()), (1, "mail"));
    chain(&mail().bounded(0).build().unwrap_err(), "mail");

    let error = looped(|_tick, _cx| ()).name("mail").stack_size(usize::MAX / 4).start().unwrap_err();
    assert!(matches!(error, StartError::Spawn { .. }), "{error}");
    chain(&error, "mail");
    assert_eq!(error.worker(), "mail");

    let taken = BackgroundQueueWorker::builder(Fails("nowhere")).name("mail").build().unwrap();
    let other = taken.clone();
    assert!(taken.into_inner::<Fails>().is_ok());
    let error = other.start().unwrap_err();
    assert!(matches!(error, StartError::Taken { .. }));
    assert_eq!((chain(&error, "mail").len(), error.worker()), (1, "mail"));
}

/// 4. `FromWorker` and `Stopping` of a start, a stop and a put are in the tests of what they are about; this is their
/// text.
#[apply(bounded)]
fn every_error_of_a_stop_and_a_put_names_the_worker() {
    let (slot, errors) = (Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()), Probe::<BoxError>::new());
    let turnstile = Turnstile::new();
    let worker = queue({
        let (slot, errors, turnstile) = (Arc::clone(&slot), errors.clone(), turnstile.clone());
        move |task: u32, _cx| {
            turnstile.pass();
            if task == 0 {
                let worker = slot.wait();
                errors.add(worker.put(9).unwrap_err().into());
                errors.add(worker.wait().unwrap_err().into());
            }
        }
    })
    .bounded(1)
    .name("mail")
    .start()
    .unwrap();
    let _ = slot.set(worker.clone());
    worker.put(0).unwrap();
    turnstile.wait();
    worker.put(1).unwrap();
    errors.add(worker.try_put(2).unwrap_err().into());
    errors.add(worker.put_timeout(2, Duration::ZERO).unwrap_err().into());
    errors.add(worker.wait_timeout(Duration::ZERO).unwrap_err().into());
    worker.signal_drain();
    turnstile.release();
    let error = worker.drain().unwrap_err();
    assert!(matches!(error, StopError::Left { tasks: 1, .. }), "{error:?}");
    errors.add(error.into());
    worker.close();
    errors.add(worker.put(3).unwrap_err().into());
    assert_eq!(errors.len(), 7);
    for error in errors.all() {
        assert_eq!(chain(&*error, "mail").len(), 1);
    }
}

/// 4. A queue without a worker has none to name. Kinds read as errors by themselves.
#[apply(bounded)]
fn the_error_of_a_queue_says_why() {
    let orders = Queue::unbounded();
    orders.close();
    let error = orders.put(1).unwrap_err();
    assert_eq!(error.to_string(), "the queue is closed and takes no more tasks");
    assert_eq!(format!("{error:?}"), error.to_string());
    let kinds = [
        PutErrorKind::Full,
        PutErrorKind::Timeout,
        PutErrorKind::Closed,
        PutErrorKind::FromWorker,
        PutErrorKind::ReceiverOnly,
        PutErrorKind::WorkerFailed,
        PutErrorKind::Stopping,
        PutErrorKind::FromOnDropped,
        PutErrorKind::Unavailable,
        PutErrorKind::Uncertain,
        PutErrorKind::Duplicate,
        PutErrorKind::Rejected,
    ];
    let texts: std::collections::BTreeSet<_> = kinds.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), kinds.len());
    let _: BoxError = PutErrorKind::Full.into();
}

/// 4. What the user's own queue does wrong has a place too.
#[apply(bounded)]
fn a_take_that_panics_names_the_worker() {
    struct Jammed;
    impl TaskQueue for Jammed {
        type Task = u32;
        fn put(&self, task: u32) -> Result<(), u32> {
            Err(task)
        }
        fn take(&self) -> Option<u32> {
            panic!("{EXPECTED}jammed");
        }
        fn len(&self) -> usize {
            0
        }
    }
    silence_expected_panics();
    let worker = queue(|_task: u32, _cx| ()).queue(Jammed).name("mail").start().unwrap();
    let error = worker.wait().unwrap_err();
    assert_eq!(chain(&error, "mail"), [format!(r#"worker "mail", take: panicked: {EXPECTED}jammed"#)]);
}

/// 4. An error in an error: a turn that waits for another worker and returns what it is told.
#[apply(bounded)]
fn an_error_of_another_worker_in_a_turns_error_is_said_once() {
    let inner = queue(|_task: u32, _cx| Err::<(), _>(Outer::new())).name("inner").start().unwrap();
    inner.put(1).unwrap();
    let awaited = Handle::from(&inner);
    let outer = queue(move |_task: u32, _cx| awaited.wait().map(drop)).name("outer").start().unwrap();
    outer.put(1).unwrap();
    let error = outer.wait().unwrap_err();
    let texts = chain(&error, "outer");
    assert_eq!(texts, [r#"worker "outer", turn 1: worker "inner", turn 1: no port"#, BEHIND]);
}

/// 4. `main` prints the `Debug` of what it returns.
#[apply(bounded)]
fn the_error_of_a_worker_is_send_and_sync() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<WorkerError>();
    is_shared::<StopError>();
    is_shared::<StartError>();
}
