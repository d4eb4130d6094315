//! Power cuts. What a process writes, syncs and acknowledges is recorded by a library that is loaded before the C library.
//! Then the disk is made anew as it may have been at each moment: with what was synced, and with any part of the rest, sector
//! by sector. The queue is opened there, and has to hold what was acknowledged until then.
//!
//! - `recorder.c`: the record. `disk`: the disk that it is played on. `writer`: the process that is recorded.
//! - `diary`: what it says of its tasks while it works, and what has to be true of them after a cut.
//!
//! `PYALTT_POWER_CUTS=all` cuts at every moment and not at some hundred, which takes half a minute.

mod diary;
mod disk;
mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use pyaltt::TaskId;
use pyaltt_durable::engine::{
    Admin, AdminAnswer, Engine as _, EngineClock as _, Fate, MachineClock, ManualEngineClock, Page, Policy,
    Settle,
};
use pyaltt_durable::{Severity, TaskView};
use pyaltt_sqlite::Sqlite;
use rusqlite::Connection;
use testkit::Actor;

use crate::support::{HOUR, Process, mail, scratch};
use diary::Known;
use disk::{Action, Disk, Luck, read_record};

pub(crate) use writer::write;

/// At about how many moments the power is cut, unless it is at all of them.
const CUTS: usize = 80;

/// How what was not synced fares. The power is cut in each of these ways.
fn luck(moment: usize) -> [Luck; 4] {
    let some = |percent| Luck::Some { percent, seed: moment as u64 };
    [Luck::None, some(30), some(80), Luck::All]
}

#[apply(bounded)]
fn case_41_what_was_acknowledged_is_there_after_a_power_cut() {
    let folder = scratch();
    let Some(recorder) = recorder(folder.path()) else {
        eprintln!("skipped: there is no C compiler, which the recorder of writes needs");
        return;
    };
    let written = folder.path().join("written");
    let actions = record(&recorder, folder.path(), &written);
    let moments = actions.iter().filter(|action| matches!(action, Action::Sync { .. })).count();
    let step = if std::env::var_os("PYALTT_POWER_CUTS").is_some() { 1 } else { moments.div_ceil(CUTS) };
    let (mut disk, mut known) = (Disk::of(&written), Known::default());
    let (mut moment, mut cuts, mut written_back) = (0, 0, 0);
    for action in &actions {
        // Just before a sync most is at stake, and just after something was acknowledged.
        let is_sync = matches!(action, Action::Sync { .. });
        let said = match action {
            Action::Write { bytes, .. } if disk.is_about(diary::NAME, action) => {
                std::str::from_utf8(bytes).ok()
            }
            _ => None,
        };
        moment += usize::from(is_sync);
        written_back += usize::from(is_sync && disk.is_about("tasks.db", action));
        let is_cut = moment % step == 0;
        if is_sync && is_cut {
            cuts += cut(&disk, moment, &known);
        }
        disk.act(action);
        if let Some(said) = said {
            said.lines().for_each(|line| known.hear(line));
            if is_cut {
                cuts += cut(&disk, moment, &known);
            }
        }
    }
    let acknowledged = known.acknowledged;
    println!(
        "{cuts} cuts at {moments} syncs, {written_back} of the database, {acknowledged} calls acknowledged"
    );
    assert!(moments > 200 && acknowledged > 200, "{moments} syncs, {acknowledged}");
    // One for the first page, two for the ends, and those in the middle of it.
    assert!(written_back > 4, "the log was written back {written_back} times");
}

/// Builds the library that records.
fn recorder(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("recorder.c"), folder.join("recorder.so"));
    fs::write(&source, include_str!("recorder.c")).unwrap();
    let build = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    assert!(build.as_ref().map_or(true, ExitStatus::success), "the recorder does not build");
    build.is_ok().then_some(library)
}

/// Lets a process write, and returns what it did.
fn record(recorder: &Path, folder: &Path, written: &Path) -> Vec<Action> {
    fs::create_dir(written).unwrap();
    let record = folder.join("record");
    let variables = [("LD_PRELOAD", recorder), ("PYALTT_RECORD", &record), ("PYALTT_RECORD_FOLDER", written)];
    Actor::start_with("writer", written, &variables).hear("written");
    read_record(&record)
}

/// Cuts the power in each way, and returns in how many.
fn cut(disk: &Disk, moment: usize, known: &Known) -> usize {
    let ways = luck(moment);
    for luck in ways {
        let folder = scratch();
        disk.cut(luck, folder.path());
        if let Err(fault) = check(folder.path(), known) {
            panic!("cut at sync {moment}, {luck:?}: {fault}");
        }
    }
    ways.len()
}

/// Checks the queue as it was found after a cut.
fn check(folder: &Path, known: &Known) -> Result<(), String> {
    let path = folder.join("tasks.db");
    // After the cut the machine has booted again, and what was put off is due.
    let clock = ManualEngineClock::default();
    clock.set_wall(MachineClock::default().wall() + HOUR);
    let file = Sqlite::builder(&path).clock(Arc::new(clock)).open().map_err(|error| error.to_string())?;
    let whole: String = Connection::open(&path)
        .and_then(|file| file.query_row("pragma integrity_check", (), |row| row.get(0)))
        .map_err(|error| error.to_string())?;
    if whole != "ok" {
        return Err(whole);
    }
    let mut process = Process::of(&file);
    let mut findings = process.engine.check().unwrap();
    findings.retain(|finding| finding.severity == Severity::Damage);
    if !findings.is_empty() {
        return Err(format!("{findings:?}"));
    }
    let stored = list(&mut process);
    known.check_stored(&stored)?;
    sweep(&mut process);
    // What was lost twice comes alone.
    let rounds = std::iter::repeat_with(|| process.take(u32::MAX)).take_while(|tasks| !tasks.is_empty());
    let taken: Vec<_> = rounds.flatten().collect();
    known.check_taken(&taken, &stored)?;
    let settles: Vec<_> = taken.iter().map(|task| Settle::new(task.lease, Fate::Done)).collect();
    let answer = process.round(&settles, 1).unwrap();
    (answer.settled.iter().all(|settled| *settled) && answer.tasks.is_empty())
        .then_some(())
        .ok_or_else(|| format!("{answer:?}"))
}

/// Takes from dead owners what they had. Nothing dies of it.
fn sweep(process: &mut Process) {
    process.engine.sweep(&mail(), &Policy::new(u32::MAX, Duration::ZERO)).unwrap();
}

fn list(process: &mut Process) -> BTreeMap<TaskId, TaskView> {
    let page = Page { limit: u32::MAX, ..Page::default() };
    match process.engine.admin(&mail(), Admin::List { state: None, page }).unwrap() {
        AdminAnswer::Tasks(tasks) => tasks.into_iter().map(|task| (task.id, task)).collect(),
        answer => panic!("{answer:?}"),
    }
}
