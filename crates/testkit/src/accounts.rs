//! The account of a durable queue, while its consumers are killed: each turn of each task, and why there was a second one.
//!
//! Consumers are processes. They write the begin and the end of each turn into a book before they settle it, so what a killed one
//! has done is known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use pyaltt::{Context, Queue};

use crate::actor::{Actor, say};

/// How many consumers there are, and the workers of each.
const CONSUMERS: usize = 4;
const WORKERS: u32 = 4;

/// How many tasks are put at once.
const AT_ONCE: u32 = 50;

/// The part of a consumer.
const PART: &str = "consumer";

/// Says how many tasks there are to be: `PYALTT_LEDGER_TASKS` in the environment, else so many.
///
/// # Examples
///
/// ```
/// assert_eq!(testkit::accounts::tasks(600), 600);
/// ```
///
/// # Panics
///
/// If the variable is no number.
#[must_use]
pub fn tasks(default: u32) -> u32 {
    std::env::var("PYALTT_LEDGER_TASKS").map_or(default, |tasks| tasks.parse().expect("a number of tasks"))
}

/// How long a turn has to take for all turns of so many tasks to take so long.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(testkit::accounts::turn_of(1_600, Duration::from_secs(2)), Duration::from_millis(20));
/// ```
#[must_use]
pub fn turn_of(tasks: u32, all: Duration) -> Duration {
    let workers = WORKERS * u32::try_from(CONSUMERS).unwrap_or(WORKERS);
    all * workers / tasks
}

/// One task in a hundred fails once on purpose.
fn fails_once(task: u32) -> bool {
    task.is_multiple_of(100)
}

/// The part `consumer` of an [`Actor`]: takes tasks of a queue until it is killed. `turn`: how long a turn takes at least.
///
/// # Panics
///
/// If the book cannot be written.
///
/// # Examples
///
/// ```no_run
/// # let queue = pyaltt::Queue::unbounded();
/// if let Some((part, folder)) = testkit::Actor::part() {
///     assert_eq!(part, "consumer");
///     testkit::accounts::consume(&queue, &folder, std::time::Duration::ZERO);
/// }
/// ```
pub fn consume(queue: &Queue<u32>, folder: &Path, turn: Duration) {
    let book = OpenOptions::new().append(true).create(true).open(folder.join("book")).expect("the book");
    let book: Arc<File> = book.into();
    let consume = |_| {
        let book = Arc::clone(&book);
        let run = move |task: u32, cx: &mut Context| {
            let info = cx.task().expect("the queue is durable");
            let fails = fails_once(task) && info.attempt - info.crashes == 1;
            let put_at = info.put_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
            let line = format!("{task} {put_at} {} {} {fails}\n", info.attempt, info.crashes);
            // In one piece, or a kill could leave a part of it.
            (&*book).write_all(line.as_bytes()).expect("the book");
            thread::sleep(turn);
            if fails {
                return Err("on purpose");
            }
            (&*book).write_all(format!("{task}\n").as_bytes()).expect("the book");
            Ok(())
        };
        pyaltt::queue(run).queue(queue.clone()).start().expect("a worker")
    };
    let workers: Vec<_> = (0..WORKERS).map(consume).collect();
    say("works");
    workers[0].wait().expect("it runs until it is killed");
}

/// What happens to a queue.
pub struct Trial<'a> {
    /// The folder of the consumers, with the book.
    pub folder: &'a Path,
    /// How many tasks there are.
    pub tasks: u32,
    /// Puts these, and returns whether that was uncertain for a while, so that they may have been put twice.
    pub put: &'a (dyn Fn(Range<u32>) -> bool + Sync),
    /// Whether nothing is ready, delayed or running any more.
    pub is_empty: &'a (dyn Fn() -> bool + Sync),
    /// Goes on beside all that until it is told that it is over.
    pub beside: &'a (dyn Fn(&dyn Fn() -> bool) + Sync),
}

impl fmt::Debug for Trial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("folder", &self.folder)
            .field("tasks", &self.tasks)
            .finish_non_exhaustive()
    }
}

/// What has become of all tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// How many tasks were put.
    pub tasks: usize,
    /// How many of them have not run to their end.
    pub lost: usize,
    /// How many attempts have had two turns: the same claim was given out twice.
    pub twice: usize,
    /// How many turns there were beyond the first of each task.
    pub again: usize,
    /// How many of these followed a failure on purpose alone.
    pub failed: usize,
    /// How many followed the loss of a claim, with or without a failure.
    pub crashed: usize,
    /// How many were of a task that was put twice, because the first put was uncertain.
    pub put_again: usize,
    /// How many have no such reason.
    pub unexplained: usize,
    /// How many consumers were killed.
    pub killed: usize,
    /// How long all of it took.
    pub took: Duration,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tasks, lost, twice, again, failed, crashed, put_again, unexplained, killed, took } = self;
        write!(
            f,
            "{tasks} tasks in {took:.1?}, {killed} consumers killed: lost {lost}, the same claim twice {twice}, turns again \
             {again} ({failed} after a failure on purpose, {crashed} after a loss, {put_again} put again, {unexplained} without \
             a reason)"
        )
    }
}

impl Trial<'_> {
    /// Puts all tasks and kills a consumer every 150 to 350 ms, until nothing is left to do.
    ///
    /// # Panics
    ///
    /// If a process does not start, or what the trial is made of panics.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let (folder, queue) = (std::env::temp_dir(), pyaltt::Queue::unbounded());
    /// let trial = testkit::accounts::Trial {
    ///     folder: &folder,
    ///     tasks: 600,
    ///     put: &|tasks| queue.put_many(tasks).is_err(),
    ///     is_empty: &|| queue.is_empty(),
    ///     beside: &|_| (),
    /// };
    /// let account = trial.run();
    /// assert_eq!((account.lost, account.twice, account.unexplained), (0, 0, 0), "{account}");
    /// ```
    #[must_use]
    pub fn run(&self) -> Account {
        let began = Instant::now();
        let mut consumers: Vec<_> = (0..CONSUMERS).map(|_| Actor::start(PART, self.folder)).collect();
        for consumer in &mut consumers {
            consumer.hear("works");
        }
        let mut killed = 0;
        let uncertain = thread::scope(|scope| {
            let producer = scope.spawn(|| {
                let all = (0..self.tasks).step_by(AT_ONCE as usize);
                let all = all.map(|first| first..self.tasks.min(first + AT_ONCE));
                all.filter(|tasks| (self.put)(tasks.clone())).flatten().collect::<BTreeSet<_>>()
            });
            let end = Arc::new(());
            let is_over = Arc::downgrade(&end);
            scope.spawn(move || (self.beside)(&|| is_over.strong_count() == 0));
            loop {
                // The pace of the killing, which nothing waits for.
                thread::sleep(Duration::from_millis(150 + killed as u64 * 73 % 201));
                if producer.is_finished() && (self.is_empty)() {
                    break;
                }
                consumers[killed % CONSUMERS] = Actor::start(PART, self.folder);
                killed += 1;
            }
            drop(end);
            producer.join().expect("the producer")
        });
        drop(consumers);
        let book = std::fs::read_to_string(self.folder.join("book")).expect("the book");
        Account { killed, took: began.elapsed(), ..audit(&book, self.tasks, &uncertain) }
    }
}

/// Reads the book.
fn audit(book: &str, tasks: u32, uncertain: &BTreeSet<u32>) -> Account {
    let mut account = Account { tasks: tasks as usize, ..Account::default() };
    let mut turns = BTreeSet::new();
    let mut puts: BTreeMap<u32, BTreeSet<u128>> = BTreeMap::new();
    let mut failures: BTreeMap<(u32, u128), u32> = BTreeMap::new();
    let mut done = BTreeSet::<u32>::new();
    for line in book.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        if let [ended] = *fields {
            done.insert(ended.parse().expect(line));
            continue;
        }
        let [task, attempt, crashes]: [u32; 3] = [0, 2, 3].map(|field| fields[field].parse().expect(line));
        let (put_at, failed) = (fields[1].parse::<u128>().expect(line), fields[4] == "true");
        let is_again = puts.contains_key(&task);
        let is_put_again = puts.entry(task).or_default().insert(put_at) && is_again;
        account.again += usize::from(is_again);
        let failed_before = failures.entry((task, put_at)).or_default();
        if !turns.insert((task, put_at, attempt)) {
            account.twice += 1;
        } else if is_put_again && uncertain.contains(&task) {
            account.put_again += 1;
        } else if is_put_again || attempt - 1 > crashes + *failed_before {
            // An attempt may have failed and been lost before that was settled, so there can be more reasons than attempts.
            account.unexplained += 1;
        } else if is_again && crashes == 0 {
            account.failed += 1;
        } else if is_again {
            account.crashed += 1;
        }
        *failed_before += u32::from(failed);
    }
    account.lost = (0..tasks).filter(|task| !done.contains(task)).count();
    account
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audited(book: &str, uncertain: &[u32]) -> Account {
        let account = audit(book, 2, &uncertain.iter().copied().collect());
        Account { tasks: 0, ..account }
    }

    #[test]
    fn each_second_turn_has_its_reason() {
        assert_eq!(audited("0 1 1 0 false\n0\n1 1 1 0 false\n1\n", &[]), Account::default());
        let failed = audited("0 1 1 0 true\n1 1 1 0 false\n0 1 2 0 false\n0\n1\n", &[]);
        assert_eq!(failed, Account { again: 1, failed: 1, ..Account::default() });
        let crashed = audited("0 1 1 0 false\n1 1 1 0 false\n0 1 3 2 false\n0\n1\n", &[]);
        assert_eq!(crashed, Account { again: 1, crashed: 1, ..Account::default() });
        let put_again = audited("0 1 1 0 false\n1 1 1 0 false\n1 7 1 0 false\n0\n1\n", &[1]);
        assert_eq!(put_again, Account { again: 1, put_again: 1, ..Account::default() });
    }

    #[test]
    fn what_has_no_reason_is_found() {
        let none = Account::default;
        assert_eq!(audited("1 1 1 0 false\n1\n", &[]), Account { lost: 1, ..none() });
        assert_eq!(audited("0 1 1 0 true\n1 1 1 0 false\n1\n", &[]), Account { lost: 1, ..none() });
        let not_ended = audited("0 1 1 0 false\n1 1 1 0 false\n1\n", &[]);
        assert_eq!(not_ended, Account { lost: 1, ..none() });
        let twice = audited("0 1 1 0 false\n1 1 1 0 false\n0 1 1 0 false\n0\n1\n", &[0]);
        assert_eq!(twice, Account { again: 1, twice: 1, ..none() });
        let unexplained = Account { again: 1, unexplained: 1, ..none() };
        assert_eq!(audited("0 1 1 0 false\n1 1 1 0 false\n0 1 2 0 false\n0\n1\n", &[]), unexplained);
        assert_eq!(audited("0 1 1 0 false\n1 1 1 0 false\n0 7 1 0 false\n0\n1\n", &[1]), unexplained);
    }
}
