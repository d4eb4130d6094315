//! Time limits.

use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use pyaltt_collection::{BoxError, CollectionError, FunctionCollection};
use testkit::Bomb;

use crate::support::{journaled, kind};

const SHORT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(3600);

/// Returns a function that hangs until the returned sender sends or is dropped.
fn hanging() -> (Sender<()>, impl Fn() + Send + Sync + 'static) {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    (release, move || _ = released.lock().unwrap().recv())
}

#[test]
fn a_function_that_hangs_is_abandoned_and_the_others_run() {
    for at_once in [1, 2] {
        let (fc, faults) = journaled();
        fc.parallel(at_once).unwrap().include_errors(true);
        let (release, hang) = hanging();
        fc.function("hangs").time_limit(SHORT).add(hang).unwrap();
        fc.add("after", || ()).unwrap();
        let (results, ok) = fc.execute();
        assert!(!ok);
        assert!(results.get("after").unwrap().is_ok());
        let error = results.get("hangs").unwrap().error();
        assert!(matches!(error, Some(CollectionError::TimedOut { limit: SHORT, .. })));
        assert_eq!(
            faults.lines(),
            ["function `hangs` exceeded its time limit of 5ms and was abandoned: make it faster, or raise \
              the limit"]
        );
        drop(release);
    }
}

#[test]
fn a_function_within_its_limit_runs_as_without_one() {
    let fc = FunctionCollection::new().on_error(|_| ()).include_errors(true);
    fc.function("value").time_limit(LONG).add(|| 1).unwrap();
    fc.function("error").time_limit(LONG).add_result(|| Err("no power")).unwrap();
    fc.function("panic").time_limit(Duration::MAX).add(|| panic!("boom")).unwrap();
    let results = fc.run();
    assert_eq!(results.get("value").unwrap().value(), Some(&1));
    assert_eq!(kind(results.get("error").unwrap().error().unwrap()), "Failed error");
    assert_eq!(kind(results.get("panic").unwrap().error().unwrap()), "Panicked panic");
}

#[test]
fn a_function_with_a_limit_runs_on_a_thread_with_its_name() {
    let fc = FunctionCollection::new();
    let name = || thread::current().name().map(str::to_owned);
    fc.function("close port").time_limit(LONG).add(name).unwrap();
    fc.function("nul\0nul").time_limit(LONG).add(name).unwrap();
    let results = fc.run();
    assert_eq!(results.get("close port").unwrap().value().unwrap().as_deref(), Some("close port"));
    assert_eq!(results.get("nul\0nul").unwrap().value().unwrap().as_deref(), Some("nul?nul"));
}

#[test]
fn a_late_result_is_dropped_quietly_on_the_abandoned_thread() {
    struct Tells(Sender<Option<String>>, Bomb);
    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().name().map(str::to_owned));
        }
    }
    let fc = FunctionCollection::new().on_error(|_| ());
    let (release, hang) = hanging();
    let (tell, told) = mpsc::channel();
    fc.function("late")
        .time_limit(SHORT)
        .add(move || {
            hang();
            Tells(tell.clone(), Bomb::new())
        })
        .unwrap();
    assert!(!fc.execute().1);
    drop(release);
    assert_eq!(told.recv().unwrap().as_deref(), Some("late"));
}

#[test]
fn a_function_that_still_hangs_is_not_called_again() {
    let fc = FunctionCollection::new().on_error(|_| ()).include_errors(true);
    let (release, hang) = hanging();
    let (called, calls) = mpsc::channel();
    fc.function("hangs")
        .time_limit(SHORT)
        .add_result(move || {
            called.send(())?;
            hang();
            Ok::<_, BoxError>(())
        })
        .unwrap();
    let outcome = || fc.run().take("hangs").unwrap();
    assert_eq!(kind(outcome().error().unwrap()), "TimedOut hangs");
    assert_eq!(kind(outcome().error().unwrap()), "StillRunning hangs");
    assert_eq!(kind(outcome().error().unwrap()), "StillRunning hangs");
    assert_eq!(calls.iter().take(1).count(), 1);
    assert!(calls.try_recv().is_err());

    // Once the call that hung has ended, the function is called again.
    drop(release);
    while outcome().error().is_some_and(|error| kind(error) == "StillRunning hangs") {
        thread::yield_now();
    }
    calls.recv().unwrap();
}

#[test]
fn a_function_removed_while_it_hangs_may_be_added_again() {
    let (fc, _faults) = journaled();
    let (release, hang) = hanging();
    fc.function("hangs").time_limit(SHORT).add(hang).unwrap();
    fc.run();
    assert!(fc.remove("hangs"));
    fc.function("hangs").time_limit(LONG).add(|| ()).unwrap();
    assert!(fc.execute().1);
    drop(release);
}
