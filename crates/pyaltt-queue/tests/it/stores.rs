//! What holds for stores of all kinds: addresses, traces, checks, layouts.

use serde_json::json;

use crate::support::{Store, command, run};

#[apply(bounded)]
fn an_address_that_is_not_known_is_told_what_is() {
    let (file, database) = ("sqlite:FILE", "postgres://USER@HOST/DATABASE");
    let unknown = ["tasks.db", "redis://me:secret@host/db", "host=/run user=me password=secret:1", ""];
    let unknown = unknown.into_iter().flat_map(|url| [(url, file), (url, database)]);
    for (url, form) in unknown.chain([("sqlite:", file), ("postgres:me:secret@host", database)]) {
        let ran = run(command().args([url, "stats"]));
        assert_eq!(ran.code, 2, "{url}");
        assert!(ran.err.contains(form) && !ran.err.contains("secret"), "{ran:?}");
    }
    let help = run(command().arg("--help"));
    assert!(help.code == 0 && help.out.contains("Exit codes:"), "{help:?}");
    assert_eq!(run(&mut command()).code, 2);
    assert_eq!(run(command().args(["sqlite:tasks.db", "stat"])).code, 2);
    assert_eq!(run(command().arg("stats")).code, 2);
}

#[apply(on_each_engine)]
fn the_command_leaves_no_trace(mut store: Store) {
    store.put("mail", "1");
    for args in ["stats", "list", "owners", "check"] {
        assert_eq!(store.run(args).code, 0, "{args}");
    }
    assert_eq!(["pyaltt_owner", "pyaltt_task", "pyaltt_queue"].map(|table| store.count(table)), [0, 1, 0]);
}

#[apply(on_each_engine)]
fn a_check_finds_and_repairs_tasks_without_an_owner(mut store: Store) {
    store.put("mail", "1");
    assert_eq!(store.text("check"), "nothing found\n");
    assert_eq!(store.json("check"), json!({"findings": [], "repaired": null}));
    assert_eq!(store.json("check --repair"), json!({"findings": [], "repaired": 0}));
    store.execute("update pyaltt_task set state = 2, owner = 99");
    let ran = store.run("check");
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("damage: ") && ran.out.ends_with("\n1 finding\n"), "{ran:?}");
    let ran = store.run("check --json");
    let finding = &ran.json()["findings"][0];
    assert_eq!((ran.code, &finding["severity"]), (1, &json!("damage")));
    assert!(finding["what"].is_string() && finding["advice"].is_string());
    let ran = store.run("check --repair");
    assert_eq!((ran.code, &*ran.out), (1, "repaired 1 task\nnothing found\n"));
    assert_eq!(store.text("check --repair"), "repaired 0 tasks\nnothing found\n");
    assert_eq!(store.json("stats")["queues"][0]["ready"], 1);
}

#[apply(on_each_engine)]
fn case_51_a_store_is_migrated_only_when_told(store: Store) {
    assert_eq!(store.text("migrate"), "nothing to do: the layout is 1\n");
    assert_eq!(store.json("migrate"), json!({"from": 1, "to": 1}));
    let set = |layout: i64, compat: i64| {
        store.execute(&format!("update pyaltt_meta set layout = {layout}, compat = {compat}"));
    };
    set(0, 0);
    let ran = store.run("stats");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("layout 0") && ran.err.contains("`pyaltt-queue .. migrate`"), "{ran:?}");
    // Newer: compatible, and not.
    set(7, 1);
    assert_eq!(store.json("migrate"), json!({"from": 7, "to": 7}));
    assert_eq!(store.text("stats"), "no queues\n");
    set(7, 6);
    for args in ["stats", "migrate"] {
        let ran = store.run(args);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("layout 7"), "{ran:?}");
    }
}
