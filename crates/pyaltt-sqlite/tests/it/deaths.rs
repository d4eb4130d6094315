//! Processes that die, stop and come back.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use pyaltt::Context;
use pyaltt_durable::{Durable, Page, Retry};
use pyaltt_sqlite::Sqlite;
use testkit::{Actor, say, until};

const LONG: Duration = Duration::from_secs(60);

fn queue(folder: &Path, lease: Duration) -> Durable<String> {
    let file = Sqlite::open(folder.join("tasks.db")).unwrap();
    file.queue("mail").lease(lease).retry(Retry::fixed(Duration::ZERO).attempts(3)).build().unwrap()
}

/// The parts of the children.
pub(crate) fn play(part: &str, folder: &Path) {
    match part {
        "holder" => hold(folder, LONG),
        "short holder" => hold(folder, Duration::from_millis(300)),
        "victim" => run_batches(folder),
        "leaver" => leave_with_a_settlement_under_way(folder),
        part => panic!("no part: {part}"),
    }
}

/// Takes a task and keeps it until the lease is lost.
fn hold(folder: &Path, lease: Duration) {
    let worker = pyaltt::queue(|_: String, cx: &mut Context| {
        say("holds");
        while !cx.is_lost() {
            std::thread::yield_now();
        }
        say("lost");
    })
    .queue(queue(folder, lease))
    .start()
    .unwrap();
    worker.wait().unwrap();
}

/// Runs batches of 8. The poison ends the process.
fn run_batches(folder: &Path) {
    let queue = queue(folder, LONG);
    let worker = pyaltt::batch(8, Duration::ZERO, |letters: Vec<String>, _: &mut Context| {
        if letters.iter().any(|letter| letter.starts_with("poison")) {
            std::process::abort();
        }
    })
    .queue(queue)
    .start()
    .unwrap();
    worker.drain().unwrap();
    say("drained");
}

/// Does a task, and returns from `main` before the engine knows.
fn leave_with_a_settlement_under_way(folder: &Path) {
    let go = folder.join("go");
    let worker = pyaltt::queue(move |_: String, _: &mut Context| {
        say("holds");
        assert!(until(LONG, || go.exists()));
        false
    })
    .queue(queue(folder, LONG))
    .start()
    .unwrap();
    let exit = worker.wait().unwrap();
    say(&format!("unsettled {}", exit.unsettled));
}

#[apply(bounded)]
fn a_process_whose_main_returns_waits_for_settlements_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let mail = queue(folder.path(), LONG);
    let id = mail.put("dear Sir".into()).unwrap();
    let mut leaver = Actor::start("leaver", folder.path());
    leaver.hear("holds");
    // Nobody else can write now.
    let held = rusqlite::Connection::open(folder.path().join("tasks.db")).unwrap();
    held.execute_batch("begin immediate").unwrap();
    std::fs::write(folder.path().join("go"), "").unwrap();
    leaver.hear("unsettled 1");
    held.execute_batch("commit").unwrap();
    assert!(leaver.process.wait().unwrap().success());
    assert_eq!(mail.find(id).unwrap(), None, "it is done, and not swept as lost");
    assert!(mail.stats().unwrap().owners.is_empty());
}

#[apply(bounded)]
fn case_2_the_task_of_a_killed_process_runs_at_once_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mail = queue(folder.path(), LONG);
    mail.put("dear Sir".into()).unwrap();
    let mut holder = Actor::start("holder", folder.path());
    holder.hear("holds");
    drop(holder);
    let (sender, turns) = mpsc::channel();
    let worker = pyaltt::queue(move |_: String, cx: &mut Context| {
        let info = cx.task().unwrap();
        sender.send((info.attempt, info.crashes)).unwrap();
    })
    .queue(mail)
    .start()
    .unwrap();
    // Long before the end of the lease, which is half of the time limit of this test.
    assert_eq!(turns.recv().unwrap(), (2, 1));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_5_a_process_that_was_stopped_for_longer_than_its_lease_loses_its_task() {
    let folder = tempfile::tempdir().unwrap();
    let mail = queue(folder.path(), Duration::from_millis(300));
    let id = mail.put("dear Sir".into()).unwrap();
    let mut holder = Actor::start("short holder", folder.path());
    holder.hear("holds");
    holder.signal("-STOP");
    let (sender, turns) = mpsc::channel();
    let worker =
        pyaltt::queue(move |_: String, cx: &mut Context| sender.send(cx.task().unwrap().attempt).unwrap())
            .queue(mail.clone())
            .start()
            .unwrap();
    assert_eq!(turns.recv().unwrap(), 2);
    assert!(until(LONG, || mail.find(id).unwrap().is_none()));
    holder.signal("-CONT");
    holder.hear("lost");
    worker.stop().unwrap();
    assert_eq!(mail.find(id).unwrap(), None);
    assert!(turns.try_recv().is_err());
}

fn poison(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mail = queue(folder.path(), LONG);
    let mut letters: Vec<_> = (0..200).map(|n| format!("letter {n}")).collect();
    for n in 0..count {
        letters.insert(50 + 7 * n, format!("poison {n}"));
    }
    mail.put_many(letters).unwrap();
    for _ in 0..20 {
        if Actor::start("victim", folder.path()).process.wait().unwrap().success() {
            break;
        }
    }
    let stats = mail.stats().unwrap();
    assert_eq!((stats.ready, stats.delayed, stats.running), ([0; 4], 0, 0));
    let dead = mail.dead().list(Page::default()).unwrap();
    let dead: Vec<_> = dead.into_iter().map(|dead| (dead.task.unwrap(), dead.info.crashes)).collect();
    assert_eq!(dead, (0..count).map(|n| (format!("poison {n}"), 3)).collect::<Vec<_>>());
}

#[apply(bounded)]
fn case_15_a_task_that_kills_its_process_takes_no_other_with_it() {
    poison(1);
}

#[apply(bounded)]
fn case_16_two_tasks_that_kill_their_process_take_no_other_with_them() {
    poison(2);
}
