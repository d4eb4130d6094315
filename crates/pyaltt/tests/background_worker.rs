//! `#[background_worker]`: the workers that it makes, and what it refuses.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]

use std::convert::Infallible;
use std::error::Error;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use pyaltt::prelude::*;
use pyaltt::{PutErrorKind, StartError, StopError};

type Done = Result<(), Box<dyn Error + Send + Sync>>;

// ----- looped workers -----

#[background_worker(interval = "1ms", realtime)]
fn countdown(tick: Tick, cx: &mut Context, left: &mut u64, names: &Sender<(String, u64)>) -> bool {
    let _ = names.send((cx.name().to_owned(), tick.index));
    *left -= 1;
    *left > 0
}

#[test]
fn a_looped_worker_takes_its_parameters_by_value_and_the_name_of_its_function() -> Done {
    let (tell, told) = mpsc::channel();
    countdown.start(3, tell)?;
    assert_eq!(countdown.wait()?.turns, 3);
    // How many ticks are missed is up to the machine.
    let told: Vec<_> = told.try_iter().collect();
    assert!(told.iter().all(|(name, _)| name == "countdown"));
    assert!(told.len() == 3 && told.is_sorted_by(|one, next| one.1 < next.1), "{told:?}");
    assert_eq!(countdown.name(), "countdown");
    Ok(())
}

#[background_worker]
fn plain(cx: &mut Context) {
    if cx.turn_number() == 2 {
        // The name is the static, not the function.
        plain.terminate();
    }
}

#[test]
fn no_option_is_needed_and_the_worker_can_be_used_in_its_own_body() -> Done {
    plain.start()?;
    let exit = plain.wait()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Terminated, 2));
    Ok(())
}

#[background_worker(
    looped,
    name = "all options",
    daemon = true,
    paused = false,
    o = vec![7_u8],
    on_error = |error| assert_eq!(error.to_string(), "worker \"all options\", turn 1: first"),
    stack_size = 1024 * 1024,
    delay_before = Duration::from_micros(1),
    interval = "1us",
    poll_delay = "0.1ms",
    realtime = false,
    clock = pyaltt::timing::SystemClock,
)]
fn every_option(_: Tick, cx: &mut Context) -> Result<Flow, String> {
    assert_eq!(cx.o::<Vec<u8>>(), Some(&vec![7]));
    assert_eq!(std::thread::current().name(), Some("all options"));
    match cx.turn_number() {
        1 => Err("first".to_owned()),
        2 => Ok(Flow::Continue),
        _ => Ok(Flow::Stop),
    }
}

#[test]
fn every_option_of_a_looped_worker_reaches_its_builder() -> Done {
    every_option.start()?;
    let exit = every_option.wait()?;
    assert_eq!((exit.reason, exit.turns, exit.errors), (ExitReason::Finished, 3, 1));
    Ok(())
}

#[background_worker(interval = "1us", missed = MissedTick::CatchUp { max: 3 })]
fn catches_up(tick: Tick) -> bool {
    tick.index < 3
}

#[test]
fn missed_ticks_go_with_an_interval() -> Done {
    catches_up.start()?;
    assert_eq!(catches_up.wait()?.reason, ExitReason::Finished);
    Ok(())
}

/// Number 15 of issue 11: `sched` was refused.
#[cfg(feature = "sched")]
mod scheduled {
    use pyaltt::Sched;
    use pyaltt::prelude::*;

    #[background_worker(sched = Sched::new().cpu(0))]
    fn looped() -> bool {
        false
    }

    #[background_worker(queue, sched = Sched::new().nice(1))]
    fn queue(_task: u8) {}

    #[background_worker(event, sched = Sched::new())]
    fn event() {}

    #[test]
    fn a_worker_of_any_kind_has_its_thread_scheduled() -> super::Done {
        looped.start()?;
        looped.wait()?;
        queue.start()?;
        queue.drain()?;
        event.start()?;
        event.stop()?;
        let reports = [looped.rt_report(), queue.rt_report(), event.rt_report()];
        assert!(reports.iter().all(Option::is_some), "{reports:?}");
        Ok(())
    }
}

#[background_worker(strategy = pyaltt::Precise, delay_after = "1ns", daemon = false)]
fn own_strategy(_tick: Tick) -> Flow {
    Flow::Stop
}

#[test]
fn a_strategy_of_ones_own_is_used() -> Done {
    own_strategy.start()?;
    assert_eq!(own_strategy.wait()?.reason, ExitReason::Finished);
    Ok(())
}

#[background_worker(event, paused)]
fn begins_paused(trigger: pyaltt::Trigger) -> bool {
    trigger.count != 2
}

#[test]
fn a_worker_can_begin_paused() -> Done {
    begins_paused.start()?;
    begins_paused.trigger();
    begins_paused.trigger();
    assert!(begins_paused.is_paused());
    begins_paused.resume();
    assert_eq!(begins_paused.wait()?.turns, 1);
    Ok(())
}

// ----- parameters -----

#[background_worker]
fn counter(total: &mut u64, step: &u64, tell: &Sender<u64>) -> bool {
    *total += step;
    let _ = tell.send(*total);
    false
}

#[test]
fn parameters_stay_for_the_next_run_and_are_replaced_by_the_next_typed_start() -> Done {
    let restart = counter.clone();
    let error = restart.start().unwrap_err();
    assert!(matches!(error, StartError::Hook(_)));
    assert_eq!(
        error.to_string(),
        "worker \"counter\", before_start: it was never given its parameters; call `counter.start(total, step, tell)` for \
         its first start"
    );

    let (tell, told) = mpsc::channel();
    counter.start(10, 2, tell.clone())?;
    counter.wait()?;
    restart.start()?;
    counter.wait()?;
    counter.start_with(Start::new().name("other"), 100, 1, tell)?;
    counter.wait()?;
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [12, 14, 101]);
    Ok(())
}

#[background_worker]
fn lasting(release: &mpsc::Receiver<Infallible>) -> bool {
    release.recv().is_ok()
}

#[test]
fn a_second_start_is_refused_and_does_not_touch_the_run() -> Done {
    let (hold, release) = mpsc::channel();
    lasting.start(release)?;
    let (_other, never) = mpsc::channel();
    assert!(matches!(lasting.start(never), Err(StartError::AlreadyRunning { .. })));
    drop(hold);
    assert_eq!(lasting.wait()?.turns, 1);
    Ok(())
}

/// A type that is not `Sync`, not `Clone` and has no default.
#[derive(Debug)]
struct Port(std::cell::Cell<u8>);

#[background_worker]
fn unusual_parameters(
    r#type: &Option<Box<Port>>,
    mut count: &mut [u8; 2],
    call: &Box<dyn Fn(u8) -> u8 + Send>,
    text: &&'static str,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    count[0] = call(count[1]);
    let port = r#type.as_deref().ok_or("no port")?;
    port.0.set(count[0]);
    assert_eq!((port.0.get(), *text), (6, "text"));
    count = <&mut [u8; 2]>::try_from(&mut count[..])?;
    Ok(count[0] == 0)
}

#[test]
fn parameters_may_be_of_any_type_that_can_be_sent() -> Done {
    let port = Some(Box::new(Port(std::cell::Cell::new(0))));
    unusual_parameters.start(port, [1, 5], Box::new(|n| n + 1), "text")?;
    let exit = unusual_parameters.wait()?;
    assert_eq!(exit.reason, ExitReason::Finished, "{exit:?}");
    Ok(())
}

// ----- queue workers -----

/// What a mailer carries.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter(&'static str);

#[background_worker(queue, bounded = 2)]
fn mailer(letter: Letter, cx: &mut Context, smtp: &String, sent: &mut u64) -> Result<(), std::fmt::Error> {
    assert_eq!((smtp.as_str(), letter), ("localhost", Letter("dear Sir")));
    *sent += 1;
    if *sent == cx.turn_number() { Ok(()) } else { Err(std::fmt::Error) }
}

#[test]
fn a_queue_worker_takes_tasks_of_its_functions_type() -> Done {
    mailer.put(Letter("dear Sir"))?;
    mailer.put(Letter("dear Sir"))?;
    let full = mailer.try_put(Letter("dear Madam")).unwrap_err();
    assert_eq!((full.kind(), full.into_inner()), (PutErrorKind::Full, Letter("dear Madam")));
    mailer.start("localhost".into(), 0)?;
    let exit = mailer.drain()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 2));
    Ok(())
}

static ORDER: LazyLock<(Sender<u8>, std::sync::Mutex<mpsc::Receiver<u8>>)> = LazyLock::new(|| {
    let (tell, told) = mpsc::channel();
    (tell, told.into())
});

#[background_worker(priority, queue, bounded = 3, overflow = Overflow::DropOldest, on_dropped = |n| ORDER.0.send(n).unwrap())]
fn sorted(number: u8) {
    let _ = ORDER.0.send(number);
}

#[test]
fn a_queue_has_an_order_and_a_policy() -> Done {
    for number in [1, 5, 9, 7] {
        sorted.put(number)?;
    }
    sorted.start()?;
    sorted.drain()?;
    let order: Vec<_> = ORDER.1.lock().unwrap().try_iter().collect();
    assert_eq!(order, [1, 9, 7, 5]);
    Ok(())
}

#[background_worker(queue, lifo)]
fn stack(task: &'static str, told: &mut Vec<&'static str>) -> bool {
    told.push(task);
    if told.len() == 2 {
        assert_eq!(*told, ["second", "first"]);
    }
    told.len() < 2
}

#[test]
fn a_task_may_be_a_static_reference_and_the_last_may_come_first() -> Done {
    stack.put("first")?;
    stack.put("second")?;
    stack.start(Vec::new())?;
    assert_eq!(stack.wait()?.reason, ExitReason::Finished);
    Ok(())
}

static LETTERS: LazyLock<Queue<Letter>> = LazyLock::new(Queue::unbounded);

#[background_worker(queue = LETTERS.clone())]
fn external(_: Letter) {}

#[test]
fn a_queue_from_elsewhere_makes_a_queue_worker() -> Done {
    external.start()?;
    LETTERS.put(Letter("dear Sir"))?;
    LETTERS.close();
    assert_eq!(external.wait()?.turns, 1);
    Ok(())
}

// ----- event workers -----

static DOOR: LazyLock<Event> = LazyLock::new(Event::new);

#[background_worker(event = DOOR.clone())]
fn bell(trigger: Trigger, cx: &mut Context, rung: &mut u64) -> bool {
    *rung += trigger.count;
    cx.is_active() && *rung < 3
}

fn report(error: &WorkerError) -> Flow {
    assert_eq!(error.to_string(), "worker \"alarm 1\", turn 1: panicked: fire");
    Flow::Stop
}

#[background_worker(queue, on_error_with = |error, cx| cx.stats().errors < 2 && !error.worker().is_empty())]
fn lenient(_task: u8) -> Result<(), &'static str> {
    Err("is tolerated once")
}

#[test]
fn a_handler_of_errors_may_have_the_context() -> Done {
    lenient.put(1)?;
    lenient.put(2)?;
    lenient.start()?;
    let Err(StopError::Failed(exit)) = lenient.wait() else { panic!("it failed") };
    assert_eq!((exit.turns, exit.errors), (2, 2));
    Ok(())
}

static CALLED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn called(hook: impl Into<String>) {
    CALLED.lock().unwrap().push(hook.into());
}

fn check(cx: &mut Context) -> Result<(), BoxError> {
    called("before_start");
    if cx.name() != "with_hooks" {
        return Err("this is another worker".into());
    }
    Ok(())
}

#[background_worker(
    before_start = check,
    after_start = |cx| called(format!("after_start of {}", cx.name())),
    before_stop = |_| called("before_stop"),
    after_stop = |exit| called(format!("after_stop: {:?}", exit.reason)),
)]
fn with_hooks(step: &u8) {
    assert_eq!(*step, 7);
}

#[test]
fn the_hooks_of_a_builder_are_options_too() -> Done {
    with_hooks.start(7)?;
    with_hooks.stop()?;
    let want = ["before_start", "after_start of with_hooks", "before_stop", "after_stop: Stopped"];
    assert_eq!(*CALLED.lock().unwrap(), want);
    Ok(())
}

#[background_worker(event, name = "alarm 1", on_error = report)]
fn alarm() {
    panic!("fire");
}

#[test]
fn an_event_worker_takes_a_turn_for_its_event() -> Done {
    alarm.trigger();
    alarm.start()?;
    let Err(StopError::Failed(exit)) = alarm.wait() else { panic!("it failed") };
    assert_eq!((exit.reason, exit.panics, alarm.name()), (ExitReason::Failed, 1, "alarm 1"));

    bell.start(0)?;
    (0..3).for_each(|_| DOOR.set());
    assert_eq!(bell.wait()?.reason, ExitReason::Finished);
    Ok(())
}

// ----- options that only the running program knows -----

static PERIOD: AtomicU64 = AtomicU64::new(0);

#[background_worker(interval = Duration::from_millis(PERIOD.load(Ordering::Relaxed)))]
fn wrong_interval() {}

#[test]
fn an_option_that_proves_wrong_is_an_error_of_start_and_a_panic_of_the_rest() {
    for _ in 0..2 {
        let error = wrong_interval.start().unwrap_err();
        assert!(matches!(&error, StartError::Option(error) if error.option() == "interval"), "{error}");
        assert!(
            error.to_string().starts_with("worker \"wrong_interval\": option `interval` is 0ns"),
            "{error}"
        );
        assert!(wrong_interval.start_with(Start::new()).is_err());
    }
    let panic = std::panic::catch_unwind(|| wrong_interval.is_active()).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("worker \"wrong_interval\": option `interval` is 0ns"), "{message}");
}

// ----- names, attributes and macros -----

/// Workers of names that the macro, or the code around it, could have taken for its own.
mod names {
    use pyaltt::prelude::*;

    macro_rules! workers {
        ($($name:ident)*) => {
            $(#[background_worker]
            fn $name(value: &u8) -> bool {
                *value > 0
            })*

            #[test]
            fn a_worker_may_have_any_name() -> super::Done {
                $(
                    $name.start(0)?;
                    assert_eq!($name.wait()?.turns, 1);
                )*
                assert_eq!(r#loop.name(), "loop");
                Ok(())
            }
        };
    }

    workers!(start start_with deref fmt build call handle task tick cx args f new name parameters r#loop);
}
