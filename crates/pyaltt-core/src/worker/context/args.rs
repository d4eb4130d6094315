//! The arguments of a start.

use super::Context;

impl Context {
    /// Returns the first argument of this type that was given at the start; `None` if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Start, looped};
    ///
    /// struct Rounds(u64);
    ///
    /// let worker = looped(|_tick, cx| cx.turn_number() < cx.arg::<Rounds>().map_or(1, |rounds| rounds.0)).build()?;
    /// worker.start_with(Start::new().arg(Rounds(3)))?;
    /// assert_eq!(worker.wait()?.turns, 3);
    /// worker.start()?; // without an argument
    /// assert_eq!(worker.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn arg<T: 'static>(&self) -> Option<&T> {
        self.run.args.iter().find_map(|arg| arg.downcast_ref())
    }

    /// Returns the first argument of this type that was given at the start, to change it.
    ///
    /// Changes last until the end of the run, and over the restarts that follow it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Start, queue};
    ///
    /// let shop = queue(|price: u32, cx| {
    ///     let budget = cx.arg_mut::<u32>().ok_or("no budget")?;
    ///     *budget = budget.checked_sub(price).ok_or("too expensive")?;
    ///     Ok::<_, &str>(())
    /// })
    /// .on_error(|error| println!("{error}"))
    /// .build()?;
    /// shop.start_with(Start::new().arg(100_u32))?;
    /// for price in [60, 60, 40] {
    ///     shop.put(price)?;
    /// }
    /// assert_eq!(shop.drain()?.errors, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn arg_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.run.args.iter_mut().find_map(|arg| arg.downcast_mut())
    }

    /// Takes the first argument of this type out of the context, so that the worker can keep it. A restart does not have it
    /// again, unless [`Restart::start`](crate::restart::Restart::start) gives a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, BoxError, Context, Flow, Start, Tick, Turn, Worker};
    ///
    /// #[derive(Default)]
    /// struct Greeter {
    ///     name: String,
    /// }
    ///
    /// impl Worker for Greeter {
    ///     type Task = Tick;
    ///
    ///     fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
    ///         self.name = cx.take_arg().ok_or("no name given")?;
    ///         Ok(())
    ///     }
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         println!("hello {}", self.name);
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let greeter = BackgroundWorker::builder(Greeter::default()).build()?;
    /// greeter.start_with(Start::new().arg("Anna".to_owned()))?;
    /// greeter.wait()?;
    /// assert_eq!(greeter.into_inner::<Greeter>().unwrap().name, "Anna");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use = "the argument is dropped if it is not used"]
    pub fn take_arg<T: 'static>(&mut self) -> Option<T> {
        let index = self.run.args.iter().position(|arg| arg.is::<T>())?;
        self.run.args.remove(index).downcast().ok().map(|arg| *arg)
    }
}
