//! Stories: one for each thing that may happen, down to the news that come late.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::Then;

use super::super::node::{Key, Kind, Outcome, Phase, Plan, Stage, Strategy};
use super::super::{Action, Cause, End, Event, GRACE, Machine, News, ROOT};
use super::member::{Manner, SECOND, Starts, State, Tree, Word};
use super::world::World;

const WELL: Manner = Manner {
    starts: Starts::Always,
    ends_at: Word::Stop,
    again: true,
    fails_at_its_end: false,
    retry_start: false,
    critical: false,
};

fn well(count: usize) -> Vec<Tree> {
    vec![Tree::Worker(WELL); count]
}

/// A group of these members, at work. The first one has the key 1.
fn at_work(strategy: Strategy, members: &[Tree]) -> World {
    let mut world = World::new(members, strategy);
    world.rest();
    world.done.clear();
    world
}

impl World {
    /// What was done since the last look, without what users are told.
    fn look(&mut self) -> Vec<Action> {
        let done = std::mem::take(&mut self.done);
        let mut seen = Vec::new();
        for action in done {
            match action {
                Action::Tell(_) | Action::Ready | Action::Renew(_) => {}
                // All are told once more at the end.
                Action::Finished(cause) if !matches!(cause, Cause::AllEnded | Cause::NotStarted(_)) => {
                    seen.truncate(seen.len() - self.workers.len());
                    seen.push(action);
                }
                _ => seen.push(action),
            }
        }
        seen
    }

    fn told(&self, news: News) -> usize {
        self.done.iter().filter(|action| **action == Action::Tell(news)).count()
    }

    fn read_all(&mut self) {
        while self.read() {}
    }
}

#[test]
fn members_start_in_order_and_end_in_reverse() {
    let mut world = World::new(&well(3), Strategy::OneForOne);
    world.rest();
    assert!(world.is_ready);
    assert_eq!(world.look(), [1, 2, 3].map(Action::Start));
    world.step(Event::Stop { total: 10 * SECOND });
    world.rest();
    assert_eq!(
        world.look(),
        [Action::Stop(3), Action::Stop(2), Action::Stop(1), Action::Finished(Cause::Asked)]
    );
}

#[test]
fn s1_a_member_that_does_not_start_takes_those_before_it_with_it() {
    let bad = Tree::Worker(Manner { starts: Starts::Never, ..WELL });
    let inner = Tree::Group(Strategy::OneForAll, false, vec![Tree::Worker(WELL), bad, Tree::Worker(WELL)]);
    let mut world = World::new(&[Tree::Worker(WELL), inner, Tree::Worker(WELL)], Strategy::OneForAll);
    world.rest();
    // 1, the group 2 of 3, 4 and 5, and 6.
    let story = [
        Action::Start(1),
        Action::Start(3),
        Action::Start(4),
        Action::Stop(3),
        Action::Stop(1),
        Action::Finished(Cause::NotStarted(4)),
    ];
    assert_eq!(world.look(), story);
    assert!(!world.is_ready);
}

#[test]
fn s2_a_start_that_hangs_is_given_up_and_a_stop_is_heard_meanwhile() {
    let hangs = Tree::Worker(Manner { starts: Starts::Hangs, ..WELL });
    let mut world = World::new(&[Tree::Worker(WELL), hangs.clone()], Strategy::OneForOne);
    world.settle(2 * SECOND);
    assert_eq!(world.finished, Some(Cause::NotStarted(2)));
    assert_eq!(world.machine.outcome(2), Outcome::Stuck);
    assert_eq!(world.state(1), State::Stopped);

    let mut world = World::new(&[Tree::Worker(WELL), hangs], Strategy::OneForOne);
    world.rest();
    world.step(Event::Stop { total: SECOND / 2 });
    world.settle(SECOND / 2 + GRACE);
    assert_eq!(world.finished, Some(Cause::Asked));
    assert_eq!(world.machine.outcome(2), Outcome::Stuck);
    assert_eq!(world.state(1), State::Stopped);
}

#[test]
fn s4_failures_during_a_restart_together_join_it() {
    let mut world = at_work(Strategy::OneForAll, &well(3));
    world.fail(1, false);
    world.fail(3, false);
    world.read_all();
    // While the second one ends, nothing is started.
    assert_eq!(world.look(), [Action::Hold(3), Action::Hold(2)]);
    world.settle(SECOND);
    assert_eq!(world.look(), [1, 2, 3].map(Action::Start));
    assert!([1, 2, 3].map(|key| world.state(key)).iter().all(|state| *state == State::Up));
    // And in the backoff.
    world.fail(2, false);
    world.rest();
    assert_eq!(world.phase(ROOT), Phase::Backoff { from: 0 });
    world.settle(10 * SECOND);
    assert_eq!(world.phase(ROOT), Phase::Up);
    assert_eq!(world.look().iter().filter(|action| matches!(action, Action::Start(_))).count(), 3);
}

#[test]
fn s5_rest_for_one_leaves_those_before_and_an_earlier_one_joins() {
    let mut world = at_work(Strategy::RestForOne, &well(4));
    world.fail(3, false);
    world.read_all();
    assert_eq!(world.look(), [Action::Hold(4)]);
    world.fail(2, false);
    world.settle(10 * SECOND);
    assert_eq!(world.look(), [2, 3, 4].map(Action::Start));
    // In the backoff as well.
    world.fail(4, false);
    world.rest();
    assert_eq!(world.phase(ROOT), Phase::Backoff { from: 3 });
    world.fail(2, false);
    world.settle(10 * SECOND);
    assert_eq!(world.look(), [Action::Hold(3), Action::Start(2), Action::Start(3), Action::Start(4)]);
}

#[test]
fn s6_one_that_does_not_end_is_never_started_beside_itself_and_its_group_fails() {
    let hangs = Tree::Worker(Manner { ends_at: Word::Never, ..WELL });
    let mut world = at_work(Strategy::OneForAll, &[Tree::Worker(WELL), hangs.clone(), Tree::Worker(WELL)]);
    world.fail(1, false);
    world.settle(2 * SECOND);
    assert_eq!(world.finished, Some(Cause::GaveUp(2)));
    assert_eq!(world.told(News::Stuck(2)), 1);
    let done = world.look();
    assert!(!done.iter().any(|action| matches!(action, Action::Start(_))), "{done:?}");
    assert_eq!((world.state(1), world.state(3)), (State::Stopped, State::Stopped));

    // The group 1 of 2 and 3 in another one, which tries again until its member has ended.
    let inner = Tree::Group(Strategy::OneForAll, false, vec![Tree::Worker(WELL), hangs]);
    let mut world = at_work(Strategy::OneForOne, &[inner]);
    world.fail(2, false);
    world.settle(2 * SECOND + SECOND / 2);
    assert_eq!(world.state(3), State::Stopping);
    assert!(!world.look().contains(&Action::Start(3)));
    world.workers.get_mut(&3).unwrap().manner.ends_at = Word::Stop;
    world.settle(20 * SECOND);
    assert_eq!(world.look().iter().filter(|action| **action == Action::Start(3)).count(), 1);
    assert_eq!((world.state(2), world.state(3), world.phase(1)), (State::Up, State::Up, Phase::Up));
}

#[test]
fn s9_a_budget_that_is_spent_ends_the_whole_and_its_parent_decides_about_a_group() {
    let mut world = at_work(Strategy::OneForAll, &well(2));
    for _ in 0..4 {
        world.fail(1, false);
        world.settle(60 * SECOND);
    }
    assert_eq!(world.finished, Some(Cause::GaveUp(1)));

    let inner = Tree::Group(Strategy::OneForOne, false, well(1));
    let mut world = at_work(Strategy::OneForOne, &[inner, Tree::Worker(WELL)]);
    world.fail(2, true);
    world.settle(60 * SECOND);
    assert_eq!(world.told(News::GaveUp(1)), 1);
    assert_eq!((world.finished, world.state(2), world.phase(1)), (None, State::Up, Phase::Up));
}

#[test]
fn s12_one_that_was_stopped_is_no_part_of_a_restart_until_it_is_started_again() {
    let mut world = at_work(Strategy::OneForAll, &well(3));
    world.signal(2, Word::Stop);
    world.rest();
    world.done.clear();
    world.fail(1, false);
    world.settle(10 * SECOND);
    assert_eq!(world.look(), [Action::Hold(3), Action::Start(1), Action::Start(3)]);
    world.own_start(2);
    world.rest();
    world.fail(1, false);
    world.settle(20 * SECOND);
    assert_eq!(world.look()[2..], [1, 2, 3].map(Action::Start));
    // Stopped while the group restarts it.
    world.fail(1, false);
    world.read_all();
    world.signal(3, Word::Stop);
    world.settle(20 * SECOND);
    assert_eq!((world.state(1), world.state(2), world.state(3)), (State::Up, State::Up, State::Stopped));
}

#[test]
fn t3_the_total_covers_all_and_names_who_was_not_reached() {
    let slow = Tree::Worker(Manner { ends_at: Word::Never, ..WELL });
    let mut world = at_work(Strategy::OneForOne, &vec![slow; 4]);
    let asked = world.now;
    world.step(Event::Stop { total: 2 * SECOND + SECOND / 2 });
    world.settle(10 * SECOND);
    assert_eq!(world.finished, Some(Cause::Asked));
    assert_eq!(world.now, asked + 2 * SECOND + SECOND / 2 + GRACE);
    let outcomes = [4, 3, 2, 1].map(|key| world.machine.outcome(key));
    assert_eq!(outcomes, [Outcome::Stuck, Outcome::Stuck, Outcome::Stuck, Outcome::NotReached]);
    assert!(world.look().contains(&Action::Stop(1)), "it was told all the same");
}

#[test]
fn t6_a_second_word_for_the_end_begins_nothing_anew() {
    let mut world = at_work(Strategy::OneForOne, &well(2));
    for _ in 0..3 {
        world.step(Event::Stop { total: 10 * SECOND });
    }
    world.rest();
    let done = world.look();
    assert_eq!(done, [Action::Stop(2), Action::Stop(1), Action::Finished(Cause::Asked)]);
}

#[test]
fn t5_in_a_hurry_all_are_told_at_once() {
    let slow = Tree::Worker(Manner { ends_at: Word::Terminate, ..WELL });
    let mut world = at_work(Strategy::OneForOne, &vec![slow; 3]);
    world.step(Event::Stop { total: 10 * SECOND });
    world.rest();
    assert_eq!(world.look(), [Action::Stop(3)]);
    world.step(Event::Hurry { left: SECOND });
    world.rest();
    assert_eq!(world.look()[..3], [1, 2, 3].map(Action::Terminate));
    assert_eq!(world.finished, Some(Cause::Asked));
}

#[test]
fn a_worker_is_told_more_urgently_on_its_way_to_its_limit() {
    let plan = |kind| Plan {
        kind,
        start_within: SECOND,
        stop_within: 10 * SECOND,
        critical: false,
        policy: Arc::new(pyaltt_core::Restart::never()),
        together: None,
    };
    let now = std::time::Instant::now();
    let mut machine = Machine::new(plan(Kind::Group(Strategy::OneForOne)), now);
    let key = machine.push(ROOT, plan(Kind::Worker { drain: true, retry_start: false }));
    machine.step(Event::Start, now, 0.5);
    machine.step(Event::Started(key, true), now, 0.5);
    assert_eq!(machine.step(Event::Stop { total: 60 * SECOND }, now, 0.5), [Action::Drain(key)]);
    let mut seen = Vec::new();
    while let Some(at) = machine.next_deadline()
        && seen.len() < 3
    {
        let actions = machine.step(Event::Time, at, 0.5);
        seen.push((at - now, actions[0]));
    }
    let at = |seconds| Duration::from_secs(seconds);
    assert_eq!(
        seen,
        [(at(5), Action::Stop(key)), (at(9), Action::Terminate(key)), (at(10), Action::Abandon(key))]
    );
}

#[test]
fn news_of_a_run_that_the_group_has_superseded_are_too_old() {
    // The worker 3 of the inner group is restarted by its own policy, and held by the outer one.
    let inner = Tree::Group(Strategy::OneForOne, false, well(1));
    let mut world = at_work(Strategy::OneForAll, &[Tree::Worker(WELL), inner]);
    world.fail(3, false);
    assert!(world.goes_on(3), "it starts again");
    let run = world.workers[&3].run;
    world.step(Event::Ended(1, End { run: 1, failed: true, then: Then::Held, spent: false }));
    assert_eq!(world.look(), [Action::Hold(3)]);
    // That its first run has ended is read now. Its second one has not.
    world.read_all();
    let stopping = Phase::Stopping { hold: true, stage: Stage::Stop, ended: false };
    assert_eq!((world.phase(3), world.state(3)), (stopping, State::Starting));
    world.rest();
    assert_eq!((world.phase(3), world.workers[&3].run), (Phase::Held, run));
}

#[test]
fn one_that_waits_already_is_held_when_the_news_of_its_end_are_read() {
    let inner = Tree::Group(Strategy::OneForOne, false, well(1));
    let mut world = at_work(Strategy::OneForAll, &[Tree::Worker(WELL), inner]);
    world.fail(3, false);
    world.step(Event::Ended(1, End { run: 1, failed: true, then: Then::Held, spent: false }));
    assert_eq!(world.phase(3), Phase::Stopping { hold: true, stage: Stage::Stop, ended: false });
    world.read_all();
    assert_eq!(world.phase(3), Phase::Held);
}

#[test]
fn one_that_ends_at_the_last_word_of_a_hold_is_started_again() {
    let slow = Tree::Worker(Manner { ends_at: Word::Terminate, ..WELL });
    let mut world = at_work(Strategy::OneForAll, &[Tree::Worker(WELL), slow]);
    world.fail(1, false);
    world.settle(20 * SECOND);
    assert_eq!((world.state(1), world.state(2), world.phase(ROOT)), (State::Up, State::Up, Phase::Up));
    // It has ended its run, but the news are read after it was told to terminate, which comes late.
    world.done.clear();
    world.fail(1, false);
    world.read_all();
    world.workers.get_mut(&2).unwrap().manner.ends_at = Word::Stop;
    assert!(world.goes_on(2));
    let now = world.now + SECOND;
    world.now = now;
    world.step(Event::Time);
    assert!(world.done.contains(&Action::Terminate(2)));
    world.settle(20 * SECOND);
    assert_eq!((world.state(1), world.state(2), world.phase(ROOT)), (State::Up, State::Up, Phase::Up));
}

#[test]
fn a_restart_that_fails_is_what_the_members_own_policy_says() {
    let bad = Manner { starts: Starts::Once, ..WELL };
    // By itself again: the group does not wait for it.
    let inner =
        |manner| Tree::Group(Strategy::OneForOne, false, vec![Tree::Worker(manner), Tree::Worker(WELL)]);
    let mut world = at_work(Strategy::OneForAll, &[Tree::Worker(WELL), inner(bad)]);
    world.fail(1, false);
    world.settle(4 * SECOND);
    assert_eq!((world.phase(ROOT), world.state(4)), (Phase::Up, State::Up));
    // Not at all: it stays down, and the group goes on.
    let mut world =
        at_work(Strategy::OneForAll, &[Tree::Worker(WELL), Tree::Worker(Manner { again: false, ..bad })]);
    world.fail(1, false);
    world.settle(4 * SECOND);
    assert_eq!((world.phase(ROOT), world.phase(2), world.finished), (Phase::Up, Phase::Down, None));
    // It is critical.
    let critical = Tree::Worker(Manner { again: false, critical: true, ..bad });
    let mut world = at_work(Strategy::OneForAll, &[Tree::Worker(WELL), critical]);
    world.fail(1, false);
    world.settle(4 * SECOND);
    assert_eq!(world.finished, Some(Cause::Critical(2)));
}

#[test]
fn one_that_would_wait_for_a_group_that_is_down_ends() {
    // The group 1 of 2 and 3 has failed for good.
    let critical = Tree::Worker(Manner { critical: true, again: false, ..WELL });
    let inner = Tree::Group(Strategy::OneForAll, false, vec![critical, Tree::Worker(WELL)]);
    let mut world = at_work(Strategy::OneForOne, &[inner, Tree::Worker(WELL)]);
    world.fail(2, false);
    world.settle(20 * SECOND);
    assert_eq!((world.phase(1), world.finished), (Phase::Down, None));
    // Somebody starts its member, which fails.
    world.own_start(3);
    world.rest();
    world.fail(3, false);
    world.rest();
    assert_eq!((world.phase(3), world.state(3)), (Phase::Down, State::Stopped));
}

#[test]
fn a_start_that_is_tried_again_holds_up_nobody() {
    let late = Tree::Worker(Manner { retry_start: true, starts: Starts::Never, ..WELL });
    let mut world = World::new(&[late, Tree::Worker(WELL)], Strategy::OneForOne);
    world.rest();
    assert!(world.is_ready);
    assert_eq!((world.phase(1), world.phase(2)), (Phase::Retrying, Phase::Up));
    world.workers.get_mut(&1).unwrap().manner.starts = Starts::Always;
    world.settle(SECOND);
    assert_eq!(world.phase(1), Phase::Up);
    // Or it is given up.
    let never = Tree::Worker(Manner { retry_start: true, starts: Starts::Never, ..WELL });
    let mut world = at_work(Strategy::OneForOne, &[never, Tree::Worker(WELL)]);
    world.settle(60 * SECOND);
    assert_eq!((world.phase(1), world.told(News::GaveUp(1)), world.finished), (Phase::Down, 1, None));
}

#[test]
fn an_addition_that_fails_leaves_no_trace() {
    let mut world = at_work(Strategy::OneForAll, &well(1));
    let before = world.machine.nodes.workers().count();
    world.add(Manner { starts: Starts::Never, ..WELL });
    world.add(Manner { starts: Starts::Hangs, ..WELL });
    world.settle(10 * SECOND);
    assert_eq!(world.machine.nodes.workers().count(), before);
    assert_eq!(world.phase(ROOT), Phase::Up);
    world.add(WELL);
    world.rest();
    world.done.clear();
    world.fail(1, false);
    world.settle(10 * SECOND);
    let added = 4;
    assert_eq!(world.look(), [Action::Hold(added), Action::Start(1), Action::Start(added)]);
}

#[test]
fn s10_no_depth_and_no_width_costs_stack() {
    let mut tree = Tree::Worker(WELL);
    for _ in 0..10_000 {
        tree = Tree::Group(Strategy::OneForAll, false, vec![tree]);
    }
    // What is deep here is the plan of the test, whose own recursion needs the stack.
    let deep = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        let mut world = World::new(&[tree], Strategy::OneForAll);
        let small = std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(128 << 10);
            let run = builder.spawn_scoped(scope, || {
                world.rest();
                let key: Key = *world.order.last().unwrap();
                world.fail(key, false);
                world.settle(10 * SECOND);
                assert!(world.is_ready && world.state(key) == State::Up);
                world.step(Event::Stop { total: 10 * SECOND });
                world.rest();
                world.finished
            });
            run.unwrap().join().unwrap()
        });
        assert_eq!(small, Some(Cause::Asked));
        std::mem::forget(world);
    });
    deep.unwrap().join().unwrap();
}
