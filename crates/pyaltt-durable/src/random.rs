//! Random numbers that need not be good ones: for jitter.

use std::hash::{BuildHasher as _, RandomState};

/// A number from 0 to 1.
pub(crate) fn random() -> f64 {
    // The keys of each new state differ.
    let bits = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(0);
    f64::from(bits) / f64::from(u32::MAX)
}
