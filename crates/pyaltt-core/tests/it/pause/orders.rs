//! Any order of calls ends in what was said last, and everything else is as before.

use pyaltt_core::{ExitReason, State};

use super::{Kind, LONG};

#[apply(bounded)]
fn w1_pause_and_resume_in_any_order_end_in_what_was_said_last() {
    for kind in Kind::all() {
        let subject = kind.build();
        subject.start().unwrap();
        subject.has_turn();
        for order in 0..2_u32.pow(5) {
            let length = 1 + order % 5;
            for place in 0..length {
                if order >> place & 1 == 1 { subject.pause() } else { subject.resume() }
            }
            subject.is_paused_as_said(order >> (length - 1) & 1 == 1);
        }
        subject.resume();
        subject.has_turn();
        subject.stop().unwrap();
    }
}

#[apply(bounded)]
fn w1_pauses_are_not_counted() {
    for kind in Kind::all() {
        let subject = kind.build();
        subject.start().unwrap();
        for _ in 0..3 {
            subject.pause();
            subject.pause_wait(LONG).unwrap();
        }
        subject.resume();
        subject.is_paused_as_said(false);
        // A resume that nothing was paused for is not kept for the next pause.
        subject.resume();
        subject.pause();
        subject.is_paused_as_said(true);
        subject.stop().unwrap();
    }
}

#[apply(bounded)]
fn w1_calls_from_many_threads_leave_it_as_the_last_one_said() {
    for kind in Kind::all() {
        let subject = kind.build();
        subject.start().unwrap();
        for _ in 0..20 {
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| subject.pause());
                    scope.spawn(|| subject.resume());
                    scope.spawn(|| subject.pause_wait(LONG).unwrap());
                }
            });
            subject.is_paused_as_said(subject.is_paused());
        }
        subject.stop().unwrap();
    }
}

#[apply(bounded)]
fn w5_state_stats_and_exits_are_as_before_a_pause() {
    for kind in Kind::all() {
        let subject = kind.build();
        assert!(!subject.is_paused());
        subject.start().unwrap();
        let ended = subject.ended();
        for _ in 0..3 {
            subject.pause_wait(LONG).unwrap();
            assert_eq!((subject.state(), subject.is_active()), (State::Active, true));
            assert_eq!(subject.stats().runs, 1);
            subject.resume();
            assert_eq!(subject.state(), State::Active);
            subject.has_turn();
        }
        assert!(ended.is_empty());
        let exit = subject.stop().unwrap();
        assert_eq!((exit.reason, subject.state()), (ExitReason::Stopped, State::Stopped));
        assert_eq!((exit.turns, exit.errors, exit.run), (subject.stats().turns, 0, 1));
        assert!(ended.recv().is_err());
        assert_eq!(subject.hooks.all(), ["before_start", "after_start", "before_stop", "after_stop"]);
    }
}
