//! Producers, the clerk and an operator on one connection, which fails now and then: whoever waits gets an answer, and the
//! answer is true.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyaltt_core::{Lease, TaskId};
use testkit::watchdog;

use super::{Link, PutFailure};
use crate::engine::admin::{Admin, AdminAnswer, Page};
use crate::engine::contract::{Bell, Engine};
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Policy, Swept, Who};
use crate::engine::put::{Placed, RawPut};
use crate::engine::round::{Answer, Round};
use crate::engine::stats::Finding;
use crate::envelope::{Envelope, fresh_id};
use crate::memory::{MemoryEngine, MemoryStore};

const PRODUCERS: usize = 6;
const PUTS: usize = 3_000;

/// An engine of which each call fails in turn, in another way or not at all.
struct Moody {
    engine: MemoryEngine,
    calls: Arc<AtomicU32>,
}

impl Moody {
    fn call<R>(
        &mut self,
        f: impl FnOnce(&mut MemoryEngine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        // So that others come meanwhile.
        thread::yield_now();
        match self.calls.fetch_add(1, Ordering::Relaxed) % 16 {
            3 => Err(EngineError::NotSent("injected".into())),
            7 => Err(EngineError::NoAnswer("injected".into())),
            9 => f(&mut self.engine).and(Err(EngineError::NoAnswer("injected".into()))),
            // Without a message of the hook.
            11 => std::panic::resume_unwind(Box::new("injected")),
            13 => Err(EngineError::Refused("injected".into())),
            _ => f(&mut self.engine),
        }
    }
}

impl Engine for Moody {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        self.call(|engine| engine.put(queue, puts))
    }

    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.engine.round(round)
    }

    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        self.engine.mine(owner, known)
    }

    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError> {
        self.engine.register(queue, who, lease)
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.engine.farewell(owner)
    }

    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        self.call(|engine| engine.sweep(queue, policy))
    }

    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        self.call(|engine| engine.admin(queue, request))
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        self.engine.bell(owner)
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.engine.check()
    }
}

/// What the puts of a producer came to.
#[derive(Default)]
struct Told {
    stored: BTreeSet<TaskId>,
    not_stored: BTreeSet<TaskId>,
    unsure: BTreeSet<TaskId>,
}

fn produce(link: &Link, number: usize) -> Told {
    let mut told = Told::default();
    for put in 0..PUTS {
        let puts: Vec<_> =
            (0..=put % 3).map(|_| RawPut::new(fresh_id(), Envelope::new("task", 1, "1"))).collect();
        let ids: Vec<_> = puts.iter().map(|put| put.id).collect();
        // One in three waits for as long as it takes, and the others for hardly any time.
        let deadline = (put % 3 > 0).then(|| Instant::now() + Duration::from_micros((number * 10) as u64));
        let place = match link.put(puts, deadline) {
            Ok(placed) => {
                assert!(
                    placed.into_iter().eq(ids.iter().map(|id| Placed::New(*id))),
                    "the answers of others"
                );
                &mut told.stored
            }
            Err(PutFailure::NotSent(_) | PutFailure::Refused(_) | PutFailure::Timeout) => {
                &mut told.not_stored
            }
            Err(PutFailure::NoAnswer(_)) => &mut told.unsure,
            Err(PutFailure::Cut) => panic!("no worker was told to stop"),
        };
        place.extend(ids);
    }
    told
}

#[test]
fn each_put_is_answered_once_and_truly_beside_the_clerk_and_operators() {
    // Whoever is not woken waits for ever.
    watchdog::within(Duration::from_secs(300), "puts beside the clerk", put_beside_the_clerk);
}

fn put_beside_the_clerk() {
    let (store, calls) = (MemoryStore::default(), Arc::<AtomicU32>::default());
    let queue = QueueName::new("mail").unwrap();
    let engines = store.clone();
    let open = move || {
        let engine: Box<dyn Engine> = Box::new(Moody { engine: engines.engine(), calls: Arc::clone(&calls) });
        Ok(engine)
    };
    let link = Link::new(queue.clone(), Arc::new(open));
    let (is_over, policy) = (AtomicBool::new(false), Policy::new(5, Duration::ZERO));
    let told: Vec<Told> = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                drop(link.call_as_clerk(|engine| engine.sweep(&queue, &policy)));
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                drop(link.call(|engine| engine.admin(&queue, Admin::Queues)));
            }
        });
        let link = &link;
        let producers: Vec<_> =
            (0..PRODUCERS).map(|number| scope.spawn(move || produce(link, number))).collect();
        let told = producers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Result<_, _>>();
        // Also when one has panicked.
        is_over.store(true, Ordering::Release);
        told.unwrap()
    });
    let page = Page { limit: u32::MAX, ..Page::default() };
    let all = store.engine().admin(&queue, Admin::List { state: None, page }).unwrap();
    let AdminAnswer::Tasks(tasks) = all else { panic!("{all:?}") };
    let found: BTreeSet<_> = tasks.iter().map(|task| task.id).collect();
    let count = |of: fn(&Told) -> &BTreeSet<TaskId>| told.iter().map(|told| of(told).len()).sum::<usize>();
    assert_eq!(
        count(|told| &told.stored) + count(|told| &told.not_stored) + count(|told| &told.unsure),
        PRODUCERS * PUTS * 2
    );
    assert!(count(|told| &told.stored) > 0 && count(|told| &told.not_stored) > 0);
    for told in &told {
        assert!(told.stored.is_subset(&found), "what was acknowledged is stored");
        assert!(told.not_stored.is_disjoint(&found), "what was not sent is not stored");
    }
}
