//! Tests of the dispatch alone.

use super::{Dispatch, Taken};
use crate::engine::round::{Answer, RawTask};
use crate::envelope::Envelope;
use crate::fresh_id;
use pyaltt_core::Lease;

/// A dispatch whose workers 1 and 2 wait, and one task for them, of which worker 1 was told.
fn one_task_for_two() -> Dispatch<u64> {
    let mut dispatch = Dispatch::new(0);
    for worker in [1, 2] {
        dispatch.join(worker, worker);
        assert!(matches!(dispatch.take(worker, 1), Taken::Asked));
    }
    dispatch.begin_round();
    assert_eq!(dispatch.end_round(Answer::default()).wake, [1, 2]);
    for worker in [1, 2] {
        assert!(matches!(dispatch.take(worker, 1), Taken::Empty));
    }
    dispatch.begin_round();
    let task = RawTask::new(Lease::new(7, 1), fresh_id(), Envelope::new("letter", 1, "1"));
    let answer = Answer { tasks: vec![task], ..Answer::default() };
    assert_eq!(dispatch.end_round(answer).wake, [1]);
    dispatch
}

#[test]
fn the_task_of_a_worker_that_is_paused_before_it_takes_it_wakes_the_next() {
    let mut dispatch = one_task_for_two();
    assert_eq!(dispatch.rest(1), [2]);
    assert!(matches!(dispatch.take(2, 1), Taken::Tasks(tasks) if tasks.len() == 1));
    assert!(dispatch.is_settled(), "nothing goes back");
}

#[test]
fn the_task_of_a_worker_that_leaves_before_it_takes_it_wakes_the_next() {
    let mut dispatch = one_task_for_two();
    assert_eq!(dispatch.leave(1), [2]);
    assert!(dispatch.rest(2).is_empty());
    assert_eq!((dispatch.on_shelf(), dispatch.unsettled(2)), (0, 1), "nobody wants it any more");
}
