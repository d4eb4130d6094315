//! Collections that are statics, and how functions marked with `#[collect]` get into them.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `registration` | every marked function of the program, and the one moment at which all of them register |
//! | `static_collection` | the static itself, which registers them when it is first used |
//! | `mark` | the code that `#[collect]` expands to: adds one function to one static |
//! | `declare` | `collection!`, which declares statics |

mod declare;
mod mark;
mod registration;
mod static_collection;

pub use declare::{Collection, is_collection};
pub use mark::{Mark, Returned};
pub use registration::Registration;
pub use static_collection::StaticCollection;
