//! The worker under test.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::{BoxError, Context, Exit, Flow, Tick, Trigger, Turn, Worker, WorkerError};
use testkit::{EXPECTED, Fate};

use crate::operation::{Answer, End};
use crate::record::{Call, Entry, ExitRecord, Fault, Seen, text_of_fault};
use crate::script::Script;
use crate::task::Task;

/// Does what the script tells it, and reports what it sees.
pub(crate) struct ScriptedWorker<T> {
    script: Arc<Script>,
    takes: std::marker::PhantomData<fn(T)>,
}

impl<T> ScriptedWorker<T> {
    pub(crate) fn new(script: &Arc<Script>) -> Self {
        Self { script: Arc::clone(script), takes: std::marker::PhantomData }
    }
}

/// The task of a turn, of any kind.
pub(crate) trait Item: Send + 'static {
    fn seen(&self) -> Seen;
    fn end(self, failed: bool);
}

impl Item for Task {
    fn seen(&self) -> Seen {
        Seen::Task(self.number())
    }

    fn end(self, failed: bool) {
        Task::end(self, if failed { Fate::Failed } else { Fate::Ran });
    }
}

impl Item for Trigger {
    fn seen(&self) -> Seen {
        Seen::Trigger(self.count)
    }

    fn end(self, _failed: bool) {}
}

impl Item for Tick {
    fn seen(&self) -> Seen {
        Seen::Tick { index: self.index, missed: self.missed, late: millis(self.late) }
    }

    fn end(self, _failed: bool) {}
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}

impl<T: Item> Worker for ScriptedWorker<T> {
    type Task = T;

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let run = cx.run_number();
        let arg = cx.arg::<u64>().copied();
        let entry = Entry::BeforeStart { run, name: cx.name().to_owned(), arg };
        perform(self.script.enter(Call::BeforeStart, entry, Some(cx)), Call::BeforeStart, run).map(drop)
    }

    fn after_start(&mut self, cx: &mut Context) {
        let entry = Entry::AfterStart { active: cx.is_active() };
        let end = self.script.enter(Call::AfterStart, entry, Some(cx));
        perform(end, Call::AfterStart, cx.run_number()).ok();
    }

    fn run(&mut self, item: T, cx: &mut Context) -> Turn {
        let number = cx.turn_number();
        let entry = Entry::Turn { number, seen: item.seen(), active: cx.is_active() };
        let end = self.script.enter(Call::Turn, entry, Some(cx));
        item.end(matches!(end, End::Fail(_) | End::Panic(_)));
        perform(end, Call::Turn, number)
    }

    fn before_stop(&mut self, cx: &mut Context) {
        let entry = Entry::BeforeStop { turns: cx.turn_number() };
        perform(self.script.enter(Call::BeforeStop, entry, Some(cx)), Call::BeforeStop, cx.run_number()).ok();
    }

    fn after_stop(&mut self, exit: &Exit) {
        let entry = Entry::AfterStop(ExitRecord::of(exit));
        perform(self.script.enter(Call::AfterStop, entry, None), Call::AfterStop, exit.run).ok();
    }

    fn on_error(&mut self, error: &WorkerError, _cx: &mut Context) -> Flow {
        // The method cannot fail, so it answers what a failure would lead to.
        handle(&self.script, error).unwrap_or(Flow::Stop)
    }
}

fn perform(end: End, call: Call, number: u64) -> Turn {
    match end {
        End::Continue => Ok(Flow::Continue),
        End::Stop => Ok(Flow::Stop),
        End::Fail(_) => Err(text_of_fault(call, number).into()),
        End::Panic(_) => panic!("{}", text_of_fault(call, number)),
    }
}

/// What is called after each run.
pub(crate) fn on_exit(script: &Script, exit: &Exit) {
    let end = script.enter(Call::OnExit, Entry::OnExit(ExitRecord::of(exit)), None);
    perform(end, Call::OnExit, exit.run).ok();
}

/// The error handler.
pub(crate) fn handle(script: &Script, error: &WorkerError) -> Turn {
    match script.error(Entry::OnError(Fault::of(error))) {
        Answer::Continue => Ok(Flow::Continue),
        Answer::Stop => Ok(Flow::Stop),
        Answer::Fail => Err(format!("{EXPECTED}on_error").into()),
        Answer::Panic => panic!("{EXPECTED}on_error"),
    }
}
