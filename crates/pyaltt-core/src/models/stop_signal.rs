//! The word that ends a run, against threads that create its channels.

use std::sync::Arc;

use crossbeam_channel::TryRecvError;

use super::support::check;
use crate::control::stop_signal::{StopLevel, StopSignal};
use crate::control::stop_token::StopToken;
use crate::sync::{Parker, thread};

/// A channel that is created while the word is raised is disconnected.
#[test]
fn a_channel_created_during_a_stop_is_disconnected() {
    check(|| {
        let parker = Parker::new();
        let signal = Arc::new(StopSignal::new(parker.unparker().clone()));
        let raisers = [StopLevel::Drain, StopLevel::Stop].map(|level| {
            let signal = Arc::clone(&signal);
            thread::spawn(move || signal.raise(level))
        });
        let token = StopToken::new(&signal);
        let channels = [signal.interrupted().clone(), token.receiver()];
        for raiser in raisers {
            raiser.join().unwrap();
        }
        assert_eq!(signal.level(), StopLevel::Stop);
        assert!(channels.iter().all(|channel| channel.try_recv() == Err(TryRecvError::Disconnected)));
        // Both raises unparked the worker's thread, so this returns at once.
        parker.park();
    });
}

/// A raise loses no level to a pause, a resume or a rest, nor do those lose what they say before it.
#[test]
fn a_raise_against_pauses() {
    check(|| {
        let parker = Parker::new();
        let signal = Arc::new(StopSignal::new(parker.unparker().clone()));
        let on_thread = |work: fn(&StopSignal)| {
            let signal = Arc::clone(&signal);
            thread::spawn(move || work(&signal))
        };
        let threads = [
            on_thread(|signal| {
                signal.raise(StopLevel::Drain);
                assert!(signal.level() >= StopLevel::Drain);
                signal.raise(StopLevel::Stop);
            }),
            on_thread(|signal| {
                signal.set_paused(true);
                signal.set_paused(false);
                signal.set_paused(true);
            }),
            on_thread(|signal| {
                let _ = (signal.rest(), signal.rest());
            }),
        ];
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(signal.level(), StopLevel::Stop);
        assert!(!signal.rest());
        signal.set_paused(false);
        assert_eq!(signal.level(), StopLevel::Stop);
    });
}
