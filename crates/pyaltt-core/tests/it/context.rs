//! What a turn knows about its worker.

use std::time::Duration;

use pyaltt_core::{Context, ExitReason, Flow, ManualClock, Start, looped, queue};
use testkit::Probe;

#[apply(bounded)]
fn the_name_is_the_threads_name_and_a_start_can_change_it() {
    let names = Probe::new();
    let sink = names.clone();
    let worker = looped(move |_tick, cx| {
        sink.add((cx.name().to_owned(), std::thread::current().name().map(str::to_owned)));
        false
    })
    .name("built")
    .build()
    .unwrap();
    worker.start().unwrap();
    assert_eq!(names.next(), ("built".to_owned(), Some("built".to_owned())));
    worker.wait().unwrap();
    worker.start_with(Start::new().name("other")).unwrap();
    assert_eq!(names.next(), ("other".to_owned(), Some("other".to_owned())));
    assert_eq!(worker.name(), "built");
}

#[apply(bounded)]
fn a_function_without_a_name_gets_one_with_its_number() {
    let worker = looped(|_tick, _cx| ()).build().unwrap();
    assert_eq!(worker.name(), format!("worker-{}", worker.id()));
    let empty = looped(|_tick, _cx| ()).name("").build().unwrap();
    assert_eq!(empty.name(), format!("worker-{}", empty.id()));
}

#[apply(bounded)]
#[cfg(target_os = "linux")]
fn a_long_name_is_kept_whole_and_cut_at_a_character_for_the_kernel() {
    let names = Probe::new();
    let sink = names.clone();
    // The 15th byte is the first half of the second umlaut.
    let name = "worker zwölf äöü";
    let worker = looped(move |_tick, cx| {
        let kernel = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
        sink.add((cx.name().to_owned(), kernel.trim_end_matches('\n').to_owned()));
        false
    })
    .name(name)
    .start()
    .unwrap();
    let (whole, kernel) = names.next();
    assert_eq!(whole, name);
    assert_eq!(kernel, "worker zwölf ");
    worker.wait().unwrap();
}

#[apply(bounded)]
fn the_object_is_found_by_its_type_changed_and_overridden_for_a_run() {
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = looped(move |_tick, cx: &mut Context| {
        assert!(cx.o::<String>().is_none());
        if let Some(n) = cx.o_mut::<u32>() {
            *n += 1;
            sink.add(*n);
        }
        false
    })
    .o(7_u32)
    .build()
    .unwrap();
    worker.start().unwrap();
    worker.wait().unwrap();
    worker.start_with(Start::new().o(100_u32)).unwrap();
    worker.wait().unwrap();
    worker.start().unwrap();
    worker.wait().unwrap();
    // An object of another type does not hide the builder's.
    worker.start_with(Start::new().o("text")).unwrap();
    worker.wait().unwrap();
    assert_eq!(seen.all(), [8, 101, 9, 10]);
}

#[apply(bounded)]
fn arguments_are_found_by_their_type_and_last_for_one_run() {
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = looped(move |_tick, cx: &mut Context| {
        if let Some(n) = cx.arg_mut::<u8>() {
            *n *= 2;
        }
        sink.add((
            cx.arg::<u8>().copied(),
            cx.arg::<&str>().copied(),
            cx.take_arg::<char>(),
            cx.take_arg::<char>(),
        ));
        false
    })
    .build()
    .unwrap();
    worker.start_with(Start::new().arg(21_u8).arg("text").arg('x')).unwrap();
    worker.wait().unwrap();
    worker.start().unwrap();
    worker.wait().unwrap();
    assert_eq!(seen.all(), [(Some(42), Some("text"), Some('x'), None), (None, None, None, None)]);
}

#[apply(bounded)]
fn turns_and_runs_are_numbered_from_one() {
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = queue(move |_task: (), cx| sink.add((cx.run_number(), cx.turn_number()))).build().unwrap();
    for _ in 0..2 {
        worker.put(()).unwrap();
        worker.put(()).unwrap();
        worker.start().unwrap();
        worker.drain().unwrap();
    }
    assert_eq!(seen.all(), [(1, 1), (1, 2), (2, 1), (2, 2)]);
    assert_eq!((worker.stats().runs, worker.stats().turns), (2, 4));
}

#[apply(bounded)]
fn sleep_says_whether_the_time_passed_or_the_stop_came() {
    let clock = ManualClock::new();
    let flows = Probe::new();
    let worker = looped({
        let flows = flows.clone();
        move |_tick, cx| flows.add(cx.sleep(Duration::from_secs(60)))
    })
    .clock(clock.clone())
    .start()
    .unwrap();
    assert_eq!(clock.advance_to_next(), Duration::from_secs(60));
    assert_eq!(flows.next(), Flow::Continue);
    clock.wait_for_sleepers(1);
    worker.stop().unwrap();
    assert_eq!(flows.next(), Flow::Stop);
    assert_eq!(clock.elapsed(), Duration::from_secs(60));
}

#[apply(bounded)]
fn the_stop_token_tells_waits_and_selects() {
    let (tokens, ends) = (Probe::new(), Probe::new());
    let worker = looped({
        let (tokens, ends) = (tokens.clone(), ends.clone());
        move |_tick, cx| {
            tokens.add(cx.stop_token());
            // Nothing is ever sent on this channel, so only the stop can end this turn.
            crossbeam_channel::select! {
                recv(crossbeam_channel::never::<()>()) -> _ => {}
                recv(cx.stop_token().receiver()) -> gone => ends.add((gone.is_err(), cx.is_active())),
            }
        }
    })
    .start()
    .unwrap();
    let token = tokens.next();
    assert!(!token.is_stopped());
    assert!(!token.wait(Duration::ZERO));
    let waiter = std::thread::spawn({
        let token = token.clone();
        move || token.wait(Duration::MAX)
    });
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
    assert!(waiter.join().unwrap());
    assert!(token.is_stopped());
    assert_eq!(ends.next(), (true, false));
}

#[apply(bounded)]
fn a_token_of_an_old_run_does_not_speak_of_the_next_one() {
    let tokens = Probe::new();
    let sink = tokens.clone();
    let worker = looped(move |_tick, cx| {
        sink.add(cx.stop_token());
        cx.sleep(Duration::MAX);
    })
    .build()
    .unwrap();
    worker.start().unwrap();
    let old = tokens.next();
    worker.stop().unwrap();
    worker.start().unwrap();
    let new = tokens.next();
    assert!(old.is_stopped() && !new.is_stopped());
    worker.stop().unwrap();
}

#[apply(bounded)]
fn what_was_given_for_a_run_is_dropped_with_it() {
    let (argument, object) = (std::sync::Arc::new(()), std::sync::Arc::new(()));
    let worker = looped(|_tick, _cx| false).build().unwrap();
    worker.start_with(Start::new().arg(argument.clone()).o(object.clone())).unwrap();
    worker.wait().unwrap();
    assert_eq!((std::sync::Arc::strong_count(&argument), std::sync::Arc::strong_count(&object)), (1, 1));
}
