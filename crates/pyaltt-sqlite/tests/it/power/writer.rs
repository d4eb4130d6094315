//! The process that is recorded: one thread puts, another takes and settles.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pyaltt::leased::ErrorText;
use pyaltt_durable::Envelope;
use pyaltt_durable::engine::{Engine as _, Fate, RawPut, Settle};
use pyaltt_sqlite::Sqlite;

use super::diary::{Diary, put, puts, settled, settles, took};
use super::sweep;
use crate::child::say;
use crate::support::{Process, letter, mail};

/// How many puts there are each time the file is open. With the sizes of the tasks, enough for the log to be written back to
/// the database in between.
const PUTS: usize = 70;

/// The part of the process.
pub(crate) fn write(folder: &Path) {
    let diary = Diary::begin(folder);
    // Closing the file removes the log, and opening it again makes a new one. What was in hand is swept then.
    write_while_open(folder, &diary);
    write_while_open(folder, &diary);
    say("written");
}

fn write_while_open(folder: &Path, diary: &Diary) {
    let file = Sqlite::open(folder.join("tasks.db")).unwrap();
    let mut consumer = Process::of(&file);
    sweep(&mut consumer);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut engine = file.engine().unwrap();
            for number in 0..PUTS {
                let raw: Vec<_> = (0..=number % 3).map(|_| task(number)).collect();
                let ids: Vec<_> = raw.iter().map(|put| put.id).collect();
                diary.say([puts(&ids)]);
                engine.put(&mail(), &raw).unwrap();
                diary.say([put(&ids)]);
            }
            is_over.store(true, Ordering::Release);
        });
        consume(&mut consumer, diary, &is_over);
    });
}

/// Bodies of up to 24 KiB, of some pages each.
fn task(number: usize) -> RawPut {
    let mut raw = letter("");
    raw.envelope = Envelope::new("letter", 1, vec![b'x'; number * 7_919 % 24_576]);
    raw
}

fn consume(consumer: &mut Process, diary: &Diary, is_over: &AtomicBool) {
    let (mut held, mut taken) = (Vec::<Settle>::new(), 0_usize);
    loop {
        let was_over = is_over.load(Ordering::Acquire);
        diary.say(held.iter().map(settles));
        let answer = consumer.round(&held, 4).unwrap();
        diary.say(held.iter().map(settled).chain(answer.tasks.iter().map(took)));
        held.clear();
        for task in &answer.tasks {
            taken += 1;
            held.push(Settle::new(task.lease, fate(taken)));
        }
        if was_over && held.len() < 4 {
            return;
        }
        if held.is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn fate(number: usize) -> Fate {
    let error = ErrorText::new("on purpose");
    match number % 20 {
        3 | 11 => Fate::Retry { after: Duration::ZERO, error },
        7 => Fate::HandBack { after: None },
        15 => Fate::Dead { error },
        _ => Fate::Done,
    }
}
