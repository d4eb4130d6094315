//! Workers that ask the readers of their own queue: they wait for one another, and not for themselves.

use std::sync::Arc;

use super::support::{Log, check};
use crate::exit::ExitReason;
use crate::failure::BoxError;
use crate::queue::function::queue;
use crate::queue::handle::BackgroundQueueWorker;
use crate::reply::answerer::ReplyTo;
use crate::reply::ask_error::AskError;
use crate::sync::Mutex;
use crate::worker::context::Context;

enum Task {
    Ask,
    Answer(ReplyTo<u32>),
}

type Worker = BackgroundQueueWorker<Task>;

const ANSWERED: u32 = 1;
const LEFT_ALONE: u32 = 2;
const CUT: u32 = 3;

/// Two readers, of whom one asks the queue while the other one ends.
#[test]
fn a_reader_that_asks_its_queue_against_the_end_of_the_other_one() {
    check(|| {
        let (slot, log): (Arc<Mutex<Option<Worker>>>, _) = (Arc::default(), Log::default());
        let (own, seen) = (Arc::clone(&slot), log.clone());
        let turn = move |task: Task, _cx: &mut Context| -> Result<(), BoxError> {
            let Task::Answer(to) = task else {
                let own = own.lock().clone();
                match own.expect("it is there").ask(Task::Answer)?.wait() {
                    Ok(_) => seen.add(ANSWERED),
                    Err(AskError::FromWorker { .. }) => seen.add(LEFT_ALONE),
                    Err(AskError::Stopping { .. }) => {
                        seen.add(CUT);
                        return Err("cut".into());
                    }
                    Err(error) => panic!("{error}"),
                }
                return Ok(());
            };
            let _ = to.send(1);
            Ok(())
        };
        let first = queue(turn.clone()).build().unwrap();
        *slot.lock() = Some(first.clone());
        let second = queue(turn).queue(first.queue().clone()).start().unwrap();
        first.start().unwrap();
        first.put(Task::Ask).unwrap();
        // It may be the one that has asked, whose wait is cut then.
        let exit = second.stop().unwrap();
        assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        let exit = first.drain().unwrap();
        assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        let notes = log.all();
        assert_eq!(notes.len(), 1, "{notes:?}");
        drop(first.take_pending());
        *slot.lock() = None;
    });
}
