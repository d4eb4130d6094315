//! Which operations are generated in which state, and which of them make sense there.

use proptest::prelude::*;
use pyaltt_core::State;

use crate::config::{After, Kind, QueueKind};
use crate::operation::{Action, Answer, End, How, Operation, Plan, Spec};
use crate::record::{Call, Entry, Outcome};
use crate::reference::{Awaits, Model, Place, StopLevel};

/// How many calls may wait at the same time.
const CALLS: usize = 3;

/// An operation for a worker in this state. [`is_allowed`] rejects those that make no sense.
pub(crate) fn operation(model: &Model) -> BoxedStrategy<Operation> {
    let is_stopped = model.state == State::Stopped;
    let is_held = matches!(model.place, Place::Held(_));
    let once = |weight, operation: Operation| (weight, Just(operation).boxed());
    let mut choices = vec![
        (if is_stopped { 14 } else { 1 }, spec().prop_map(Operation::Start).boxed()),
        (if is_held { 24 } else { 0 }, (action(model.config.kind), end()).prop_map(release).boxed()),
        once(2, Operation::Stop),
        once(1, Operation::SignalStop),
        once(1, Operation::StopTimeout),
        once(1, Operation::Terminate),
        once(2, Operation::Pause),
        once(if model.paused { 8 } else { 1 }, Operation::Resume),
        once(1, Operation::Wait),
        once(1, Operation::WaitTimeout),
        once(2, Operation::CloneHandle),
        once(1, Operation::DropHandle),
        once(1, Operation::Detach),
        once(1, Operation::IntoInner),
    ];
    match model.config.kind {
        Kind::Queue(QueueKind::Receiver) => choices.extend([
            (16, rank().prop_map(Operation::Send).boxed()),
            (1, (how(), rank()).prop_map(|(how, rank)| Operation::Put(how, rank)).boxed()),
            (1, (how(), rank()).prop_map(|(how, rank)| Operation::Ask(how, rank)).boxed()),
            once(1, Operation::HangUp),
            once(3, Operation::Drain),
            once(2, Operation::TakePending),
            once(1, Operation::Close),
        ]),
        Kind::Queue(_) => choices.extend([
            (16, (how(), rank()).prop_map(|(how, rank)| Operation::Put(how, rank)).boxed()),
            (8, (how(), rank()).prop_map(|(how, rank)| Operation::Ask(how, rank)).boxed()),
            once(3, Operation::Drain),
            once(2, Operation::TakePending),
            once(1, Operation::Close),
        ]),
        Kind::Event => choices.push(once(12, Operation::Trigger)),
        Kind::Looped { .. } => choices.push((12, (1..50_u64).prop_map(Operation::Advance).boxed())),
    }
    choices.retain(|(weight, _)| *weight > 0);
    if model.state == State::Waiting {
        choices.extend([
            (12, (1..50_u64).prop_map(Operation::Advance).boxed()),
            (6, spec().prop_map(Operation::Start).boxed()),
        ]);
    }
    if model.state == State::Starting {
        // What is said after a start holds, also where its run has yet to begin.
        choices.extend([once(4, Operation::Pause), once(4, Operation::Resume)]);
    }
    if model.handles == 0 {
        // Most operations above need a handle and would be rejected too often.
        choices = vec![once(1, Operation::Advance(10))];
        match model.config.kind {
            Kind::Queue(QueueKind::Shared { .. }) => choices.extend([
                (3, (how(), rank()).prop_map(|(how, rank)| Operation::Put(how, rank)).boxed()),
                once(1, Operation::TakePending),
                once(1, Operation::Close),
            ]),
            Kind::Queue(QueueKind::Receiver) if model.on_line => {
                choices.extend([(3, rank().prop_map(Operation::Send).boxed()), once(1, Operation::HangUp)]);
            }
            Kind::Event => choices.push(once(3, Operation::Trigger)),
            Kind::Queue(_) | Kind::Looped { .. } => {}
        }
        if is_held {
            choices.push((6, end().prop_map(|end| Operation::Release(None, end)).boxed()));
        }
    }
    proptest::strategy::Union::new_weighted(choices).boxed()
}

/// Whether an operation makes sense and has only one possible outcome.
pub(crate) fn is_allowed(model: &Model, operation: &Operation) -> bool {
    let is_last = model.handles == 1;
    let makes_sense = match operation {
        Operation::Release(action, _) => {
            matches!(model.place, Place::Held(_))
                && match action {
                    None | Some(Action::TerminateContext) => true,
                    // Nobody could end the worker afterwards.
                    Some(Action::DropHandle) => is_last && !holds_handles(model) && is_reachable(model),
                    // It would begin the next life while this one's thread is held.
                    Some(Action::Start) => model.handles > 0 && !model.is_ending(),
                    Some(_) => model.handles > 0,
                }
        }
        Operation::Advance(_) => true,
        Operation::Trigger => model.config.kind == Kind::Event,
        Operation::Send(_) | Operation::HangUp => model.on_line,
        Operation::Ask(..) => model.queue.is_some() && model.handles > 0,
        Operation::Put(..) | Operation::TakePending | Operation::Close => {
            let is_shared = matches!(model.config.kind, Kind::Queue(QueueKind::Shared { .. }));
            model.queue.is_some() && (model.handles > 0 || is_shared)
        }
        Operation::Drain => {
            // Nobody outside can see when a second drain sets tasks apart while the first one waits, so it might
            // come too late.
            model.handles > 0
                && model
                    .queue
                    .as_ref()
                    .is_some_and(|queue| model.level != StopLevel::Drain || queue.is_all_set_apart())
        }
        Operation::DropHandle if is_last => {
            !holds_handles(model)
                && (model.state == State::Stopped || !model.is_detached() || is_reachable(model))
        }
        Operation::IntoInner if is_last => model.calls.is_empty() && model.place == Place::NoThread,
        // It would wait for the thread, and so would all that ask for its end: nobody knows who comes first then.
        Operation::Start(_) => model.handles > 0 && !model.is_ending(),
        Operation::CloneHandle => (1..3).contains(&model.handles),
        _ => model.handles > 0,
    };
    makes_sense && has_one_outcome(model, operation)
}

/// Whether calls that wait have handles. Who waits for an answer has none.
fn holds_handles(model: &Model) -> bool {
    model.calls.iter().any(|(_, awaits)| !matches!(awaits, Awaits::Answer { .. }))
}

/// Whether a worker without a handle can still be brought to an end.
fn is_reachable(model: &Model) -> bool {
    if model.config.restart.after != After::Nothing && model.run.fails_by_itself() {
        return false;
    }
    if model.paused {
        return false;
    }
    match model.config.kind {
        Kind::Looped { .. } | Kind::Event | Kind::Queue(QueueKind::Shared { .. }) => true,
        Kind::Queue(_) => model.on_line || model.queue.as_ref().is_some_and(|queue| queue.closed),
    }
}

/// Rejects a second put that waits for room, because the two would get it in either order, and a failure right after one
/// got it.
fn has_one_outcome(model: &Model, operation: &Operation) -> bool {
    let after = model.clone().apply(operation);
    let puts = after.calls.iter().filter(|(_, awaits)| matches!(awaits, Awaits::Room { .. })).count();
    puts <= 1
        && !after.is_race
        // A call of user code that waits for something is not released again.
        && !after.log.iter().any(|entry| matches!(entry, Entry::Did(Outcome::Pending(_))))
        && (after.calls.len() <= CALLS || !matches!(after.outcome, Outcome::Pending(_)))
}

fn release((action, end): (Option<Action>, End)) -> Operation {
    Operation::Release(action, end)
}

fn spec() -> impl Strategy<Value = Spec> {
    let interval = prop_oneof![10 => Just(None), 1 => Just(Some(0)), 2 => Just(Some(25))];
    let daemon = prop::option::weighted(0.2, any::<bool>());
    let paused = prop::option::weighted(0.15, any::<bool>());
    (any::<bool>(), prop::option::of(0..9_u64), interval, daemon, paused, plan()).prop_map(
        |(name, arg, interval, daemon, paused, plan)| Spec { name, arg, interval, daemon, paused, plan },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    let hook = || {
        prop::sample::select(vec![
            Call::BeforeStart,
            Call::AfterStart,
            Call::BeforeStop,
            Call::AfterStop,
            Call::OnExit,
        ])
    };
    let quiet = || prop_oneof![12 => Just(End::Continue), 1 => answer().prop_map(End::Fail), 2 => answer().prop_map(End::Panic)];
    (prop::option::weighted(0.3, hook()), quiet(), quiet(), quiet(), quiet(), quiet()).prop_map(
        |(held, before_start, after_start, before_stop, after_stop, on_exit)| Plan {
            held,
            before_start,
            after_start,
            before_stop,
            after_stop,
            on_exit,
        },
    )
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        8 => Just(End::Continue),
        1 => Just(End::Stop),
        2 => answer().prop_map(End::Fail),
        2 => answer().prop_map(End::Panic),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Continue),
        2 => Just(Answer::Stop),
        1 => Just(Answer::Fail),
        1 => Just(Answer::Panic),
    ]
}

fn action(kind: Kind) -> impl Strategy<Value = Option<Action>> {
    let once = |weight, action: Action| (weight, Just(action).boxed());
    let mut actions = vec![
        once(2, Action::TerminateContext),
        once(1, Action::Start),
        once(2, Action::Stop),
        once(1, Action::SignalStop),
        once(1, Action::StopTimeout),
        once(1, Action::Terminate),
        once(1, Action::Pause),
        once(1, Action::Resume),
        once(1, Action::Wait),
        once(1, Action::DropHandle),
    ];
    match kind {
        Kind::Queue(_) => actions.extend([
            once(4, Action::Drain),
            (6, (how(), rank()).prop_map(|(how, rank)| Action::Put(how, rank)).boxed()),
            once(2, Action::TakePending),
            once(1, Action::Close),
        ]),
        Kind::Event => actions.push(once(6, Action::Trigger)),
        Kind::Looped { .. } => {}
    }
    prop::option::weighted(0.4, proptest::strategy::Union::new_weighted(actions))
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![4 => Just(How::Put), 2 => Just(How::TryPut), 1 => Just(How::PutTimeout)]
}

fn rank() -> impl Strategy<Value = u8> {
    0..3_u8
}
