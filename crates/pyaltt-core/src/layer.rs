//! What the layers above this crate need. It promises nothing to anyone else.

mod cut_wait;
mod hold_exit;
mod judge;
mod member;

pub use self::cut_wait::{CutWait, CutWaker};
pub use self::hold_exit::HoldExit;
pub use self::judge::Judge;
pub use self::member::{Member, TurnInHand, is_current};
#[cfg(all(unix, feature = "signals"))]
pub use crate::platform::signals::listen::{Heard, Listening, listen};
pub use crate::run::membership::{Membership, News};
pub use crate::user_code::{call, discard, print_error};
pub use crate::wait::current_worker::CurrentWorker;
