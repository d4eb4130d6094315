//! The keeper: the worker that runs the state machine of a group.
//!
//! - [`plan`]: from a supervisor to a tree. [`actions`]: what the machine wants done. [`watch`]: whether turns get on.
//! - [`ending`]: the report.
//!
//! It never waits for a member. Members put what has happened into its mailbox, and it tells them what to do by words
//! that do not wait either.

mod actions;
mod ending;
mod plan;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use parking_lot::Mutex;
use pyaltt_core::layer::{Member, News};
use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Inbox, NoTask, Restart, StartError, State, Then,
    Turn, Worker, done,
};

use crate::child::Drain;
use crate::error::GroupError;
use crate::machine::node::Key;
use crate::machine::{Action, End, Event, Machine, ROOT};
use crate::member::Rules;
use crate::message::Message;
use crate::reply::{Reply, question};
use crate::report::{EndedBy, Report};
use crate::roster::Roster;
use crate::supervision::Supervision;
use crate::supervisor::{EventHandler, Shutdown, Supervisor};
use watch::Watch;

/// A worker of the group.
struct Entry {
    path: String,
    member: Member,
    drain: Option<Drain>,
    start_within: Duration,
    /// Counts its starts, so that a late answer is known.
    attempt: u64,
    /// Why its latest start has failed.
    error: Option<StartError>,
    /// What its latest start has found.
    found: Found,
    /// The turn in which it was told to end, and when.
    told: Option<(Option<u64>, Instant)>,
    /// How it was when nobody waited for it any more.
    abandoned: Option<Abandoned>,
    watch: Option<Watch>,
}

/// What a start may find besides a worker that is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// Somebody else starts it. It will say so, or be gone.
    Starting,
    /// It was on its way to its end, and is started after it.
    Ending,
}

/// A group of the tree.
struct Group {
    path: String,
    rules: Arc<Rules>,
}

struct Abandoned {
    state: State,
    turn: Option<u64>,
    for_at_least: Duration,
}

pub(crate) struct Keeper {
    name: Arc<str>,
    machine: Machine,
    entries: BTreeMap<Key, Entry>,
    groups: BTreeMap<Key, Group>,
    mailbox: Receiver<Message>,
    sender: Sender<Message>,
    roster: Arc<Roster>,
    outcome: Arc<Mutex<Option<Report>>>,
    on_event: Option<EventHandler>,
    shutdown: Vec<Shutdown>,
    stop_within: Duration,
    /// Answered when all have started, or one has not.
    started: Option<Reply<Result<(), GroupError>>>,
    adding: BTreeMap<Key, Reply<Result<(), GroupError>>>,
    removing: BTreeMap<Key, Vec<Reply<Option<Exit>>>>,
    /// Who asked for the end, and when.
    asked: Option<(EndedBy, Instant)>,
    next_look: Option<Instant>,
    events: VecDeque<Event>,
    is_over: bool,
}

/// Starts a group.
pub(crate) fn start(supervisor: Supervisor) -> Result<Supervision, GroupError> {
    let (asker, reply) = question();
    let (sender, mailbox) = crossbeam_channel::unbounded();
    let (stop_within, name): (_, Arc<str>) = (supervisor.stop_within, supervisor.name.as_str().into());
    let keeper = plan::keeper(supervisor, (sender.clone(), mailbox.clone()), reply)?;
    let (roster, outcome) = (Arc::clone(&keeper.roster), Arc::clone(&keeper.outcome));
    let worker = BackgroundQueueWorker::builder(keeper)
        .name(&*name)
        .daemon(false)
        .restart(Restart::never())
        .queue((sender.clone(), mailbox))
        .start()
        .map_err(|error| GroupError::NoThread { group: name.to_string(), error })?;
    let supervision = Supervision::new(worker.into(), sender, roster, outcome, stop_within);
    match asker.wait() {
        Some(Ok(())) => Ok(supervision),
        Some(Err(error)) => {
            // Those that were started have ended, or their limit has.
            supervision.wait_for_keeper();
            Err(error)
        }
        None => Err(GroupError::Ending { group: name.to_string() }),
    }
}

impl Worker for Keeper {
    type Task = Message;

    fn run(&mut self, message: Message, _: &mut Context) -> Turn {
        self.take(message);
        done()
    }

    fn r#loop(&mut self, inbox: &mut Inbox<Message>) -> Result<(), BoxError> {
        self.adopt(ROOT);
        self.step(Event::Start);
        let mut hears_stop = true;
        while !self.is_over {
            let message = if hears_stop { self.next(inbox) } else { self.next_after_stop() };
            match message {
                Ok(message) => self.take(message),
                Err(NoTask::NotYet) => self.time(),
                Err(_) => {
                    // Its own stop is that of the group: of `pyaltt::exit`, for one. It still has to hear its members.
                    hears_stop = false;
                    self.stop(EndedBy::Asked, None);
                }
            }
        }
        Ok(())
    }
}

impl Keeper {
    fn next(&mut self, inbox: &mut Inbox<Message>) -> Result<Message, NoTask> {
        match self.deadline() {
            Some(deadline) => inbox.next_deadline(deadline),
            None => inbox.next().ok_or(NoTask::Ended),
        }
    }

    fn next_after_stop(&mut self) -> Result<Message, NoTask> {
        let message = match self.deadline() {
            Some(deadline) => self.mailbox.recv_deadline(deadline),
            None => self.mailbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        message.map_err(|_| NoTask::NotYet)
    }

    fn deadline(&mut self) -> Option<Instant> {
        match (self.machine.next_deadline(), self.next_look) {
            (Some(timer), Some(look)) => Some(timer.min(look)),
            (timer, look) => timer.or(look),
        }
    }

    /// Takes workers that run already as they are, from this one on.
    fn adopt(&mut self, from: Key) {
        let running = self.entries.range(from..).filter(|(_, entry)| entry.member.handle().is_active());
        // Whatever its run is, it is not too old.
        self.events.extend(running.map(|(key, _)| Event::Active(*key, u64::MAX)));
        self.work_off();
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::News { key, news, spent } => self.take_news(key, news, spent),
            Message::Answer { key, attempt, result } => {
                let Some(entry) = self.entries.get_mut(&key) else { return };
                if entry.attempt == attempt {
                    let is_up = result.is_ok();
                    entry.error = result.err();
                    self.step(Event::Started(key, is_up));
                }
            }
            Message::Stop { by, total } => self.stop(by, total),
            Message::Hurry { by, left } => {
                self.asked.get_or_insert((by, Instant::now()));
                self.step(Event::Hurry { left });
            }
            Message::Add { child, reply } => self.add(*child, reply),
            Message::Remove { worker, reply } => self.remove(worker, reply),
        }
    }

    fn take_news(&mut self, key: Key, news: News, spent: bool) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        match news {
            News::Active { run } => {
                entry.found = Found::Nothing;
                self.step(Event::Active(key, run));
            }
            News::Gone => {
                let found = std::mem::replace(&mut entry.found, Found::Nothing);
                if found == Found::Ending && self.machine.is_starting(key) {
                    self.start_member(key);
                    return self.work_off();
                }
                if found != Found::Nothing && entry.member.handle().state() == State::Stopped {
                    // It has not come to work, and nobody else answers.
                    self.events.push_back(Event::Started(key, false));
                }
                self.step(Event::Gone(key));
            }
            // The end that its start waits for.
            News::Ended(exit)
                if entry.found == Found::Ending && exit.then == Then::Rest && self.machine.is_starting(key) => {}
            News::Ended(exit) => {
                let failed = exit.reason == ExitReason::Failed;
                self.step(Event::Ended(key, End { run: exit.run, failed, then: exit.then, spent }));
            }
        }
    }

    fn stop(&mut self, by: EndedBy, total: Option<Duration>) {
        self.asked.get_or_insert((by, Instant::now()));
        self.step(Event::Stop { total: total.unwrap_or(self.stop_within) });
    }

    fn time(&mut self) {
        self.look();
        self.step(Event::Time);
    }

    fn step(&mut self, event: Event) {
        self.events.push_back(event);
        self.work_off();
    }

    /// Feeds the machine, and does what it wants. What that brings about at once is fed to it as well.
    fn work_off(&mut self) {
        while let Some(event) = self.events.pop_front() {
            let actions = self.machine.step(event, Instant::now(), random());
            self.act(actions);
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            self.perform(action);
        }
    }

    fn remove(&mut self, worker: u64, reply: Reply<Option<Exit>>) {
        let key = self.entries.iter().find(|(_, entry)| entry.member.handle().id() == worker).map(|(key, _)| *key);
        let Some(key) = key else { return reply.answer(None) };
        self.removing.entry(key).or_default().push(reply);
        self.step(Event::Remove(key));
    }

    fn add(&mut self, child: crate::child::Child, reply: Reply<Result<(), GroupError>>) {
        if self.machine.is_ending() {
            return reply.answer(Err(GroupError::Ending { group: self.name.to_string() }));
        }
        match self.plan_child(child) {
            Ok(key) => {
                self.adding.insert(key, reply);
                self.set_next_look();
                self.adopt(key);
                let actions = self.machine.start_new(key, Instant::now(), random());
                self.act(actions);
                self.work_off();
            }
            Err(error) => reply.answer(Err(error)),
        }
    }

    fn path(&self, key: Key) -> String {
        let group = || self.groups.get(&key).map(|group| group.path.clone());
        self.entries.get(&key).map(|entry| entry.path.clone()).or_else(group).unwrap_or_default()
    }
}

fn random() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}
