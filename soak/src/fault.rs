//! The faults that are injected: which ones strike is decided by the seed and the place alone, so they
//! replay.

use std::any::Any;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pyaltt::{BoxError, Context, Flow, Turn};

/// Where a fault can strike.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    BeforeStart,
    AfterStart,
    Turn,
    OnError,
    BeforeStop,
    AfterStop,
    Destructor,
}

/// How seldom faults are: one in so many; 0 is never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Panics, and errors, of turns.
    pub(crate) turn: u64,
    /// Turns that end the run, and turns that take a while.
    pub(crate) whim: u64,
    /// Panics of the destructors of tasks.
    pub(crate) destructor: u64,
    /// Panics of hooks, and errors of those that can fail.
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

    /// From now on other faults strike.
    pub(crate) fn reseed(&self, seed: u64) {
        self.seed.store(seed, Ordering::Relaxed);
    }

    /// Sets whether there are no faults for now.
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

    /// Panics, or does not.
    pub(crate) fn panic_at(&self, place: Place, id: u64) {
        let rate = match place {
            Place::Turn => self.rates.turn,
            Place::Destructor => self.rates.destructor,
            _ => self.rates.hook,
        };
        if let Some(roll) = self.roll(place, id, rate) {
            self.panics.fetch_add(1, Ordering::Relaxed);
            match roll % 3 {
                0 => panic!("{MARK}"),
                1 => panic!("{MARK} at {place:?}, {id}"),
                _ => panic::panic_any(Bomb),
            }
        }
    }

    /// Fails, or does not.
    pub(crate) fn error_at(&self, place: Place, id: u64) -> Result<(), BoxError> {
        let rate = if matches!(place, Place::Turn) { self.rates.turn } else { self.rates.hook };
        if self.roll(place, !id, rate).is_none() {
            return Ok(());
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        Err(format!("{MARK} at {place:?}, {id}").into())
    }

    /// What a turn does that does not panic: most often it goes on.
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

/// Spreads the bits of a number: the finalizer of `SplitMix64`.
pub(crate) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

const MARK: &str = "injected by the soak";

/// A payload that panics again when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "{MARK}: a payload was dropped");
    }
}

/// Silences the panics that are injected; all others are reported as ever.
pub(crate) fn silence_injected_panics() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !is_injected(info.payload()) {
            others(info);
        }
    }));
}

fn is_injected(payload: &(dyn Any + Send)) -> bool {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    payload.is::<Bomb>() || text.is_some_and(|text| text.starts_with(MARK))
}
