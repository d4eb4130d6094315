//! Commands that change nothing: `stats`, `list`, `show`, `owners`.

use std::time::Duration;

use pyaltt::Priority;
use pyaltt_durable::engine::When;
use pyaltt_durable::{Durable, fresh_id};
use serde_json::{Value, json};

use crate::support::{Store, words};

#[apply(on_each_engine)]
fn counts_are_told_for_each_queue_and_in_total(mut store: Store) {
    assert_eq!(store.text("stats"), "no queues\n");
    assert_eq!(store.json("stats")["queues"], json!([]));
    store.put("mail", "1");
    store.put_with("mail", "2", |put| put.priority = Priority::Urgent);
    store.put_with("mail", "3", |put| put.when = When::In(Duration::from_secs(7_200)));
    store.bury("orders", 2);

    let text = store.text("stats");
    let lines: Vec<_> = text.lines().map(words).collect();
    assert_eq!(lines[0][..6], ["QUEUE", "READY", "DELAYED", "RUNNING", "DEAD", "OWNERS"]);
    assert_eq!(lines[1][..6], ["mail", "2", "1", "0", "0", "0"]);
    assert!(lines[1][7].starts_with("1h59m") && lines[1][8..] == ["1", "urgent"], "{text}");
    assert_eq!(lines[2][..6], ["orders", "0", "0", "0", "2", "0"]);
    assert_eq!(lines[3], ["total", "2", "1", "0", "2", "0"]);
    assert!(text.is_ascii() && !text.contains('\x1b'));

    let stats = store.json("stats");
    assert_eq!(stats["layout"], 1);
    assert!(stats["engine"].as_str().unwrap().starts_with(store.engine_name()));
    let [mail, orders] = stats["queues"].as_array().unwrap().as_slice() else { panic!("{stats}") };
    assert_eq!((&mail["queue"], &mail["ready"], &mail["delayed"]), (&json!("mail"), &json!(2), &json!(1)));
    assert_eq!(mail["ready_by_priority"], json!({"urgent": 1, "high": 0, "normal": 1, "low": 0}));
    assert!(mail["oldest_ready_ms"].is_u64() && mail["next_due_ms"].as_u64() > Some(7_000_000));
    let rest = (&orders["dead"], &orders["oldest_ready_ms"], &orders["paused"], &orders["alone"]);
    assert_eq!(rest, (&json!(2), &Value::Null, &json!(false), &json!(0)));

    let one = store.text("stats --queue orders");
    assert_eq!(one.lines().count(), 2, "no total of one: {one}");
}

#[apply(on_each_engine)]
fn a_queue_that_is_named_and_not_there_is_a_finding(mut store: Store) {
    store.put("mail", "1");
    for args in ["stats", "list", "owners", "dead list", "dead requeue --all", "resume", "check"] {
        let ran = store.run(&format!("{args} --queue mial"));
        assert_eq!(ran.code, 1, "{args}: {ran:?}");
        assert!(ran.err.contains("mial") && ran.err.contains("there are: mail"), "{ran:?}");
    }
    let ran = store.run("stats -q mial --json");
    assert_eq!((ran.code, &ran.json()["queues"][0]["ready"]), (1, &json!(0)), "what is asked for is told");
}

#[apply(on_each_engine)]
fn one_of_several_queues_has_to_be_named(mut store: Store) {
    assert_eq!(store.text("list"), "no tasks\n");
    assert_eq!(store.json("list"), json!({"queue": null, "tasks": [], "next": null}));
    store.put("mail", "1");
    assert_eq!(store.json("list")["queue"], "mail");
    store.put("orders", "1");
    for args in
        ["list", "dead list", "put task 1", "dead requeue --all", "dead purge --all", "pause", "resume"]
    {
        let ran = store.run(args);
        assert_eq!((ran.code, &*ran.out), (2, ""), "{args}");
        assert!(ran.err.ends_with("name one with --queue: mail, orders\n"), "{ran:?}");
    }
}

#[apply(on_each_engine)]
fn a_list_has_pages_and_states(mut store: Store) {
    let ids: Vec<_> = (0..60).map(|n| store.put("mail", n.to_string()).to_string()).collect();
    let late = store.put_with("mail", "1", |put| put.when = When::In(Duration::from_secs(600)));

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.json(&format!("list --state ready -n 27 {after}"));
        let tasks = page["tasks"].as_array().unwrap();
        seen.extend(tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!((tasks.len(), seen.last().map(String::as_str)), (27, Some(next)));
        after = format!("--after {next}");
    }
    assert_eq!(seen, ids);

    let text = store.text("list -n 2");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(words(lines[0]), ["ID", "STATE", "KIND", "ATTEMPT", "PUT", "PAYLOAD"]);
    assert_eq!(words(lines[1])[..4], [&*ids[0], "ready", "letter", "0"]);
    assert_eq!(lines[3], format!("2 tasks, and there are more: --after {}", ids[1]));
    assert!(store.text("list -n 100").ends_with("\n61 tasks\n"));

    let text = store.text("list --state delayed");
    assert!(text.contains(&late.to_string()) && text.contains("due in 9m"), "{text}");
    assert!(text.ends_with("\n1 task\n"));
    assert_eq!(store.text("list --state dead"), "no tasks\n");
    assert_eq!(store.run("list --state lost").code, 2);
}

#[apply(on_each_engine)]
fn dead_tasks_are_listed_with_their_last_error(mut store: Store) {
    let ids = store.bury("mail", 3);
    let text = store.text("dead list");
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].ends_with("ERROR") && lines[1].starts_with(&ids[0].to_string()), "{text}");
    assert!(lines[1].contains("died ") && lines[1].ends_with("no such address"), "{text}");
    let dead = store.json("dead list -n 1");
    let task = &dead["tasks"][0];
    assert_eq!((&task["state"], &task["attempt"]), (&json!("dead"), &json!(1)));
    assert_eq!(task["errors"][0]["text"], "no such\naddress");
    assert!(task["died_at"].as_str().unwrap().ends_with('Z') && task.get("body").is_none());
}

#[apply(on_each_engine)]
fn a_task_is_shown_with_all_that_is_known(mut store: Store) {
    store.put("orders", "1");
    let id = store.put_with("mail", r#"{"to":"Ann","n":1.10}"#, |put| {
        put.priority = Priority::High;
        put.unique = Some("key of\nAnn".to_owned());
        put.attempts = Some(7);
        put.when = When::In(Duration::from_secs(600));
        put.envelope.headers.insert("trace".to_owned(), "a=b".to_owned());
    });
    let text = store.text(&format!("show {id}"));
    for part in [
        &*format!("id          {id}\nqueue       mail\nstate       delayed, due in 9m"),
        "kind        letter, version 1\npriority    high\nattempts    0/7\n",
        "key         key of\\nAnn\nheader      trace = a=b\npayload     21 B, json\n",
        "  {\n    \"to\": \"Ann\",\n    \"n\": 1.10\n  }\n",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    let raw = store.text(&format!("show {id} --json"));
    assert!(raw.contains(r#""body":{"to":"Ann","n":1.10}"#), "as it was written: {raw}");
    let task: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(
        (&task["queue"], &task["key"], &task["attempts"], &task["headers"]),
        (&json!("mail"), &json!("key of\nAnn"), &json!(7), &json!({"trace": "a=b"}))
    );
    assert_eq!((&task["body_format"], &task["body_bytes"]), (&json!("json"), &json!(21)));

    let other = fresh_id();
    for args in [format!("show {other}"), format!("show {id} --queue orders"), format!("show {other} --json")]
    {
        let ran = store.run(&args);
        assert_eq!((ran.code, &*ran.out), (1, ""), "{args}");
        assert!(ran.err.contains("no task"), "{ran:?}");
    }
    assert_eq!(store.run("show 17").code, 2);
}

#[apply(on_each_engine)]
fn owners_are_the_processes_that_take_tasks(store: Store) {
    assert_eq!(store.text("owners"), "no owners\n");
    assert_eq!(store.json("owners"), json!({"owners": []}));
    let mail: Durable<String> = store.queue("mail").build().unwrap();
    let worker = pyaltt::queue(|_: String, _| ()).queue(mail.clone()).start().unwrap();
    // Once a task has had its turn, the process is known.
    mail.put("dear Sir".into()).unwrap();
    while store.json("owners")["owners"].as_array().unwrap().is_empty() {}
    let owners = store.json("owners");
    let owner = &owners["owners"][0];
    assert_eq!((&owner["queue"], &owner["pid"]), (&json!("mail"), &json!(std::process::id())));
    assert!(owner["lease_left_ms"].as_u64() <= Some(30_000));
    let text = store.text("owners");
    assert!(text.contains(&std::process::id().to_string()) && text.ends_with("\n1 owner\n"), "{text}");
    worker.stop().unwrap();
}
