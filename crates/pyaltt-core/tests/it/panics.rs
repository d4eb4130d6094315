//! Panics, wherever they come from, in every kind of worker: nobody hangs, and the worker can be used again.

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Exit, ExitReason,
    Flow, StartError, State, Turn, Worker, WorkerError, looped, queue,
};

/// Where the panic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Run,
    BeforeStart,
    AfterStart,
    BeforeStop,
    AfterStop,
    OnError,
    TaskDrop,
    PayloadDrop,
}

const PLACES: [Place; 8] = [
    Place::Run,
    Place::BeforeStart,
    Place::AfterStart,
    Place::BeforeStop,
    Place::AfterStop,
    Place::OnError,
    Place::TaskDrop,
    Place::PayloadDrop,
];

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a destructor panics");
    }
}

/// Panics in one place, for a task of any type.
struct Panics<T> {
    place: Place,
    task: std::marker::PhantomData<fn(T)>,
}

impl<T> Panics<T> {
    fn new(place: Place) -> Self {
        Self { place, task: std::marker::PhantomData }
    }

    fn at(&self, place: Place) {
        assert_ne!(self.place, place, "told to panic");
    }
}

impl<T: Send + 'static> Worker for Panics<T> {
    type Task = T;

    fn run(&mut self, _task: T, _cx: &mut Context) -> Turn {
        self.at(Place::Run);
        match self.place {
            Place::OnError => Err("handle this".into()),
            Place::PayloadDrop => std::panic::panic_any(Bomb),
            Place::TaskDrop => {
                let _bomb = Bomb;
                Ok(Flow::Continue)
            }
            _ => Ok(Flow::Continue),
        }
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.at(Place::BeforeStart);
        Ok(())
    }

    fn after_start(&mut self, _cx: &mut Context) {
        self.at(Place::AfterStart);
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.at(Place::BeforeStop);
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.at(Place::AfterStop);
    }

    fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
        self.at(Place::OnError);
        Flow::Stop
    }
}

/// Checks one worker: starts it, gives it a turn, ends it, twice; `feed` gives the turn.
fn check<W: Worker>(worker: &pyaltt_core::Handle<W>, place: Place, feed: impl Fn()) {
    for _ in 0..2 {
        feed();
        match worker.start() {
            Err(StartError::Hook(WorkerError::Panicked(_))) => assert_eq!(place, Place::BeforeStart),
            Err(error) => panic!("{place:?}: {error}"),
            Ok(()) => {
                let in_a_stop_hook = matches!(place, Place::BeforeStop | Place::AfterStop);
                let exit = if in_a_stop_hook { worker.stop() } else { worker.wait() }.unwrap();
                let want = if in_a_stop_hook { ExitReason::Stopped } else { ExitReason::Failed };
                assert_eq!(exit.reason, want, "{place:?}");
                assert!(exit.error.is_some(), "{place:?}");
            }
        }
        assert_eq!(worker.state(), State::Stopped, "{place:?}");
    }
}

#[test]
fn the_matrix_of_places_and_kinds() {
    for place in PLACES {
        check(&BackgroundWorker::builder(Panics::new(place)).build().unwrap(), place, || ());
        let tasks = BackgroundQueueWorker::builder(Panics::<u8>::new(place)).build().unwrap();
        check(&tasks, place, || tasks.put(1).unwrap());
        let events = BackgroundEventWorker::builder(Panics::new(place)).build().unwrap();
        check(&events, place, || events.trigger());
    }
}

#[test]
fn the_matrix_of_places_and_drops_of_the_last_handle() {
    for place in PLACES.into_iter().filter(|place| *place != Place::BeforeStart) {
        for daemon in [true, false] {
            let worker =
                BackgroundQueueWorker::builder(Panics::<u8>::new(place)).daemon(daemon).start().unwrap();
            worker.put(1).unwrap();
            drop(worker);
        }
    }
}

#[test]
fn a_panic_says_what_it_was_told() {
    for (text, want) in [("literal", "panicked: literal"), ("number 7", "panicked: number 7")] {
        let worker = looped(
            move |_tick, _cx| {
                if text == "literal" { panic!("literal") } else { panic!("number {}", 7) }
            },
        );
        let exit: Exit = { worker }.start().unwrap().wait().unwrap();
        assert_eq!(exit.error.unwrap().to_string(), want);
        assert_eq!(exit.panics, 1);
    }
    let odd = looped(|_tick, _cx| std::panic::panic_any(7_u8)).start().unwrap();
    assert_eq!(odd.wait().unwrap().error.unwrap().to_string(), "panicked: a payload that is not text");
}

#[test]
fn a_worker_whose_handler_goes_on_outlives_any_number_of_panics() {
    let worker = queue(|task: u32, _cx| assert_ne!(task % 2, 0, "even")).on_error(|_| ()).start().unwrap();
    (0..1_000).for_each(|task| worker.put(task).unwrap());
    let exit = worker.drain().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.panics), (ExitReason::Stopped, 1_000, 500));
}

#[test]
fn destructors_that_panic_in_a_dropped_queue_do_not_keep_the_others_from_running() {
    struct Counted(bool, crate::support::Sink<()>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.1.put(());
            assert!(!self.0, "a task's destructor panics");
        }
    }
    let dropped = crate::support::Sink::new();
    let worker = queue(|_task: Counted, _cx| ()).build().unwrap();
    for n in 0..10 {
        worker.put(Counted(n % 3 == 0, dropped.clone())).unwrap();
    }
    drop(worker);
    assert_eq!(dropped.all().len(), 10);
}

#[test]
fn the_destructors_of_workers_objects_and_arguments_may_panic() {
    struct Holds(Bomb);
    impl Worker for Holds {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Stop)
        }
    }
    let worker = BackgroundQueueWorker::builder(Holds(Bomb)).o(Bomb).build().unwrap();
    worker.put(1).unwrap();
    worker.start_with(pyaltt_core::Start::new().arg(Bomb).o(Bomb)).unwrap();
    worker.wait().unwrap();
    drop(worker);
}
