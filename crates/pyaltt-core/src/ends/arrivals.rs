//! The ends of several workers, for one thread that waits for them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::control::listeners::Listener;
use crate::exit::Exit;
use crate::sync::{Mutex, Unparker};
use crate::user_code;
use crate::wait::Wait;
use crate::wait::wait_slot::WaitSlot;
use crate::wait::waiter::Waiter;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;

/// Where the ends of workers arrive, in their order, each with the key that its listener was made with.
#[derive(Default)]
pub(super) struct Arrivals {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    arrived: VecDeque<(usize, Exit)>,
    /// The thread that waits, and how many ends there have to be to wake it.
    sleeper: Option<(usize, Unparker)>,
}

/// Why there are not as many ends as were waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unmet {
    /// The time is over.
    Over,
    /// The stop of the worker that the thread belongs to has cut the wait.
    Cut,
}

impl Arrivals {
    /// Makes a listener that adds the end that it is told of.
    pub(super) fn listener(self: &Arc<Self>, key: usize) -> Listener {
        let arrivals = Arc::clone(self);
        Box::new(move |exit| arrivals.add(key, exit.clone()))
    }

    fn add(&self, key: usize, exit: Exit) {
        let mut inner = self.inner.lock();
        inner.arrived.push_back((key, exit));
        let count = inner.arrived.len();
        // Taken out, so that there is one wake-up however many ends come after this one.
        let woken = inner.sleeper.take_if(|(wanted, _)| *wanted <= count);
        drop(inner);
        if let Some((_, sleeper)) = woken {
            sleeper.unpark();
        }
    }

    /// Waits until `count` ends have arrived, without a wake-up for those before. No other thread may wait meanwhile. `whom`
    /// is a worker that is waited for; it is named as such.
    pub(super) fn wait_for(
        &self,
        count: usize,
        wait: Wait,
        whom: Option<&Arc<WaitSlot>>,
    ) -> Result<(), Unmet> {
        let waiter = Waiter::new();
        let (mut is_over, mut waiting) = (false, None);
        let result = loop {
            {
                let mut inner = self.inner.lock();
                if inner.arrived.len() >= count {
                    break Ok(());
                }
                inner.sleeper = Some((count, waiter.unparker().clone()));
            }
            if waiter.is_cut() {
                break Err(Unmet::Cut);
            }
            if is_over {
                break Err(Unmet::Over);
            }
            if waiting.is_none() {
                waiting = whom.map(|whom| Waiting::on(WaitsFor::End, whom));
            }
            is_over = waiter.park(wait);
        };
        self.inner.lock().sleeper = None;
        result
    }

    /// Waits for an end, and takes out the one that arrived first. No other thread may wait meanwhile.
    pub(super) fn first(&self, wait: Wait, whom: Option<&Arc<WaitSlot>>) -> Result<(usize, Exit), Unmet> {
        loop {
            if let Some(first) = self.take() {
                return Ok(first);
            }
            self.wait_for(1, wait, whom)?;
        }
    }

    /// Takes out the end that arrived first, if there is one.
    pub(super) fn take(&self) -> Option<(usize, Exit)> {
        self.inner.lock().arrived.pop_front()
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        // The errors in the exits are a user's values.
        while let Some((_, exit)) = self.take() {
            user_code::discard(exit);
        }
    }
}
