//! Distributions of durations, recorded cheaply and read as a summary.
//!
//! - [`recorder`]: what records.
//! - [`summary`]: the figures.
//! - [`distribution`]: what a recorder keeps. With the feature `histograms` it is in `histogram.rs`, without it in
//!   `extremes.rs`; both have the same functions.

#[cfg_attr(feature = "histograms", path = "histogram.rs")]
#[cfg_attr(not(feature = "histograms"), path = "extremes.rs")]
mod distribution;
pub(crate) mod recorder;
pub(crate) mod summary;
