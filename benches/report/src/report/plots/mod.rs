//! The plots, as SVG text: one file each.

mod bars;
mod canvas;
mod histogram;
mod scatter;
mod style;
mod tail;
mod timeline;

pub(crate) use bars::bars;
pub(crate) use histogram::histogram;
pub(crate) use scatter::scatter;
pub(crate) use tail::tail;
pub(crate) use timeline::timeline;
