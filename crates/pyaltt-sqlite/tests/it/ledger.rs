//! A ledger of every run of every task, while consumers are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use pyaltt::leased::ErrorText;
use pyaltt_durable::engine::{Engine as _, Fate, RawTask, Settle};

use crate::support::Process;

const CONSUMER: &str = "PYALTT_TEST_CONSUMER";
const TASKS: u32 = 3_000;
const CONSUMERS: usize = 4;
const KILLS: usize = 12;

/// A task fails on purpose in its first attempts, by the first byte of what is at random in its id.
fn fails_on_purpose(task: &RawTask) -> bool {
    task.id.to_bytes()[9] < 4 && task.attempt == 1
}

#[apply(bounded)]
fn a_consumer_runs_until_it_is_killed() {
    let Some(path) = std::env::var_os(CONSUMER) else { return };
    let mut process = Process::open(Path::new(&path));
    let bell = process.engine.bell(process.owner).unwrap();
    let (mut settles, mut rounds) = (Vec::new(), 0_u32);
    loop {
        if rounds % 20 == 0 {
            process.sweep();
        }
        rounds += 1;
        let answer = process.round(&settles, 4).unwrap();
        let mut out = Vec::new();
        for task in &answer.tasks {
            let RawTask { id, attempt, crashes, lease, .. } = task;
            let fails = u8::from(fails_on_purpose(task));
            writeln!(out, "\nrun {id} {} {attempt} {crashes} {fails}", lease.token()).unwrap();
        }
        std::io::stdout().write_all(&out).unwrap();
        settles = answer.tasks.iter().map(settle).collect();
        if settles.is_empty() {
            // Woken by a put, and now and then to look for consumers that were killed.
            bell.wait(Duration::from_millis(20)).unwrap();
            process.sweep();
        }
    }
}

fn settle(task: &RawTask) -> Settle {
    let error = ErrorText::new("on purpose");
    let fate = if fails_on_purpose(task) { Fate::Retry { after: Duration::ZERO, error } } else { Fate::Done };
    Settle::new(task.lease, fate)
}

/// A line of a consumer: a task has run.
struct Run {
    id: String,
    token: i64,
    attempt: u32,
    crashes: u32,
    fails: bool,
}

impl Run {
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.strip_prefix("run ")?.split(' ').collect();
        let [id, token, attempt, crashes, fails] = words.as_slice() else { return None };
        Some(Self {
            id: (*id).to_owned(),
            token: token.parse().ok()?,
            attempt: attempt.parse().ok()?,
            crashes: crashes.parse().ok()?,
            fails: *fails == "1",
        })
    }
}

fn start(path: &Path, runs: &Sender<Run>) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["ledger::a_consumer_runs_until_it_is_killed", "--exact", "--nocapture"])
        .env(CONSUMER, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (lines, runs) = (BufReader::new(child.stdout.take().unwrap()).lines(), runs.clone());
    thread::spawn(move || {
        lines.map_while(Result::ok).filter_map(|line| Run::parse(&line)).try_for_each(|run| runs.send(run))
    });
    child
}

#[apply(bounded)]
fn case_01_and_03_every_task_is_accounted_for_while_consumers_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut producer = Process::open(&path);
    let put: BTreeSet<_> = producer.put(TASKS).iter().map(ToString::to_string).collect();
    let (runs, told): (_, Receiver<Run>) = channel();
    let mut consumers: Vec<_> = (0..CONSUMERS).map(|_| start(&path, &runs)).collect();
    let mut ledger: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    let (mut seen, mut kills) = (0, 0);
    loop {
        match told.recv_timeout(Duration::from_millis(100)) {
            Ok(run) => ledger.entry(run.id.clone()).or_default().push(run),
            Err(_) if is_empty(&mut producer) => break,
            Err(_) => continue,
        }
        seen += 1;
        // In turn, and always in the middle of a round of some consumer.
        if kills < KILLS && seen % (TASKS as usize / KILLS / 2) == 0 {
            let consumer = &mut consumers[kills % CONSUMERS];
            consumer.kill().unwrap();
            consumer.wait().unwrap();
            *consumer = start(&path, &runs);
            kills += 1;
        }
    }
    for consumer in &mut consumers {
        consumer.kill().unwrap();
        consumer.wait().unwrap();
    }
    drop(runs);
    for run in told {
        ledger.entry(run.id.clone()).or_default().push(run);
    }
    assert_eq!(kills, KILLS);
    assert!(ledger.keys().eq(&put), "every task has run, and nothing else");
    let mut extra = 0;
    for (id, runs) in &mut ledger {
        runs.sort_by_key(|run| run.token);
        assert!(runs.windows(2).all(|pair| pair[0].token < pair[1].token), "{id}: one claim has run twice");
        let last = runs.last().unwrap();
        let on_purpose = runs.iter().filter(|run| run.fails).count();
        // Every attempt but the last has a reason: a failure on purpose, or the death of its consumer. One may have both, if
        // its consumer was killed before the failure was settled.
        let reasons = on_purpose + last.crashes as usize;
        assert!(
            last.attempt as usize <= 1 + reasons,
            "{id}: attempt {} with {reasons} reasons",
            last.attempt
        );
        extra += runs.len() - 1;
    }
    println!("{extra} runs beyond the first of {} tasks, {kills} kills", put.len());
}

fn is_empty(producer: &mut Process) -> bool {
    let stats = producer.stats();
    stats.ready.iter().sum::<u64>() + stats.delayed + stats.running + stats.dead == 0
}
