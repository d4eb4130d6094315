//! The stop of a program in which some members hang.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::case::{Case, Compared, Figure, Unit, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::workload::times::{nanos, real};

/// The id of its case.
pub const STUCK: &str = "group-stop-stuck";

/// The key of the time beyond the limit.
pub const BEYOND: &str = "beyond";

/// The key of the number of others that were cut short.
pub const CUT: &str = "cut";

/// The key of the number of members that are named wrongly.
pub const MISNAMED: &str = "misnamed";

/// What each member adds to the limits: with 100 of them one may take 1 s, and all together 2 s.
const LIMIT: Duration = Duration::from_millis(10);

/// In which tenth of the order the members are that hang.
const TENTHS: [usize; 3] = [1, 5, 9];

pub(super) fn cases() -> Vec<Case> {
    let how = "Of 100 members three are in a turn that does not end: the 11th, the 51st and the 91st. Where members have limits \
               of their own, each has 1 s; the whole has 2 s. From the call of stop until it has returned.";
    let case = Case::new(STUCK, "Stop of 100, three of them stuck", how, Work::Repeat(100));
    let number = |key, label, meaning: &str| Figure {
        compared: Compared::Exactly,
        meaning: meaning.to_owned(),
        ..Figure::new(key, label, Unit::Whole)
    };
    vec![case.with([
        Figure::nanos("ns", "until it returns").with_ratio(),
        Figure::nanos(BEYOND, "beyond the limit"),
        number(
            CUT,
            "cut short",
            "Members that do not hang, and whose stop hook was not called before the stop returned.",
        ),
        number(
            MISNAMED,
            "named wrongly",
            "Members that hang and that the result does not name, and those that it names and that do not.",
        ),
    ])]
}

impl Contender {
    /// Takes part. `start` starts the members of the party, and returns what stops them, which gets the limit for all together,
    /// and returns the numbers of those that have not ended by its account.
    #[must_use]
    pub fn stops_stuck<F: FnOnce(Duration) -> Result<Vec<usize>, String>>(
        self,
        start: impl Fn(&Arc<Party>) -> Result<F, String> + 'static,
    ) -> Self {
        self.does(STUCK, move |count| {
            let party = Arc::new(Party::new(count));
            let stop = start(&party)?;
            party.wait();
            let limit = party.limit() * 2;
            let began = Instant::now();
            let named = stop(limit);
            let elapsed = began.elapsed();
            let cut = count - TENTHS.len() - party.ended.load(Ordering::Acquire);
            party.release();
            let named = named?;
            let is_wrong = |number: &usize| party.is_stuck(*number) != named.contains(number);
            let misnamed = (0..count).filter(is_wrong).count();
            Ok(Measured::of("ns", nanos(elapsed))
                .and(BEYOND, nanos(elapsed.saturating_sub(limit)))
                .and(CUT, real(cut))
                .and(MISNAMED, real(misnamed)))
        })
    }
}

/// The members. They are numbered from 0.
#[derive(Debug)]
pub struct Party {
    count: usize,
    /// How many hang, and whether they may go on.
    stuck: Mutex<(usize, bool)>,
    changed: Condvar,
    ended: AtomicUsize,
}

impl Party {
    fn new(count: usize) -> Self {
        Self { count, stuck: Mutex::default(), changed: Condvar::new(), ended: AtomicUsize::new(0) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How long each of them may take to stop.
    pub fn limit(&self) -> Duration {
        LIMIT * u32::try_from(self.count).unwrap_or(u32::MAX)
    }

    /// Whether this one is to hang.
    pub fn is_stuck(&self, number: usize) -> bool {
        TENTHS.iter().any(|tenth| tenth * self.count / 10 == number)
    }

    /// One of those hangs from now on.
    pub fn hangs(&self) {
        self.change(|stuck| stuck.0 += 1);
    }

    /// Hangs until the run is over.
    pub fn hang(&self) {
        self.hangs();
        self.wait_until(|stuck| stuck.1);
    }

    /// A member has heard of its stop, and ends.
    pub fn ends(&self) {
        self.ended.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits for all that are to hang.
    fn wait(&self) {
        self.wait_until(|stuck| stuck.0 == TENTHS.len());
    }

    fn release(&self) {
        self.change(|stuck| stuck.1 = true);
    }

    fn change(&self, change: impl FnOnce(&mut (usize, bool))) {
        change(&mut self.stuck.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn wait_until(&self, is_so: impl Fn(&(usize, bool)) -> bool) {
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(stuck, |stuck| !is_so(stuck)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Kind;

    #[test]
    fn who_is_cut_short_or_named_wrongly_is_counted() {
        let contender = Contender::new(Kind::Bare, "one", "One", "").stops_stuck(|party| {
            (0..party.count()).filter(|number| party.is_stuck(*number)).for_each(|_| party.hangs());
            let party = Arc::clone(party);
            Ok(move |_limit| {
                (0..5).for_each(|_| party.ends());
                Ok(vec![1, 5, 6])
            })
        });
        let figures = contender.repeat(STUCK, 10).unwrap().figures;
        assert_eq!((figures[CUT], figures[MISNAMED], figures[BEYOND]), (2.0, 2.0, 0.0));
    }
}
