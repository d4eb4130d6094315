//! An engine whose calls fail as they are told to, and during whose calls other things happen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::engine::error::EngineError;
use crate::engine::intercept::Intercept;
use crate::memory::MemoryEngine;

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

/// What stands before the engine.
pub(super) struct Faults(pub(super) Arc<Mutex<Script>>);

impl Intercept<MemoryEngine> for Faults {
    fn call<R>(
        &mut self,
        engine: &mut MemoryEngine,
        method: &'static str,
        call: impl FnOnce(&mut MemoryEngine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        // No clerk makes these, or it can do without.
        if matches!(method, "admin" | "bell" | "check") {
            return call(engine);
        }
        let (fault, meanwhile) = {
            let mut script = self.0.lock();
            *script.calls.entry(method).or_default() += 1;
            let fault = if script.is_down { Some(Fault::NotSent) } else { script.faults.pop().flatten() };
            script.failed.extend(fault.map(|fault| (method, fault)));
            let meanwhile = script.during.pop_front();
            if meanwhile.is_some() {
                script.disturbed.insert(method);
            }
            (fault, meanwhile)
        };
        let answer = match fault {
            None => call(engine),
            Some(Fault::NotSent) => Err(EngineError::NotSent("injected".into())),
            Some(Fault::Lost) => Err(EngineError::NoAnswer("injected".into())),
            Some(Fault::AnswerLost) => call(engine).and(Err(EngineError::NoAnswer("injected".into()))),
            // Without a message of the hook.
            Some(Fault::Panic) => std::panic::resume_unwind(Box::new("injected")),
        };
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        answer
    }
}
