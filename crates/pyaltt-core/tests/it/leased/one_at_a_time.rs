//! A loop of the user's own takes a task only when the one before it is settled.

use std::ops::ControlFlow;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, Flow, Inbox, NoTask, Queue, StopError, Turn, Worker,
};
use testkit::{EXPECTED, LendingQueue, exit_of, silence_expected_panics};

type Loop = Box<dyn FnMut(&mut Looping, &mut Inbox<u32>) -> Result<(), BoxError> + Send>;

/// A worker with a loop of the test's.
struct Looping(Option<Loop>);

impl Worker for Looping {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        let mut own = self.0.take().unwrap();
        let result = own(self, inbox);
        self.0 = Some(own);
        result
    }
}

/// Runs a loop on three tasks.
fn run(
    own: impl FnMut(&mut Looping, &mut Inbox<u32>) -> Result<(), BoxError> + Send + 'static,
) -> (Exit, LendingQueue<u32>) {
    let store = LendingQueue::new();
    (1..=3).for_each(|task| store.add(task));
    let builder = BackgroundQueueWorker::builder(Looping(Some(Box::new(own))));
    let worker = builder.name("own").queue(Queue::leased(store.clone())).start().unwrap();
    (exit_of(worker.wait()), store)
}

const SENTENCE: &str = "a leased task was taken without a turn; use turn or next_batch";

/// A second take, and why it gave nothing.
type Second = fn(&mut Inbox<u32>) -> Option<NoTask>;

/// 55.
#[apply(bounded)]
fn case_55_a_second_task_without_a_turn_fails_the_run_and_the_first_is_back() {
    let loops: [Second; 3] = [
        |inbox| inbox.next().map_or(Some(NoTask::Ended), |_| None),
        |inbox| inbox.try_next().err(),
        |inbox| inbox.next_batch(2, std::time::Duration::ZERO).map_or(Some(NoTask::Ended), |_| None),
    ];
    for second in loops {
        let (exit, store) = run(move |_worker, inbox| {
            assert_eq!(inbox.next(), Some(1));
            assert_eq!(second(inbox), Some(NoTask::Ended));
            // And it does not go on after that.
            assert_eq!(inbox.try_next(), Err(NoTask::Ended));
            Ok(())
        });
        let error = exit.error.unwrap().to_string();
        assert_eq!(error, format!("worker \"own\", take: {SENTENCE}"));
        assert_eq!(store.texts(), ["0 HandBack(None)"]);
        assert_eq!((store.ready(), store.lent()), (vec![1, 2, 3], 0));
    }
}

#[apply(bounded)]
fn a_turn_of_anything_settles_the_task_in_hand() {
    let (exit, store) = run(|worker, inbox| {
        while let Ok(task) = inbox.try_next() {
            let turn = inbox.turn_with(worker, |_worker, cx| {
                assert!(cx.task().is_some());
                if task == 2 { Err("no paper".into()) } else { Ok(Flow::Continue) }
            });
            assert_eq!(turn, ControlFlow::Continue(()));
            assert!(inbox.context().task().is_none());
            if task == 3 {
                break;
            }
        }
        Ok(())
    });
    assert_eq!((exit.turns, exit.errors), (3, 1));
    assert_eq!(store.texts(), ["0 Done", "1 Failed(no paper)", "2 Done"]);
}

#[apply(bounded)]
fn a_loop_that_returns_with_a_task_in_hand_hands_it_back() {
    let (exit, store) = run(|_worker, inbox| {
        assert!(inbox.next().is_some());
        Ok(())
    });
    assert!(exit.error.is_none());
    assert_eq!((store.texts(), store.ready()), (vec!["0 HandBack(None)".to_owned()], vec![1, 2, 3]));
}

/// Otherwise a task that always fails such a loop would come again for ever, and never be dead.
#[apply(bounded)]
fn a_loop_that_fails_with_a_task_in_hand_has_failed_its_task() {
    silence_expected_panics();
    for panics in [false, true] {
        let (exit, store) = run(move |_worker, inbox| {
            assert!(inbox.next().is_some());
            assert!(!panics, "{EXPECTED}on fire");
            Err("no paper".into())
        });
        let settled =
            if panics { "0 Panicked(panicked: injected by a test: on fire)" } else { "0 Failed(no paper)" };
        assert_eq!(store.texts(), [settled]);
        assert!(exit.error.is_some());
    }
}

#[apply(bounded)]
fn a_failed_run_never_closes_a_leased_queue() {
    let store = LendingQueue::new();
    store.add(1);
    let own = |_: &mut Looping, _: &mut Inbox<u32>| Err("no paper".into());
    let worker = BackgroundQueueWorker::builder(Looping(Some(Box::new(own))))
        .queue(Queue::leased(store.clone()))
        .start()
        .unwrap();
    let Err(StopError::Failed(_)) = worker.wait() else { panic!("it failed") };
    worker.put(2).unwrap();
    assert_eq!(store.ready(), [1, 2]);
    assert!(worker.into_inner::<Looping>().is_ok());
    // Nor does the end of its last worker.
    Queue::leased(store.clone()).put(3).unwrap();
    assert_eq!(store.ready(), [1, 2, 3]);
}
