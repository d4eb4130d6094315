//! The injected faults. The seed and the place alone decide which of them strike, so they replay.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pyaltt::{BoxError, Context, Flow, Turn};
use testkit::{Bomb, EXPECTED};

use crate::plan::mix::mix;

/// Where a fault can strike.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    BeforeStart,
    AfterStart,
    Turn,
    OnError,
    BeforeStop,
    AfterStop,
    OnExit,
    /// The condition of a restart.
    Only,
    Destructor,
}

/// How rare faults are: one in so many; 0 is never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Panics and errors of turns.
    pub(crate) turn: u64,
    /// Turns that end the run, and turns that take a while.
    pub(crate) whim: u64,
    /// Panics of the destructors of tasks.
    pub(crate) destructor: u64,
    /// Panics of hooks, and errors of the hooks that can fail.
    pub(crate) hook: u64,
}

/// Injects faults, and counts them.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: AtomicU64,
    rates: Rates,
    calm: AtomicBool,
    panics: AtomicU64,
    errors: AtomicU64,
}

impl Faults {
    pub(crate) fn new(seed: u64, rates: Rates) -> Arc<Self> {
        let (panics, errors) = (AtomicU64::new(0), AtomicU64::new(0));
        let seed = AtomicU64::new(seed);
        Arc::new(Self { seed, rates, calm: AtomicBool::new(false), panics, errors })
    }

    /// Makes other faults strike from now on.
    pub(crate) fn reseed(&self, seed: u64) {
        self.seed.store(seed, Ordering::Relaxed);
    }

    /// Turns all faults off, or on again.
    pub(crate) fn set_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::SeqCst);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    pub(crate) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// Panics if a fault strikes here.
    pub(crate) fn panic_at(&self, place: Place, id: u64) {
        let rate = match place {
            Place::Turn => self.rates.turn,
            Place::Destructor => self.rates.destructor,
            _ => self.rates.hook,
        };
        if let Some(roll) = self.roll(place, id, rate) {
            self.panics.fetch_add(1, Ordering::Relaxed);
            match roll % 3 {
                0 => panic!("{EXPECTED}"),
                1 => panic!("{EXPECTED}{place:?}, {id}"),
                _ => panic::panic_any(Bomb::new()),
            }
        }
    }

    /// Fails if a fault strikes here.
    pub(crate) fn error_at(&self, place: Place, id: u64) -> Result<(), BoxError> {
        let rate = if matches!(place, Place::Turn) { self.rates.turn } else { self.rates.hook };
        if self.roll(place, !id, rate).is_none() {
            return Ok(());
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        Err(format!("{EXPECTED}{place:?}, {id}").into())
    }

    /// How a turn ends that does not panic: most often it goes on.
    pub(crate) fn turn(&self, id: u64, cx: &mut Context) -> Turn {
        self.error_at(Place::Turn, id)?;
        match self.roll(Place::Turn, id.rotate_left(32), self.rates.whim).map(|roll| roll % 8) {
            Some(0) => return Ok(Flow::Stop),
            Some(1) => cx.terminate(),
            Some(_) => return Ok(cx.sleep(Duration::from_micros(id % 512))),
            None => {}
        }
        Ok(Flow::Continue)
    }

    /// What an error handler decides: most often to go on.
    pub(crate) fn on_error(&self, id: u64) -> Flow {
        self.panic_at(Place::OnError, id);
        self.error_at(Place::OnError, id).map_or(Flow::Stop, |()| Flow::Continue)
    }

    fn roll(&self, place: Place, id: u64, one_in: u64) -> Option<u64> {
        if one_in == 0 {
            return None;
        }
        let roll = mix(self.seed.load(Ordering::Relaxed) ^ mix(id ^ (place as u64) << 56));
        (roll.is_multiple_of(one_in) && !self.is_calm()).then_some(roll / one_in)
    }
}
