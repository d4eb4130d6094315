//! The cases. Each gets a subject of its own.
//!
//! - `order`: which task is taken when. `fence`: claims that are not valid any more, answers that were lost.
//! - `owners`: dead processes and their tasks. `failures`: attempts, payloads, versions.
//! - `keys`: unique keys. `many`: many tasks. `operator`: what an operator asks for. `bells`: who is woken.

mod bells;
mod failures;
mod fence;
mod keys;
mod many;
mod operator;
mod order;
mod owners;

pub use bells::*;
pub use failures::*;
pub use fence::*;
pub use keys::*;
pub use many::*;
pub use operator::*;
pub use order::*;
pub use owners::*;
