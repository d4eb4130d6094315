//! Random trees with random members, against what a group promises.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use pyaltt_core::{Backoff, Restart, Then};

use super::node::{Kind, Strategy as Restarts};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A member as it behaves, without a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    Stopped,
    Starting,
    Up,
    /// Told to end; it hangs until told more urgently, or for ever.
    Stopping { hold: bool },
    Held,
    /// In the backoff of its own policy.
    Waiting,
    /// Its end is published, and its thread is not gone.
    Ended,
}

#[derive(Clone, Copy, Debug)]
struct Manner {
    /// Whether its starts succeed.
    starts: bool,
    /// Whether a start never answers.
    start_hangs: bool,
    /// Which word it ends at: any, only terminate, none.
    ends_at: Stubborn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stubborn {
    Stop,
    Terminate,
    Never,
}

struct World {
    machine: Machine,
    now: Instant,
    workers: BTreeMap<Key, (Worker, Manner)>,
    /// What a group does with those that fail in it.
    holds: BTreeMap<Key, bool>,
    /// In the order of their start.
    order: Vec<Key>,
    /// What comes to the machine, in order.
    mail: VecDeque<Event>,
    abandoned: Vec<Key>,
    is_ready: bool,
    finished: Option<Cause>,
    /// Whether the end of the whole was asked for, and no limit for the whole has passed and nobody was in a hurry.
    is_in_order: bool,
    /// The end was asked for: nobody starts members by hand any more.
    is_asked: bool,
    /// Nobody interferes with the start.
    is_left_alone: bool,
}

#[derive(Clone, Debug)]
enum Tree {
    Worker(Manner, bool),
    Group(Restarts, bool, Vec<Tree>),
}

#[derive(Clone, Copy, Debug)]
enum Op {
    /// The n-th worker fails, and its policy restarts it or not.
    Fail(usize, bool),
    /// It finishes.
    Finish(usize),
    /// Somebody starts it again.
    Start(usize),
    /// Its own handle stops it.
    OwnStop(usize),
    Remove(usize),
    /// Time passes.
    Pass(u32),
    /// The machine reads one message, or none is there.
    Read,
    Stop,
    Hurry,
}

impl World {
    fn new(tree: &[Tree], strategy: Restarts, now: Instant) -> Self {
        let machine = Machine::new(group_plan(strategy, false), now);
        let mut world = Self {
            machine,
            now,
            workers: BTreeMap::new(),
            holds: BTreeMap::from([(ROOT, strategy != Restarts::OneForOne)]),
            order: Vec::new(),
            mail: VecDeque::from([Event::Start]),
            abandoned: Vec::new(),
            is_ready: false,
            finished: None,
            is_in_order: false,
            is_asked: false,
            is_left_alone: false,
        };
        world.plant(ROOT, tree);
        world
    }

    fn plant(&mut self, parent: Key, trees: &[Tree]) {
        for tree in trees {
            match tree {
                Tree::Worker(manner, critical) => {
                    let kind = Kind::Worker { drain: false, retry_start: false };
                    let plan = Plan { kind, critical: *critical, ..group_plan(Restarts::OneForOne, false) };
                    let plan = Plan { stop_within: SECOND, start_within: SECOND, ..plan };
                    let key = self.machine.push(parent, plan);
                    self.order.push(key);
                    self.workers.insert(key, (Worker::Stopped, *manner));
                }
                Tree::Group(strategy, critical, children) => {
                    let key = self.machine.push(parent, group_plan(*strategy, *critical));
                    self.holds.insert(key, *strategy != Restarts::OneForOne);
                    self.plant(key, children);
                }
            }
        }
    }

    fn read(&mut self) {
        if let Some(event) = self.mail.pop_front() {
            // As the keeper does with news of one that was removed.
            if let Event::Started(key, _) | Event::Active(key) | Event::Ended(key, _) | Event::Gone(key) | Event::Held(key) =
                event
                && !self.workers.contains_key(&key)
            {
                return;
            }
            let actions = self.machine.step(event, self.now, 0.5);
            for action in actions {
                self.perform(action);
            }
        }
    }

    fn perform(&mut self, action: Action) {
        assert!(self.finished.is_none(), "{action:?} after the end");
        match action {
            Action::Start(key) => {
                let (state, manner) = self.workers.get_mut(&key).unwrap();
                match *state {
                    Worker::Stopped | Worker::Held | Worker::Waiting | Worker::Ended => {}
                    // As a handle answers that is told to start one that runs.
                    Worker::Up => return self.mail.push_front(Event::Started(key, true)),
                    _ => return self.mail.push_front(Event::Started(key, false)),
                }
                *state = Worker::Starting;
                let manner = *manner;
                if self.is_left_alone && !self.is_ready {
                    self.all_before_are_up(key);
                }
                if !manner.start_hangs {
                    if manner.starts {
                        self.set(key, Worker::Up);
                        self.mail.push_back(Event::Active(key));
                        self.mail.push_back(Event::Started(key, true));
                    } else {
                        self.set(key, Worker::Stopped);
                        self.mail.push_back(Event::Started(key, false));
                        self.mail.push_back(Event::Gone(key));
                    }
                }
            }
            Action::Hold(key) => self.told(key, Some(true), Stubborn::Stop),
            Action::Drain(key) | Action::Stop(key) => self.told(key, Some(false), Stubborn::Stop),
            Action::Terminate(key) => self.told(key, None, Stubborn::Terminate),
            Action::Abandon(key) => self.abandoned.push(key),
            Action::Ready => self.is_ready = true,
            Action::Finished(cause) => self.finished = Some(cause),
            Action::Removed(key) => {
                self.workers.remove(&key);
                self.order.retain(|other| *other != key);
            }
            Action::Tell(_) | Action::Added(..) => {}
        }
    }

    fn told(&mut self, key: Key, hold: Option<bool>, word: Stubborn) {
        if !self.workers.contains_key(&key) {
            return;
        }
        let (state, manner) = self.workers[&key];
        if hold == Some(false) && self.is_in_order {
            self.all_after_have_ended(key);
        }
        let holds = hold == Some(true);
        match state {
            Worker::Waiting | Worker::Held if holds => {
                self.set(key, Worker::Held);
                self.mail.push_back(Event::Held(key));
            }
            Worker::Waiting | Worker::Held => self.end(key, Then::Rest, false),
            Worker::Up | Worker::Starting | Worker::Stopping { .. } => {
                let held_before = matches!(state, Worker::Stopping { hold: true });
                let hold = holds || hold.is_none() && held_before && word != Stubborn::Terminate;
                let ends = match manner.ends_at {
                    Stubborn::Stop => true,
                    Stubborn::Terminate => word == Stubborn::Terminate,
                    Stubborn::Never => false,
                };
                self.set(key, Worker::Stopping { hold });
                if ends && !(state == Worker::Starting && manner.start_hangs) {
                    if hold {
                        self.set(key, Worker::Held);
                        self.mail.push_back(Event::Ended(key, end(Then::Held, false)));
                    } else {
                        self.end(key, Then::Rest, false);
                    }
                }
            }
            Worker::Stopped | Worker::Ended => {}
        }
    }

    fn end(&mut self, key: Key, then: Then, failed: bool) {
        self.set(key, Worker::Stopped);
        self.mail.push_back(Event::Ended(key, end(then, failed)));
        self.mail.push_back(Event::Gone(key));
    }

    fn set(&mut self, key: Key, state: Worker) {
        self.workers.get_mut(&key).unwrap().0 = state;
    }

    fn all_before_are_up(&self, key: Key) {
        for before in self.order.iter().take_while(|other| **other != key) {
            let phase = self.machine.phase(*before);
            assert!(
                !matches!(phase, Phase::Idle | Phase::Starting),
                "{key} starts before {before}, which is {phase:?}"
            );
        }
    }

    fn all_after_have_ended(&self, key: Key) {
        for after in self.order.iter().rev().take_while(|other| **other != key) {
            let phase = self.machine.phase(*after);
            assert!(matches!(phase, Phase::Idle | Phase::Down), "{key} is told before {after} is down: {phase:?}");
        }
    }

    /// The worker that an operation is about.
    fn nth(&self, n: usize) -> Option<Key> {
        self.order.get(n % self.order.len().max(1)).copied()
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Read => self.read(),
            Op::Pass(millis) => {
                self.now += Duration::from_millis(millis.into());
                self.look_at_the_time();
            }
            Op::Stop => {
                self.is_asked = true;
                self.mail.push_back(Event::Stop { total: 60 * SECOND });
            }
            Op::Hurry => {
                self.is_asked = true;
                self.mail.push_back(Event::Hurry { left: SECOND });
            }
            Op::Fail(n, again) => {
                let Some(key) = self.nth(n) else { return };
                if self.workers[&key].0 != Worker::Up {
                    return;
                }
                let parent = self.machine.nodes[key].parent.unwrap();
                if !again {
                    self.end(key, Then::Rest, true);
                } else if self.holds[&parent] {
                    self.set(key, Worker::Held);
                    self.mail.push_back(Event::Ended(key, end(Then::Held, true)));
                } else {
                    self.set(key, Worker::Waiting);
                    self.mail.push_back(Event::Ended(key, end(Then::Again { after: SECOND }, true)));
                }
            }
            Op::Finish(n) => {
                let Some(key) = self.nth(n) else { return };
                if self.workers[&key].0 == Worker::Up {
                    self.end(key, Then::Rest, false);
                }
            }
            Op::OwnStop(n) => {
                let Some(key) = self.nth(n) else { return };
                if matches!(self.workers[&key].0, Worker::Up | Worker::Held | Worker::Waiting) {
                    self.end(key, Then::Rest, false);
                }
            }
            Op::Start(n) => {
                let Some(key) = self.nth(n) else { return };
                if !self.is_asked && matches!(self.workers[&key].0, Worker::Stopped | Worker::Waiting) {
                    self.set(key, Worker::Up);
                    self.mail.push_back(Event::Active(key));
                }
            }
            Op::Remove(n) => {
                let Some(key) = self.nth(n) else { return };
                self.mail.push_back(Event::Remove(key));
            }
        }
    }

    fn look_at_the_time(&mut self) {
        if self.machine.next_deadline().is_some_and(|deadline| deadline <= self.now) {
            self.mail.push_back(Event::Time);
        }
    }

    /// Lets everything happen that is to happen, for this long.
    fn settle(&mut self, limit: Duration) {
        let end = self.now + limit;
        loop {
            let mut steps = 0;
            while !self.mail.is_empty() {
                self.read();
                steps += 1;
                assert!(steps < 100_000, "it does not come to rest");
            }
            match self.machine.next_deadline() {
                Some(deadline) if deadline <= end => {
                    self.now = self.now.max(deadline);
                    self.mail.push_back(Event::Time);
                }
                _ => return,
            }
        }
    }
}

fn end(then: Then, failed: bool) -> End {
    End { failed, then, spent: false }
}

fn group_plan(strategy: Restarts, critical: bool) -> Plan {
    let policy = Restart::on_failure().backoff(Backoff::from(SECOND)).jitter(0.0).max(3, 3_600 * SECOND);
    Plan { kind: Kind::Group(strategy), start_within: SECOND, stop_within: 20 * SECOND, critical, policy }
}

fn strategies() -> impl proptest::strategy::Strategy<Value = Restarts> {
    prop_oneof![Just(Restarts::OneForOne), Just(Restarts::OneForAll), Just(Restarts::RestForOne)]
}

fn manners() -> impl proptest::strategy::Strategy<Value = Manner> {
    let ends = prop_oneof![8 => Just(Stubborn::Stop), 1 => Just(Stubborn::Terminate), 1 => Just(Stubborn::Never)];
    (prop::bool::weighted(0.95), prop::bool::weighted(0.03), ends)
        .prop_map(|(starts, start_hangs, ends_at)| Manner { starts, start_hangs, ends_at })
}

fn trees() -> impl proptest::strategy::Strategy<Value = Vec<Tree>> {
    let leaf = (manners(), prop::bool::weighted(0.1)).prop_map(|(manner, critical)| Tree::Worker(manner, critical));
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        (strategies(), prop::bool::weighted(0.1), prop::collection::vec(inner, 0..4))
            .prop_map(|(strategy, critical, children)| Tree::Group(strategy, critical, children))
    });
    prop::collection::vec(tree, 1..5)
}

fn ops() -> impl proptest::strategy::Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        20 => Just(Op::Read),
        4 => (0..20_usize, any::<bool>()).prop_map(|(n, again)| Op::Fail(n, again)),
        2 => (0..20_usize).prop_map(|n| Op::Fail(n, true)),
        1 => (0..20_usize).prop_map(Op::Finish),
        1 => (0..20_usize).prop_map(Op::OwnStop),
        1 => (0..20_usize).prop_map(Op::Start),
        1 => (0..20_usize).prop_map(Op::Remove),
        4 => (0..1_500_u32).prop_map(Op::Pass),
        1 => Just(Op::Stop),
        1 => Just(Op::Hurry),
    ];
    prop::collection::vec(op, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever happens, the whole ends when it is told to, within its limit, once.
    #[test]
    fn it_always_ends_when_it_is_told_to(tree in trees(), strategy in strategies(), ops in ops()) {
        let mut world = World::new(&tree, strategy, Instant::now());
        for op in ops {
            world.apply(op);
        }
        world.mail.push_back(Event::Stop { total: 60 * SECOND });
        let asked = world.now;
        world.settle(120 * SECOND);
        prop_assert!(world.finished.is_some(), "it has not ended");
        for (key, (state, _)) in &world.workers {
            // Who starts a member of a group that ends by itself may be too late to be told.
            let is_late = world.finished != Some(Cause::Asked);
            prop_assert!(*state != Worker::Up || is_late, "{key} was not told");
        }
        prop_assert!(world.now <= asked + 60 * SECOND + GRACE + SECOND);
    }

    /// Left alone, it comes to rest: all that take part are up or down, and the machine waits for nothing.
    #[test]
    fn left_alone_it_comes_to_rest(tree in trees(), strategy in strategies(), ops in ops()) {
        let mut world = World::new(&tree, strategy, Instant::now());
        for op in ops.into_iter().filter(|op| !matches!(op, Op::Stop | Op::Hurry)) {
            world.apply(op);
        }
        world.settle(3_600 * SECOND);
        for key in &world.order {
            let phase = world.machine.phase(*key);
            prop_assert!(
                world.finished.is_some() || matches!(phase, Phase::Up | Phase::Down | Phase::Waiting | Phase::Idle),
                "{key} is {phase:?}"
            );
        }
    }

    /// Once all are at work and nobody fails, an end is strictly in reverse.
    #[test]
    fn an_end_is_strictly_in_reverse(tree in trees(), strategy in strategies()) {
        let mut world = World::new(&tree, strategy, Instant::now());
        world.is_left_alone = true;
        world.settle(3_600 * SECOND);
        if world.finished.is_none() {
            world.is_in_order = true;
            world.mail.push_back(Event::Stop { total: 3_600 * SECOND });
            world.settle(3_600 * SECOND);
            prop_assert_eq!(world.finished, Some(Cause::Asked));
            for (key, (state, _)) in &world.workers {
                let is_told_or_down = !matches!(state, Worker::Up | Worker::Starting);
                prop_assert!(is_told_or_down, "{key} is {state:?}");
            }
        }
    }
}
