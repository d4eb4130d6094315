//! The worker under test.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::{BoxError, Context, Exit, Flow, Tick, Trigger, Turn, Worker, WorkerError};

use crate::operation::{Answer, End};
use crate::record::{Call, Entry, ExitRecord, Fate, Fault, Seen, text_of_fault};
use crate::stage::Stage;
use crate::task::Task;

/// Does what the stage tells it, and tells the stage what it sees.
pub(crate) struct Probe<T> {
    stage: Arc<Stage>,
    takes: std::marker::PhantomData<fn(T)>,
}

impl<T> Probe<T> {
    pub(crate) fn new(stage: &Arc<Stage>) -> Self {
        Self { stage: Arc::clone(stage), takes: std::marker::PhantomData }
    }
}

/// What a turn can be given.
pub(crate) trait Item: Send + 'static {
    fn seen(&self) -> Seen;
    fn end(self, failed: bool);
}

impl Item for Task {
    fn seen(&self) -> Seen {
        Seen::Task(self.id)
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

impl<T: Item> Worker for Probe<T> {
    type Task = T;

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let run = cx.run_number();
        let arg = cx.arg::<u64>().copied();
        let entry = Entry::BeforeStart { run, name: cx.name().to_owned(), arg };
        perform(self.stage.enter(Call::BeforeStart, entry, Some(cx)), Call::BeforeStart, run).map(drop)
    }

    fn after_start(&mut self, cx: &mut Context) {
        let entry = Entry::AfterStart { active: cx.is_active() };
        let end = self.stage.enter(Call::AfterStart, entry, Some(cx));
        perform(end, Call::AfterStart, cx.run_number()).ok();
    }

    fn run(&mut self, item: T, cx: &mut Context) -> Turn {
        let number = cx.turn_number();
        let entry = Entry::Turn { number, seen: item.seen(), active: cx.is_active() };
        let end = self.stage.enter(Call::Turn, entry, Some(cx));
        item.end(matches!(end, End::Fail(_) | End::Panic(_)));
        perform(end, Call::Turn, number)
    }

    fn before_stop(&mut self, cx: &mut Context) {
        let entry = Entry::BeforeStop { turns: cx.turn_number() };
        perform(self.stage.enter(Call::BeforeStop, entry, Some(cx)), Call::BeforeStop, cx.run_number()).ok();
    }

    fn after_stop(&mut self, exit: &Exit) {
        let entry = Entry::AfterStop(ExitRecord::of(exit));
        perform(self.stage.enter(Call::AfterStop, entry, None), Call::AfterStop, exit.run).ok();
    }

    fn on_error(&mut self, error: &WorkerError, _cx: &mut Context) -> Flow {
        // One that is a method cannot fail, so it says what a failure would come to.
        handle(&self.stage, error).unwrap_or(Flow::Stop)
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

/// The error handler.
pub(crate) fn handle(stage: &Stage, error: &WorkerError) -> Turn {
    match stage.error(Entry::OnError(Fault::of(error))) {
        Answer::Continue => Ok(Flow::Continue),
        Answer::Stop => Ok(Flow::Stop),
        Answer::Fail => Err("meant to fail: on_error".into()),
        Answer::Panic => panic!("meant to fail: on_error"),
    }
}
