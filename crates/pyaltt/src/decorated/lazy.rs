//! The handle of a worker that is a static.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use pyaltt_core::{BuildError, Start, StartError};
use pyaltt_group::Child;

use super::first_use::{Claim, claim};
use super::{Decorated, HandleOf, Kind};

/// The handle of a worker that is a static: made when it is first used, and there until the process ends.
///
/// Making it evaluates the options, which is user code. It may fail, or panic: then nothing is made, and the next use
/// tries again. No lock is held meanwhile.
///
/// The handle is behind a trait object, whose type does not show what is in it. So it can be in a static also when
/// the task or a parameter cannot be sent to another thread, and what the compiler says of that comes once, where
/// that type is named, and not a second time with all that a handle consists of.
pub struct Lazy<D: Decorated> {
    handle: OnceLock<Box<Made<D>>>,
}

type Made<D> = dyn AsRef<HandleOf<D>> + Send + Sync;

struct Holder<H>(H);

impl<H> AsRef<H> for Holder<H> {
    fn as_ref(&self) -> &H {
        &self.0
    }
}

impl<D: Decorated> Lazy<D> {
    /// Nothing is made yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { handle: OnceLock::new() }
    }

    /// The handle.
    ///
    /// # Panics
    ///
    /// Panics when an option cannot be used; [`start`](Self::start) returns that as an error.
    #[track_caller]
    pub fn handle(&self) -> &HandleOf<D> {
        self.get_or_make().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts the worker.
    ///
    /// # Errors
    ///
    /// As `start_with` of a handle, and when an option of the worker cannot be used.
    #[track_caller]
    pub fn start(&self, start: Start, parameters: D::Parameters) -> Result<(), StartError> {
        self.get_or_make()?.start_with(start.arg(parameters))
    }

    /// The worker as a member of a group. An option that cannot be used fails the start of the group.
    pub fn child(&self) -> Child {
        match self.get_or_make() {
            Ok(handle) => D::Kind::child::<D>(handle),
            Err(error) => Child::not_built(D::NAME, error),
        }
    }

    #[track_caller]
    fn get_or_make(&self) -> Result<&HandleOf<D>, BuildError> {
        loop {
            if let Some(made) = self.handle.get() {
                return Ok((**made).as_ref());
            }
            // An address is as good as an identity, because a static does not move.
            match claim(std::ptr::from_ref(self).addr()) {
                Claim::Granted(_until_dropped) => {
                    // Another thread may have made it between the look and the claim.
                    if self.handle.get().is_none() {
                        let _ = self.handle.set(Box::new(Holder(D::build()?)));
                    }
                }
                Claim::Over => {}
                Claim::Circle => panic!(
                    "worker {:?}: an option's expression uses the worker itself, or waits for a thread that does, and \
                     the worker is made only after its options; pass what the expression needs in another way",
                    D::NAME,
                ),
            }
        }
    }
}

impl<D: Decorated> Default for Lazy<D> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the handle, if it has been made. To look at a worker is not to use it.
impl<D: Decorated> fmt::Debug for Lazy<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.handle.get() {
            Some(made) => (**made).as_ref().deref().fmt(f),
            None => f.debug_struct(D::NAME).finish_non_exhaustive(),
        }
    }
}
