//! The options of all builders that give a worker hooks from closures.

use super::builder::Builder;
use crate::exit::Exit;
use crate::failure::BoxError;
use crate::worker::context::Context;

impl<T: Send + 'static, K> Builder<T, K> {
    /// Sets a function that is called first in every run, on the worker's thread, after the worker's own
    /// [`before_start`](crate::worker::Worker::before_start), while `start` waits for it. Default: none. A second call
    /// replaces the first one's function.
    ///
    /// An error or a panic is what `start` returns, as [`StartError::Hook`](crate::error::StartError::Hook); then the
    /// run does not take place, and no other hook is called. In a restart it is the failure of a run without turns. If the
    /// worker's own hook fails, this one is not called.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::StartError;
    /// use std::path::Path;
    ///
    /// let journal = pyaltt::queue(|line: &str, _cx| println!("{line}"))
    ///     .name("journal")
    ///     .before_start(|_cx| {
    ///         if !Path::new("/no/such/folder").is_dir() {
    ///             return Err("the folder is missing".into());
    ///         }
    ///         Ok(())
    ///     })
    ///     .build()?;
    /// let Err(StartError::Hook(error)) = journal.start() else { panic!("there is no such folder") };
    /// assert_eq!(error.to_string(), r#"worker "journal", before_start: the folder is missing"#);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn before_start<F>(mut self, hook: F) -> Self
    where
        F: FnMut(&mut Context) -> Result<(), BoxError> + Send + 'static,
    {
        self.common.hooks.closures().before_start = Some(Box::new(hook));
        self
    }

    /// Sets a function that is called when the worker has become active, before its first turn, on the worker's thread,
    /// after the worker's own [`after_start`](crate::worker::Worker::after_start). Default: none. A second call replaces
    /// the first one's function.
    ///
    /// `start` does not wait for it. A panic is reported to the error handler, which decides whether the run goes on. If
    /// the worker's own hook panics, this one is not called.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let beat = pyaltt::looped(|_tick, _cx| false)
    ///     .name("beat")
    ///     .after_start(move |cx| drop(sender.send(format!("{} is up", cx.name()))))
    ///     .start()?;
    /// beat.wait()?;
    /// assert_eq!(receiver.recv()?, "beat is up");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn after_start(mut self, hook: impl FnMut(&mut Context) + Send + 'static) -> Self {
        self.common.hooks.closures().after_start = Some(Box::new(hook));
        self
    }

    /// Sets a function that is called after the last turn of a run that was told to stop, on the worker's thread, before
    /// the worker's own [`before_stop`](crate::worker::Worker::before_stop). Default: none. A second call replaces the
    /// first one's function.
    ///
    /// It is not called in a run that is terminated, that finishes by itself or that fails. A panic is reported to the
    /// error handler and recorded in the [`Exit`]; the worker's own hook is called nevertheless.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}"))
    ///     .before_stop(move |cx| drop(sender.send(cx.turn_number())))
    ///     .start()?;
    /// mail.put("dear Sir")?;
    /// mail.drain()?;
    /// assert_eq!(receiver.recv()?, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn before_stop(mut self, hook: impl FnMut(&mut Context) + Send + 'static) -> Self {
        self.common.hooks.closures().before_stop = Some(Box::new(hook));
        self
    }

    /// Sets a function that is called at the end of every run, however it ended, on the worker's thread, before the
    /// worker's own [`after_stop`](crate::worker::Worker::after_stop). Default: none. A second call replaces the first
    /// one's function. Whether a restart follows is not decided yet; [`on_exit`](Builder::on_exit) is called when it is.
    ///
    /// A panic is reported to the error handler and recorded in the [`Exit`]; the worker's own hook is called
    /// nevertheless.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ExitReason;
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let alarm = pyaltt::event(|_trigger, _cx| Err::<(), _>("no siren"))
    ///     .after_stop(move |exit| drop(sender.send(exit.reason)))
    ///     .start()?;
    /// alarm.trigger();
    /// assert_eq!(receiver.recv()?, ExitReason::Failed);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn after_stop(mut self, hook: impl FnMut(&Exit) + Send + 'static) -> Self {
        self.common.hooks.closures().after_stop = Some(Box::new(hook));
        self
    }
}
