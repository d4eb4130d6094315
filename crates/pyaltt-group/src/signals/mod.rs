//! The signals of the process: core's where there are any, and `none`, with the same face, elsewhere and without the feature.

#[cfg(not(all(unix, feature = "signals")))]
mod none;

#[cfg(not(all(unix, feature = "signals")))]
pub(crate) use none::{Listening, listen};
#[cfg(all(unix, feature = "signals"))]
pub(crate) use pyaltt_core::layer::{Listening, listen};
