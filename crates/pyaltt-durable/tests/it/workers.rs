//! Workers of a queue in memory, end to end.

use std::sync::mpsc;

use pyaltt_durable::{Durable, MemoryStore, TaskState};

#[apply(bounded)]
fn a_task_that_is_put_has_a_turn_and_is_gone() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").build().unwrap();
    let (sender, turns) = mpsc::channel();
    let worker = pyaltt::queue(move |letter: String, cx| {
        sender.send((letter, cx.task().unwrap().attempt)).unwrap();
    })
    .queue(mail.clone())
    .start()
    .unwrap();
    for n in 0..20 {
        let id = mail.put(format!("letter {n}")).unwrap();
        assert_eq!(turns.recv().unwrap(), (format!("letter {n}"), 1));
        assert_ne!(mail.find(id).unwrap().map(|task| task.state), Some(TaskState::Dead));
    }
    let exit = worker.drain().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (20, 0));
    let stats = mail.stats().unwrap();
    assert_eq!((stats.ready, stats.running, stats.dead), ([0; 4], 0, 0));
}
