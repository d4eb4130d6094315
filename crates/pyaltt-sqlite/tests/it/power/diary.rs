//! What the process says of its tasks while it works, and what has to be true after a cut.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use pyaltt::TaskId;
use pyaltt::leased::Lease;
use pyaltt_durable::engine::{Fate, RawTask, Settle};
use pyaltt_durable::{TaskState, TaskView};

/// The file in which it says so. It is recorded as all others are, so each line has its place among their writes.
pub(crate) const NAME: &str = "diary";

pub(crate) struct Diary {
    file: File,
    length: AtomicU64,
}

impl Diary {
    pub(crate) fn begin(folder: &Path) -> Self {
        Self { file: File::create_new(folder.join(NAME)).unwrap(), length: AtomicU64::new(0) }
    }

    /// Writes lines down, in one write. What is said before a call is what it is about to do; after it, what was
    /// acknowledged.
    pub(crate) fn say(&self, lines: impl IntoIterator<Item = String>) {
        let text: String = lines.into_iter().map(|line| line + "\n").collect();
        let offset = self.length.fetch_add(text.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(text.as_bytes(), offset).unwrap();
    }
}

pub(crate) fn puts(ids: &[TaskId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    format!("puts {}", ids.join(" "))
}

pub(crate) fn put(ids: &[TaskId]) -> String {
    puts(ids).replacen("puts", "put", 1)
}

pub(crate) fn took(task: &RawTask) -> String {
    format!("took {} {} {} {}", task.id, task.lease.slot(), task.lease.token(), task.attempt)
}

pub(crate) fn settles(settle: &Settle) -> String {
    format!("settles {} {} {}", settle.lease.slot(), settle.lease.token(), word(&settle.fate))
}

pub(crate) fn settled(settle: &Settle) -> String {
    settles(settle).replacen("settles", "settled", 1)
}

fn word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Done => "done",
        Fate::Retry { .. } => "retry",
        Fate::Dead { .. } => "dead",
        Fate::HandBack { .. } => "back",
        other => panic!("{other:?} is not used here"),
    }
}

/// All that was said up to a moment.
#[derive(Default)]
pub(crate) struct Known {
    tasks: BTreeMap<TaskId, Task>,
    /// Which task is in hand by which lease.
    hands: BTreeMap<(i64, i64), TaskId>,
    /// The put that is under way: all of it is stored, or nothing.
    under_way: BTreeSet<TaskId>,
    pub(crate) acknowledged: usize,
}

#[derive(Clone, Debug, Default)]
struct Task {
    /// Its put was acknowledged, or it was taken, which shows as much.
    is_stored: bool,
    lease: Option<Lease>,
    attempt: u32,
    failures: usize,
    /// A settlement that is under way.
    may_be: Option<&'static str>,
    /// The last settlement that was acknowledged.
    is: Option<&'static str>,
}

const FATES: [&str; 4] = ["done", "retry", "dead", "back"];

impl Known {
    pub(crate) fn hear(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        let numbers = || -> (i64, i64) { (words[1].parse().unwrap(), words[2].parse().unwrap()) };
        let fate = || *FATES.iter().find(|fate| **fate == words[3]).unwrap();
        match words[0] {
            "puts" => {
                self.under_way = words[1..].iter().map(|id| id.parse().unwrap()).collect();
                self.tasks.extend(self.under_way.iter().map(|id| (*id, Task::default())));
            }
            "put" => {
                for id in std::mem::take(&mut self.under_way) {
                    self.tasks.get_mut(&id).unwrap().is_stored = true;
                }
                self.acknowledged += 1;
            }
            "took" => {
                let id: TaskId = words[1].parse().unwrap();
                let lease = Lease::new(words[2].parse().unwrap(), words[3].parse().unwrap());
                self.hands.insert((lease.slot(), lease.token()), id);
                let task = self.tasks.get_mut(&id).unwrap();
                task.is_stored = true;
                (task.lease, task.attempt, task.is) = (Some(lease), words[4].parse().unwrap(), None);
                self.acknowledged += 1;
            }
            "settles" => self.tasks.get_mut(&self.hands[&numbers()]).unwrap().may_be = Some(fate()),
            "settled" => {
                let task = self.tasks.get_mut(&self.hands[&numbers()]).unwrap();
                (task.may_be, task.is) = (None, Some(fate()));
                task.failures += usize::from(fate() == "retry" || fate() == "dead");
                self.acknowledged += 1;
            }
            word => panic!("{word} is not said"),
        }
    }

    /// Checks what is stored after a cut against what was acknowledged before it.
    pub(crate) fn check_stored(&self, stored: &BTreeMap<TaskId, TaskView>) -> Result<(), String> {
        if let Some(id) = stored.keys().find(|id| !self.tasks.contains_key(id)) {
            return Err(format!("{id} was never put"));
        }
        let half: Vec<_> = self.under_way.iter().filter(|id| !self.tasks[id].is_stored).collect();
        let there = half.iter().filter(|id| stored.contains_key(id)).count();
        // Some of them may have been taken, and settled, before the producer came to write that they are put.
        let none_taken =
            half.len() == self.under_way.len() && half.iter().all(|id| self.tasks[id].lease.is_none());
        if none_taken && there != 0 && there != half.len() {
            return Err(format!("{there} tasks of {} that were put together are there", half.len()));
        }
        let wrong = self.tasks.iter().find(|(id, task)| !task.fits(stored.get(id)));
        wrong.map_or(Ok(()), |(id, task)| {
            let found = stored.get(id).map(|found| (found.state, found.attempt, found.errors.len()));
            Err(format!("{id}: {task:?}, but stored is {found:?}"))
        })
    }

    /// Checks the tasks that can be taken after a cut: those that are not dead, under claims that were never given out.
    pub(crate) fn check_taken(
        &self,
        taken: &[RawTask],
        stored: &BTreeMap<TaskId, TaskView>,
    ) -> Result<(), String> {
        let ids: BTreeSet<_> = taken.iter().map(|task| task.id).collect();
        let alive: BTreeSet<_> =
            stored.values().filter(|task| task.state != TaskState::Dead).map(|task| task.id).collect();
        if ids != alive || taken.len() != ids.len() {
            return Err(format!("{} tasks can be taken, {} are alive", taken.len(), alive.len()));
        }
        let used = taken.iter().find(|task| {
            let before = self.tasks[&task.id].lease;
            before.is_some_and(|before| {
                before.slot() != task.lease.slot() || before.token() >= task.lease.token()
            })
        });
        used.map_or(Ok(()), |task| Err(format!("the claim {:?} was given out before", task.lease)))
    }
}

impl Task {
    fn fits(&self, stored: Option<&TaskView>) -> bool {
        let is_gone = |fate: Option<&str>| fate == Some("done");
        let Some(stored) = stored else {
            return !self.is_stored || is_gone(self.is) || is_gone(self.may_be);
        };
        let is_dead = stored.state == TaskState::Dead;
        let handed_back = u32::from(self.is == Some("back") || self.may_be == Some("back"));
        !is_gone(self.is)
            && (is_dead == (self.is == Some("dead")) || self.may_be == Some("dead"))
            && stored.attempt + handed_back >= self.attempt
            && stored.errors.len() >= self.failures.min(10)
    }
}
