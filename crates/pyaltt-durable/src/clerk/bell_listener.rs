//! The thread that waits for the bell of an owner.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyaltt_core::layer;

use crate::engine::contract::Bell;
use crate::shared::Shared;

/// How long it waits in one call. Nothing depends on it.
const LONG: Duration = Duration::from_secs(3_600);

/// Rings the clerk when the bell of its owner is rung. Ends when it is dropped.
pub(super) struct BellListener {
    bell: Arc<dyn Bell>,
    has_ended: Arc<AtomicBool>,
}

impl BellListener {
    /// Without it the clerk hears nothing of other processes until it looks by itself.
    pub(super) fn start(shared: &Arc<Shared>, bell: Arc<dyn Bell>) -> Option<Self> {
        let bell_listener = Self { bell, has_ended: Arc::default() };
        let (bell, has_ended, shared) =
            (bell_listener.bell.clone(), bell_listener.has_ended.clone(), Arc::downgrade(shared));
        let name = shared.upgrade().map(|shared| format!("bell of {}", shared.options.queue));
        let listen = move |_, _: &mut pyaltt_core::Context| {
            let rung = layer::call(|| bell.wait(LONG));
            let Some(shared) = shared.upgrade().filter(|_| !has_ended.load(Ordering::SeqCst)) else {
                return false;
            };
            match rung {
                Ok(Ok(false)) => true,
                Ok(Ok(true)) => {
                    shared.bell_rings();
                    true
                }
                Ok(Err(error)) => {
                    tracing::warn!(queue = %shared.options.queue, %error, "a bell is broken");
                    shared.bell_breaks();
                    false
                }
                Err(panic) => {
                    tracing::error!(queue = %shared.options.queue, %panic, "a bell failed");
                    shared.bell_breaks();
                    false
                }
            }
        };
        let worker = pyaltt_core::looped(listen).name(name.unwrap_or_default()).daemon(true).start();
        match worker {
            Ok(worker) => {
                worker.detach();
                Some(bell_listener)
            }
            Err(error) => {
                tracing::error!(%error, "no thread can wait for a bell");
                None
            }
        }
    }
}

impl Drop for BellListener {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        // If that fails, the thread ends when its wait does.
        drop(layer::call(|| self.bell.wake()));
    }
}

impl fmt::Debug for BellListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BellListener").finish_non_exhaustive()
    }
}
