//! `#[background_worker]` with a policy for restarts.

use std::error::Error;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use pyaltt::prelude::*;
use pyaltt::{StartError, StopError, Then};

type Done = Result<(), Box<dyn Error + Send + Sync>>;

const HOUR: Duration = Duration::from_secs(3600);

/// Restarts without a wait.
fn at_once() -> Restart {
    Restart::on_failure().backoff(Duration::ZERO)
}

/// Waits for an hour before a restart, which therefore takes place only if a start comes.
fn much_later() -> Restart {
    Restart::on_failure().backoff(HOUR).jitter(0.0)
}

#[background_worker(restart = at_once())]
fn flaky(total: &mut u64, step: &u64, seen: &Sender<(u64, u64)>, cx: &mut Context) -> Result<bool, BoxError> {
    *total += step;
    seen.send((cx.run_number(), *total))?;
    match cx.run_number() {
        1 => Err("first".into()),
        2 => panic!("second"),
        _ => Ok(false),
    }
}

#[test]
fn parameters_are_there_again_in_each_run_of_a_life_with_what_the_turns_made_of_them() -> Done {
    let (tell, told) = mpsc::channel();
    flaky.start(10, 2, tell)?;
    let exit = flaky.wait()?;
    assert_eq!((exit.reason, exit.run, exit.restarts), (ExitReason::Finished, 3, 2));
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [(1, 12), (2, 14), (3, 16)]);
    Ok(())
}

#[background_worker(restart = at_once())]
fn renamed(tell: &Sender<(String, Option<u8>)>, cx: &mut Context) -> Result<bool, BoxError> {
    tell.send((cx.name().to_owned(), cx.arg::<u8>().copied()))?;
    if cx.run_number() < 3 { Err("again".into()) } else { Ok(false) }
}

#[test]
fn the_options_of_a_typed_start_hold_for_the_whole_life() -> Done {
    let (tell, told) = mpsc::channel();
    renamed.start_with(Start::new().name("for a life").arg(7_u8), tell)?;
    assert_eq!(renamed.wait()?.restarts, 2);
    let told: Vec<_> = told.try_iter().collect();
    assert_eq!(told, vec![("for a life".to_owned(), Some(7)); 3]);
    Ok(())
}

/// What `impatient` told of its exits, and who asks for it.
static EXITS: LazyLock<(Sender<Exit>, Mutex<Receiver<Exit>>)> = LazyLock::new(|| {
    let (tell, told) = mpsc::channel();
    (tell, told.into())
});

#[background_worker(restart = much_later(), on_exit = |exit| EXITS.0.send(exit.clone()).unwrap())]
fn impatient(fails: &bool, values: &mut Vec<u8>, tell: &Sender<Vec<u8>>) -> Result<bool, BoxError> {
    values.push(0);
    tell.send(values.clone())?;
    if *fails { Err("no".into()) } else { Ok(false) }
}

#[test]
fn a_start_before_the_end_of_the_backoff_replaces_the_parameters_if_it_has_any() -> Done {
    let exits = EXITS.1.lock().unwrap();
    let (tell, told) = mpsc::channel();
    let ended = |run: u64, restarts: u64, then: Then| -> Done {
        let exit = exits.recv()?;
        assert_eq!((exit.run, exit.restarts, exit.then), (run, restarts, then));
        Ok(())
    };

    impatient.start(true, vec![1], tell.clone())?;
    ended(1, 0, Then::Again { after: HOUR })?;
    assert_eq!(impatient.state(), State::Waiting);
    impatient.clone().start()?; // the plain start of the handle
    ended(2, 1, Then::Again { after: HOUR })?;
    impatient.start(false, vec![2], tell)?;
    ended(3, 2, Then::Rest)?;
    assert_eq!(impatient.wait()?.reason, ExitReason::Finished);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [vec![1, 0], vec![1, 0, 0], vec![2, 0]]);
    assert_eq!(impatient.stats().restarts, 2);
    Ok(())
}

#[background_worker(queue, bounded = 8, restart = at_once())]
fn mailer(letter: u8, sent: &mut Vec<u8>, tell: &Sender<Vec<u8>>) -> Result<bool, BoxError> {
    if letter == 0 {
        return Err("no address".into());
    }
    sent.push(letter);
    tell.send(sent.clone())?;
    Ok(letter < 9)
}

#[test]
fn a_queue_worker_goes_on_with_the_tasks_behind_the_one_that_failed() -> Done {
    let (tell, told) = mpsc::channel();
    for letter in [1, 0, 2, 0, 9, 5] {
        mailer.put(letter)?;
    }
    mailer.start(Vec::new(), tell)?;
    let exit = mailer.wait()?;
    assert_eq!((exit.run, exit.turns, exit.pending), (3, 1, 1));
    assert_eq!(told.try_iter().last(), Some(vec![1, 2, 9]));
    assert_eq!(mailer.take_pending(), [5]);
    Ok(())
}

#[background_worker(event, restart = Restart::always().backoff(Duration::ZERO).max(2, HOUR))]
fn rings(runs: &mut u64) -> bool {
    *runs += 1;
    rings.trigger(); // for the next run
    false
}

#[test]
fn an_event_worker_restarts_until_its_budget_is_spent() -> Done {
    rings.trigger();
    rings.start(0)?;
    let exit = rings.wait()?;
    assert_eq!((exit.run, exit.then), (3, Then::GaveUp { restarts: 2, within: HOUR }));
    Ok(())
}

#[background_worker(restart = Restart::on_failure().jitter(2.0))]
fn jumpy() {}

#[test]
fn a_policy_that_makes_no_sense_is_an_error_of_start() {
    let Err(StartError::Option(error)) = jumpy.start() else { panic!("a jitter of 2") };
    assert_eq!(error.option(), "restart");
}

#[background_worker(restart = Restart::never())]
fn once() -> Result<(), &'static str> {
    Err("no")
}

#[test]
fn a_life_without_a_restart_is_one_run() -> Done {
    once.start()?;
    assert!(matches!(once.wait(), Err(StopError::Failed(exit)) if exit.run == 1 && exit.then == Then::Rest));
    Ok(())
}
