//! The restart of a whole group because one of its members has failed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::workload::times::{median_and_p99, quantiles};

/// The id of its case.
pub const TOGETHER: &str = "group-restart";

/// How many members the group has.
pub const SIZE: usize = 10;

/// The time that the members get to fall asleep before each restart.
const UNTIL_ASLEEP: Duration = Duration::from_millis(1);

/// Longer than any restart takes.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn cases() -> Vec<Case> {
    let how = "The members sleep. From the call that wakes the first one, which fails, until all ten have begun again, \
               without a backoff; each run checks that each of them began once. No failure is printed.";
    vec![Case::new(TOGETHER, "Restart of a group of 10", how, Work::Repeat(200)).with(median_and_p99())]
}

/// Makes the whole group begin again.
pub type Renew = Box<dyn FnMut() -> Result<(), String>>;

impl Contender {
    /// Takes part. `start` starts [`SIZE`] members, each of which says at [`Begins::say`] when it begins, and returns what makes
    /// all of them begin again.
    #[must_use]
    pub fn restarts_together(self, start: impl Fn(&Begins) -> Result<Renew, String> + 'static) -> Self {
        self.does(TOGETHER, move |count| {
            let (said, heard) = channel();
            let mut renew = start(&Begins(said))?;
            all_began(&heard)?;
            let once = |_| {
                thread::sleep(UNTIL_ASLEEP);
                let from = Instant::now();
                renew()?;
                Ok(all_began(&heard)?.saturating_duration_since(from))
            };
            Ok(quantiles((0..count).map(once).collect::<Result<_, String>>()?))
        })
    }
}

/// Tells that members begin. They are numbered from 0.
#[derive(Clone, Debug)]
pub struct Begins(Sender<(usize, Instant)>);

impl Begins {
    /// A member begins.
    pub fn say(&self, number: usize) {
        // When the run is over, nobody listens.
        let _ = self.0.send((number, Instant::now()));
    }
}

/// When the last one began.
fn all_began(heard: &Receiver<(usize, Instant)>) -> Result<Instant, String> {
    let mut began = [None; SIZE];
    for _ in 0..SIZE {
        let (number, at) = heard
            .recv_timeout(PATIENCE)
            .map_err(|error| format!("only {} members began: {error}", began.iter().flatten().count()))?;
        if began[number].replace(at).is_some() {
            return Err(format!("member {number} began twice"));
        }
    }
    Ok(began.into_iter().flatten().max().unwrap_or_else(Instant::now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Kind;

    fn run(renewed: usize) -> bool {
        let contender = Contender::new(Kind::Bare, "one", "One", "").restarts_together(move |begins| {
            (0..SIZE).for_each(|number| begins.say(number));
            let begins = begins.clone();
            Ok(Box::new(move || {
                (0..SIZE).for_each(|number| begins.say(number % renewed));
                Ok(())
            }))
        });
        contender.repeat(TOGETHER, 2).is_ok()
    }

    #[test]
    fn each_member_begins_once() {
        assert!(run(SIZE));
        assert!(!run(SIZE - 1));
    }
}
