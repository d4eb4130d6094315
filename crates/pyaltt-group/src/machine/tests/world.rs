//! Members as they behave, without threads: what the core does for a worker, one step at a time, and what the driver does
//! with the state machine. The news of members wait in the mail until the machine reads them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt_core::{Backoff, Restart, Then};

use super::super::node::{Key, Kind, Phase, Plan, Strategy};
use super::super::{Action, Cause, End, Event, Machine, ROOT};
use super::member::{Manner, SECOND, Starts, State, Tree, Word, Worker};

#[derive(Clone, Copy, Debug)]
enum Mail {
    Event(Event),
    Answer { key: Key, attempt: u64, is_up: bool },
}

pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) now: Instant,
    pub(super) workers: BTreeMap<Key, Worker>,
    /// In the order of their start.
    pub(super) order: Vec<Key>,
    pub(super) finished: Option<Cause>,
    pub(super) is_ready: bool,
    /// What was done, in order.
    pub(super) done: Vec<Action>,
    /// What is checked at each action.
    pub(super) check: fn(&Self, Action),
    /// What a group does with those that fail in it.
    strategies: BTreeMap<Key, Strategy>,
    mail: VecDeque<Mail>,
    /// What comes of doing what the machine wants. It is read before the mail.
    at_once: VecDeque<Event>,
}

impl World {
    pub(super) fn new(tree: &[Tree], strategy: Strategy) -> Self {
        let now = Instant::now();
        let mut world = Self {
            machine: Machine::new(group_plan(strategy, false), now),
            now,
            workers: BTreeMap::new(),
            order: Vec::new(),
            finished: None,
            is_ready: false,
            done: Vec::new(),
            check: |_, _| {},
            strategies: BTreeMap::from([(ROOT, strategy)]),
            mail: VecDeque::new(),
            at_once: VecDeque::new(),
        };
        world.plant(ROOT, tree);
        world.tell(Event::Start);
        world
    }

    fn plant(&mut self, parent: Key, trees: &[Tree]) {
        for tree in trees {
            match tree {
                Tree::Worker(manner) => drop(self.push(parent, *manner)),
                Tree::Group(strategy, critical, children) => {
                    let key = self.machine.push(parent, group_plan(*strategy, *critical));
                    self.strategies.insert(key, *strategy);
                    self.plant(key, children);
                }
            }
        }
    }

    fn push(&mut self, parent: Key, manner: Manner) -> Key {
        let key = self.machine.push(
            parent,
            Plan {
                kind: Kind::Worker { drain: false, retry_start: manner.retry_start },
                stop_within: SECOND,
                critical: manner.critical,
                ..group_plan(Strategy::OneForOne, false)
            },
        );
        self.order.push(key);
        self.workers.insert(
            key,
            Worker {
                state: State::Stopped,
                manner,
                run: 0,
                is_abandoned: false,
                parent,
                starts: 0,
                restarts: 0,
                is_first: true,
                word: Word::Go,
                held: false,
                will_end: false,
                answers: None,
                attempt: 0,
                found: None,
            },
        );
        key
    }

    /// Adds a member at the end while the whole runs.
    pub(super) fn add(&mut self, manner: Manner) {
        if self.machine.is_ending() {
            return;
        }
        let key = self.push(ROOT, manner);
        let actions = self.machine.start_new(key, self.now, 0.5);
        self.act(actions);
    }

    /// Puts something into the mail that is no news of a member.
    pub(super) fn tell(&mut self, event: Event) {
        self.mail.push_back(Mail::Event(event));
    }

    // ----- the driver -----

    /// Lets the machine read one message. Returns whether there was one.
    pub(super) fn read(&mut self) -> bool {
        match self.mail.pop_front() {
            None => return false,
            Some(Mail::Answer { key, attempt, is_up }) => {
                if self.workers.get(&key).is_some_and(|worker| worker.attempt == attempt) {
                    self.step(Event::Started(key, is_up));
                }
            }
            Some(Mail::Event(event)) => {
                if let Event::Active(key, _) | Event::Ended(key, _) | Event::Gone(key) | Event::Remove(key) =
                    event
                    && self.is_for_the_driver(key, event)
                {
                    return true;
                }
                self.step(event);
            }
        }
        true
    }

    /// Whether news are nothing that the machine has to know of.
    fn is_for_the_driver(&mut self, key: Key, event: Event) -> bool {
        let is_starting = self.machine.is_starting(key);
        let Some(worker) = self.workers.get_mut(&key) else { return true };
        match event {
            Event::Active(..) => worker.found = None,
            Event::Gone(_) => match worker.found.take() {
                // It has ended, or the start of somebody else has failed.
                Some(_) if is_starting => {
                    self.start(key);
                    while let Some(event) = self.at_once.pop_front() {
                        self.step(event);
                    }
                    return true;
                }
                _ => {}
            },
            Event::Ended(_, end) => {
                return worker.found == Some(State::Stopping) && end.then == Then::Rest && is_starting;
            }
            _ => {}
        }
        false
    }

    pub(super) fn step(&mut self, event: Event) {
        self.at_once.push_back(event);
        while let Some(event) = self.at_once.pop_front() {
            let actions = self.machine.step(event, self.now, 0.5);
            self.act(actions);
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            assert!(self.finished.is_none(), "{action:?} after the end");
            if let Action::Start(key)
            | Action::Hold(key)
            | Action::Drain(key)
            | Action::Stop(key)
            | Action::Terminate(key)
            | Action::Abandon(key) = action
                && !self.workers.contains_key(&key)
            {
                continue;
            }
            (self.check)(self, action);
            self.done.push(action);
            match action {
                Action::Start(key) => self.start(key),
                Action::Hold(key) => {
                    let told = self.hold(key);
                    self.at_once.push_back(told);
                }
                Action::Drain(key) | Action::Stop(key) => self.signal(key, Word::Stop),
                Action::Terminate(key) => self.signal(key, Word::Terminate),
                Action::Abandon(key) => self.worker(key).is_abandoned = true,
                Action::Ready => self.is_ready = true,
                Action::Finished(cause) => self.finished = Some(cause),
                Action::Removed(key) | Action::Added(key, false) => {
                    self.machine.forget(key);
                    self.workers.remove(&key);
                    self.order.retain(|other| *other != key);
                }
                Action::Tell(_) | Action::Added(_, true) | Action::Renew(_) => {}
            }
        }
        while let Some(event) = self.at_once.pop_front() {
            self.step(event);
        }
    }

    // ----- what the core does -----

    fn worker(&mut self, key: Key) -> &mut Worker {
        self.workers.get_mut(&key).unwrap()
    }

    /// The group starts it.
    fn start(&mut self, key: Key) {
        let worker = self.worker(key);
        worker.attempt += 1;
        worker.found = None;
        worker.is_abandoned = false;
        let attempt = worker.attempt;
        match worker.state {
            State::Up => self.at_once.push_back(Event::Started(key, true)),
            State::Starting | State::Stopping => worker.found = Some(worker.state),
            State::Stopped | State::Ended | State::Waiting { .. } => {
                self.claim(key);
                self.worker(key).answers = Some(attempt);
                let run = self.worker(key).run;
                self.at_once.push_back(Event::Begun(key, run));
            }
        }
    }

    fn claim(&mut self, key: Key) {
        if self.worker(key).state == State::Ended {
            // A start waits until the old thread is gone.
            self.leave(key);
        }
        let worker = self.worker(key);
        if worker.state == State::Stopped {
            worker.is_first = true;
            worker.will_end = false;
        } else {
            worker.is_first = false;
        }
        worker.run += 1;
        (worker.held, worker.word, worker.answers) = (false, Word::Go, None);
        worker.state = State::Starting;
    }

    fn hold(&mut self, key: Key) -> Event {
        let worker = self.worker(key);
        let told = Event::Told { key, run: worker.run, waits: matches!(worker.state, State::Waiting { .. }) };
        if !matches!(worker.state, State::Stopped | State::Ended) {
            worker.held = true;
            worker.word = worker.word.max(Word::Stop);
            if worker.state == State::Up {
                worker.state = State::Stopping;
            }
        }
        told
    }

    /// Anybody tells it to end.
    pub(super) fn signal(&mut self, key: Key, word: Word) {
        let worker = self.worker(key);
        match worker.state {
            State::Stopped | State::Ended => return,
            State::Waiting { .. } => {
                worker.state = State::Ended;
                let run = worker.run;
                self.tell(Event::Ended(key, end(run, Then::Rest, false)));
                return;
            }
            State::Up => worker.state = State::Stopping,
            State::Starting | State::Stopping => {}
        }
        let worker = self.worker(key);
        worker.word = worker.word.max(word);
        worker.will_end = true;
    }

    /// Somebody who is not its group starts it.
    pub(super) fn own_start(&mut self, key: Key) {
        if matches!(self.worker(key).state, State::Stopped | State::Ended | State::Waiting { .. }) {
            self.claim(key);
        }
    }

    /// A run at work ends by itself.
    pub(super) fn fail(&mut self, key: Key, spends: bool) {
        if self.worker(key).state == State::Up {
            if spends {
                let gave_up = End {
                    spent: true,
                    ..end(self.worker(key).run, Then::GaveUp { restarts: 1, within: SECOND }, true)
                };
                self.worker(key).state = State::Ended;
                self.tell(Event::Ended(key, gave_up));
            } else {
                self.run_ends(key, true);
            }
        }
    }

    pub(super) fn finish(&mut self, key: Key) {
        if self.worker(key).state == State::Up {
            self.run_ends(key, false);
        }
    }

    /// The end of a run: the verdict, and what is published.
    fn run_ends(&mut self, key: Key, failed: bool) {
        let parent = self.worker(key).parent;
        let holds = self.strategies[&parent] != Strategy::OneForOne;
        let worker = self.worker(key);
        let was_told = worker.state == State::Stopping;
        let again = failed && worker.manner.again && worker.restarts < 4;
        worker.restarts += u64::from(again);
        let planned = match () {
            () if worker.will_end => Then::Rest,
            () if again && (worker.held || holds) => Then::Held,
            () if again => Then::Again { after: SECOND },
            () if !failed && was_told && worker.held => Then::Held,
            () => Then::Rest,
        };
        worker.state = match planned {
            Then::Again { .. } => State::Waiting { backoff: true },
            Then::Held => State::Waiting { backoff: false },
            _ => State::Ended,
        };
        let run = worker.run;
        self.tell(Event::Ended(key, end(run, planned, failed)));
    }

    fn leave(&mut self, key: Key) {
        self.worker(key).state = State::Stopped;
        self.tell(Event::Gone(key));
    }

    /// Takes its next step, if it has one. Returns whether it had.
    pub(super) fn goes_on(&mut self, key: Key) -> bool {
        let worker = self.worker(key);
        match worker.state {
            State::Ended => self.leave(key),
            State::Waiting { backoff: true } if !worker.held => self.claim(key),
            State::Starting if worker.manner.starts != Starts::Hangs => self.start_ends(key),
            State::Stopping if worker.word >= worker.manner.ends_at => {
                let fails = worker.manner.fails_at_its_end;
                self.run_ends(key, fails);
            }
            _ => return false,
        }
        true
    }

    fn start_ends(&mut self, key: Key) {
        let worker = self.worker(key);
        worker.starts += 1;
        let succeeds = match worker.manner.starts {
            Starts::Always => true,
            Starts::Once => worker.starts == 1,
            Starts::Sometimes => worker.starts % 2 == 1,
            Starts::Never | Starts::Hangs => false,
        };
        let (run, answers) = (worker.run, worker.answers.take());
        let answer = answers.map(|attempt| Mail::Answer { key, attempt, is_up: succeeds });
        if succeeds {
            worker.state = if worker.word == Word::Go { State::Up } else { State::Stopping };
            self.tell(Event::Active(key, run));
        } else if worker.is_first {
            worker.state = State::Ended;
        } else {
            self.run_ends(key, true);
        }
        self.mail.extend(answer);
    }

    // ----- time -----

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        if self.machine.next_deadline().is_some_and(|deadline| deadline <= self.now) {
            self.step(Event::Time);
        }
    }

    /// Lets everything happen that is to happen, for this long.
    pub(super) fn settle(&mut self, limit: Duration) {
        let until = self.now + limit;
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < 20_000, "it does not come to rest");
            // A backoff is long: whatever else may happen comes before its end.
            let goes_on = |worker: &Worker| !matches!(worker.state, State::Waiting { .. });
            let keys: Vec<_> =
                self.workers.iter().filter(|(_, worker)| goes_on(worker)).map(|(key, _)| *key).collect();
            if self.read() || keys.into_iter().any(|key| self.goes_on(key)) {
                continue;
            }
            match self.machine.next_deadline() {
                Some(deadline) if deadline <= until => {
                    self.now = self.now.max(deadline);
                    self.step(Event::Time);
                }
                _ => {
                    let keys: Vec<_> = self.workers.keys().copied().collect();
                    if !keys.into_iter().any(|key| self.goes_on(key)) {
                        return;
                    }
                }
            }
        }
    }

    /// Lets everything happen that takes no time.
    pub(super) fn rest(&mut self) {
        self.settle(Duration::ZERO);
    }

    pub(super) fn phase(&self, key: Key) -> Phase {
        self.machine.phase(key)
    }

    pub(super) fn state(&self, key: Key) -> State {
        self.workers[&key].state
    }

    /// The workers that are above in the order, or below, without those that nobody waits for.
    pub(super) fn beside(&self, key: Key) -> (Vec<&Worker>, Vec<&Worker>) {
        let place = self.order.iter().position(|other| *other == key).unwrap_or_default();
        let workers = |keys: &[Key]| {
            keys.iter()
                .map(|key| &self.workers[key])
                .filter(|worker| !worker.is_abandoned)
                .collect::<Vec<_>>()
        };
        (workers(&self.order[..place]), workers(&self.order[place + 1..]))
    }

    /// The siblings of a worker that come after it in the order.
    pub(super) fn siblings_after(&self, key: Key) -> Vec<&Worker> {
        let parent = self.workers[&key].parent;
        self.beside(key).1.into_iter().filter(|worker| worker.parent == parent).collect()
    }

    pub(super) fn strategy_of(&self, key: Key) -> Strategy {
        self.strategies[&self.workers[&key].parent]
    }
}

fn end(run: u64, then: Then, failed: bool) -> End {
    End { run, failed, then, spent: false }
}

fn group_plan(strategy: Strategy, critical: bool) -> Plan {
    let policy = Restart::on_failure().backoff(Backoff::from(SECOND)).jitter(0.0).max(3, 3_600 * SECOND);
    let policy = Arc::new(policy);
    let together = Some(policy.clone());
    Plan {
        kind: Kind::Group(strategy),
        start_within: SECOND,
        stop_within: 20 * SECOND,
        critical,
        policy,
        together,
    }
}
