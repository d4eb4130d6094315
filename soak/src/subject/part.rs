//! What the workers of each kind do in a turn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use pyaltt::{Queue, Tick, Trigger};
use testkit::Fate;

use crate::account::task::Task;
use crate::subject::tested::Part;

/// Takes ticks; there is nothing to account for.
#[derive(Debug)]
pub(crate) struct Looper;

impl Part for Looper {
    type Task = Tick;

    fn take(&mut self, _tick: &mut Tick, turn: u64) -> u64 {
        turn
    }
}

/// Counts the triggers that it hears of.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) heard: Arc<AtomicU64>,
}

impl Part for Listener {
    type Task = Trigger;

    fn take(&mut self, trigger: &mut Trigger, turn: u64) -> u64 {
        self.heard.fetch_add(trigger.count, Ordering::SeqCst);
        turn
    }
}

/// Runs tasks, and now and then puts one of its own into the queue that it takes from.
#[derive(Debug)]
pub(crate) struct Consumer {
    /// Set after the worker is built, because its queue is made with it.
    pub(crate) own: Arc<OnceLock<Queue<Task>>>,
    /// The producer of the tasks that workers put.
    pub(crate) producer: u16,
    /// One turn in how many puts a task; 0 is none.
    pub(crate) one_in: u64,
}

impl Part for Consumer {
    type Task = Task;

    fn take(&mut self, task: &mut Task, _turn: u64) -> u64 {
        task.run();
        if self.one_in > 0
            && task.dice().is_multiple_of(self.one_in)
            && !task.account().faults().is_calm()
            && let Some(queue) = self.own.get()
            && let Some(own) = Task::new(task.account(), self.producer, false)
            && let Err(error) = queue.put(own)
        {
            error.into_inner().end(Fate::HandedBack);
        }
        task.dice()
    }
}
