//! Handles and a life of several runs: states, the last handle, the worker taken out.

use std::sync::{Arc, Mutex};

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Handle, ManualClock, Start, State, Then,
    Turn, Worker, event, looped, queue, queue_from,
};
use testkit::os_thread::spawn_asleep;
use testkit::{OnDrop, Probe, Turnstile, until};

use super::starts::{Faults, Printer};
use super::{LONG, MILLIS, Rig, exact, printer};

/// Where a worker keeps a handle of itself.
type Slot = Arc<Mutex<Option<Box<dyn std::any::Any + Send>>>>;

/// A printer whose starts are noted, and whose end as well: nothing of it is left.
fn watched(builder: pyaltt_core::QueueBuilder<u32>, log: &Probe<String>) -> pyaltt_core::QueueBuilder<u32> {
    let (starts, gone) = (log.clone(), log.clone());
    builder
        .before_start(move |cx| {
            starts.note(format!("start {}", cx.run_number()));
            Ok(())
        })
        .o(OnDrop::new(move || gone.note("gone")))
}

#[apply(bounded)]
fn r15_the_last_handle_dropped_while_it_waits_cancels_the_restart() {
    for is_daemon in [true, false] {
        let log = Probe::<String>::new();
        let rig = Rig::of(watched(printer(), &log).daemon(is_daemon), exact());
        rig.fail();
        rig.is_asleep();
        let other = rig.worker.clone();
        drop(rig.worker);
        assert_eq!(other.state(), State::Waiting, "it was not the last one");
        drop(other);
        if !is_daemon {
            // The drop has waited for its thread.
            assert_eq!(log.len(), 2);
        }
        assert_eq!([log.next(), log.next()], ["start 1", "gone"]);
        rig.clock.advance(LONG);
        assert!(log.is_empty() && rig.exits.is_empty());
    }
}

#[apply(bounded)]
fn r15_the_last_handle_dropped_in_on_exit_cancels_the_restart() {
    for is_daemon in [true, false] {
        let (log, slot, clock) = (Probe::<String>::new(), Slot::default(), ManualClock::new());
        let (own, exits) = (Arc::clone(&slot), Probe::new());
        let seen = exits.clone();
        let turnstile = Turnstile::new();
        let pass = turnstile.clone();
        let builder = queue(move |_task: u32, _cx| {
            pass.pass();
            Err::<(), _>("no paper")
        });
        let worker = watched(builder, &log)
            .daemon(is_daemon)
            .restart(exact())
            .clock(clock.clone())
            .on_exit(move |exit| {
                drop(own.lock().unwrap().take());
                seen.add(exit.then);
            })
            .start()
            .unwrap();
        worker.put(0).unwrap();
        turnstile.wait();
        *slot.lock().unwrap() = Some(Box::new(worker));
        turnstile.release();
        assert_eq!(exits.next(), Then::Again { after: 100 * MILLIS });
        clock.advance(LONG);
        assert_eq!(log.next(), "start 1");
        assert_eq!(log.next(), "gone");
    }
}

#[apply(bounded)]
fn r15_the_last_handle_dropped_in_a_turn_lets_the_run_go_on_and_no_other_follow() {
    let (log, slot, turnstile) = (Probe::<String>::new(), Slot::default(), Turnstile::new());
    let (own, pass, exits) = (Arc::clone(&slot), turnstile.clone(), Probe::new());
    let seen = exits.clone();
    let builder = queue(move |task: u32, _cx| {
        pass.pass();
        drop(own.lock().unwrap().take());
        if task == 0 { Err("no paper") } else { Ok(()) }
    });
    let worker = watched(builder, &log)
        .restart(exact().backoff(MILLIS))
        .on_exit(move |exit: &Exit| seen.add((exit.turns, exit.reason, exit.then)))
        .start()
        .unwrap();
    for task in [1, 2, 0] {
        worker.put(task).unwrap();
    }
    turnstile.wait();
    *slot.lock().unwrap() = Some(Box::new(worker));
    (0..3).for_each(|_| turnstile.release());
    assert_eq!(exits.next(), (3, ExitReason::Failed, Then::Rest));
    assert_eq!([log.next(), log.next()], ["start 1", "gone"]);
}

#[apply(bounded)]
fn r15_the_last_handle_dropped_in_the_factory_lets_the_run_go_on_and_no_other_follow() {
    let (log, slot, clock) = (Probe::<String>::new(), Slot::default(), ManualClock::new());
    let (own, exits) = (Arc::clone(&slot), Probe::new());
    let (seen, mut made) = (exits.clone(), 0);
    let builder = queue_from(move || {
        made += 1;
        if made == 2 {
            drop(own.lock().unwrap().take());
        }
        Ok(|task: u32, _cx: &mut Context| if task == 0 { Err("no paper") } else { Ok(()) })
    });
    let worker = watched(builder, &log)
        .restart(exact())
        .clock(clock.clone())
        .on_exit(move |exit: &Exit| seen.add((exit.run, exit.turns, exit.then)))
        .start()
        .unwrap();
    let queue = worker.queue().clone();
    queue.put(0).unwrap();
    assert!(matches!(exits.next(), (1, 1, Then::Again { .. })));
    queue.put(1).unwrap();
    queue.put(0).unwrap();
    *slot.lock().unwrap() = Some(Box::new(worker));
    clock.advance_to_next();
    assert_eq!(exits.next(), (2, 2, Then::Rest));
    assert_eq!([log.next(), log.next(), log.next()], ["start 1", "start 2", "gone"]);
}

#[apply(bounded)]
fn r15_the_last_handle_dropped_by_another_thread_in_a_turn_is_a_stop() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let rig = Rig::of(
        queue(move |_task: u32, _cx| {
            pass.pass();
            Err::<(), _>("no paper")
        }),
        exact(),
    );
    rig.worker.put(0).unwrap();
    turnstile.wait();
    drop(rig.worker);
    turnstile.release();
    assert_eq!(rig.exits.next().then, Then::Rest);
}

#[apply(bounded)]
fn a_detached_worker_restarts_without_a_handle() {
    let log = Probe::<String>::new();
    let rig = Rig::of(watched(printer(), &log), exact());
    let (queue, weak) = (rig.worker.queue().clone(), rig.worker.downgrade());
    rig.worker.detach();
    drop(rig.worker);
    assert!(weak.upgrade().is_none());
    for n in 1..=3 {
        assert_eq!(log.next(), format!("start {n}"));
        queue.put(0).unwrap();
        let exit = rig.exits.next();
        assert_eq!((exit.run, matches!(exit.then, Then::Again { .. })), (n, true));
        rig.clock.advance_to_next();
    }
    assert_eq!(log.next(), "start 4");
    queue.close();
    assert_eq!(rig.exits.next().reason, ExitReason::Finished);
    assert_eq!(log.next(), "gone");
}

#[apply(bounded)]
fn a_worker_that_was_detached_while_it_waits_goes_on_and_one_that_was_attached_again_does_not() {
    for attach in [false, true] {
        let log = Probe::<String>::new();
        let rig = Rig::of(watched(printer(), &log), exact());
        rig.fail();
        rig.is_asleep();
        rig.worker.detach();
        if attach {
            rig.worker.attach();
        }
        let queue = rig.worker.queue().clone();
        drop(rig.worker);
        assert_eq!(log.next(), "start 1");
        if !attach {
            rig.clock.advance_to_next();
            assert_eq!(log.next(), "start 2");
            queue.close();
        }
        assert_eq!(log.next(), "gone");
    }
}

#[apply(bounded)]
fn a_non_daemon_worker_that_waits_is_waited_for_by_who_drops_its_last_handle_whatever_made_it_one() {
    // The builder, the start, and a start while it waits.
    for made_by in 0..3 {
        let log = Probe::<String>::new();
        let rig = Rig::built(watched(printer(), &log).daemon(made_by != 0), exact());
        rig.worker.start_with(if made_by == 1 { Start::new().daemon(false) } else { Start::new() }).unwrap();
        rig.fail();
        if made_by == 2 {
            rig.worker.start_with(Start::new().daemon(false)).unwrap();
            rig.fail();
        }
        drop(rig.worker);
        let log = log.all();
        assert_eq!(log.last().unwrap(), "gone", "{made_by}: {log:?}");
    }
}

#[apply(bounded)]
fn a_policy_that_makes_a_further_run_a_non_daemon_is_obeyed() {
    let log = Probe::<String>::new();
    let rig = Rig::of(watched(printer(), &log), exact().start(|_| Start::new().daemon(false)));
    rig.fail();
    rig.restart();
    drop(rig.worker);
    assert_eq!(log.all().last().unwrap(), "gone");
}

/// Held in its hooks; its first turn of each run fails.
#[derive(Clone, Default)]
struct Held {
    starts: Turnstile,
    turns: Turnstile,
    ends: Turnstile,
}

impl Worker for Held {
    type Task = u32;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.starts.pass();
        Ok(())
    }

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        self.turns.pass();
        Err("no paper".into())
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.ends.pass();
    }
}

#[apply(bounded)]
fn the_state_says_in_which_phase_a_life_is() {
    let (held, clock, exits) = (Held::default(), ManualClock::new(), Turnstile::new());
    let pass = exits.clone();
    let worker = BackgroundQueueWorker::builder(held.clone())
        .restart(exact())
        .clock(clock.clone())
        .on_exit(move |_| pass.pass())
        .build()
        .unwrap();
    let look = |state| {
        assert_eq!((worker.state(), worker.is_active()), (state, state == State::Active));
        // No phase of a life gives the worker away.
        assert!(worker.clone().into_inner::<Held>().is_err(), "{state:?}");
    };
    let other = worker.clone();
    let start = spawn_asleep(move || other.start());
    for run in 1..=3 {
        held.starts.wait();
        look(State::Starting);
        held.starts.release();
        worker.put(0).unwrap();
        held.turns.wait();
        look(State::Active);
        held.turns.release();
        held.ends.wait();
        look(State::Stopping);
        held.ends.release();
        exits.wait();
        look(State::Waiting);
        assert_eq!(worker.last_exit().run, run);
        exits.release();
        clock.wait_for_sleepers(1);
        look(State::Waiting);
        clock.advance_to_next();
    }
    start.join().unwrap().unwrap();
    held.starts.wait();
    worker.signal_stop();
    held.starts.release();
    held.ends.release();
    exits.release();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Stopped);
    assert_eq!(worker.state(), State::Stopped);
    assert!(worker.into_inner::<Held>().is_ok());
}

#[apply(bounded)]
fn the_worker_can_be_taken_out_right_after_any_end_of_a_backoff() {
    let ends: [fn(&BackgroundQueueWorker<u32>); 4] = [
        |worker| drop(worker.stop()),
        |worker| worker.signal_stop(),
        |worker| worker.terminate(),
        |worker| worker.signal_drain(),
    ];
    for end in ends {
        for _ in 0..50 {
            let rig = Rig::of(BackgroundQueueWorker::builder(Printer(Faults::default())), exact());
            rig.fail();
            let worker = rig.worker.into_inner::<Printer>().map(drop).unwrap_err();
            end(&worker);
            assert!(worker.into_inner::<Printer>().is_ok());
        }
    }
}

#[apply(bounded)]
fn workers_of_all_kinds_restart() {
    let runs = Probe::new();
    let policy = || exact().backoff(MILLIS);
    let (seen, noted) = (runs.clone(), runs.clone());
    let ticking = looped(move |_tick, cx| {
        seen.add(("looped", cx.run_number()));
        Err::<(), _>("no paper")
    })
    .restart(policy())
    .start()
    .unwrap();
    let ringing = event(move |_trigger, cx| {
        noted.add(("event", cx.run_number()));
        Err::<(), _>("no paper")
    })
    .restart(policy())
    .start()
    .unwrap();
    for run in 1..=3 {
        // Also while it waits: then the next run takes it.
        ringing.trigger();
        assert!(until(LONG, || ringing.last_exit().run >= run));
    }
    runs.wait_for(6);
    assert!(until(LONG, || ticking.stats().runs >= 3));
    let workers: [Handle; 2] = [ticking.into(), ringing.into()];
    for worker in workers {
        worker.stop().unwrap();
    }
    let runs = runs.all();
    for kind in ["looped", "event"] {
        let numbers: Vec<_> = runs.iter().filter(|(of, _)| *of == kind).map(|(_, run)| *run).collect();
        assert!(
            numbers.len() >= 3 && numbers.iter().copied().eq(1..=numbers.len() as u64),
            "{kind}: {numbers:?}"
        );
    }
}
