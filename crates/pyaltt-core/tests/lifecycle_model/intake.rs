//! The reference for what goes into a worker and is taken out of it: tasks and triggers.

use pyaltt_core::{PutErrorKind, State};
use testkit::Fate;

use crate::config::{Kind, OnDropped, QueueKind};
use crate::operation::How;
use crate::queue::{Admission, QueueModel};
use crate::record::Outcome;
use crate::reference::{AfterPut, Awaits, Model};

impl Model {
    pub(crate) fn put(&mut self, how: How, rank: u8, is_worker: bool) -> Outcome {
        self.put_then(how, rank, is_worker, AfterPut::Return)
    }

    pub(crate) fn ask(&mut self, how: How, rank: u8) -> Outcome {
        if self.state == State::Stopped {
            let id = self.next_task();
            return self.refuse(id, PutErrorKind::NotRunning);
        }
        self.put_then(how, rank, false, AfterPut::AwaitAnswer)
    }

    fn put_then(&mut self, how: How, rank: u8, is_worker: bool, then: AfterPut) -> Outcome {
        let id = self.next_task();
        let Some(queue) = &mut self.queue else { return Outcome::Done };
        if queue.kind == QueueKind::Receiver {
            return self.refuse(id, PutErrorKind::ReceiverOnly);
        }
        match queue.put(id, rank) {
            Admission::Taken => {}
            Admission::Evicted(oldest) => self.overflow(oldest),
            Admission::Dropped => self.overflow(id),
            Admission::Refused(kind) => return self.refuse(id, kind),
            Admission::Waits => match how {
                How::TryPut => return self.refuse(id, PutErrorKind::Full),
                _ if is_worker => return self.refuse(id, PutErrorKind::FromWorker),
                How::PutTimeout => return self.refuse(id, PutErrorKind::Timeout),
                How::Put => return Outcome::Pending(self.call(Awaits::Room { id, rank, then })),
            },
        }
        let asked = (then == AfterPut::AwaitAnswer).then(|| self.call(Awaits::Answer { id }));
        self.wake();
        self.tell_askers();
        asked.map_or(Outcome::Done, |call| self.resolve(call))
    }

    /// Tells the askers of the tasks that have ended.
    pub(crate) fn tell_askers(&mut self) {
        for (call, awaits) in self.calls.clone() {
            if let Awaits::Answer { id } = awaits
                && let Some(fate) = self.fates.get(&id)
            {
                let outcome = if *fate == Fate::Ran { Outcome::Answered(id) } else { Outcome::NoReply };
                self.complete(call, outcome);
            }
        }
    }

    /// The life is over, and with it what was asked in it.
    pub(crate) fn end_asks(&mut self) {
        self.tell_askers();
        for (call, awaits) in self.calls.clone() {
            if let Awaits::Answer { .. } = awaits {
                self.complete(call, Outcome::Ended);
            }
        }
        for (_, awaits) in &mut self.calls {
            if let Awaits::Room { then: then @ AfterPut::AwaitAnswer, .. } = awaits {
                *then = AfterPut::ReturnEnded;
            }
        }
    }

    pub(crate) fn send(&mut self, rank: u8) -> Outcome {
        let id = self.next_task();
        match &mut self.queue {
            Some(queue) if !self.gone => {
                queue.put(id, rank);
                self.wake();
                Outcome::Done
            }
            _ => self.refuse(id, PutErrorKind::Closed),
        }
    }

    fn refuse(&mut self, id: u64, kind: PutErrorKind) -> Outcome {
        self.fates.insert(id, Fate::HandedBack);
        Outcome::Refused(kind, id)
    }

    fn overflow(&mut self, id: u64) {
        self.stats.dropped += 1;
        let is_given = matches!(
            self.config.kind,
            Kind::Queue(QueueKind::Memory { bound: Some(bound), .. }) if bound.on_dropped != OnDropped::Nowhere
        );
        self.fates.insert(id, if is_given { Fate::Evicted } else { Fate::Dropped });
    }

    fn next_task(&mut self) -> u64 {
        self.next_task += 1;
        self.next_task
    }

    pub(crate) fn take_pending(&mut self) -> Outcome {
        let ids = self.queue.as_mut().map(QueueModel::take_all).unwrap_or_default();
        self.fates.extend(ids.iter().map(|id| (*id, Fate::TakenOut)));
        self.fill_room();
        Outcome::Tasks(ids)
    }

    /// Puts the task of a waiting put when there is room.
    pub(crate) fn fill_room(&mut self) {
        let waiting = self.calls.iter().find_map(|(call, awaits)| match awaits {
            Awaits::Room { id, rank, then } => Some((*call, *id, *rank, *then)),
            _ => None,
        });
        let (Some((call, id, rank, then)), Some(queue)) = (waiting, &mut self.queue) else { return };
        match queue.put(id, rank) {
            Admission::Waits => {}
            Admission::Refused(kind) => {
                let outcome = self.refuse(id, kind);
                self.complete(call, outcome);
            }
            _ => {
                self.made_room = true;
                match then {
                    AfterPut::Return => self.complete(call, Outcome::Done),
                    AfterPut::ReturnEnded => self.complete(call, Outcome::Ended),
                    AfterPut::AwaitAnswer => {
                        let waiting = self.calls.iter_mut().find(|(waiting, _)| *waiting == call);
                        waiting.expect("it waits for room").1 = Awaits::Answer { id };
                    }
                }
                self.wake();
            }
        }
    }

    pub(crate) fn close(&mut self) -> Outcome {
        // The worker cannot close a channel whose sender it does not have.
        if self.config.kind != Kind::Queue(QueueKind::Receiver) {
            self.close_queue();
        }
        Outcome::Done
    }

    pub(crate) fn close_queue(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.closed = true;
        }
        self.fill_room();
        self.wake();
    }

    /// The last run that took from the queue has failed: it takes no tasks, and hands back one that waits for room.
    pub(crate) fn fail_queue(&mut self) {
        // What goes through a channel whose sender the worker does not have is not its to refuse.
        if let Some(queue) = &mut self.queue
            && queue.kind != QueueKind::Receiver
        {
            queue.failed = true;
            self.is_race |= self.made_room;
        }
        self.fill_room();
    }

    /// A run is ready.
    pub(crate) fn reopen_queue(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.failed = false;
        }
    }

    pub(crate) fn trigger(&mut self) -> Outcome {
        self.triggers += 1;
        self.wake();
        Outcome::Done
    }
}
