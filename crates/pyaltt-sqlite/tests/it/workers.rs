//! Workers of a queue in a file, end to end.

use std::sync::mpsc;

use pyaltt_durable::Durable;
use pyaltt_sqlite::Sqlite;

#[apply(bounded)]
fn a_task_that_is_put_has_a_turn_and_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = Sqlite::open(folder.path().join("tasks.db")).unwrap();
    let mail: Durable<String> = file.queue("mail").build().unwrap();
    let (sender, turns) = mpsc::channel();
    let worker = pyaltt::queue(move |letter: String, cx| {
        sender.send((letter, cx.task().unwrap().attempt)).unwrap();
    })
    .queue(mail.clone())
    .start()
    .unwrap();
    for n in 0..20 {
        mail.put(format!("letter {n}")).unwrap();
        assert_eq!(turns.recv().unwrap(), (format!("letter {n}"), 1));
    }
    let exit = worker.drain().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (20, 0));
    let stats = mail.stats().unwrap();
    assert_eq!((stats.ready, stats.running, stats.dead), ([0; 4], 0, 0));
}

#[apply(bounded)]
fn many_producers_and_workers_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = Sqlite::open(folder.path().join("tasks.db")).unwrap();
    let (sender, turns) = mpsc::channel();
    let mail: Durable<u32> = file.queue("mail").build().unwrap();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let sender = sender.clone();
            pyaltt::queue(move |n: u32, _| sender.send(n).unwrap()).queue(mail.clone()).start().unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for producer in 0..8 {
            let mail = &mail;
            scope.spawn(move || (0..50).for_each(|n| _ = mail.put(producer * 50 + n).unwrap()));
        }
    });
    let mut seen: Vec<_> = turns.iter().take(400).collect();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..400), "each task has had one turn");
    for worker in workers {
        assert_eq!(worker.stop().unwrap().unsettled, 0);
    }
    assert_eq!(mail.stats().unwrap().running, 0);
}
