//! A worker whose start is held.

use pyaltt_core::{BoxError, Context, Flow, Turn, Worker};
use testkit::Turnstile;

/// Is held in its `before_start`.
pub(crate) struct SlowStart(pub(crate) Turnstile);

impl Worker for SlowStart {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.0.pass();
        Ok(())
    }
}
