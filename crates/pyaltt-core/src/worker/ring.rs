//! The bell of one worker's inbox, for events that the library does not know of.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::waker::{Rings, Waker};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{OnceLock, Unparker};
use crate::wait::room::Room;

/// What a [`Waker`] rings. It outlives the runs of its worker, and is made when it is first asked for.
///
/// A ring is kept until a wait with a deadline has ended by it. The flag is stored first and the thread woken afterwards,
/// and the worker reads the flag before it sleeps, so no ring is slept through.
#[derive(Debug)]
pub(crate) struct Ring {
    worker: u64,
    unparker: Unparker,
    is_rung: AtomicBool,
    /// Whether the worker rests, and no ring ends its rest.
    is_muted: AtomicBool,
    /// What a worker that sleeps in a select is woken by. Made by the first such wait.
    channel: OnceLock<(Sender<()>, Receiver<()>)>,
    /// Where producers wait for room in the worker's queue, if only a new attempt can tell whether there is any.
    room: OnceLock<Arc<Room>>,
}

impl Ring {
    pub(crate) fn new(worker: u64, unparker: &Unparker) -> Self {
        Self {
            worker,
            unparker: unparker.clone(),
            is_rung: AtomicBool::new(false),
            is_muted: AtomicBool::new(false),
            channel: OnceLock::new(),
            room: OnceLock::new(),
        }
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::new(self.worker, Arc::<Self>::clone(self))
    }

    /// Lets the producers that wait here try again at each ring.
    pub(crate) fn set_room(&self, room: &Arc<Room>) {
        self.room.get_or_init(|| Arc::clone(room));
    }

    pub(crate) fn is_rung(&self) -> bool {
        self.is_rung.load(Ordering::SeqCst)
    }

    /// Takes the ring that was kept.
    pub(crate) fn take(&self) -> bool {
        self.is_rung.load(Ordering::SeqCst) && self.is_rung.swap(false, Ordering::SeqCst)
    }

    /// Sets whether rings leave the worker asleep. They are kept all the same. When it is no longer muted, the worker looks
    /// anew for what there is to do, so it misses nothing that it was rung for meanwhile.
    pub(crate) fn mute(&self, is_muted: bool) {
        self.is_muted.store(is_muted, Ordering::SeqCst);
    }

    /// Puts back a ring that was taken by a wait that it was not meant for.
    pub(crate) fn put_back(&self) {
        self.is_rung.store(true, Ordering::SeqCst);
    }

    /// A receiver that gets a message at each ring from now on, and may have one of an earlier ring. Whoever selects on it
    /// looks at the flag before and after.
    pub(crate) fn receiver(&self) -> &Receiver<()> {
        &self.channel.get_or_init(|| crossbeam_channel::bounded(1)).1
    }
}

impl Rings for Ring {
    fn ring(&self) {
        self.is_rung.store(true, Ordering::SeqCst);
        if !self.is_muted.load(Ordering::SeqCst) {
            self.unparker.unpark();
        }
        if let Some((sender, _)) = self.channel.get() {
            // A message that is there already will do.
            let _ = sender.try_send(());
        }
        if let Some(room) = self.room.get() {
            room.may_have_changed();
        }
    }
}
