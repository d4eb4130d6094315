//! Random trees, with random members that do what they like.

use proptest::prelude::*;

use super::super::node::{Phase, Strategy as Restarts};
use super::super::*;
use super::member::{Manner, SECOND, Starts, State, Tree, Word};
use super::world::World;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// The n-th worker takes its next step.
    GoesOn(usize),
    /// It fails; or its group's budget is spent then.
    Fail(usize, bool),
    Finish(usize),
    /// Somebody else starts it, or tells it to end.
    OwnStart(usize),
    OwnEnd(usize, Word),
    Remove(usize),
    Add(Manner),
    /// Time passes.
    Pass(u32),
    /// The machine reads a message.
    Read,
    Stop,
    Hurry,
}

/// Does something. Once the end was asked for nobody starts members by hand any more, who would be too late to be told.
fn apply(world: &mut World, op: Op) {
    let count = world.order.len().max(1);
    let nth = |n: usize| world.order.get(n % count).copied();
    match op {
        Op::GoesOn(n) => drop(nth(n).map(|key| world.goes_on(key))),
        Op::Fail(n, spends) => drop(nth(n).map(|key| world.fail(key, spends))),
        Op::Finish(n) => drop(nth(n).map(|key| world.finish(key))),
        Op::OwnStart(n) if !world.machine.is_ending() => drop(nth(n).map(|key| world.own_start(key))),
        Op::OwnStart(_) => {}
        Op::OwnEnd(n, at) => drop(nth(n).map(|key| world.signal(key, at))),
        Op::Remove(n) => drop(nth(n).map(|key| world.tell(Event::Remove(key)))),
        Op::Add(manner) => world.add(manner),
        Op::Pass(millis) => world.pass(Duration::from_millis(millis.into())),
        Op::Read => drop(world.read()),
        Op::Stop => world.step(Event::Stop { total: 60 * SECOND }),
        Op::Hurry => world.step(Event::Hurry { left: SECOND }),
    }
}

fn strategies() -> impl Strategy<Value = Restarts> {
    prop_oneof![Just(Restarts::OneForOne), Just(Restarts::OneForAll), Just(Restarts::RestForOne)]
}

fn manners() -> impl Strategy<Value = Manner> {
    let starts = prop_oneof![
        16 => Just(Starts::Always),
        2 => Just(Starts::Once),
        2 => Just(Starts::Sometimes),
        1 => Just(Starts::Never),
        1 => Just(Starts::Hangs),
    ];
    let ends_at = prop_oneof![8 => Just(Word::Stop), 1 => Just(Word::Terminate), 1 => Just(Word::Never)];
    let flag = |weight| prop::bool::weighted(weight);
    (starts, ends_at, flag(0.8), flag(0.1), flag(0.1), flag(0.1)).prop_map(
        |(starts, ends_at, again, fails_at_its_end, retry_start, critical)| Manner {
            starts,
            ends_at,
            again,
            fails_at_its_end,
            retry_start,
            critical,
        },
    )
}

fn trees() -> impl Strategy<Value = Vec<Tree>> {
    let tree = manners().prop_map(Tree::Worker).prop_recursive(3, 12, 4, |inner| {
        (strategies(), prop::bool::weighted(0.1), prop::collection::vec(inner, 0..4))
            .prop_map(|(strategy, critical, children)| Tree::Group(strategy, critical, children))
    });
    prop::collection::vec(tree, 1..5)
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let n = || 0..20_usize;
    let op = prop_oneof![
        20 => Just(Op::Read),
        20 => n().prop_map(Op::GoesOn),
        6 => (n(), prop::bool::weighted(0.05)).prop_map(|(n, spends)| Op::Fail(n, spends)),
        1 => n().prop_map(Op::Finish),
        1 => n().prop_map(Op::OwnStart),
        1 => (n(), prop_oneof![Just(Word::Stop), Just(Word::Terminate)]).prop_map(|(n, word)| Op::OwnEnd(n, word)),
        1 => n().prop_map(Op::Remove),
        1 => manners().prop_map(Op::Add),
        4 => (0..1_500_u32).prop_map(Op::Pass),
        1 => Just(Op::Stop),
        1 => Just(Op::Hurry),
    ];
    prop::collection::vec(op, 0..160)
}

/// What the members do, and not what is done to them.
fn is_by_itself(op: &Op) -> bool {
    matches!(op, Op::Read | Op::GoesOn(_) | Op::Fail(..) | Op::Finish(_) | Op::Pass(_))
}

fn is_live(worker: &super::member::Worker) -> bool {
    matches!(worker.state, State::Starting | State::Up | State::Stopping)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever happens, the whole ends when it is told to, within its limit, once, and all were told.
    #[test]
    fn it_always_ends_when_it_is_told_to(tree in trees(), strategy in strategies(), ops in ops()) {
        let mut world = World::new(&tree, strategy);
        for op in ops {
            apply(&mut world, op);
        }
        world.step(Event::Stop { total: 60 * SECOND });
        let asked = world.now;
        world.settle(120 * SECOND);
        prop_assert!(world.finished.is_some(), "it has not ended");
        // Who starts a member of a group that ends by itself may be too late to be told.
        let is_late = world.finished != Some(Cause::Asked);
        for (key, worker) in &world.workers {
            prop_assert!(is_late || !matches!(worker.state, State::Up | State::Waiting { .. }), "{key}: {worker:?}");
        }
        prop_assert!(world.now <= asked + 60 * SECOND + GRACE);
    }

    /// Left alone, it comes to rest: the machine waits for nothing, knows how its members are, and has forgotten none.
    #[test]
    fn left_alone_it_comes_to_rest(tree in trees(), strategy in strategies(), ops in ops()) {
        let mut world = World::new(&tree, strategy);
        for op in ops.into_iter().filter(|op| !matches!(op, Op::Stop | Op::Hurry)) {
            apply(&mut world, op);
        }
        world.settle(3_600 * SECOND);
        if world.finished.is_some() {
            return Ok(());
        }
        for (key, worker) in &world.workers {
            let phase = world.machine.phase(*key);
            let is_known = match worker.state {
                State::Up => phase == Phase::Up || worker.is_abandoned,
                State::Waiting { backoff } => phase == Phase::Waiting && backoff,
                State::Stopped => matches!(phase, Phase::Down | Phase::Idle),
                // It hangs, and it was not the group that told it to.
                State::Starting | State::Stopping => {
                    worker.is_abandoned || matches!(phase, Phase::Up | Phase::Waiting | Phase::Down | Phase::Idle)
                }
                State::Ended => false,
            };
            prop_assert!(is_known, "{key} is {phase:?} and {worker:?}");
        }
    }

    /// Members start in order, and in a restart together none starts before those after it have ended.
    #[test]
    fn starts_are_in_order(tree in trees(), strategy in strategies(), ops in ops()) {
        let mut world = World::new(&tree, strategy);
        world.check = |world, action| {
            if let Action::Start(key) = action
                && world.strategy_of(key) != Restarts::OneForOne
                && !world.workers[&key].manner.retry_start
            {
                for after in world.siblings_after(key) {
                    assert!(!is_live(after), "{key} starts beside {after:?}");
                }
            }
        };
        for op in ops.into_iter().filter(is_by_itself) {
            apply(&mut world, op);
        }
        world.settle(3_600 * SECOND);
    }

    /// An end is strictly in reverse: no member is told before those after it have ended or exceeded their limit.
    #[test]
    fn an_end_is_strictly_in_reverse(tree in trees(), strategy in strategies(), ops in ops()) {
        let mut world = World::new(&tree, strategy);
        for op in ops.into_iter().filter(is_by_itself) {
            apply(&mut world, op);
        }
        world.settle(3_600 * SECOND);
        world.check = |world, action| {
            if let Action::Stop(key) = action {
                for after in world.beside(key).1 {
                    assert!(!is_live(after), "{key} is told before {after:?}");
                }
            }
        };
        if world.finished.is_none() {
            world.step(Event::Stop { total: 3_600 * SECOND });
            world.settle(3_600 * SECOND);
            prop_assert_eq!(world.finished, Some(Cause::Asked));
        }
    }
}
