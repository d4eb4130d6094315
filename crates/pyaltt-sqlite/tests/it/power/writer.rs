//! The process that is recorded: one thread puts, another takes and settles.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use pyaltt::leased::ErrorText;
use pyaltt_durable::Envelope;
use pyaltt_durable::engine::{Engine as _, Fate, RawPut, Settle};
use pyaltt_sqlite::Sqlite;
use testkit::say;

use super::diary::{Diary, put, puts, settled, settles, took};
use super::sweep;
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
    let (mut engine, mut consumer) = (file.engine().unwrap(), Process::of(&file));
    sweep(&mut consumer);
    let (tell, puts_made) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..PUTS {
                let raw: Vec<_> = (0..=number % 3).map(|_| task(number)).collect();
                let ids: Vec<_> = raw.iter().map(|put| put.id).collect();
                diary.say([puts(&ids)]);
                engine.put(&mail(), &raw).unwrap();
                diary.say([put(&ids)]);
                tell.send(()).unwrap();
            }
        });
        consume(&mut consumer, diary, &puts_made);
    });
}

/// Bodies of up to 24 KiB, of some pages each.
fn task(number: usize) -> RawPut {
    let mut raw = letter("");
    raw.envelope = Envelope::new("letter", 1, vec![b'x'; number * 7_919 % 24_576]);
    raw
}

/// Takes and settles until the last put was made, after which it leaves some in hand.
fn consume(consumer: &mut Process, diary: &Diary, puts_made: &Receiver<()>) {
    let (mut held, mut taken, mut is_over) = (Vec::<Settle>::new(), 0_usize, false);
    loop {
        diary.say(held.iter().map(settles));
        let answer = consumer.round(&held, 4).unwrap();
        diary.say(held.iter().map(settled).chain(answer.tasks.iter().map(took)));
        held.clear();
        for task in &answer.tasks {
            taken += 1;
            held.push(Settle::new(task.lease, fate(taken)));
        }
        if is_over && held.len() < 4 {
            return;
        }
        is_over = if held.is_empty() {
            puts_made.recv().is_err()
        } else {
            puts_made.try_recv() == Err(TryRecvError::Disconnected)
        };
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
