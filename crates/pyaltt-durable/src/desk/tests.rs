//! Tests of the desk alone.

use super::{Desk, Found};
use crate::engine::round::{Answer, RawTask};
use crate::envelope::Envelope;
use crate::fresh_id;
use pyaltt_core::Lease;

/// A desk whose workers 1 and 2 wait, and one task for them, of which worker 1 was told.
fn one_task_for_two() -> Desk<u64> {
    let mut desk = Desk::new(0);
    for worker in [1, 2] {
        desk.sit_down(worker, worker);
        assert!(matches!(desk.take(worker, 1), Found::Asked));
    }
    desk.begin_round();
    assert_eq!(desk.end_round(Answer::default()).wake, [1, 2]);
    for worker in [1, 2] {
        assert!(matches!(desk.take(worker, 1), Found::Empty));
    }
    desk.begin_round();
    let task = RawTask::new(Lease::new(7, 1), fresh_id(), Envelope::new("letter", 1, "1"));
    let answer = Answer { tasks: vec![task], ..Answer::default() };
    assert_eq!(desk.end_round(answer).wake, [1]);
    desk
}

#[test]
fn the_task_of_a_worker_that_is_paused_before_it_takes_it_wakes_the_next() {
    let mut desk = one_task_for_two();
    assert_eq!(desk.rest(1), [2]);
    assert!(matches!(desk.take(2, 1), Found::Tasks(tasks) if tasks.len() == 1));
    assert!(desk.is_settled(), "nothing goes back");
}

#[test]
fn the_task_of_a_worker_that_leaves_before_it_takes_it_wakes_the_next() {
    let mut desk = one_task_for_two();
    assert_eq!(desk.leave(1), [2]);
    assert!(desk.rest(2).is_empty());
    assert_eq!((desk.on_shelf(), desk.unsettled(2)), (0, 1), "nobody wants it any more");
}
