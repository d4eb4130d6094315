//! Panics: what their errors say, how many a worker survives, and panics of destructors. `panic_matrix` goes through
//! the places where a panic can be.

use pyaltt_core::{BackgroundQueueWorker, Context, Exit, ExitReason, Flow, Turn, Worker, looped, queue};
use testkit::{Bomb, Probe, failed};

#[apply(bounded)]
fn a_panic_says_what_it_was_told() {
    for (text, want) in [
        ("literal", r#"worker "odd", turn 1: panicked: literal"#),
        ("number 7", r#"worker "odd", turn 1: panicked: number 7"#),
    ] {
        let worker = looped(
            move |_tick, _cx| {
                if text == "literal" { panic!("literal") } else { panic!("number {}", 7) }
            },
        );
        let exit: Exit = failed({ worker }.name("odd").start().unwrap().wait());
        assert_eq!(exit.error.unwrap().to_string(), want);
        assert_eq!(exit.panics, 1);
    }
    let odd = looped(|_tick, _cx| std::panic::panic_any(7_u8)).name("odd").start().unwrap();
    assert_eq!(
        failed(odd.wait()).error.unwrap().to_string(),
        r#"worker "odd", turn 1: panicked: a payload that is not text"#
    );
}

#[apply(bounded)]
fn a_worker_whose_handler_goes_on_outlives_any_number_of_panics() {
    let worker = queue(|task: u32, _cx| assert_ne!(task % 2, 0, "even")).on_error(|_| ()).start().unwrap();
    (0..1_000).for_each(|task| worker.put(task).unwrap());
    let exit = worker.drain().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.panics), (ExitReason::Stopped, 1_000, 500));
}

#[apply(bounded)]
fn destructors_that_panic_in_a_dropped_queue_do_not_keep_the_others_from_running() {
    struct Counted(bool, Probe<()>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.1.add(());
            assert!(!self.0, "a task's destructor panics");
        }
    }
    let dropped = Probe::new();
    let worker = queue(|_task: Counted, _cx| ()).build().unwrap();
    for n in 0..10 {
        worker.put(Counted(n % 3 == 0, dropped.clone())).unwrap();
    }
    drop(worker);
    assert_eq!(dropped.all().len(), 10);
}

#[apply(bounded)]
fn the_destructors_of_workers_objects_and_arguments_may_panic() {
    struct Holds {
        _bomb: Bomb,
    }
    impl Worker for Holds {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Stop)
        }
    }
    let worker = BackgroundQueueWorker::builder(Holds { _bomb: Bomb::new() }).o(Bomb::new()).build().unwrap();
    worker.put(1).unwrap();
    worker.start_with(pyaltt_core::Start::new().arg(Bomb::new()).o(Bomb::new())).unwrap();
    worker.wait().unwrap();
    drop(worker);
}
