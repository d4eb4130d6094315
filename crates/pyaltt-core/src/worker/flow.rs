//! What a turn gives back.

use super::never::Never;
use crate::error::BoxError;

/// Whether a worker goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Takes the next turn.
    Continue,
    /// Ends the run, which then has [`ExitReason::Finished`](crate::exit::ExitReason::Finished).
    Stop,
}

/// What a turn gives back.
pub type Turn = Result<Flow, BoxError>;

/// What a function may return to become a [`Turn`].
///
/// `()` goes on, `false` stops as in the Python library, [`Flow`] says it in words, and a `Result` of any of
/// these fails with any error that converts into a [`BoxError`].
///
/// # Examples
///
/// ```
/// use pyaltt::{Flow, IntoTurn};
///
/// assert_eq!(().into_turn().unwrap(), Flow::Continue);
/// assert_eq!(false.into_turn().unwrap(), Flow::Stop);
/// assert_eq!(Ok::<_, std::io::Error>(true).into_turn().unwrap(), Flow::Continue);
/// assert!(Err::<(), _>("out of paper").into_turn().is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a turn can give back",
    label = "returns `{Self}`",
    note = "return `()`, `bool`, `Flow`, or a `Result` of one of these"
)]
pub trait IntoTurn {
    /// Converts the value.
    ///
    /// # Errors
    ///
    /// Gives the error of a `Result` that holds one.
    fn into_turn(self) -> Turn;
}

impl IntoTurn for () {
    fn into_turn(self) -> Turn {
        Ok(Flow::Continue)
    }
}

impl IntoTurn for bool {
    fn into_turn(self) -> Turn {
        Ok(if self { Flow::Continue } else { Flow::Stop })
    }
}

impl IntoTurn for Flow {
    fn into_turn(self) -> Turn {
        Ok(self)
    }
}

/// A function that never returns, such as one that always panics, has no turn to give.
impl IntoTurn for Never {
    fn into_turn(self) -> Turn {
        self
    }
}

impl<T: IntoTurn, E: Into<BoxError>> IntoTurn for Result<T, E> {
    fn into_turn(self) -> Turn {
        self.map_err(Into::into)?.into_turn()
    }
}
