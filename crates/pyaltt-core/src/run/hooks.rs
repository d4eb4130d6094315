//! The hook closures of a builder, which are called around the worker's own hooks.

use crate::exit::Exit;
use crate::failure::{BoxError, Panic};
use crate::user_code;
use crate::worker::context::Context;

/// The hook closures of one worker, for all its runs. One pointer, because most workers have none.
#[derive(Default)]
pub(crate) struct Hooks(Option<Box<Closures>>);

#[derive(Default)]
pub(crate) struct Closures {
    pub(crate) before_start: Option<BeforeStart>,
    pub(crate) after_start: Option<WithContext>,
    pub(crate) before_stop: Option<WithContext>,
    pub(crate) after_stop: Option<AfterStop>,
}

type BeforeStart = Box<dyn FnMut(&mut Context) -> Result<(), BoxError> + Send>;
type WithContext = Box<dyn FnMut(&mut Context) + Send>;
type AfterStop = Box<dyn FnMut(&Exit) + Send>;

impl Hooks {
    /// The closures, to set one of them.
    pub(crate) fn closures(&mut self) -> &mut Closures {
        self.0.get_or_insert_default()
    }

    /// Calls the pair of hooks that `start` waits for, the worker's own first. It is the caller who guards the call.
    pub(super) fn before_start(
        &mut self,
        own: impl FnOnce(&mut Context) -> Result<(), BoxError>,
        cx: &mut Context,
    ) -> Result<(), BoxError> {
        own(cx)?;
        match self.0.as_mut().and_then(|closures| closures.before_start.as_mut()) {
            Some(hook) => hook(cx),
            None => Ok(()),
        }
    }

    /// Calls the pair of hooks before the first turn, the worker's own first. If that one panics, the closure is not
    /// called.
    pub(super) fn after_start(
        &mut self,
        own: impl FnOnce(&mut Context),
        cx: &mut Context,
    ) -> Result<(), Panic> {
        user_code::call(|| {
            own(cx);
            if let Some(hook) = self.0.as_mut().and_then(|closures| closures.after_start.as_mut()) {
                hook(cx);
            }
        })
    }

    /// Calls the closure before the worker's own `before_stop`, which is called whether or not this one panics.
    pub(super) fn before_stop(&mut self, cx: &mut Context) -> Result<(), Panic> {
        match self.0.as_mut().and_then(|closures| closures.before_stop.as_mut()) {
            Some(hook) => user_code::call(|| hook(cx)),
            None => Ok(()),
        }
    }

    /// Calls the closure before the worker's own `after_stop`, which is called whether or not this one panics.
    pub(super) fn after_stop(&mut self, exit: &Exit) -> Result<(), Panic> {
        match self.0.as_mut().and_then(|closures| closures.after_stop.as_mut()) {
            Some(hook) => user_code::call(|| hook(exit)),
            None => Ok(()),
        }
    }

    /// Drops the closures one by one, so that a destructor that panics does not keep the others from running.
    pub(super) fn discard(self) {
        if let Some(closures) = self.0 {
            let Closures { before_start, after_start, before_stop, after_stop } = *closures;
            user_code::discard(before_start);
            user_code::discard(after_start);
            user_code::discard(before_stop);
            user_code::discard(after_stop);
        }
    }
}
