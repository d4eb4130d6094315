//! Everything that the Python library can do, row by row of the table in the README.

use std::time::Duration;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Context, ExitReason, Flow, ManualClock,
    Start, StartError, Tick, Trigger, Turn, Worker, event, looped, queue,
};
use testkit::{Probe, Turnstile, failed};

const MS: Duration = Duration::from_millis(1);

#[apply(bounded)]
fn row_name_and_o_reach_the_worker() {
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = looped(move |_tick, cx| {
        sink.add((cx.name().to_owned(), cx.o::<&str>().copied()));
        false
    });
    worker.name("myworker").o("an object").start().unwrap().wait().unwrap();
    assert_eq!(seen.next(), ("myworker".to_owned(), Some("an object")));
}

#[apply(bounded)]
fn row_on_error_is_told_and_the_worker_goes_on_unless_it_says_otherwise() {
    let errors = Probe::new();
    let sink = errors.clone();
    // A closure captures what the seed passed in `on_error_kwargs`.
    let extra = "kwargs";
    let worker = queue(|task: u32, _cx| if task == 0 { Err("zero") } else { Ok(()) })
        .name("zeros")
        .on_error(move |error| sink.add(format!("{error}, {extra}")))
        .start()
        .unwrap();
    for task in [0, 1, 0] {
        worker.put(task).unwrap();
    }
    let exit = worker.drain().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.errors), (ExitReason::Stopped, 3, 2));
    assert_eq!(
        errors.all(),
        [r#"worker "zeros", turn 1: zero, kwargs"#, r#"worker "zeros", turn 3: zero, kwargs"#]
    );

    let worker =
        queue(|_task: u32, _cx| Err::<(), _>("bad")).name("bad").on_error(|_| false).start().unwrap();
    worker.put(0).unwrap();
    let exit = failed(worker.wait());
    assert_eq!(
        (exit.reason, exit.error.unwrap().to_string().as_str()),
        (ExitReason::Failed, r#"worker "bad", turn 1: bad"#)
    );
}

#[apply(bounded)]
fn row_without_on_error_the_run_fails_with_the_error() {
    let worker = looped(|_tick, _cx| Err::<(), _>("no paper")).name("printer").start().unwrap();
    let exit = failed(worker.wait());
    assert_eq!((exit.reason, exit.turns), (ExitReason::Failed, 1));
    assert_eq!(exit.error.unwrap().to_string(), r#"worker "printer", turn 1: no paper"#);
}

#[apply(bounded)]
fn row_an_error_handler_that_fails_ends_the_run_with_the_first_error() {
    let worker = looped(|_tick, _cx| Err::<(), _>("first"))
        .on_error(|_| Err::<(), _>("second"))
        .name("w")
        .start()
        .unwrap();
    assert_eq!(failed(worker.wait()).error.unwrap().to_string(), r#"worker "w", turn 1: first"#);
}

#[apply(bounded)]
fn row_start_overrides_last_for_one_run() {
    let clock = ManualClock::new();
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = looped(move |tick: Tick, cx| sink.add((cx.name().to_owned(), tick.index)))
        .name("built")
        .clock(clock.clone())
        .delay(50 * MS)
        .build()
        .unwrap();
    worker.start_with(Start::new().name("fast").interval(5 * MS).daemon(false).realtime(false)).unwrap();
    assert_eq!(seen.next(), ("fast".to_owned(), 0));
    assert_eq!(clock.advance_to_next(), 5 * MS);
    assert_eq!(seen.next(), ("fast".to_owned(), 1));
    worker.stop().unwrap();
    worker.start().unwrap();
    assert_eq!(seen.next(), ("built".to_owned(), 0));
    assert_eq!(clock.advance_to_next(), 50 * MS);
    assert_eq!(seen.next(), ("built".to_owned(), 1));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn row_stop_without_waiting_and_terminate() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = looped(move |_tick, _cx| held.pass()).build().unwrap();
    for (reason, told) in [(ExitReason::Stopped, false), (ExitReason::Terminated, true)] {
        worker.start().unwrap();
        turnstile.wait();
        if told {
            worker.terminate();
        } else {
            worker.signal_stop();
        }
        turnstile.release();
        assert_eq!(worker.wait().unwrap().reason, reason);
    }
}

#[apply(bounded)]
fn row_a_worker_stops_itself_by_false_by_flow_and_by_terminate() {
    let by_false = looped(|_tick, _cx| false).start().unwrap();
    let by_flow = looped(|_tick, _cx| Flow::Stop).start().unwrap();
    let by_terminate = looped(|_tick, cx| cx.terminate()).start().unwrap();
    assert_eq!(by_false.wait().unwrap().reason, ExitReason::Finished);
    assert_eq!(by_flow.wait().unwrap().reason, ExitReason::Finished);
    assert_eq!(by_terminate.wait().unwrap().reason, ExitReason::Terminated);
}

#[apply(bounded)]
fn row_start_while_active_is_an_error() {
    let worker = looped(|_tick, _cx| ()).delay(Duration::MAX).start().unwrap();
    assert!(matches!(worker.start(), Err(StartError::AlreadyRunning { .. })));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn row_a_task_taken_as_the_stop_comes_is_not_lost() {
    // The seed took a task from its queue and only then checked whether it was still active.
    let worker = queue(|_task: u32, _cx| ()).build().unwrap();
    for round in 0..500 {
        worker.start().unwrap();
        let putter = std::thread::spawn({
            let worker = worker.clone();
            move || worker.put(round).unwrap()
        });
        worker.signal_stop();
        putter.join().unwrap();
        worker.wait().unwrap();
    }
    let pending = worker.take_pending().len();
    assert_eq!(worker.stats().turns + u64::try_from(pending).unwrap(), 500);
}

#[apply(bounded)]
fn row_the_three_classes_with_run_overridden() {
    struct Count(u64);
    impl Count {
        fn turn(&mut self) -> Flow {
            self.0 += 1;
            if self.0 < 3 { Flow::Continue } else { Flow::Stop }
        }
    }
    struct Looped(Count);
    struct Queued(Count);
    struct Evented(Count);
    impl Worker for Looped {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Ok(self.0.turn())
        }
    }
    impl Worker for Queued {
        type Task = &'static str;
        fn run(&mut self, _task: &'static str, _cx: &mut Context) -> Turn {
            Ok(self.0.turn())
        }
    }
    impl Worker for Evented {
        type Task = Trigger;
        fn run(&mut self, trigger: Trigger, _cx: &mut Context) -> Turn {
            self.0.0 += trigger.count - 1;
            Ok(self.0.turn())
        }
    }
    let worker = BackgroundWorker::builder(Looped(Count(0))).start().unwrap();
    assert_eq!(worker.wait().unwrap().turns, 3);
    let worker = BackgroundQueueWorker::builder(Queued(Count(0))).start().unwrap();
    (0..3).for_each(|_| worker.put("task").unwrap());
    assert_eq!(worker.wait().unwrap().turns, 3);
    let worker = BackgroundEventWorker::builder(Evented(Count(0))).start().unwrap();
    (0..3).for_each(|_| worker.trigger());
    worker.wait().unwrap();
    assert_eq!(worker.into_inner::<Evented>().unwrap().0.0, 3);
}

#[apply(bounded)]
fn row_event_workers_run_on_their_event() {
    let runs = Probe::new();
    let sink = runs.clone();
    let worker = event(move |_trigger, _cx| sink.add(())).start().unwrap();
    worker.trigger();
    runs.next();
    worker.event().set();
    runs.next();
    assert_eq!(worker.stop().unwrap().turns, 2);
}
