//! The result of a turn.

use super::never::Never;
use crate::failure::BoxError;

/// Whether a run goes on.
///
/// # Examples
///
/// ```
/// use pyaltt::{Flow, looped};
///
/// let countdown = looped(|_tick, cx| if cx.turn_number() < 3 { Flow::Continue } else { Flow::Stop }).start()?;
/// assert_eq!(countdown.wait()?.turns, 3);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The run goes on with the next turn.
    Continue,
    /// The run ends, with [`ExitReason::Finished`](crate::exit::ExitReason::Finished).
    Stop,
}

impl Flow {
    /// Whether this is [`Stop`](Self::Stop).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let patient = pyaltt::looped(|_tick, cx| {
    ///     if cx.sleep(Duration::from_secs(3600)).is_stop() {
    ///         println!("told to stop");
    ///     }
    /// })
    /// .start()?;
    /// patient.stop()?; // which ends the sleep
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn is_stop(self) -> bool {
        self == Self::Stop
    }
}

/// The result of a turn: whether the run goes on, or the error that the turn failed with.
///
/// # Examples
///
/// ```
/// use pyaltt::{Flow, Turn, queue};
///
/// fn deliver(letter: &str) -> Turn {
///     match letter {
///         "" => Err("an empty letter".into()),
///         "that is all" => Ok(Flow::Stop),
///         _ => Ok(Flow::Continue),
///     }
/// }
///
/// let mail = queue(|letter: &str, _cx| deliver(letter)).start()?;
/// mail.put("dear Sir")?;
/// mail.put("that is all")?;
/// assert_eq!(mail.wait()?.turns, 2);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub type Turn = Result<Flow, BoxError>;

/// The last line of a closure that uses `?`: the turn succeeded, and the run goes on.
///
/// With `Ok(())` there, the compiler could not know which type the errors are to become. Here they become a
/// [`BoxError`].
///
/// # Errors
///
/// Never fails. It has the type of a [`Turn`], which can.
///
/// # Examples
///
/// ```
/// let numbers = pyaltt::queue(|text: &str, _cx| {
///     let number: u32 = text.parse()?;
///     println!("{number}");
///     pyaltt::done()
/// })
/// .start()?;
/// numbers.put("7")?;
/// assert_eq!(numbers.drain()?.errors, 0);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn done() -> Turn {
    Ok(Flow::Continue)
}

/// A type that a worker's function can return: anything that converts into a [`Turn`].
///
/// `()` lets the run go on, `false` stops it as in the Python library, [`Flow`] says it in words, and a `Result` of
/// any of these fails with any error that converts into a [`BoxError`].
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
    message = "a turn cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "return `()`, `bool`, `Flow`, or a `Result` of one of these"
)]
pub trait IntoTurn {
    /// Converts the value.
    ///
    /// # Errors
    ///
    /// Returns the error of a `Result` that holds one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Flow, IntoTurn, Turn};
    ///
    /// fn log_and_convert(value: impl IntoTurn) -> Turn {
    ///     let turn = value.into_turn();
    ///     println!("{turn:?}");
    ///     turn
    /// }
    ///
    /// assert_eq!(log_and_convert(true).unwrap(), Flow::Continue);
    /// assert!(log_and_convert(Err::<Flow, _>("no paper")).is_err());
    /// ```
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

/// For functions that never return, such as one that always panics.
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
