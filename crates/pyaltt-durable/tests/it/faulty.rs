//! An engine whose calls fail, hang and lose their answers when a test says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use pyaltt_core::Lease;
use pyaltt_durable::engine::{
    Admin, AdminAnswer, Answer, Bell, Engine, EngineError, OwnerId, Policy, QueueName, RawPut, Round, Swept,
    Who,
};
use pyaltt_durable::{DurableBuilder, Finding, MemoryEngine, MemoryStore, Placed};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not sent.
    NotSent,
    /// It is lost on the way.
    Lost,
    /// It is done, and its answer is lost.
    AnswerLost,
    Panic,
    /// It begins only once the test lets it go.
    Hang,
}

#[derive(Default)]
struct Script {
    /// The faults of the next calls, by name of the call.
    next: BTreeMap<&'static str, Vec<Fault>>,
    is_down: bool,
    bell_is_broken: bool,
    /// How many calls hang, and whether they may go on.
    hanging: usize,
    let_go: bool,
    calls: BTreeMap<&'static str, usize>,
}

/// A store with faults.
#[derive(Clone, Default)]
pub(crate) struct FaultyStore {
    pub(crate) store: MemoryStore,
    script: Arc<(Mutex<Script>, Condvar)>,
}

impl FaultyStore {
    pub(crate) fn queue(&self, name: &str) -> DurableBuilder {
        let store = self.clone();
        DurableBuilder::new(name, move || {
            let mut script = store.script.0.lock();
            *script.calls.entry("connect").or_default() += 1;
            if script.is_down {
                return Err(EngineError::NotSent("down".into()));
            }
            drop(script);
            Ok(Box::new(FaultyEngine { engine: store.store.engine(), script: store.script.clone() }))
        })
    }

    /// The next calls of this name go wrong, one each.
    pub(crate) fn break_next(&self, call: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.script.0.lock().next.entry(call).or_default().extend(faults);
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.script.0.lock().is_down = is_down;
    }

    /// No bell is heard any more.
    pub(crate) fn break_bell(&self) {
        self.script.0.lock().bell_is_broken = true;
    }

    /// How many calls of this name there were.
    pub(crate) fn calls(&self, call: &str) -> usize {
        self.script.0.lock().calls.get(call).copied().unwrap_or(0)
    }

    /// Waits until a call hangs.
    pub(crate) fn wait_for_hang(&self) {
        let (script, changed) = &*self.script;
        changed.wait_while(&mut script.lock(), |script| script.hanging == 0);
    }

    /// Lets all calls go that hang.
    pub(crate) fn let_go(&self) {
        let (script, changed) = &*self.script;
        script.lock().let_go = true;
        changed.notify_all();
    }
}

struct FaultyEngine {
    engine: MemoryEngine,
    script: Arc<(Mutex<Script>, Condvar)>,
}

impl FaultyEngine {
    fn call<R>(
        &mut self,
        name: &'static str,
        f: impl FnOnce(&mut MemoryEngine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        let (script, changed) = &*self.script;
        let mut script = script.lock();
        *script.calls.entry(name).or_default() += 1;
        let fault =
            script.next.get_mut(name).filter(|faults| !faults.is_empty()).map(|faults| faults.remove(0));
        if fault == Some(Fault::Hang) {
            script.hanging += 1;
            changed.notify_all();
            changed.wait_while(&mut script, |script| !script.let_go);
            script.hanging -= 1;
        }
        if script.is_down {
            return Err(EngineError::NotSent("down".into()));
        }
        drop(script);
        match fault {
            None | Some(Fault::Hang) => f(&mut self.engine),
            Some(Fault::NotSent) => Err(EngineError::NotSent("injected".into())),
            Some(Fault::Lost) => Err(EngineError::NoAnswer("injected".into())),
            Some(Fault::AnswerLost) => {
                f(&mut self.engine)?;
                Err(EngineError::NoAnswer("injected".into()))
            }
            Some(Fault::Panic) => panic!("{}", testkit::EXPECTED),
        }
    }
}

impl Engine for FaultyEngine {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        self.call("put", |engine| engine.put(queue, puts))
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
        self.call("admin", |engine| engine.admin(queue, request))
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        if self.script.0.lock().bell_is_broken {
            return Err(EngineError::NotSent("no bell".into()));
        }
        self.call("bell", |engine| engine.bell(owner))
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.call("check", MemoryEngine::check)
    }
}
