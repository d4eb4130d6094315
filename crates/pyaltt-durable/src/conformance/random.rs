//! Random operations on an engine and on the one in memory, which have to give the same answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use pyaltt_core::{ErrorText, Lease, Priority, TaskId};

use super::Subject;
use super::client::{ATTEMPTS, LEASE};
use crate::clock::ManualEngineClock;
use crate::engine::admin::{Admin, AdminAnswer, Page, Which};
use crate::engine::contract::Engine;
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Policy, Who};
use crate::engine::put::{RawPut, When};
use crate::engine::round::{Answer, Fate, Round, Settle};
use crate::engine::stats::EngineHealth;
use crate::engine::view::TaskView;
use crate::envelope::Envelope;
use crate::memory::MemoryStore;

/// How many sequences of operations are tried. `PROPTEST_CASES` asks for another number.
const CASES: u32 = 48;

/// An operation. Indices choose among what is there, by their remainder.
#[derive(Clone, Debug)]
enum Op {
    Put(Vec<PutOp>),
    Register,
    Round(RoundOp),
    Mine { owner: usize, known: Vec<usize> },
    Farewell { owner: usize },
    Sweep { delay: u8 },
    Pass { seconds: u8 },
    Cancel { id: u8 },
    Requeue(WhichOp),
    Purge(WhichOp),
    Pause(bool),
}

#[derive(Clone, Debug)]
struct PutOp {
    id: u8,
    key: Option<u8>,
    replace: bool,
    priority: Priority,
    attempts: Option<u32>,
    delay: u8,
    is_parcel: bool,
    version: u32,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "so has a round")]
struct RoundOp {
    owner: usize,
    settles: Vec<(usize, u8)>,
    want: u32,
    oldest: u32,
    is_parcel: bool,
    version: u32,
    alone: bool,
    due: bool,
    count: bool,
}

#[derive(Clone, Debug)]
enum WhichOp {
    Id(u8),
    All,
    OlderThan(u8),
    Kind(bool),
}

/// Runs random operations on new subjects.
///
/// # Panics
///
/// If an answer is another than that of the model, with the shortest sequence that shows it.
pub fn agree<S: Subject>(subject: impl Fn() -> S) {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let ops = prop::collection::vec(op(), 1..60);
    TestRunner::new(config)
        .run(&ops, |ops| {
            let subject = subject();
            if !subject.is_available() {
                return Ok(());
            }
            let mut pair = Pair::new(subject);
            for op in &ops {
                pair.run(op);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

fn op() -> impl Strategy<Value = Op> {
    let which = prop_oneof![
        (0..12_u8).prop_map(WhichOp::Id),
        Just(WhichOp::All),
        (0..9_u8).prop_map(WhichOp::OlderThan),
        any::<bool>().prop_map(WhichOp::Kind),
    ];
    prop_oneof![
        6 => prop::collection::vec(put_op(), 0..4).prop_map(Op::Put),
        2 => Just(Op::Register),
        9 => round_op().prop_map(Op::Round),
        1 => (any::<usize>(), prop::collection::vec(any::<usize>(), 0..3))
            .prop_map(|(owner, known)| Op::Mine { owner, known }),
        1 => any::<usize>().prop_map(|owner| Op::Farewell { owner }),
        2 => (0..3_u8).prop_map(|delay| Op::Sweep { delay }),
        3 => (0..5_u8).prop_map(|seconds| Op::Pass { seconds }),
        1 => (0..12_u8).prop_map(|id| Op::Cancel { id }),
        1 => which.clone().prop_map(Op::Requeue),
        1 => which.prop_map(Op::Purge),
        1 => any::<bool>().prop_map(Op::Pause),
    ]
}

fn put_op() -> impl Strategy<Value = PutOp> {
    let priority =
        prop::sample::select(vec![Priority::Low, Priority::Normal, Priority::High, Priority::Urgent]);
    (
        0..12_u8,
        prop::option::weighted(0.3, 0..3_u8),
        any::<bool>(),
        priority,
        prop::option::weighted(0.3, 1..4_u32),
        prop_oneof![3 => Just(0_u8), 1 => 1..5_u8],
        prop::bool::weighted(0.2),
        1..3_u32,
    )
        .prop_map(|(id, key, replace, priority, attempts, delay, is_parcel, version)| PutOp {
            id,
            key,
            replace,
            priority,
            attempts,
            delay,
            is_parcel,
            version,
        })
}

fn round_op() -> impl Strategy<Value = RoundOp> {
    (
        any::<usize>(),
        prop::collection::vec((any::<usize>(), 0..6_u8), 0..4),
        0..5_u32,
        0..3_u32,
        prop::bool::weighted(0.2),
        1..3_u32,
        any::<bool>(),
        prop::bool::weighted(0.8),
        any::<bool>(),
    )
        .prop_map(|(owner, settles, want, oldest, is_parcel, version, alone, due, count)| RoundOp {
            owner,
            settles,
            want,
            oldest,
            is_parcel,
            version,
            alone,
            due,
            count,
        })
}

/// Both engines, and what of theirs belongs together.
struct Pair<S> {
    subject: S,
    clock: ManualEngineClock,
    queue: QueueName,
    model: Side,
    real: Side,
}

struct Side {
    engine: Box<dyn Engine>,
    owners: Vec<OwnerId>,
    /// All claims so far, also those that are not valid any more.
    claims: Vec<Lease>,
}

impl Side {
    fn new(engine: Box<dyn Engine>) -> Self {
        Self { engine, owners: Vec::new(), claims: Vec::new() }
    }

    fn owner(&self, index: usize) -> OwnerId {
        self.owners[index % self.owners.len()]
    }

    fn claim(&self, index: usize) -> Option<Lease> {
        self.claims.get(index.checked_rem(self.claims.len())?).copied()
    }
}

impl<S: Subject> Pair<S> {
    fn new(subject: S) -> Self {
        let clock = ManualEngineClock::default();
        let model = Side::new(Box::new(MemoryStore::with_clock(Arc::new(clock.clone())).engine()));
        let real = Side::new(subject.engine());
        let mut pair = Self { subject, clock, queue: QueueName::new("mail").expect("a name"), model, real };
        pair.run(&Op::Register);
        pair
    }

    fn run(&mut self, op: &Op) {
        let queue = self.queue.clone();
        match op {
            Op::Register => self.both(|side| {
                let owner = side.engine.register(&queue, &Who::this_process("random"), LEASE)?;
                side.owners.push(owner);
                Ok(())
            }),
            Op::Put(puts) => {
                let puts: Vec<_> = puts.iter().map(PutOp::raw).collect();
                self.both(|side| side.engine.put(&queue, &puts));
            }
            Op::Round(round) => self.both(|side| round.run(side, &queue)),
            Op::Mine { owner, known } => self.both(|side| {
                let known: Vec<_> = known.iter().filter_map(|index| side.claim(*index)).collect();
                side.engine.mine(side.owner(*owner), &known)
            }),
            Op::Farewell { owner } => self.both(|side| side.engine.farewell(side.owner(*owner))),
            Op::Sweep { delay } => {
                let policy = Policy::new(ATTEMPTS, Duration::from_secs((*delay).into()));
                self.both(|side| side.engine.sweep(&queue, &policy));
            }
            // Where time is real, it is not the same for both.
            Op::Pass { .. } if !self.subject.is_manual() => {}
            Op::Pass { seconds } => {
                let time = Duration::from_secs((*seconds).into());
                self.clock.pass(time);
                self.subject.pass(time);
            }
            Op::Cancel { id } => self.admin(&Admin::Cancel(task_id(*id))),
            Op::Requeue(which) => self.admin(&Admin::Requeue(which.which())),
            Op::Purge(which) => self.admin(&Admin::Purge(which.which())),
            Op::Pause(true) => self.admin(&Admin::Pause),
            Op::Pause(false) => self.admin(&Admin::Resume),
        }
        self.admin(&Admin::List { state: None, page: Page::default() });
        self.admin(&Admin::Stats);
    }

    fn admin(&mut self, request: &Admin) {
        let (queue, is_manual) = (self.queue.clone(), self.subject.is_manual());
        self.both(|side| {
            let answer = side.engine.admin(&queue, request.clone())?;
            Ok(comparable(answer, &side.owners, is_manual))
        });
    }

    /// Does the same with both, and compares the answers.
    fn both<R: PartialEq + std::fmt::Debug>(&mut self, f: impl Fn(&mut Side) -> Result<R, EngineError>) {
        let (model, real) = (f(&mut self.model), f(&mut self.real));
        match (model, real) {
            (Ok(model), Ok(real)) => assert_eq!(real, model, "the engine answers otherwise than the model"),
            (Err(EngineError::OwnerGone), Err(EngineError::OwnerGone)) => {}
            (model, real) => panic!("the engine answers {real:?}, the model {model:?}"),
        }
    }
}

impl PutOp {
    fn raw(&self) -> RawPut {
        let kind = if self.is_parcel { "parcel" } else { "letter" };
        let mut put = RawPut::new(task_id(self.id), Envelope::new(kind, self.version, vec![self.id]));
        put.unique = self.key.map(|key| format!("key {key}"));
        put.replace = self.replace;
        put.priority = self.priority;
        put.attempts = self.attempts;
        // Where time is real, an hour does not pass.
        put.when = When::In(Duration::from_secs(u64::from(self.delay)));
        put
    }
}

impl RoundOp {
    fn run(&self, side: &mut Side, queue: &QueueName) -> Result<Told, EngineError> {
        let kind = if self.is_parcel { "parcel" } else { "letter" };
        let settles: Vec<_> = self
            .settles
            .iter()
            .filter_map(|(index, fate)| Some(Settle::new(side.claim(*index)?, fate_of(*fate))))
            .collect();
        let mut round = Round::new(queue, side.owner(self.owner), LEASE, kind, self.version);
        round.settles = &settles;
        round.want = self.want;
        round.oldest = self.oldest;
        round.alone = self.alone;
        round.due = self.due;
        round.count = self.count;
        let answer = side.engine.round(&round)?;
        Ok(Told::of(answer, &mut side.claims))
    }
}

impl WhichOp {
    fn which(&self) -> Which {
        match self {
            Self::Id(id) => Which::Id(task_id(*id)),
            Self::All => Which::All,
            Self::OlderThan(seconds) => Which::OlderThan(Duration::from_secs((*seconds).into())),
            Self::Kind(is_parcel) => Which::Kind(if *is_parcel { "parcel" } else { "letter" }.to_owned()),
        }
    }
}

fn task_id(id: u8) -> TaskId {
    TaskId::from_bytes([id; 16])
}

fn fate_of(number: u8) -> Fate {
    let error = ErrorText::new("failed");
    match number {
        0 | 1 => Fate::Done,
        2 => Fate::Retry { after: Duration::from_secs(1), error },
        3 => Fate::Dead { error },
        4 => Fate::HandBack { after: None },
        _ => Fate::HandBack { after: Some(Duration::from_secs(2)) },
    }
}

/// An answer, with claims by their number among all claims.
#[derive(Debug, PartialEq)]
struct Told {
    settled: Vec<bool>,
    tasks: Vec<(TaskId, u32, Option<u32>, u32, Priority, Envelope)>,
    cancelled: Vec<usize>,
    ready: Option<u64>,
    paused: bool,
}

impl Told {
    fn of(answer: Answer, claims: &mut Vec<Lease>) -> Self {
        let tasks = answer.tasks.into_iter().map(|task| {
            assert!(!claims.contains(&task.lease), "a claim is used twice: {task:?}");
            claims.push(task.lease);
            (task.id, task.attempt, task.attempts, task.crashes, task.priority, task.envelope)
        });
        let tasks = tasks.collect();
        let number = |lease: &Lease| claims.iter().position(|claim| claim == lease);
        let mut cancelled: Vec<_> = answer.cancelled.iter().filter_map(number).collect();
        assert_eq!(cancelled.len(), answer.cancelled.len(), "a claim that was never made is cancelled");
        cancelled.sort_unstable();
        Self { settled: answer.settled, tasks, cancelled, ready: answer.ready, paused: answer.paused }
    }
}

/// Removes from an answer what may differ: the numbers of owners, the engine, and the times where they are real.
fn comparable(mut answer: AdminAnswer, owners: &[OwnerId], is_manual: bool) -> AdminAnswer {
    let numbers: BTreeMap<_, _> =
        owners.iter().zip(0..).map(|(owner, number)| (*owner, OwnerId::new(number))).collect();
    match &mut answer {
        AdminAnswer::Stats(stats) => {
            stats.engine = EngineHealth::default();
            for owner in &mut stats.owners {
                owner.id = numbers[&owner.id];
                owner.lease_left = owner.lease_left.filter(|_| is_manual);
            }
            if !is_manual {
                (stats.oldest_ready, stats.next_due) = (None, None);
            }
        }
        AdminAnswer::Tasks(tasks) => {
            for task in tasks {
                make_comparable(task, &numbers, is_manual);
            }
        }
        _ => {}
    }
    answer
}

fn make_comparable(task: &mut TaskView, numbers: &BTreeMap<OwnerId, OwnerId>, is_manual: bool) {
    task.owner = task.owner.map(|owner| numbers[&owner]);
    for error in &mut task.errors {
        if error.text.starts_with("lost with its process") {
            "lost".clone_into(&mut error.text);
        }
        if !is_manual {
            error.at = SystemTime::UNIX_EPOCH;
        }
    }
    if !is_manual {
        task.put_at = SystemTime::UNIX_EPOCH;
        task.due_at = task.due_at.map(|_| SystemTime::UNIX_EPOCH);
        task.died_at = task.died_at.map(|_| SystemTime::UNIX_EPOCH);
    }
}
