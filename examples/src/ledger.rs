//! What the examples `queue_ledger` and `queue_ledger_postgres` have in common: three processes deliver letters, one is killed
//! with a letter in its hand, and a ledger accounts for each letter that was put.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::{TaskId, prelude::*};

const LETTERS: u32 = 100;
/// The beginning of a turn at which the process of the turn is killed.
const KILLED_AT: usize = 30;
/// After so long without a word, what is not done is lost.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the queue is asked whether it has anything left, when no process says anything.
const LOOK: Duration = Duration::from_millis(50);

/// What a process does that delivers. Before it ends a turn, it waits for a line of the process that writes the ledger.
///
/// # Errors
///
/// If the worker does not start.
pub fn deliver(mail: Durable<u32>) -> Result<(), BoxError> {
    let (go, may_go) = mpsc::channel();
    let postman = queue(move |letter: u32, cx| {
        let (id, attempt) = cx.task().map(|task| (task.id, task.attempt)).ok_or("the queue is durable")?;
        println!("begin {id}");
        may_go.recv()?;
        if letter.is_multiple_of(25) && attempt == 1 {
            return Err("nobody was at home".into());
        }
        println!("end {id}");
        Ok::<_, BoxError>(())
    })
    .on_error(|_| ()) // the queue tries again, and keeps the error
    .queue(mail)
    .start()?;
    for line in std::io::stdin().lines() {
        line?;
        go.send(())?;
    }
    drop(go); // a turn that still waits for a line fails
    postman.stop()?;
    Ok(())
}

/// Starts a process that delivers, and passes on what it says. `place`: its argument, where the queue is.
fn start(number: usize, place: &OsStr, said: Sender<(usize, String)>) -> Result<Child, BoxError> {
    let mut process = Command::new(env::current_exe()?);
    let mut process = process.arg(place).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(process.stdout.take().ok_or("it has no output")?).lines();
    thread::spawn(move || {
        lines.map_while(Result::ok).try_for_each(|line| said.send((number, line))).unwrap_or_default();
    });
    Ok(process)
}

/// What is known of a letter.
#[derive(Debug, Default)]
struct Entry {
    begun: usize,
    is_done: bool,
    /// Why it ran again, as the queue says.
    reasons: Vec<String>,
}

/// All letters that were put.
#[derive(Debug)]
pub struct Ledger {
    mail: Durable<u32>,
    entries: BTreeMap<TaskId, Entry>,
}

impl Ledger {
    /// Puts the letters.
    ///
    /// # Errors
    ///
    /// If they are not stored.
    pub fn open(mail: Durable<u32>) -> Result<Self, BoxError> {
        let letters = mail.put_many((1..=LETTERS).collect())?;
        Ok(Self { mail, entries: letters.into_iter().map(|id| (id, Entry::default())).collect() })
    }

    /// Starts three processes, and writes the ledger until each letter is done. Kills one of them on the way. `begins` is told
    /// of each turn that begins, by its number, before the turn may end.
    ///
    /// # Errors
    ///
    /// If a process does not start or says what nobody understands, or `begins` fails.
    pub fn write(
        &mut self,
        place: impl AsRef<OsStr>,
        mut begins: impl FnMut(usize) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let (said, lines) = mpsc::channel();
        let processes = (0..3).map(|number| start(number, place.as_ref(), said.clone()));
        let mut processes = processes.collect::<Result<Vec<_>, _>>()?;
        let (mut begun, mut heard_at) = (0, Instant::now());
        // A turn that outlasted the lease of its process has ended, and still another one is to come.
        while self.entries.values().any(|entry| !entry.is_done) || !self.is_settled() {
            let Ok((number, line)) = lines.recv_timeout(LOOK) else {
                if heard_at.elapsed() > PATIENCE {
                    break;
                }
                continue;
            };
            heard_at = Instant::now();
            let (what, id) = line.split_once(' ').ok_or("a line of another kind")?;
            let id: TaskId = id.parse()?;
            if what == "end" {
                self.entry(id)?.is_done = true;
                continue;
            }
            begun += 1;
            begins(begun)?;
            self.begin(id)?;
            if begun == KILLED_AT {
                println!("process {} is killed with letter {id} in its hand", processes[number].id());
                processes[number].kill()?; // SIGKILL
            } else if let Some(input) = &mut processes[number].stdin {
                writeln!(input)?;
            }
        }
        for mut process in processes {
            drop(process.stdin.take()); // tells it to stop
            process.wait()?;
        }
        Ok(())
    }

    /// Whether the queue has nothing left.
    fn is_settled(&self) -> bool {
        self.mail
            .stats()
            .is_ok_and(|stats| (stats.ready, stats.delayed, stats.running, stats.dead) == ([0; 4], 0, 0, 0))
    }

    fn begin(&mut self, id: TaskId) -> Result<(), BoxError> {
        let entry = self.entry(id)?;
        entry.begun += 1;
        if entry.begun > 1 {
            let reason = self.last_error(id)?;
            self.entry(id)?.reasons.extend(reason);
        }
        Ok(())
    }

    fn entry(&mut self, id: TaskId) -> Result<&mut Entry, BoxError> {
        self.entries.get_mut(&id).ok_or_else(|| "this letter was never put".into())
    }

    /// Asks the queue what became of the attempt before. It may be out of reach for a moment.
    fn last_error(&self, id: TaskId) -> Result<Option<String>, BoxError> {
        let began = Instant::now();
        loop {
            match self.mail.find(id) {
                Ok(task) => {
                    let errors = task.ok_or("it runs, so it is there")?.errors;
                    return Ok(errors.last().map(|error| error.text.clone()));
                }
                Err(error) if began.elapsed() > PATIENCE => return Err(error.into()),
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Prints the balance, checks it, and returns how many letters ran twice.
    ///
    /// # Panics
    ///
    /// If a letter is lost, or has run again without a reason, or something is left in the queue.
    #[must_use]
    pub fn close(self) -> usize {
        let run = self.entries.values().filter(|entry| entry.is_done).count();
        let twice = self.entries.iter().filter(|(_, entry)| entry.begun > 1);
        let (lost, count) = (self.entries.len() - run, twice.clone().count());
        println!("put {}, run {run}, lost {lost}, run twice {count}:", self.entries.len());
        for (id, entry) in twice {
            println!("  {id}: {}", entry.reasons.join("; "));
            assert_eq!(entry.reasons.len(), entry.begun - 1, "each further run has a reason");
        }
        assert_eq!(lost, 0, "each letter has been delivered");
        assert!(self.is_settled(), "nothing is left in the queue");
        count
    }
}
