//! An engine whose calls fail as they are told to, and during whose calls other things happen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::engine::admin::{Admin, AdminAnswer};
use crate::engine::contract::{Bell, Engine};
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Policy, Swept, Who};
use crate::engine::put::{Placed, RawPut};
use crate::engine::round::{Answer, Round};
use crate::engine::stats::Finding;
use crate::memory::MemoryEngine;
use pyaltt_core::Lease;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    NotSent,
    Lost,
    AnswerLost,
    Panic,
}

impl Fault {
    pub(super) const ALL: [Self; 4] = [Self::NotSent, Self::Lost, Self::AnswerLost, Self::Panic];
}

/// What happens while a call is under way.
type Meanwhile = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub(super) struct Script {
    /// The faults of the next calls, whatever these are. The last one is that of the next call.
    pub(super) faults: Vec<Option<Fault>>,
    /// What happens during the next calls, each after the engine has done what it does.
    pub(super) during: VecDeque<Meanwhile>,
    pub(super) is_down: bool,
    pub(super) calls: BTreeMap<&'static str, u32>,
    /// Which calls have failed, and how.
    pub(super) failed: BTreeSet<(&'static str, Fault)>,
    /// During which calls something else has happened.
    pub(super) disturbed: BTreeSet<&'static str>,
}

impl Script {
    pub(super) fn fail_after<const N: usize>(&mut self, calls: usize, faults: [Option<Fault>; N]) {
        self.faults = faults.into_iter().rev().chain((0..calls).map(|_| None)).collect();
    }
}

pub(super) struct Faulty {
    pub(super) engine: MemoryEngine,
    pub(super) script: Arc<Mutex<Script>>,
}

impl Faulty {
    fn call<R>(
        &mut self,
        name: &'static str,
        f: impl FnOnce(&mut MemoryEngine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        let (fault, meanwhile) = {
            let mut script = self.script.lock();
            *script.calls.entry(name).or_default() += 1;
            let fault = if script.is_down { Some(Fault::NotSent) } else { script.faults.pop().flatten() };
            script.failed.extend(fault.map(|fault| (name, fault)));
            let meanwhile = script.during.pop_front();
            if meanwhile.is_some() {
                script.disturbed.insert(name);
            }
            (fault, meanwhile)
        };
        let answer = match fault {
            None => f(&mut self.engine),
            Some(Fault::NotSent) => Err(EngineError::NotSent("injected".into())),
            Some(Fault::Lost) => Err(EngineError::NoAnswer("injected".into())),
            Some(Fault::AnswerLost) => f(&mut self.engine).and(Err(EngineError::NoAnswer("injected".into()))),
            // Without a message of the hook.
            Some(Fault::Panic) => std::panic::resume_unwind(Box::new("injected")),
        };
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        answer
    }
}

impl Engine for Faulty {
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
        self.engine.admin(queue, request)
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        self.engine.bell(owner)
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.engine.check()
    }
}
