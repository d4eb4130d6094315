//! Commands that change something: `put`, `cancel`, `dead`, `pause`, `resume`.

use std::time::Duration;

use pyaltt_durable::engine::When;
use pyaltt_durable::fresh_id;
use serde_json::json;

use crate::support::Store;

#[apply(on_each_engine)]
fn a_put_has_all_its_options(store: Store) {
    let ran = store.run("put letter 1");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no queue yet, so name one with --queue"), "{ran:?}");
    let ran = store.run_with(
        "--queue mail put letter --delay 1h30m --priority high --key ann --version 3 --attempts 7 \
         --header trace=a=b --header x= --json",
        r#"{"to": "Ann"}"#,
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains(r#"the queue "mail" is new"#), "{ran:?}");
    let put = ran.json();
    assert_eq!((&put["placed"], &put["queue"]), (&json!("new"), &json!("mail")));
    let task = store.json(&format!("show {}", put["id"].as_str().unwrap()));
    assert_eq!(
        (&task["state"], &task["kind"], &task["version"], &task["priority"]),
        (&json!("delayed"), &json!("letter"), &json!(3), &json!("high"))
    );
    assert_eq!((&task["key"], &task["attempts"]), (&json!("ann"), &json!(7)));
    assert_eq!(task["headers"], json!({"trace": "a=b", "x": ""}));
    assert_eq!(task["body"], json!({"to": "Ann"}));

    let text = store.text("put letter -5");
    let id = text.strip_prefix("put ").expect(&text).trim_end();
    assert_eq!(store.json(&format!("show {id}"))["body"], -5);

    // A key that is held, and an id that is there.
    let again = store.json("put letter 2 --key ann");
    assert_eq!((&again["placed"], &again["id"]), (&json!("existing"), &put["id"]));
    assert!(store.text("put letter 2 --key ann").contains("nothing was stored"));
    assert_eq!(store.json("put letter 2 --key ann --replace")["placed"], "replaced");
    assert_eq!(store.json(&format!("show {}", put["id"].as_str().unwrap()))["body"], 2);
    assert_eq!(store.json(&format!("put letter 3 --id {id}"))["placed"], "existing");
    let new = fresh_id();
    assert_eq!(store.json(&format!("put letter 3 --id {new}"))["id"], new.to_string());
}

#[apply(on_each_engine)]
fn a_payload_comes_from_the_standard_input_as_well(store: Store) {
    let largest = format!("\"{}\"", "a".repeat((1 << 20) - 2));
    let ran = store.run_on("put letter - -q mail --json", largest.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let task = store.json(&format!("show {}", ran.json()["id"].as_str().unwrap()));
    assert_eq!(task["body_bytes"], 1 << 20);
    for (input, what) in [
        (format!("{largest} ").as_bytes(), "more than 1048576 bytes"),
        (b"", "no JSON"),
        (b"dear Sir", r#"a text needs quotes of its own, as in '"dear Sir"'"#),
        (b"\"\xff\"", "not UTF-8"),
    ] {
        let ran = store.run_on("put letter -", input);
        assert_eq!((ran.code, &*ran.out), (2, ""));
        assert!(ran.err.contains(what), "{ran:?}");
    }
    for args in ["put letter {", "put letter 1,", "put letter 1 --attempts 0", "put letter 1 --delay 5"] {
        assert_eq!(store.run(args).code, 2, "{args}");
    }
    assert_eq!(run_kind(&store, "").code, 2);
    assert_eq!(store.json("stats")["queues"][0]["ready"], 1, "nothing of all that was stored");
}

fn run_kind(store: &Store, kind: &str) -> crate::support::Ran {
    crate::support::run(store.command("put").args([kind, "1"]))
}

#[apply(on_each_engine)]
fn tasks_are_cancelled_in_whatever_queue_they_are(mut store: Store) {
    let ready = store.put("mail", "1");
    let delayed = store.put_with("orders", "1", |put| put.when = When::In(Duration::from_secs(60)));
    let dead = store.bury("orders", 1)[0];
    let text = store.text(&format!("cancel {ready} {delayed} {dead}"));
    assert_eq!(text, format!("removed {ready}\nremoved {delayed}\nremoved {dead}\n"));
    let ran = store.run(&format!("cancel {ready} --json"));
    assert_eq!(
        (ran.code, ran.json()),
        (1, json!({"cancelled": [{"id": ready.to_string(), "result": "unknown"}]}))
    );
    assert!(ran.err.contains(&format!("no task {ready}")), "{ran:?}");
    assert_eq!(store.text("stats"), "no queues\n");

    let kept = store.put("mail", "1");
    assert_eq!(store.run(&format!("cancel {kept} -q orders")).code, 1, "it is not in that queue");
    assert_eq!(store.json("stats")["queues"][0]["ready"], 1);
}

#[apply(on_each_engine)]
fn dead_tasks_are_requeued_and_purged_by_what_is_said(mut store: Store) {
    let mail = store.bury("mail", 5);
    let orders = store.bury("orders", 1);
    let ready = store.put("mail", "1");
    // By their ids, without a queue.
    let ran = store.run(&format!("dead requeue {} {} {ready}", mail[0], orders[0]));
    assert_eq!((ran.code, &*ran.out), (1, "requeued 2 tasks\n"));
    assert!(ran.err.contains(&format!("no dead task {ready}")), "{ran:?}");
    assert_eq!(store.json(&format!("show {}", mail[0]))["attempt"], 0, "it has all its attempts again");
    assert_eq!(store.json(&format!("dead purge {}", mail[1])), json!({"purged": 1, "unknown": []}));
    assert_eq!(store.run(&format!("dead purge {}", mail[1])).code, 1);

    // By age and kind.
    assert_eq!(store.text("dead purge --older-than 1h -q mail"), "purged 0 tasks\n");
    let ran = store.run("dead requeue --kind parcel -q mail --json");
    assert_eq!((ran.code, ran.json()["requeued"].clone()), (1, json!(0)));
    assert_eq!(store.text("dead requeue --kind letter -q mail"), "requeued 3 tasks\n");
    assert_eq!(store.text("dead requeue --all -q mail"), "requeued 0 tasks\n", "nothing was named");
    store.bury("other", 2);
    assert_eq!(store.text("dead purge --older-than 0s -q other"), "purged 2 tasks\n");
    store.bury("other", 2);
    assert_eq!(store.text("dead purge --all -q other"), "purged 2 tasks\n");
    assert_eq!(store.run("dead purge").code, 2, "all of them have to be meant");
}

#[apply(on_each_engine)]
fn a_dead_task_whose_key_is_held_stays_dead(mut store: Store) {
    let dead = store.bury("mail", 1)[0];
    store.execute("update pyaltt_task set ukey = 'ann'");
    store.put_with("mail", "1", |put| put.unique = Some("ann".to_owned()));
    for which in [dead.to_string(), "--all".to_owned()] {
        let ran = store.run(&format!("dead requeue {which} --json"));
        let want = json!({"requeued": 0, "duplicates": [dead.to_string()], "unknown": []});
        assert_eq!((ran.code, ran.json()), (1, want));
        assert!(ran.err.contains("is still dead: another task has its key"), "{ran:?}");
    }
}

#[apply(on_each_engine)]
fn a_pause_of_a_queue_that_is_not_there_has_to_be_meant(mut store: Store) {
    store.put("mail", "1");
    let ran = store.run("pause -q mial");
    assert_eq!((ran.code, &*ran.out), (1, ""));
    assert!(ran.err.contains("--new"), "{ran:?}");
    assert_eq!(store.json("stats")["queues"].as_array().unwrap().len(), 1);
    assert_eq!(store.text("pause -q later --new"), "paused later\n");
    assert_eq!(store.json("pause -q mail"), json!({"queue": "mail", "paused": true}));
    assert!(store.text("stats -q mail").trim_end().ends_with("paused"));
    assert_eq!(store.text("resume -q mail"), "resumed mail\n");
    assert_eq!(store.text("resume -q mail"), "mail was not paused\n");
    assert_eq!(store.json("resume -q mail"), json!({"queue": "mail", "paused": false}));
}
