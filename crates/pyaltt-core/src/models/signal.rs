//! The word that ends a run, against those who make a line of it.

use std::sync::Arc;

use crossbeam_channel::TryRecvError;

use super::support::check;
use crate::control::stop_signal::{StopLevel, StopSignal};
use crate::control::stop_token::StopToken;
use crate::sync::{Parker, thread};

/// Whoever asks for the line of a stop while the stop is raised has one that is cut.
#[test]
fn a_line_that_is_made_during_a_stop_is_cut() {
    check(|| {
        let parker = Parker::new();
        let signal = Arc::new(StopSignal::new(parker.unparker().clone()));
        let raisers = [StopLevel::Drain, StopLevel::Stop].map(|level| {
            let signal = Arc::clone(&signal);
            thread::spawn(move || signal.raise(level))
        });
        let token = StopToken::new(&signal);
        let lines = [signal.interrupted().clone(), token.receiver()];
        for raiser in raisers {
            raiser.join().unwrap();
        }
        assert_eq!(signal.level(), StopLevel::Stop);
        assert!(lines.iter().all(|line| line.try_recv() == Err(TryRecvError::Disconnected)));
        // The thread that was to be woken does not sleep.
        parker.park();
    });
}
