//! What the command does to workers that run.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt_durable::{Durable, Retry};
use serde_json::json;

use crate::support::Store;

#[apply(on_each_engine)]
fn a_put_is_run_by_a_worker_of_its_kind_and_by_no_other(store: Store) {
    let (sender, turns) = mpsc::channel();
    let worker = |kind: &'static str| {
        let sender = sender.clone();
        let queue: Durable<String> = store.queue("mail").kind(kind).build().unwrap();
        pyaltt::queue(move |task: String, cx| {
            let trace = cx.task().and_then(|task| task.headers.get("trace").cloned());
            sender.send((kind, task, trace)).unwrap();
        })
        .queue(queue)
        .start()
        .unwrap()
    };
    let (letters, parcels) = (worker("letter"), worker("parcel"));
    for n in 0..10 {
        let ran = store.run_with("put letter -q mail --header trace=me", &format!("\"letter {n}\""));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(turns.recv().unwrap(), ("letter", format!("letter {n}"), Some("me".to_owned())));
    }
    store.run_with("put parcel -q mail", "\"a parcel\"");
    assert_eq!(turns.recv().unwrap(), ("parcel", "a parcel".to_owned(), None));
    assert_eq!(store.run_with("put postcard -q mail", "\"nobody knows it\"").code, 0);
    assert_eq!((letters.drain().unwrap().turns, parcels.drain().unwrap().turns), (10, 1));
    assert_eq!(store.json("list")["tasks"][0]["kind"], "postcard");
}

#[apply(on_each_engine)]
fn nothing_is_taken_between_a_pause_and_its_end(store: Store) {
    let (sender, turns) = mpsc::channel();
    let mail: Durable<u32> = store.queue("mail").build().unwrap();
    let worker = pyaltt::queue(move |n: u32, _| sender.send(n).unwrap()).queue(mail.clone()).start().unwrap();
    mail.put(1).unwrap();
    assert_eq!(turns.recv(), Ok(1));
    assert!(store.text("pause -q mail").starts_with("paused mail"));
    mail.put(2).unwrap();
    // A drain looks once more, and finds nothing that it may take.
    assert_eq!(worker.drain().unwrap().turns, 1);
    assert_eq!((mail.stats().unwrap().ready[1], turns.try_recv().is_err()), (1, true));
    worker.start().unwrap();
    assert_eq!(store.text("resume -q mail"), "resumed mail\n");
    assert_eq!(turns.recv(), Ok(2));
    worker.stop().unwrap();
}

#[apply(on_each_engine)]
fn a_requeued_task_runs_again(store: Store) {
    let (sender, turns) = mpsc::channel();
    let mail: Durable<String> = store.queue("mail").retry(Retry::none()).build().unwrap();
    let mut fails = true;
    let worker = pyaltt::queue(move |letter: String, cx| {
        sender.send((letter, cx.task().unwrap().attempt)).unwrap();
        if std::mem::take(&mut fails) { Err("no such address") } else { Ok(()) }
    })
    .queue(mail.clone())
    .start()
    .unwrap();
    let id = mail.put("dear Sir".into()).unwrap();
    let turn = ("dear Sir".to_owned(), 1);
    assert_eq!(turns.recv().unwrap(), turn);
    while store.json("stats")["queues"][0]["dead"] != 1 {}
    assert_eq!(store.json(&format!("dead requeue {id}"))["requeued"], 1);
    assert_eq!(turns.recv().unwrap(), turn);
    worker.drain().unwrap();
    assert_eq!(store.run(&format!("show {id}")).code, 1, "nothing is kept of it");
}

#[apply(on_each_engine)]
fn the_worker_of_a_cancelled_task_is_told(store: Store) {
    let (sender, turns) = mpsc::channel();
    let mail: Durable<String> = store.queue("mail").lease(Duration::from_secs(1)).build().unwrap();
    let worker = pyaltt::queue(move |_: String, cx| {
        sender.send("begun").unwrap();
        // Up to the limit of the test.
        while !cx.is_lost() && !cx.sleep(Duration::from_millis(5)).is_stop() {}
        sender.send(if cx.is_lost() { "lost" } else { "stopped" }).unwrap();
    })
    .queue(mail.clone())
    .start()
    .unwrap();
    let id = mail.put("dear Sir".into()).unwrap();
    assert_eq!(turns.recv(), Ok("begun"));
    assert_eq!(store.json(&format!("show {id}"))["state"], "running");
    assert!(store.text("pause").ends_with("; still running: 1\n"));
    let cancelled = store.json(&format!("cancel {id}"));
    assert_eq!(cancelled, json!({"cancelled": [{"id": id.to_string(), "result": "running"}]}));
    assert_eq!(turns.recv(), Ok("lost"));
    worker.drain().unwrap();
    assert_eq!(mail.find(id).unwrap(), None);
}
