//! Invalid options: each is a typed error that names the worker, the option, what was given and what is allowed.

use std::time::Duration;

use pyaltt_core::{
    BackgroundWorker, BuildError, MissedTick, Overflow, Poll, Start, StartError, TaskQueue, event, looped,
    queue,
};

const MS: Duration = Duration::from_millis(1);

fn looped_error(build: impl FnOnce(Looped) -> Looped) -> BuildError {
    build(any_looped().name("w")).build().unwrap_err()
}

fn any_looped() -> Looped {
    looped(|_tick, _cx| ())
}

type Looped = pyaltt_core::LoopedBuilder;

#[apply(bounded)]
fn intervals_and_delays() {
    let zero = "worker \"w\": option `interval` is 0ns; allowed: longer than zero";
    assert_eq!(looped_error(|b| b.interval(Duration::ZERO)).to_string(), zero);
    let poll = "worker \"w\": option `poll_delay` is 0ns; allowed: longer than zero";
    assert_eq!(looped_error(|b| b.poll_delay(Duration::ZERO)).to_string(), poll);
    let error = looped_error(|b| b.interval(MS).delay(2 * MS));
    assert_eq!(
        error.to_string(),
        "worker \"w\": option `interval` is 1ms beside a delay of 2ms; allowed: either an interval or a delay_after"
    );
    assert_eq!((error.worker(), error.option()), ("w", "interval"));
    assert_eq!(
        (error.given(), error.allowed()),
        ("1ms beside a delay of 2ms", "either an interval or a delay_after")
    );
}

#[apply(bounded)]
fn two_strategies() {
    let allowed = "one of strategy, poll_delay and realtime";
    for (error, option) in [
        (looped_error(|b| b.poll_delay(MS).realtime(true)), "realtime"),
        (looped_error(|b| b.strategy(Poll::default()).realtime(true)), "realtime"),
        (looped_error(|b| b.strategy(Poll::default()).poll_delay(MS)), "poll_delay"),
    ] {
        assert_eq!((error.option(), error.allowed()), (option, allowed));
    }
    assert!(looped(|_, _| ()).poll_delay(MS).realtime(false).build().is_ok());
}

#[apply(bounded)]
fn unrepresentable_durations_mean_never_and_do_not_panic() {
    for builder in [
        any_looped().interval(Duration::MAX),
        any_looped().interval(Duration::MAX).realtime(true),
        any_looped().poll_delay(Duration::MAX).interval(MS),
    ] {
        builder.start().unwrap().stop().unwrap();
    }
    let worker = looped(|_, _| ()).delay_before(Duration::MAX).delay_after(Duration::MAX).start().unwrap();
    worker.stop_timeout(Duration::MAX).unwrap();
    worker.wait_timeout(Duration::MAX).unwrap();
}

#[apply(bounded)]
fn capacities() {
    for capacity in [0, usize::MAX] {
        let error = queue(|_task: u8, _cx| ()).name("q").bounded(capacity).build().unwrap_err();
        assert_eq!((error.worker(), error.option()), ("q", "bounded"));
        assert_eq!(error.given(), capacity.to_string());
        assert_eq!(error.allowed(), format!("a number from 1 to {}", isize::MAX));
    }
    assert!(queue(|_task: u8, _cx| ()).bounded(1).build().is_ok());
}

#[apply(bounded)]
fn options_of_a_queue_that_do_not_go_together() {
    struct Own;
    impl TaskQueue for Own {
        type Task = u8;
        fn put(&self, _task: u8) -> Result<(), u8> {
            Ok(())
        }
        fn take(&self) -> Option<u8> {
            None
        }
        fn len(&self) -> usize {
            0
        }
    }
    let builder = || queue(|_task: u8, _cx| ()).name("q");
    for (error, option, given) in [
        (builder().overflow(Overflow::Reject).build(), "overflow", "set on a queue without a bound"),
        (builder().on_dropped(drop).build(), "on_dropped", "set on a queue without a bound"),
        (builder().priority().lifo().build(), "lifo", "set beside priority"),
        (builder().lifo().priority().build(), "priority", "set beside lifo"),
        (builder().queue(Own).bounded(1).build(), "bounded", "set beside queue"),
        (builder().queue(Own).lifo().build(), "lifo", "set beside queue"),
        (builder().queue(Own).overflow(Overflow::Block).build(), "overflow", "set beside queue"),
    ] {
        let error = error.unwrap_err();
        assert_eq!((error.worker(), error.option(), error.given()), ("q", option, given));
    }
    assert!(builder().priority().priority().bounded(2).build().is_ok());
}

/// Number 14: each of these was accepted, and did nothing or something else than it says.
#[apply(bounded)]
fn options_that_contradict_each_other() {
    let catch_up = "CatchUp { max: 0 }";
    let at_least_one = "Skip, Delay, or CatchUp with a max of at least 1";
    for (error, option, given, allowed) in [
        (
            looped_error(|b| b.missed(MissedTick::Skip)),
            "missed",
            "Skip without an interval",
            "only together with interval",
        ),
        (
            looped_error(|b| b.delay(MS).missed(MissedTick::Delay)),
            "missed",
            "Delay without an interval",
            "only together with interval",
        ),
        (
            looped_error(|b| b.interval(MS).missed(MissedTick::CatchUp { max: 0 })),
            "missed",
            catch_up,
            at_least_one,
        ),
        (
            looped_error(|b| b.delay(MS).delay_after(2 * MS)),
            "delay_after",
            "2ms beside a delay of 1ms",
            "one of delay and delay_after, which are the same option",
        ),
        (
            looped_error(|b| b.interval(MS).delay_after(2 * MS)),
            "interval",
            "1ms beside a delay of 2ms",
            "either an interval or a delay_after",
        ),
    ] {
        assert_eq!(
            (error.worker(), error.option(), error.given(), error.allowed()),
            ("w", option, given, allowed)
        );
    }
    for overflow in [None, Some(Overflow::Block), Some(Overflow::Reject)] {
        let builder = queue(|_task: u8, _cx| ()).name("q").bounded(1).on_dropped(drop);
        let builder = if let Some(overflow) = overflow { builder.overflow(overflow) } else { builder };
        assert_eq!(
            builder.build().unwrap_err().to_string(),
            "worker \"q\": option `on_dropped` is set on a queue that drops nothing; \
             allowed: only together with overflow(DropOldest) or overflow(DropNewest)"
        );
    }
    assert!(
        queue(|_task: u8, _cx| ()).bounded(1).on_dropped(drop).overflow(Overflow::DropNewest).build().is_ok()
    );
    // The same option twice is no contradiction: the last value counts.
    assert!(any_looped().interval(MS).interval(2 * MS).missed(MissedTick::Delay).build().is_ok());
    assert!(any_looped().delay(MS).delay(2 * MS).realtime(false).poll_delay(MS).build().is_ok());
}

#[apply(bounded)]
fn options_of_a_start_that_contradict_each_other_or_the_builders() {
    let error = |worker: &BackgroundWorker, start: Start| match worker.start_with(start).unwrap_err() {
        StartError::Option(error) => (error.option().to_owned(), error.given().to_owned()),
        error => panic!("{error}"),
    };
    let delayed = any_looped().name("w").delay(MS).build().unwrap();
    let gave = |option: &str, given: &str| (option.to_owned(), given.to_owned());
    assert_eq!(
        error(&delayed, Start::new().missed(MissedTick::Skip)),
        gave("missed", "Skip without an interval")
    );
    assert_eq!(
        error(&delayed, Start::new().delay(MS).delay_after(MS)),
        gave("delay_after", "1ms beside a delay of 1ms")
    );
    let grid = any_looped().name("w").interval(MS).missed(MissedTick::Delay).build().unwrap();
    assert_eq!(
        error(&grid, Start::new().missed(MissedTick::CatchUp { max: 0 })),
        gave("missed", "CatchUp { max: 0 }")
    );
    assert_eq!(
        error(&grid, Start::new().delay(MS).missed(MissedTick::Skip)),
        gave("missed", "Skip without an interval")
    );
    assert_eq!(
        error(&grid, Start::new().poll_delay(MS).realtime(true)),
        gave("realtime", "true beside poll_delay")
    );
    // A delay for one run replaces the interval, and what belongs to it.
    grid.start_with(Start::new().delay(MS)).unwrap();
    grid.stop().unwrap();
    delayed.start_with(Start::new().interval(MS).missed(MissedTick::Skip)).unwrap();
    delayed.stop().unwrap();
}

#[apply(bounded)]
fn options_of_a_start() {
    let worker = looped(|_, _| ()).name("w").delay(MS).build().unwrap();
    let error = worker.start_with(Start::new().interval(Duration::ZERO)).unwrap_err();
    assert!(matches!(error, StartError::Option(_)));
    assert_eq!(error.to_string(), "worker \"w\": option `interval` is 0ns; allowed: longer than zero");
    let error = worker.start_with(Start::new().interval(MS).delay(MS)).unwrap_err();
    assert!(error.to_string().contains("either an interval or a delay_after"), "{error}");
    worker.start_with(Start::new().interval(MS)).unwrap();
    worker.stop().unwrap();

    let error = queue(|_task: u8, _cx| ()).name("q").build().unwrap().start_with(Start::new().interval(MS));
    let text = "worker \"q\": option `interval` is set for a start; allowed: only on a looped worker";
    assert_eq!(error.unwrap_err().to_string(), text);
    let error = event(|_, _| ()).name("e").build().unwrap().start_with(Start::new().realtime(true));
    assert!(matches!(error, Err(StartError::Option(_))));
}

#[apply(bounded)]
fn a_bad_option_comes_out_of_the_builders_start_as_well() {
    let error = looped(|_, _| ()).name("w").interval(Duration::ZERO).start().unwrap_err();
    assert!(matches!(&error, StartError::Option(error) if error.option() == "interval"));
}

#[apply(bounded)]
fn a_name_with_a_nul_is_kept_and_its_thread_gets_a_substitute() {
    let (sender, receiver) = crossbeam_channel::unbounded();
    let worker = looped(move |_tick, cx| {
        sender.send((cx.name().to_owned(), std::thread::current().name().map(str::to_owned))).unwrap();
        false
    })
    .name("a\0b")
    .start()
    .unwrap();
    assert_eq!(receiver.recv().unwrap(), ("a\0b".to_owned(), Some("a\u{FFFD}b".to_owned())));
    worker.wait().unwrap();
}

#[apply(bounded)]
fn two_workers_may_have_the_same_name() {
    let a = looped(|_, _| false).name("twin").start().unwrap();
    let b = looped(|_, _| false).name("twin").start().unwrap();
    assert_ne!(a.id(), b.id());
    a.wait().unwrap();
    b.wait().unwrap();
}
