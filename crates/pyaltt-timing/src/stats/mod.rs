//! Distributions of durations, recorded cheaply and read as a summary.
//!
//! - [`recorder`]: what records.
//! - [`summary`]: the figures.
//! - [`distribution`]: what a recorder keeps: a histogram with the feature `histograms`, and [`extremes`] without it.
//!   Both have the same functions.
//! - [`extremes`]: a recorder without percentiles, of a few words.

#[cfg(not(feature = "histograms"))]
mod distribution {
    pub(super) use super::extremes::Extremes as Distribution;
}
#[cfg(feature = "histograms")]
#[path = "histogram.rs"]
mod distribution;
pub(crate) mod extremes;
pub(crate) mod recorder;
pub(crate) mod summary;
