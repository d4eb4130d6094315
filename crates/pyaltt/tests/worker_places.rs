//! `#[background_worker]`: where a worker may stand, who sees it, and what it is.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]

use std::fmt::Debug;
use std::sync::mpsc::{self, Sender};

use pyaltt::prelude::*;
use pyaltt::{BackgroundQueueWorker, StopError};

type Done = Result<(), BoxError>;

/// What a mailer carries.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter(&'static str);

mod inner {
    use pyaltt::{Context, StartError, background_worker};

    #[derive(Debug)]
    struct Private;

    /// Is seen by the module above.
    #[background_worker(queue)]
    pub(super) fn seen_above(task: u8, cx: &mut Context) -> bool {
        cx.is_active() && task > 0
    }

    #[background_worker]
    pub(in crate::inner) fn with_private(kept: &mut Option<Private>) -> bool {
        kept.take().is_some_and(|Private| false)
    }

    pub(super) fn start() -> Result<(), StartError> {
        with_private.start(Some(Private))?;
        deep::deepest.start()
    }

    mod deep {
        #[pyaltt::background_worker]
        pub(in crate::inner) fn deepest(_cx: &mut pyaltt::Context) -> bool {
            false
        }
    }
}

/// A worker that other crates can use.
#[background_worker(queue)]
pub fn public(_letter: Letter, _words: &u8) {}

/// Number 15 of issue 11: a private type of a task was an error, and is a warning for a plain function.
mod private_types {
    #![allow(private_interfaces, reason = "the warning is what a plain function gets too")]

    use pyaltt::prelude::*;

    #[derive(Debug, PartialEq)]
    struct Letter(u8);

    #[derive(Debug)]
    pub(super) struct Card(pub(super) u8);

    #[background_worker(queue)]
    pub fn mailer(letter: Letter, expected: &Letter) -> bool {
        letter != *expected
    }

    #[background_worker(queue)]
    pub(crate) fn cards(card: Vec<Option<Card>>) -> bool {
        card.into_iter().flatten().map(|card| card.0).sum::<u8>() != 3
    }

    // The task's type has the name of a type parameter that the macro could have used.
    #[derive(Debug)]
    struct Task;

    #[background_worker(queue)]
    pub(super) fn takes_a_task(_task: Task) -> bool {
        false
    }

    pub(super) fn run() -> super::Done {
        let the_type: &'static mailer = &mailer;
        the_type.start(Letter(2))?;
        mailer.put(Letter(1))?;
        mailer.put(Letter(2))?;
        assert_eq!(mailer.wait()?.turns, 2);
        takes_a_task.start()?;
        takes_a_task.put(Task)?;
        assert_eq!(takes_a_task.wait()?.turns, 1);
        Ok(())
    }
}

#[test]
fn a_public_worker_may_have_a_private_task() -> Done {
    private_types::run()?;
    private_types::cards.start()?;
    private_types::cards.put(vec![Some(private_types::Card(1)), Some(private_types::Card(2))])?;
    assert_eq!(private_types::cards.wait()?.reason, ExitReason::Finished);
    Ok(())
}

#[test]
fn a_worker_is_as_visible_as_its_function() -> Done {
    inner::start()?;
    inner::seen_above.start()?;
    inner::seen_above.put(0)?;
    assert_eq!(inner::seen_above.wait()?.reason, ExitReason::Finished);
    let the_type: &'static public = &public;
    assert_eq!(the_type.name(), "public");
    Ok(())
}

#[test]
fn a_worker_may_stand_in_a_function() -> Done {
    #[derive(Debug)]
    struct Local(u64);

    const LAST: u64 = 2;

    #[background_worker(queue)]
    fn local(task: Local, last: &u64) -> bool {
        task.0 != *last
    }

    local.start(LAST)?;
    local.put(Local(1))?;
    local.put(Local(2))?;
    assert_eq!(local.wait()?.turns, 2);
    Ok(())
}

#[test]
fn the_static_derefs_to_the_handle() -> Done {
    fn is_handle(handle: &BackgroundQueueWorker<u8>) -> BackgroundQueueWorker<u8> {
        handle.clone()
    }

    fn is_shared(_: &(impl Debug + Send + Sync + 'static)) {}

    #[background_worker(queue)]
    fn shared(_: u8) {}

    is_shared(&shared);
    let handle = is_handle(&shared);
    shared.start()?;
    handle.put(1)?;
    assert_eq!(shared.drain()?.turns, 1);
    assert!(format!("{shared:?}").contains("shared"));
    Ok(())
}

#[background_worker]
fn stops_itself(answer: &Sender<bool>) {
    let _ = answer.send(matches!(stops_itself.stop(), Err(StopError::FromWorker { .. })));
}

#[test]
fn a_worker_that_stops_itself_does_not_wait_for_itself() -> Done {
    let (tell, told) = mpsc::channel();
    stops_itself.start(tell)?;
    assert!(told.recv()?);
    assert_eq!(stops_itself.wait()?.turns, 1);
    Ok(())
}
