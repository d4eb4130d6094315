//! The forms of a report.
//!
//! - [`json`]: all of it, for machines; [`html`] with [`plots`] and [`captions`]: all of it, for people; [`page`]: the
//!   frame of the page.
//! - [`table`]: the figures as rows, and the tables for the terminal; [`baseline`]: what changed since an earlier report.
#![expect(clippy::format_push_string, reason = "pages are put together once, and read better so")]

pub(crate) mod baseline;
mod captions;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod page;
mod plots;
pub(crate) mod table;
