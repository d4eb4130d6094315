//! Where the threads of workers say whom they wait for, so that a ring of workers can be named.
//!
//! Each worker has one slot. Its thread says there what it waits for before it parks, and takes that back afterwards, so a
//! worker that never waits for another one pays nothing. The slots refer to one another, and whoever looks follows them from
//! one worker to the next, under one slot's lock at a time. So what is seen may be a moment old in any place of the chain.

use std::sync::Arc;

use super::waiting_on::{WaitingOn, WaitsFor};
use crate::sync::Mutex;

/// How many workers of a chain are named.
const MAX_LINKS: usize = 16;

/// Where a worker's thread says whom it waits for.
#[derive(Debug)]
pub(crate) struct WaitSlot {
    /// The worker's name. Empty for a queue without a worker.
    name: Arc<str>,
    waiting: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    /// How many waits there were. They are told apart by it, because several threads may work for one worker.
    waits: u64,
    /// In the order of their beginnings. The latest is the one that is seen.
    on: Vec<Wait>,
}

#[derive(Debug)]
struct Wait {
    number: u64,
    what: WaitsFor,
    whom: Arc<WaitSlot>,
}

impl WaitSlot {
    /// The worker's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn new(name: &Arc<str>) -> Arc<Self> {
        Arc::new(Self { name: Arc::clone(name), waiting: Mutex::default() })
    }

    /// Says what the calling thread waits for. Returns the number by which that is taken back.
    pub(super) fn say(&self, what: WaitsFor, whom: &Arc<Self>) -> u64 {
        let mut slot = self.waiting.lock();
        slot.waits += 1;
        let number = slot.waits;
        slot.on.push(Wait { number, what, whom: Arc::clone(whom) });
        number
    }

    /// Takes it back.
    pub(super) fn take_back(&self, number: u64) {
        let mut slot = self.waiting.lock();
        let index = slot.on.iter().position(|wait| wait.number == number);
        let old = index.map(|index| slot.on.remove(index));
        drop(slot);
        drop(old);
    }

    /// What the worker's threads wait for: the wait that began last.
    fn latest(&self) -> Option<(WaitsFor, Arc<Self>)> {
        self.waiting.lock().on.last().map(|wait| (wait.what, Arc::clone(&wait.whom)))
    }

    /// Whom the worker's thread waits for now, and whom that worker waits for, and so on.
    pub(crate) fn look(self: &Arc<Self>) -> Option<WaitingOn> {
        let mut seen = vec![Arc::clone(self)];
        let mut links = Vec::new();
        while links.len() < MAX_LINKS
            && let Some((what, next)) = seen.last().and_then(|slot| slot.latest())
        {
            let closes_ring = seen.iter().any(|slot| Arc::ptr_eq(slot, &next));
            links.push((what, Arc::clone(&next.name), closes_ring));
            if closes_ring {
                break;
            }
            seen.push(next);
        }
        links.into_iter().rev().fold(None, |then, (what, worker, closes_ring)| {
            Some(WaitingOn::new(what, worker, then, closes_ring))
        })
    }
}

#[cfg(all(test, not(pyaltt_model)))]
mod tests {
    use super::*;

    fn slots<const N: usize>(names: [&str; N]) -> [Arc<WaitSlot>; N] {
        names.map(|name| WaitSlot::new(&name.into()))
    }

    fn wait(slot: &WaitSlot, what: WaitsFor, whom: &Arc<WaitSlot>) {
        slot.say(what, whom);
    }

    #[test]
    fn a_chain_is_named_in_order() {
        let [a, b, c] = slots(["a", "b", "c"]);
        assert_eq!(a.look(), None);
        wait(&a, WaitsFor::Room, &b);
        wait(&b, WaitsFor::End, &c);
        let on = a.look().unwrap();
        assert_eq!(on.workers().collect::<Vec<_>>(), ["b", "c"]);
        assert!(!on.is_ring());
        let text = "waits for room in the queue of worker \"b\", which waits for the end of worker \"c\"";
        assert_eq!(on.to_string(), text);
    }

    #[test]
    fn a_ring_ends_where_it_closes_also_if_it_does_not_come_back_to_its_first_worker() {
        let [a, b, c] = slots(["a", "b", "c"]);
        wait(&a, WaitsFor::Room, &b);
        wait(&b, WaitsFor::Answer, &c);
        wait(&c, WaitsFor::End, &b);
        for (slot, names) in [(&a, vec!["b", "c", "b"]), (&b, vec!["c", "b"])] {
            let on = slot.look().unwrap();
            assert_eq!(on.workers().collect::<Vec<_>>(), names);
            assert!(on.is_ring());
        }
        // The slots of a ring keep one another alive until a wait of it has ended.
        b.waiting.lock().on.clear();
    }

    #[test]
    fn each_of_several_threads_of_a_worker_takes_back_its_own_wait() {
        let [worker, a, b, c] = slots(["worker", "a", "b", "c"]);
        let names = || worker.look().map(|on| on.worker.to_string());
        let [first, second, third] = [&a, &b, &c].map(|whom| worker.say(WaitsFor::Answer, whom));
        let seen = [second, third, first].map(|number| {
            let seen = names();
            worker.take_back(number);
            seen
        });
        assert_eq!(seen.map(|seen| seen.unwrap()), ["c", "c", "a"]);
        assert_eq!(names(), None);
    }

    #[test]
    fn a_chain_of_any_length_is_named_up_to_a_bound() {
        let chain: Vec<_> = (0..40).map(|number| WaitSlot::new(&format!("{number}").into())).collect();
        for pair in chain.windows(2) {
            wait(&pair[0], WaitsFor::End, &pair[1]);
        }
        let on = chain[0].look().unwrap();
        assert_eq!((on.workers().count(), on.is_ring()), (MAX_LINKS, false));
    }
}
