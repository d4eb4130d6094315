//! Tests of the dispatch alone.

use std::time::{Duration, Instant};

use super::{Dispatch, Taken};
use crate::engine::round::{Answer, Fate, RawTask, Settle};
use crate::envelope::Envelope;
use crate::fresh_id;
use pyaltt_core::{ErrorText, Lease};

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

#[test]
fn a_settlement_that_is_refused_alone_is_tried_in_ascii_before_it_is_dropped() {
    let mut dispatch: Dispatch<u64> = Dispatch::new(0);
    dispatch.join(1, 1);
    assert!(matches!(dispatch.take(1, 2), Taken::Asked));
    dispatch.begin_round();
    let task = |slot| RawTask::new(Lease::new(slot, 1), fresh_id(), Envelope::new("letter", 1, "1"));
    dispatch.end_round(Answer { tasks: vec![task(7), task(8)], ..Answer::default() });
    assert!(matches!(dispatch.take(1, 2), Taken::Tasks(tasks) if tasks.len() == 2));
    let fate = |error| Fate::Retry { after: Duration::ZERO, error: ErrorText::new(error) };
    let leases = [Lease::new(7, 1), Lease::new(8, 1)];
    assert!(dispatch.settle(leases[0], Instant::now(), |_| fate("5 \u{20ac}")));
    assert!(dispatch.settle(leases[1], Instant::now(), |_| Fate::Done));

    let first = |fate| Settle::new(leases[0], fate);
    assert_eq!(dispatch.begin_round().settles.len(), 2);
    assert_eq!(dispatch.refuse_round(), None);
    assert_eq!(dispatch.begin_round().settles, [first(fate("5 \u{20ac}"))]);
    assert_eq!(dispatch.refuse_round(), None);
    assert_eq!(dispatch.begin_round().settles, [first(fate(r"5 \u{20ac}"))]);
    assert_eq!(dispatch.refuse_round(), Some(first(fate(r"5 \u{20ac}"))));
    assert_eq!(dispatch.begin_round().settles, [Settle::new(leases[1], Fate::Done)]);
    assert_eq!(dispatch.refuse_round(), Some(Settle::new(leases[1], Fate::Done)), "there is no text");
    assert!(dispatch.is_settled());
}
