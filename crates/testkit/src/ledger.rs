//! The account of all tasks of a test, by unique id: each has to end exactly once.
//!
//! An id is the number of the producer and a number that counts up in it, so what ended is one byte in a table: a
//! hundred million tasks cost seconds, and the memory is known before the test begins.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

use parking_lot::Mutex;

/// How many missteps are kept; later ones are only returned.
const KEPT: usize = 100;

/// The id of a task.
///
/// # Examples
///
/// ```
/// let ledger = testkit::Ledger::new(2, 10);
/// let task = ledger.issue(1, 0).unwrap();
/// assert_eq!(task.to_string(), "1:0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// Who made it.
    pub producer: u16,
    /// The how-manieth of its producer it is, from 0.
    pub number: u32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.producer, self.number)
    }
}

/// Where a task can end.
///
/// # Examples
///
/// ```
/// use testkit::Fate;
///
/// assert_eq!(Fate::ALL[Fate::TakenOut as usize], Fate::TakenOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A turn ran it.
    Ran,
    /// A turn ran it and failed.
    Failed,
    /// It came back in the error of a put.
    HandedBack,
    /// It was taken out by `take_pending`.
    TakenOut,
    /// A full queue's policy dropped it.
    Evicted,
    /// Its destructor ran, and nothing else.
    Dropped,
}

impl Fate {
    /// Every fate, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Ran, Self::Failed, Self::HandedBack, Self::TakenOut, Self::Evicted, Self::Dropped];
}

/// What must not happen to a task.
///
/// # Examples
///
/// ```
/// use testkit::{Fate, Ledger};
///
/// let ledger = Ledger::new(1, 10);
/// let task = ledger.issue(0, 0).unwrap();
/// ledger.end(task, Fate::Ran)?;
/// let twice = ledger.end(task, Fate::Dropped).unwrap_err();
/// assert_eq!(twice.to_string(), "task 0:0 ended twice: Ran, then Dropped");
/// # Ok::<(), testkit::Misstep>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misstep {
    /// It ended twice.
    Duplicated(TaskId, Fate, Fate),
    /// It ended, and was never issued.
    Unexpected(TaskId),
    /// It ran after a later one of the same producer, whose number this is.
    OutOfOrder(TaskId, u32),
}

impl fmt::Display for Misstep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicated(task, first, second) => {
                write!(f, "task {task} ended twice: {first:?}, then {second:?}")
            }
            Self::Unexpected(task) => write!(f, "task {task} was never issued"),
            Self::OutOfOrder(task, after) => write!(f, "task {task} ran after {after}"),
        }
    }
}

impl Error for Misstep {}

/// All tasks of a test.
///
/// # Examples
///
/// ```
/// use testkit::{Fate, Ledger};
///
/// let ledger = Ledger::new(1, 10);
/// let [first, second] = [(); 2].map(|()| ledger.issue(0, 7).unwrap());
/// ledger.end(second, Fate::Ran)?;
/// // Nothing is left that could end the other one.
/// assert_eq!(ledger.lost(), [(first, 7)]);
/// # Ok::<(), testkit::Misstep>(())
/// ```
#[derive(Debug)]
pub struct Ledger {
    producers: Box<[Producer]>,
    missteps: Mutex<Vec<Misstep>>,
}

/// The tasks of one producer.
#[derive(Debug)]
struct Producer {
    issued: AtomicU32,
    /// By number: 0, or one more than the number of its fate.
    fates: Box<[AtomicU8]>,
    /// By number: what each was made for, to say what was lost where.
    origins: Box<[AtomicU16]>,
}

impl Producer {
    /// How many were issued: one that finds no room counts for a moment, and must not.
    fn issued(&self) -> u32 {
        self.issued.load(Ordering::Relaxed).min(u32::try_from(self.fates.len()).unwrap_or(u32::MAX))
    }

    fn fate(&self, number: u32) -> Option<Fate> {
        fate(self.fates[number as usize].load(Ordering::Relaxed))
    }
}

/// The fate behind a byte of the table.
fn fate(byte: u8) -> Option<Fate> {
    Fate::ALL.get(usize::from(byte.checked_sub(1)?)).copied()
}

impl Ledger {
    /// An account of `producers` producers, with at most `capacity` tasks each.
    pub fn new(producers: usize, capacity: usize) -> Self {
        let producer = || Producer {
            issued: AtomicU32::new(0),
            fates: (0..capacity).map(|_| AtomicU8::new(0)).collect(),
            origins: (0..capacity).map(|_| AtomicU16::new(0)).collect(),
        };
        Self { producers: (0..producers).map(|_| producer()).collect(), missteps: Mutex::default() }
    }

    /// How many producers there are.
    pub fn producers(&self) -> usize {
        self.producers.len()
    }

    /// The id of a new task, which `origin` is kept with; `None` when the producer has no more.
    ///
    /// # Panics
    ///
    /// If there is no such producer.
    pub fn issue(&self, producer: u16, origin: u16) -> Option<TaskId> {
        let account = &self.producers[usize::from(producer)];
        let number = account.issued.fetch_add(1, Ordering::Relaxed);
        let Some(slot) = account.origins.get(number as usize) else {
            account.issued.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        slot.store(origin, Ordering::Relaxed);
        Some(TaskId { producer, number })
    }

    /// Notes that a task has ended.
    ///
    /// # Errors
    ///
    /// If it has ended before, or was never issued. The first hundred missteps are kept as well: see
    /// [`missteps`](Self::missteps).
    ///
    /// # Panics
    ///
    /// If there is no such producer.
    pub fn end(&self, task: TaskId, fate: Fate) -> Result<(), Misstep> {
        let account = &self.producers[usize::from(task.producer)];
        if task.number >= account.issued() {
            return Err(self.keep(Misstep::Unexpected(task)));
        }
        let before = account.fates[task.number as usize].swap(fate as u8 + 1, Ordering::Relaxed);
        match self::fate(before) {
            None => Ok(()),
            Some(first) => Err(self.keep(Misstep::Duplicated(task, first, fate))),
        }
    }

    /// The missteps so far.
    pub fn missteps(&self) -> Vec<Misstep> {
        self.missteps.lock().clone()
    }

    /// Every task that has ended, with its fate.
    pub fn fates(&self) -> BTreeMap<TaskId, Fate> {
        self.tasks().filter_map(|(task, account)| Some((task, account.fate(task.number)?))).collect()
    }

    /// How many tasks were issued.
    pub fn issued(&self) -> u64 {
        self.producers.iter().map(|account| u64::from(account.issued())).sum()
    }

    /// How many have ended.
    pub fn ended(&self) -> u64 {
        self.tasks().map(|(task, account)| u64::from(account.fate(task.number).is_some())).sum()
    }

    /// The tasks that have not ended, with the origins that they were issued with. Call it once nothing is left that
    /// could end them.
    pub fn lost(&self) -> Vec<(TaskId, u16)> {
        let lost = self.tasks().filter(|(task, account)| account.fate(task.number).is_none());
        lost.map(|(task, account)| (task, account.origins[task.number as usize].load(Ordering::Relaxed)))
            .collect()
    }

    /// All tasks that were issued.
    fn tasks(&self) -> impl Iterator<Item = (TaskId, &Producer)> {
        (0..).zip(&self.producers).flat_map(|(producer, account)| {
            (0..account.issued()).map(move |number| (TaskId { producer, number }, account))
        })
    }

    fn keep(&self, misstep: Misstep) -> Misstep {
        let mut kept = self.missteps.lock();
        if kept.len() < KEPT {
            kept.push(misstep);
        }
        misstep
    }
}

/// Whether the tasks of each producer run in the order in which they were issued.
///
/// It is for a queue that one worker at a time takes from.
///
/// # Examples
///
/// ```
/// use testkit::{Ledger, RunOrder};
///
/// let ledger = Ledger::new(1, 10);
/// let order = RunOrder::new(1);
/// let [first, second] = [(); 2].map(|()| ledger.issue(0, 0).unwrap());
/// assert!(order.ran(second).is_ok());
/// assert_eq!(order.ran(first).unwrap_err().to_string(), "task 0:0 ran after 1");
/// ```
#[derive(Debug)]
pub struct RunOrder {
    /// By producer: one more than the number of the task that ran last.
    next: Box<[AtomicU32]>,
}

impl RunOrder {
    /// The order of this many producers.
    pub fn new(producers: usize) -> Self {
        Self { next: (0..producers).map(|_| AtomicU32::new(0)).collect() }
    }

    /// Notes that a task ran.
    ///
    /// # Errors
    ///
    /// If a later one of its producer ran just before.
    ///
    /// # Panics
    ///
    /// If there is no such producer.
    pub fn ran(&self, task: TaskId) -> Result<(), Misstep> {
        let next = &self.next[usize::from(task.producer)];
        let before = next.load(Ordering::Relaxed);
        next.store(task.number + 1, Ordering::Relaxed);
        if before > task.number { Err(Misstep::OutOfOrder(task, before - 1)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn task(number: u32) -> TaskId {
        TaskId { producer: 0, number }
    }

    fn account(ends: &[u32]) -> Ledger {
        let ledger = Ledger::new(1, 3);
        let issued: Vec<_> = (0..4).map(|_| ledger.issue(0, 7)).collect();
        assert_eq!(issued, [Some(task(0)), Some(task(1)), Some(task(2)), None]);
        for number in ends {
            let _ = ledger.end(task(*number), Fate::Ran);
        }
        ledger
    }

    #[test]
    fn all_ended_once() {
        let ledger = account(&[2, 0, 1]);
        assert_eq!((ledger.missteps(), ledger.lost()), (vec![], vec![]));
        assert_eq!((ledger.issued(), ledger.ended(), ledger.fates().len()), (3, 3, 3));
    }

    #[test]
    fn what_never_ended_is_lost() {
        let ledger = account(&[0, 2]);
        assert_eq!((ledger.missteps(), ledger.lost()), (vec![], vec![(task(1), 7)]));
        assert_eq!((ledger.issued(), ledger.ended()), (3, 2));
    }

    #[test]
    fn what_ended_twice_is_duplicated() {
        let ledger = account(&[0, 1, 1, 2]);
        assert_eq!(ledger.missteps(), [Misstep::Duplicated(task(1), Fate::Ran, Fate::Ran)]);
    }

    #[test]
    fn what_was_never_issued_is_unexpected() {
        let ledger = account(&[0, 1, 2, 3]);
        assert_eq!(ledger.missteps(), [Misstep::Unexpected(task(3))]);
    }

    #[test]
    fn producers_do_not_disturb_each_others_order() {
        let order = RunOrder::new(2);
        let of = |producer, number| order.ran(TaskId { producer, number });
        assert_eq!((of(0, 0), of(0, 2), of(1, 0), of(1, 1)), (Ok(()), Ok(()), Ok(()), Ok(())));
        assert_eq!(of(0, 1), Err(Misstep::OutOfOrder(task(1), 2)));
        assert_eq!(of(0, 3), Ok(()));
    }
}
