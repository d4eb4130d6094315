//! The thread of a group: from its start to its report.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use pyaltt_core::layer::News;
use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Inbox, NoTask, Reply, ReplyTo, Restart, Then,
    Turn, Worker, done, reply,
};

use super::state::{Driver, Found};
use super::tree;
use crate::error::GroupError;
use crate::machine::node::Key;
use crate::machine::{Action, End, Event, ROOT};
use crate::message::{Message, answer};
use crate::plan::{GroupPlan, MemberPlan};
use crate::report::EndedBy;
use crate::supervision::Supervision;

/// The answer to the start of a group.
pub(crate) type Started = Reply<Result<(), GroupError>>;

/// Begins to start a group.
pub(crate) fn begin(
    group: GroupPlan,
    (sender, mailbox): (Sender<Message>, Receiver<Message>),
) -> Result<(Supervision, Started), GroupError> {
    let (to, reply) = reply();
    let (stop_within, name): (_, Arc<str>) = (group.stop_within, group.name.as_str().into());
    let driver = tree::driver(group, (sender.clone(), mailbox.clone()), to)?;
    let (members, outcome) = (Arc::clone(&driver.members), Arc::clone(&driver.outcome));
    let worker = BackgroundQueueWorker::builder(driver)
        .name(&*name)
        .daemon(false)
        .restart(Restart::never())
        .queue((sender.clone(), mailbox))
        .start()
        .map_err(|error| GroupError::NoThread { group: name.to_string(), error: error.into() })?;
    Ok((Supervision::new(worker.into(), sender, members, outcome, stop_within), reply))
}

/// Waits until a group has started.
pub(crate) fn wait_for_start(supervision: &Supervision, started: Started) -> Result<(), GroupError> {
    match started.wait() {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            // Those that were started have ended, or their limit has.
            supervision.wait_for_driver();
            Err(error)
        }
        Err(_) => Err(GroupError::Ending { group: supervision.name().to_owned() }),
    }
}

/// How long the end of a group may take at the end of its process, which waits for 2 s in all.
const AT_EXIT: Duration = Duration::from_millis(1_500);

impl Worker for Driver {
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
            self.say_what_it_does();
            let message = if hears_stop { self.next(inbox) } else { self.next_after_stop() };
            match message {
                Ok(message) => self.take(message),
                Err(NoTask::NotYet) => self.time(),
                Err(_) => {
                    // That of `pyaltt::exit`, which has no time for more. It still has to hear its members.
                    hears_stop = false;
                    self.stop(EndedBy::Asked, Some(self.stop_within.min(AT_EXIT)));
                }
            }
            self.feed();
        }
        Ok(())
    }
}

impl Driver {
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
        [self.machine.next_deadline(), self.next_look, self.service.next_feed()].into_iter().flatten().min()
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
                    entry.error = result.err().map(Box::new);
                    self.step(Event::Started(key, is_up));
                }
            }
            Message::Stop { by, total } => self.stop(by, total),
            Message::Hurry { by, left } => {
                self.ask(by, left);
                self.step(Event::Hurry { left });
            }
            Message::Signal(number) => self.on_signal(number),
            Message::Add { child, to } => self.add(*child, to),
            Message::Remove { worker, to } => self.remove(worker, to),
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
                if found != Found::Nothing && self.machine.is_starting(key) {
                    // It has ended, or the start of somebody else has failed. Nobody else answers.
                    self.start_member(key);
                    return self.work_off();
                }
                self.step(Event::Gone(key));
            }
            // The end that its start waits for.
            News::Ended(exit)
                if entry.found == Found::Ending
                    && exit.then == Then::Rest
                    && self.machine.is_starting(key) => {}
            News::Ended(exit) => {
                let failed = exit.reason == ExitReason::Failed;
                self.step(Event::Ended(key, End { run: exit.run, failed, then: exit.then, spent }));
            }
        }
    }

    fn stop(&mut self, by: EndedBy, total: Option<Duration>) {
        let total = total.unwrap_or(self.stop_within);
        self.ask(by, total);
        self.step(Event::Stop { total });
    }

    /// The end was asked for, within this time.
    pub(super) fn ask(&mut self, by: EndedBy, within: Duration) {
        let now = Instant::now();
        self.asked.get_or_insert((by, now));
        if let Some(end) = now.checked_add(within) {
            self.end_by = Some(self.end_by.map_or(end, |before| before.min(end)));
        }
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
        if self.machine.is_ending() {
            // Before the first is told.
            self.service.stopping();
        }
        for action in actions {
            self.perform(action);
        }
    }

    fn remove(&mut self, worker: u64, to: ReplyTo<Option<Exit>>) {
        let key =
            self.entries.iter().find(|(_, entry)| entry.member.handle().id() == worker).map(|(key, _)| *key);
        let Some(key) = key else { return answer(to, None) };
        self.removing.entry(key).or_default().push(to);
        self.step(Event::Remove(key));
    }

    fn add(&mut self, child: MemberPlan, to: ReplyTo<Result<(), GroupError>>) {
        if self.machine.is_ending() {
            return answer(to, Err(GroupError::Ending { group: self.name.to_string() }));
        }
        match self.plan_child(child) {
            Ok(key) => {
                self.adding.insert(key, to);
                self.set_next_look();
                self.adopt(key);
                let actions = self.machine.start_new(key, Instant::now(), random());
                self.act(actions);
                self.work_off();
            }
            Err(error) => answer(to, Err(error)),
        }
    }
}

fn random() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}
