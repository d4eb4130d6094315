//! Tasks outlive their process: three processes deliver the letters of one file, and one of them is killed with a letter in
//! its hand. The ledger at the end accounts for each letter that was put, and says why one ran twice.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use pyaltt::{TaskId, prelude::*};

const LETTERS: u32 = 100;
/// The beginning of a turn at which the process of the turn is killed.
const KILLED_AT: usize = 30;
/// After so long without a word, what is not done is lost.
const PATIENCE: Duration = Duration::from_secs(60);

fn mail(file: &Path) -> Result<Durable<u32>, BoxError> {
    let queue = Sqlite::open(file)?.queue("mail").lease(Duration::from_secs(2));
    Ok(queue.retry(Retry::fixed(Duration::from_millis(1))).build()?)
}

/// A process that delivers. Before it ends a turn, it waits for a line of the process that writes the ledger.
fn deliver(file: &Path) -> Result<(), BoxError> {
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
    .queue(mail(file)?)
    .start()?;
    for line in std::io::stdin().lines() {
        line?;
        go.send(())?;
    }
    drop(go); // a turn that still waits for a line fails
    postman.stop()?;
    Ok(())
}

/// Starts a process that delivers, and passes on what it says.
fn start(number: usize, file: &Path, said: Sender<(usize, String)>) -> Result<Child, BoxError> {
    let mut process = Command::new(env::current_exe()?);
    let mut process = process.arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(process.stdout.take().ok_or("it has no output")?).lines();
    thread::spawn(move || {
        lines.map_while(Result::ok).try_for_each(|line| said.send((number, line))).unwrap_or_default();
    });
    Ok(process)
}

/// What is known of a letter.
#[derive(Default)]
struct Entry {
    begun: usize,
    is_done: bool,
    /// Why it ran again, as the queue says.
    reasons: Vec<String>,
}

type Ledger = BTreeMap<TaskId, Entry>;

/// Writes the ledger until each letter is done. Kills a process on the way.
fn account(
    ledger: &mut Ledger,
    mail: &Durable<u32>,
    processes: &mut [Child],
    lines: &Receiver<(usize, String)>,
) -> Result<(), BoxError> {
    let mut begun = 0;
    while ledger.values().any(|entry| !entry.is_done) {
        let Ok((number, line)) = lines.recv_timeout(PATIENCE) else { break };
        let (what, id) = line.split_once(' ').ok_or("a line of another kind")?;
        let id: TaskId = id.parse()?;
        let entry = ledger.get_mut(&id).ok_or("this letter was never put")?;
        if what == "end" {
            entry.is_done = true;
            continue;
        }
        begun += 1;
        entry.begun += 1;
        if entry.begun > 1 {
            let errors = mail.find(id)?.ok_or("it runs, so it is there")?.errors;
            entry.reasons.extend(errors.last().map(|error| error.text.clone()));
        }
        if begun == KILLED_AT {
            println!("process {} is killed with letter {id} in its hand", processes[number].id());
            processes[number].kill()?; // SIGKILL
        } else if let Some(input) = &mut processes[number].stdin {
            writeln!(input)?;
        }
    }
    Ok(())
}

fn main() -> Result<(), BoxError> {
    if let Some(file) = env::args_os().nth(1) {
        return deliver(Path::new(&file));
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tasks.db");
    let mail = mail(&file)?;
    let letters = mail.put_many((1..=LETTERS).collect())?;
    let mut ledger: Ledger = letters.into_iter().map(|id| (id, Entry::default())).collect();

    let (said, lines) = mpsc::channel();
    let processes = (0..3).map(|number| start(number, &file, said.clone()));
    let mut processes = processes.collect::<Result<Vec<_>, _>>()?;
    account(&mut ledger, &mail, &mut processes, &lines)?;
    for mut process in processes {
        drop(process.stdin.take()); // tells it to stop
        process.wait()?;
    }

    let run = ledger.values().filter(|entry| entry.is_done).count();
    let twice = ledger.iter().filter(|(_, entry)| entry.begun > 1);
    println!("put {LETTERS}, run {run}, lost {}, run twice {}:", ledger.len() - run, twice.clone().count());
    for (id, entry) in twice.clone() {
        println!("  {id}: {}", entry.reasons.join("; "));
        assert_eq!(entry.reasons.len(), entry.begun - 1, "each further run has a reason");
    }
    assert_eq!((run, twice.count()), (ledger.len(), 5), "four failed once, and one process was killed");
    let stats = mail.stats()?;
    assert_eq!((stats.ready, stats.delayed, stats.running, stats.dead), ([0; 4], 0, 0, 0), "nothing is left");
    Ok(())
}
