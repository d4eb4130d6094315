//! Dropping a task that a full queue has no room for, and what the user's code may do meanwhile.
//!
//! That code is `on_dropped`, or else the destructor of the task. If it puts into the very queue that drops, that put
//! would drop the next task, and so on without end: in a loop where the oldest is dropped, whose room is taken again each
//! time, and by recursion where the newest is. So a thread notes the queue while it drops a task, and a put of that
//! thread into a noted queue is refused. A ring of queues that drop into each other ends where it closes. Other threads
//! put as ever.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use super::MemoryQueue;
use crate::queue::overflow::Overflow;
use crate::sync::atomic::Ordering;
use crate::sync::thread_local;
use crate::user_code;

thread_local! {
    /// The queues that the thread drops a task of. It has no destructor, because a destructor of another thread-local
    /// may put as well.
    static NOTED: ManuallyDrop<RefCell<Noted>> =
        const { ManuallyDrop::new(RefCell::new(Noted { outermost: None, inner: Vec::new() })) };
}

/// Queues by their addresses. Each is borrowed while it is noted, so no other one has its address.
struct Noted {
    outermost: Option<usize>,
    /// Those that are dropped into from there. Few are, so only they need memory, and give it back.
    inner: Vec<usize>,
}

impl<T> MemoryQueue<T> {
    /// Whether the calling thread is in the course of dropping a task of this queue.
    pub(super) fn is_dropping_here(&self) -> bool {
        // The others never drop a task, and need not look.
        matches!(self.overflow, Overflow::DropOldest | Overflow::DropNewest)
            && NOTED.with(|noted| noted.borrow().contains(self.address()))
    }

    /// Drops a task, for which the user's code is called.
    pub(super) fn drop_task(&self, task: T) {
        let _note = Note::new(self.address());
        self.dropped.fetch_add(1, Ordering::Relaxed);
        match &self.on_dropped {
            Some(on_dropped) => {
                if let Err(panic) = user_code::call(|| on_dropped(task)) {
                    log_often!(error, %panic, "on_dropped failed");
                }
            }
            None => user_code::discard(task),
        }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl Noted {
    fn contains(&self, queue: usize) -> bool {
        self.outermost == Some(queue) || self.inner.contains(&queue)
    }

    fn add(&mut self, queue: usize) {
        match self.outermost {
            None => self.outermost = Some(queue),
            Some(_) => self.inner.push(queue),
        }
    }

    fn remove_latest(&mut self) {
        if self.inner.pop().is_none() {
            self.outermost = None;
        } else if self.inner.is_empty() {
            self.inner = Vec::new();
        }
    }
}

/// Notes a queue for as long as it lives. The latest note goes first.
struct Note(());

impl Note {
    fn new(queue: usize) -> Self {
        NOTED.with(|noted| noted.borrow_mut().add(queue));
        Self(())
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        NOTED.with(|noted| noted.borrow_mut().remove_latest());
    }
}
