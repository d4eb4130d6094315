//! The side of a process: its clerk, its workers and its producers, in a time of their own and on one thread.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyaltt_core::{ErrorText, Inbox, Lease, Settlement, TaskId, Trigger, Waker, Worker};

use super::faulty::{Faulty, Script};
use crate::clerk::state::LONGEST_SAFETY;
use crate::clerk::step::{Clerk, Next};
use crate::dispatch::Taken;
use crate::engine::ManualEngineClock;
use crate::engine::admin::{Admin, AdminAnswer};
use crate::engine::contract::Engine;
use crate::engine::name::QueueName;
use crate::engine::put::RawPut;
use crate::engine::stats::QueueStats;
use crate::envelope::{Envelope, fresh_id};
use crate::link::{Link, PutFailure};
use crate::memory::MemoryStore;
use crate::retry::Retry;
use crate::shared::{Options, Shared};

pub(super) const LEASE: Duration = Duration::from_secs(30);

pub(super) struct World {
    pub(super) shared: Arc<Shared>,
    clerk: Clerk,
    pub(super) participants: Arc<Mutex<Participants>>,
    pub(super) script: Arc<Mutex<Script>>,
    store: MemoryStore,
    clock: ManualEngineClock,
    pub(super) now: Instant,
}

/// The workers and the producers.
pub(super) struct Participants {
    shared: Arc<Shared>,
    waker: Waker,
    /// What each worker that has come has in hand.
    hands: BTreeMap<u64, Vec<(Lease, TaskId)>>,
    /// What was acknowledged.
    put: BTreeSet<TaskId>,
    /// What may be stored or not.
    unsure: Vec<RawPut>,
    done: BTreeSet<TaskId>,
    pub(super) leases: BTreeSet<(i64, i64)>,
}

/// What workers and producers do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Put,
    /// Puts again what may be stored, with the same id.
    PutAgain,
    Join(u64),
    /// All that it has in hand is done, or goes back.
    Leave(u64, bool),
    Rest(u64),
    Take(u64, usize),
    Done(u64),
    Fail(u64),
    HandBack(u64),
}

impl Participants {
    pub(super) fn act(&mut self, operation: Operation, is_call_under_way: bool) {
        match operation {
            // The connection is lent, and nobody waits for it.
            Operation::Put if is_call_under_way => {
                let put = self.shared.put(vec![task()], Some(Instant::now()));
                assert!(matches!(put, Err(PutFailure::Timeout)), "{put:?}");
            }
            Operation::PutAgain if is_call_under_way => {}
            Operation::Put => self.put(task()),
            Operation::PutAgain => {
                if let Some(put) = self.unsure.pop() {
                    self.put(put);
                }
            }
            Operation::Join(worker) => self.join(worker),
            Operation::Leave(worker, finishes) => self.leave(worker, finishes),
            Operation::Rest(worker) => self.shared.rest(worker),
            Operation::Take(worker, max) => self.take(worker, max),
            Operation::Done(worker) => _ = self.settle(worker, Settlement::Done),
            Operation::Fail(worker) => {
                _ = self.settle(worker, Settlement::Failed(ErrorText::new("on purpose")));
            }
            Operation::HandBack(worker) => _ = self.settle(worker, Settlement::HandBack(None)),
        }
    }

    fn put(&mut self, raw: RawPut) {
        match self.shared.put(vec![raw.clone()], None) {
            Ok(_) => {
                self.put.insert(raw.id);
                // The bell.
                self.shared.bell_rings();
            }
            Err(PutFailure::NotSent(_) | PutFailure::NoAnswer(_)) => self.unsure.push(raw),
            Err(failure) => panic!("{failure:?}"),
        }
    }

    fn join(&mut self, worker: u64) {
        if let Entry::Vacant(place) = self.hands.entry(worker) {
            place.insert(Vec::new());
            self.shared.locked.lock().dispatch.join(worker, self.waker.clone());
        }
    }

    fn leave(&mut self, worker: u64, finishes: bool) {
        let settlement = || if finishes { Settlement::Done } else { Settlement::HandBack(None) };
        while self.settle(worker, settlement()) {}
        if self.hands.remove(&worker).is_some() {
            self.shared.leave(worker, Duration::ZERO);
        }
    }

    fn take(&mut self, worker: u64, max: usize) {
        let Some(hand) = self.hands.get_mut(&worker).filter(|hand| hand.is_empty()) else { return };
        if let Some(Taken::Tasks(tasks)) = self.shared.take(worker, max) {
            for (task, _) in tasks {
                let is_new = self.leases.insert((task.lease.slot(), task.lease.token()));
                assert!(is_new, "one lease, handed out twice");
                hand.push((task.lease, task.id));
            }
        }
    }

    fn settle(&mut self, worker: u64, settlement: Settlement) -> bool {
        let Some((lease, id)) = self.hands.get_mut(&worker).and_then(Vec::pop) else { return false };
        if settlement == Settlement::Done {
            self.done.insert(id);
        }
        self.shared.settle(vec![(lease, settlement)]);
        true
    }

    fn workers(&self) -> Vec<u64> {
        self.hands.keys().copied().collect()
    }
}

fn task() -> RawPut {
    RawPut::new(fresh_id(), Envelope::new("task", 1, "1"))
}

impl World {
    pub(super) fn new() -> Self {
        let clock = ManualEngineClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let script: Arc<Mutex<Script>> = Arc::default();
        let (engines, faults) = (store.clone(), Arc::clone(&script));
        let open = move || {
            let engine: Box<dyn Engine> =
                Box::new(Faulty { engine: engines.engine(), script: Arc::clone(&faults) });
            *faults.lock().calls.entry("connect").or_default() += 1;
            Ok(engine)
        };
        let queue = QueueName::new("mail").unwrap();
        let options = Options {
            queue: queue.clone(),
            kind: "task".to_owned(),
            version: 1,
            retry: Retry::fixed(Duration::from_millis(100)).attempts(1_000),
            lease: LEASE,
            fair_share: 16,
            max_body: 100,
            safety: LONGEST_SAFETY,
            exit_patience: Duration::from_secs(10),
            has_bell: false,
        };
        let shared = Arc::new(Shared::new(options, Link::new(queue, Arc::new(open)), |_| Ok(())));
        // It is not on a thread.
        shared.locked.lock().has_clerk = true;
        let participants = Participants {
            shared: Arc::clone(&shared),
            waker: waker(),
            hands: BTreeMap::new(),
            put: BTreeSet::new(),
            unsure: Vec::new(),
            done: BTreeSet::new(),
            leases: BTreeSet::new(),
        };
        Self {
            clerk: Clerk::new(Arc::clone(&shared)),
            shared,
            participants: Arc::new(Mutex::new(participants)),
            script,
            store,
            clock,
            now: Instant::now(),
        }
    }

    pub(super) fn act(&self, operation: Operation) {
        self.participants.lock().act(operation, false);
    }

    /// Lets something happen during the next call of the clerk, or one after it.
    pub(super) fn act_during_a_call(&self, operation: Operation) {
        let participants = Arc::clone(&self.participants);
        // Not if the call is a put of one of these participants, who does nothing else meanwhile.
        let act = move || {
            if let Some(mut participants) = participants.try_lock() {
                participants.act(operation, true);
            }
        };
        self.script.lock().during.push_back(Box::new(act));
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.clock.pass(time);
    }

    /// Lets the clerk do what it can do now. Returns until when it sleeps.
    pub(super) fn steps(&mut self) -> Option<Instant> {
        for _ in 0..100 {
            let next = self.clerk.step(self.now);
            let locked = self.shared.locked.lock();
            assert!(
                locked.dispatch.on_shelf() <= locked.dispatch.demand(),
                "what nobody here wants goes back"
            );
            match next {
                Next::Step => {}
                Next::Sleep(until) => return until,
                Next::End => return None,
            }
        }
        panic!("the clerk is in a hot loop");
    }

    pub(super) fn stats(&self) -> QueueStats {
        let answer = self.store.engine().admin(&QueueName::new("mail").unwrap(), Admin::Stats).unwrap();
        let AdminAnswer::Stats(stats) = answer else { panic!("{answer:?}") };
        *stats
    }

    pub(super) fn calls(&self, name: &str) -> u32 {
        self.script.lock().calls.get(name).copied().unwrap_or(0)
    }

    /// Runs everything to its end, without further faults.
    pub(super) fn finish(&mut self) {
        {
            let mut script = self.script.lock();
            script.is_down = false;
            script.faults.clear();
            script.during.clear();
        }
        self.act(Operation::Join(1));
        for _ in 0..200 {
            {
                let mut participants = self.participants.lock();
                participants.act(Operation::PutAgain, false);
                for worker in participants.workers() {
                    while participants.settle(worker, Settlement::Done) {}
                    participants.take(worker, 10);
                }
            }
            self.steps();
            self.pass(Duration::from_secs(1));
            let stats = self.stats();
            let left = stats.ready.iter().sum::<u64>() + stats.delayed + stats.running;
            let participants = self.participants.lock();
            if left == 0 && participants.unsure.is_empty() && participants.hands.values().all(Vec::is_empty) {
                break;
            }
        }
        {
            let mut participants = self.participants.lock();
            for worker in participants.workers() {
                participants.leave(worker, true);
            }
        }
        while self.shared.locked.lock().has_clerk {
            self.steps();
            self.pass(Duration::from_secs(1));
        }
        let stats = self.stats();
        assert_eq!((stats.ready, stats.delayed, stats.running, stats.dead), ([0; 4], 0, 0, 0));
        let participants = self.participants.lock();
        assert_eq!(participants.done, participants.put);
        assert!(self.shared.locked.lock().dispatch.is_settled());
    }
}

/// A waker of a worker that has ended: waking is nothing.
fn waker() -> Waker {
    struct Gives(mpsc::Sender<Waker>);
    impl Worker for Gives {
        type Task = Trigger;

        fn run(&mut self, _: Trigger, _: &mut pyaltt_core::Context) -> pyaltt_core::Turn {
            pyaltt_core::done()
        }

        fn r#loop(&mut self, inbox: &mut Inbox<Trigger>) -> Result<(), pyaltt_core::BoxError> {
            Ok(self.0.send(inbox.waker())?)
        }
    }
    let (sender, wakers) = mpsc::channel();
    let worker = pyaltt_core::BackgroundEventWorker::builder(Gives(sender)).start().unwrap();
    let waker = wakers.recv().unwrap();
    worker.wait().unwrap();
    waker
}
