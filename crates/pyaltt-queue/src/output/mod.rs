//! How things look: the pieces of replies, and how a reply is printed.

pub(crate) mod body;
pub(crate) mod print;
pub(crate) mod reply;
pub(crate) mod table;
pub(crate) mod task;
pub(crate) mod terminal;
pub(crate) mod text;
pub(crate) mod time;
