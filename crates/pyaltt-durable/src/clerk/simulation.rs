//! The clerk, its desk and its link without threads, in a time of their own, with a fault at any call of the engine.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use proptest::prelude::*;
use pyaltt_core::{Inbox, Lease, Settlement, TaskId, Trigger, Waker, Worker};

use super::step::{Clerk, Next};
use crate::desk::Found;
use crate::engine::ManualEngineClock;
use crate::engine::admin::{Admin, AdminAnswer};
use crate::engine::contract::{Bell, Engine};
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Policy, Swept, Who};
use crate::engine::put::{Placed, RawPut};
use crate::engine::round::{Answer, Round};
use crate::engine::stats::{Finding, QueueStats};
use crate::envelope::{Envelope, fresh_id};
use crate::link::Link;
use crate::memory::{MemoryEngine, MemoryStore};
use crate::office::{Office, Options};
use crate::retry::Retry;

const LEASE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
enum Fault {
    NotSent,
    Lost,
    AnswerLost,
    Panic,
}

#[derive(Default)]
struct Script {
    /// The faults of the next calls, whatever these are.
    faults: Vec<Option<Fault>>,
    is_down: bool,
    calls: BTreeMap<&'static str, u32>,
}

struct Faulty {
    engine: MemoryEngine,
    script: Arc<Mutex<Script>>,
}

impl Faulty {
    fn call<R>(
        &mut self,
        name: &'static str,
        f: impl FnOnce(&mut MemoryEngine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        let fault = {
            let mut script = self.script.lock();
            *script.calls.entry(name).or_default() += 1;
            if script.is_down { Some(Fault::NotSent) } else { script.faults.pop().flatten() }
        };
        match fault {
            None => f(&mut self.engine),
            Some(Fault::NotSent) => Err(EngineError::NotSent("injected".into())),
            Some(Fault::Lost) => Err(EngineError::NoAnswer("injected".into())),
            Some(Fault::AnswerLost) => {
                f(&mut self.engine)?;
                Err(EngineError::NoAnswer("injected".into()))
            }
            // Without a message of the hook.
            Some(Fault::Panic) => std::panic::resume_unwind(Box::new("injected")),
        }
    }
}

impl Engine for Faulty {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        self.engine.put(queue, puts)
    }

    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.call("round", |engine| engine.round(round))
    }

    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        self.call("mine", |engine| engine.mine(owner, known))
    }

    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError> {
        self.call("register", |engine| engine.register(queue, who, lease))
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.call("farewell", |engine| engine.farewell(owner))
    }

    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        self.call("sweep", |engine| engine.sweep(queue, policy))
    }

    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        self.engine.admin(queue, request)
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        self.engine.bell(owner)
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.engine.check()
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

/// The side of a process, in its own time.
struct World {
    office: Arc<Office>,
    clerk: Clerk,
    waker: Waker,
    script: Arc<Mutex<Script>>,
    store: MemoryStore,
    clock: ManualEngineClock,
    now: Instant,
    /// What the workers have in hand, and how they found the queue last.
    hands: BTreeMap<u64, Vec<(Lease, TaskId)>>,
    put: BTreeSet<TaskId>,
    done: BTreeSet<TaskId>,
    leases: BTreeSet<(i64, i64)>,
}

impl World {
    fn new() -> Self {
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
            safety: super::state::LONGEST_SAFETY,
            exit_patience: Duration::from_secs(10),
            has_bell: false,
        };
        let office = Arc::new(Office::new(options, Link::new(queue, Arc::new(open)), |_| Ok(())));
        // It is not on a thread.
        office.room.lock().has_clerk = true;
        Self {
            clerk: Clerk::new(Arc::clone(&office)),
            office,
            waker: waker(),
            script,
            store,
            clock,
            now: Instant::now(),
            hands: BTreeMap::new(),
            put: BTreeSet::new(),
            done: BTreeSet::new(),
            leases: BTreeSet::new(),
        }
    }

    fn put(&mut self) {
        let id = fresh_id();
        let raw = RawPut::new(id, Envelope::new("task", 1, "1"));
        self.office.put(vec![raw], None).unwrap();
        self.put.insert(id);
        // The bell.
        self.office.bell_rings();
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.clock.pass(time);
    }

    fn sit_down(&mut self, worker: u64) {
        if let Entry::Vacant(place) = self.hands.entry(worker) {
            place.insert(Vec::new());
            self.office.room.lock().desk.sit_down(worker, self.waker.clone());
        }
    }

    fn leave(&mut self, worker: u64) {
        // All that it has was settled.
        while self.settle(worker, Settlement::Done) {}
        if self.hands.remove(&worker).is_some() {
            self.office.room.lock().desk.leave(worker);
        }
    }

    fn take(&mut self, worker: u64, max: usize) {
        let Some(hand) = self.hands.get_mut(&worker).filter(|hand| hand.is_empty()) else { return };
        if let Some(Found::Tasks(tasks)) = self.office.take(worker, max) {
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
        self.office.settle(vec![(lease, settlement)]);
        true
    }

    /// Lets the clerk do what it can do now. Returns until when it sleeps.
    fn steps(&mut self) -> Option<Instant> {
        for _ in 0..100 {
            match self.clerk.step(self.now) {
                Next::Step => {}
                Next::Sleep(until) => return until,
                Next::End => return None,
            }
        }
        panic!("the clerk is in a hot loop");
    }

    fn stats(&self) -> QueueStats {
        let answer = self.store.engine().admin(&QueueName::new("mail").unwrap(), Admin::Stats).unwrap();
        let AdminAnswer::Stats(stats) = answer else { panic!("{answer:?}") };
        *stats
    }

    fn calls(&self, name: &str) -> u32 {
        self.script.lock().calls.get(name).copied().unwrap_or(0)
    }

    /// Runs everything to its end, without further faults.
    fn finish(&mut self) {
        *self.script.lock() = Script::default();
        self.sit_down(1);
        for _ in 0..200 {
            let workers: Vec<_> = self.hands.keys().copied().collect();
            for worker in workers {
                while self.settle(worker, Settlement::Done) {}
                self.take(worker, 10);
            }
            self.steps();
            self.pass(Duration::from_secs(1));
            let stats = self.stats();
            let left = stats.ready.iter().sum::<u64>() + stats.delayed + stats.running;
            if left == 0 && self.hands.values().all(Vec::is_empty) {
                break;
            }
        }
        let workers: Vec<_> = self.hands.keys().copied().collect();
        for worker in workers {
            self.leave(worker);
        }
        while self.office.room.lock().has_clerk {
            self.steps();
            self.pass(Duration::from_secs(1));
        }
        let stats = self.stats();
        assert_eq!((stats.ready, stats.delayed, stats.running, stats.dead), ([0; 4], 0, 0, 0));
        assert_eq!(self.done, self.put);
        assert!(self.office.room.lock().desk.is_settled());
    }
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Put,
    SitDown(u64),
    Leave(u64),
    Take(u64, usize),
    Done(u64),
    Fail(u64),
    HandBack(u64),
    Pass(u64),
    Steps,
    Fault(usize, Fault),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let worker = || 1..4_u64;
    let fault =
        prop_oneof![Just(Fault::NotSent), Just(Fault::Lost), Just(Fault::AnswerLost), Just(Fault::Panic)];
    let action = prop_oneof![
        4 => Just(Action::Put),
        2 => worker().prop_map(Action::SitDown),
        1 => worker().prop_map(Action::Leave),
        4 => (worker(), 1..4_usize).prop_map(|(worker, max)| Action::Take(worker, max)),
        3 => worker().prop_map(Action::Done),
        1 => worker().prop_map(Action::Fail),
        1 => worker().prop_map(Action::HandBack),
        2 => (1..20_000_u64).prop_map(Action::Pass),
        5 => Just(Action::Steps),
        2 => (0..4_usize, fault).prop_map(|(after, fault)| Action::Fault(after, fault)),
    ];
    prop::collection::vec(action, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn whatever_fails_every_task_is_done_and_no_lease_is_handed_out_twice(actions in actions()) {
        let mut world = World::new();
        for action in actions {
            match action {
                Action::Put => world.put(),
                Action::SitDown(worker) => world.sit_down(worker),
                Action::Leave(worker) => world.leave(worker),
                Action::Take(worker, max) => world.take(worker, max),
                Action::Done(worker) => _ = world.settle(worker, Settlement::Done),
                Action::Fail(worker) => {
                    _ = world.settle(worker, Settlement::Failed(pyaltt_core::ErrorText::new("on purpose")));
                }
                Action::HandBack(worker) => _ = world.settle(worker, Settlement::HandBack(None)),
                Action::Pass(millis) => world.pass(Duration::from_millis(millis)),
                Action::Steps => _ = world.steps(),
                Action::Fault(after, fault) => {
                    let mut script = world.script.lock();
                    script.faults = std::iter::once(Some(fault)).chain((0..after).map(|_| None)).collect();
                }
            }
            // A clerk that has ended is started by the next worker.
            world.office.room.lock().has_clerk = true;
        }
        world.finish();
    }
}

#[test]
fn each_call_of_the_engine_may_fail_in_each_way() {
    for fault in [Fault::NotSent, Fault::Lost, Fault::AnswerLost, Fault::Panic] {
        for call in 0..12 {
            let mut world = World::new();
            world.script.lock().faults =
                std::iter::once(Some(fault)).chain((0..call).map(|_| None)).collect();
            world.sit_down(1);
            for _ in 0..3 {
                world.put();
                world.take(1, 2);
                world.steps();
                world.take(1, 2);
                world.settle(1, Settlement::Done);
                world.pass(Duration::from_secs(11));
                world.steps();
                world.settle(1, Settlement::Done);
            }
            world.finish();
        }
    }
}

#[test]
fn case_11_an_engine_that_is_gone_for_half_a_minute_is_tried_a_few_times() {
    let mut world = World::new();
    world.sit_down(1);
    world.take(1, 1);
    world.steps();
    world.script.lock().is_down = true;
    world.put();
    let (end, before) = (world.now + Duration::from_secs(30), world.calls("round"));
    let mut longest = Duration::ZERO;
    while world.now < end {
        let until = world.steps().unwrap();
        longest = longest.max(until - world.now);
        world.pass(until - world.now);
    }
    let attempts = world.calls("round") + world.calls("register") + world.calls("sweep") - before;
    assert!((8..=20).contains(&attempts), "{attempts} attempts");
    assert!(longest <= Duration::from_secs(5));
    world.finish();
}

#[test]
fn case_59_an_idle_clerk_sleeps_for_a_third_of_its_lease_at_least() {
    let mut world = World::new();
    world.sit_down(1);
    world.take(1, 1);
    let until = world.steps().unwrap();
    assert!(matches!(world.office.take(1, 1), Some(Found::Empty)));
    // The worker knows, and waits. Nothing is to be done but a look now and then.
    assert_eq!(world.steps(), Some(until));
    assert_eq!(world.calls("round"), 1);
    let sleeps = until - world.now;
    assert!(sleeps > Duration::from_secs(11) && sleeps < Duration::from_secs(15), "{sleeps:?}");
}

#[test]
fn case_60_a_lease_is_renewed_three_times_in_its_length() {
    let mut world = World::new();
    for worker in 0..20 {
        world.put();
        world.sit_down(worker);
        world.take(worker, 1);
    }
    world.steps();
    (0..20).for_each(|worker| world.take(worker, 1));
    world.steps();
    let before = world.calls("round");
    let end = world.now + LEASE * 10;
    while world.now < end {
        let until = world.steps().unwrap();
        world.pass(until - world.now);
    }
    let renewals = world.calls("round") - before;
    assert!((25..=31).contains(&renewals), "{renewals} renewals");
    assert_eq!(world.stats().running, 20);
}

#[test]
fn a_lease_that_is_over_is_told_to_the_hands() {
    let mut world = World::new();
    world.put();
    world.sit_down(1);
    world.take(1, 1);
    world.steps();
    let Some(Found::Tasks(tasks)) = world.office.take(1, 1) else { panic!("there is one") };
    world.script.lock().is_down = true;
    let end = world.now + LEASE;
    while world.now <= end {
        assert!(!tasks[0].1.is_marked());
        let until = world.steps().unwrap();
        world.pass(until - world.now);
    }
    world.steps();
    assert!(tasks[0].1.is_marked());
    // Another owner takes it, when the engine is back.
    world.finish();
}

#[test]
fn case_40_what_was_done_in_an_outage_longer_than_the_lease_is_settled_after_it() {
    let mut world = World::new();
    world.put();
    world.sit_down(1);
    world.take(1, 1);
    world.steps();
    world.take(1, 1);
    world.script.lock().is_down = true;
    assert!(world.settle(1, Settlement::Done));
    let end = world.now + LEASE * 3;
    while world.now <= end {
        let until = world.steps().unwrap();
        world.pass(until - world.now);
    }
    world.finish();
    assert_eq!(world.leases.len(), 1, "it does not run again");
    assert_eq!(world.office.repeats.view().lost_leases, 1);
}
