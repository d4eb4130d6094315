//! Restarts, as options of all builders.

use super::builder::Builder;
use crate::exit::Exit;
use crate::restart::Restart;

impl<T: Send + 'static, K> Builder<T, K> {
    /// Sets when the worker runs again by itself, and after how long a wait. Default: [`Restart::never`].
    ///
    /// [`Restart`] says what stays and what is new in a further run. Values that make no sense are a
    /// [`BuildError`](crate::error::BuildError).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, queue};
    /// use std::time::Duration;
    ///
    /// let mail = queue(|letter: &str, _cx| if letter.is_empty() { Err("no text") } else { Ok(()) })
    ///     .restart(Restart::on_failure().backoff(Duration::from_millis(1)))
    ///     .start()?;
    /// mail.put("")?; // the run fails,
    /// mail.put("dear Sir")?; // and the next one takes this
    /// mail.close();
    /// let exit = mail.wait()?;
    /// assert_eq!((exit.run, exit.turns), (2, 1));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn restart(mut self, policy: Restart) -> Self {
        self.common.restart = policy;
        self
    }

    /// Sets a function that is called after each run, on the worker's thread, when the worker's state and exit are
    /// published. Default: none. A second call replaces the first one's function.
    ///
    /// It is not called for a start that returns its error. It must not block, because a restart, and a wait for the end,
    /// wait for it. A panic in it is logged and counted. A `stop` in it ends a backoff; a `start` in it is an
    /// error, because its thread is not gone yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::looped;
    ///
    /// let (exits, seen) = std::sync::mpsc::channel();
    /// let worker = looped(|_tick, _cx| false).on_exit(move |exit| drop(exits.send(exit.turns))).start()?;
    /// worker.wait()?;
    /// assert_eq!(seen.recv()?, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn on_exit(mut self, on_exit: impl FnMut(&Exit) + Send + 'static) -> Self {
        self.common.on_exit = Some(Box::new(on_exit));
        self
    }
}
