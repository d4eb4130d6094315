//! What is not a terminal: pipes that are closed, and a watch that is ended.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::Store;

fn start(store: &Store, args: &str) -> Child {
    store.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end, and returns the code and what was said on the standard error.
fn end(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

#[apply(on_each_engine)]
fn a_reader_that_goes_away_is_no_trouble(mut store: Store) {
    for _ in 0..1_000 {
        store.put("mail", "1".repeat(40));
    }
    for args in ["list -n 1000", "list -n 1000 --json", "stats --watch --every 10ms"] {
        let mut child = start(&store, args);
        let mut first = [0];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(end(child), (Some(0), String::new()), "{args}");
    }
}

#[cfg(unix)]
#[apply(on_each_engine)]
fn a_watch_goes_on_until_a_signal_comes(mut store: Store) {
    store.put("mail", "1");
    for (args, signal) in [("--json", "-INT"), ("", "-TERM")] {
        let mut child = start(&store, &format!("stats --watch --every 10ms {args}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        if args == "--json" {
            let ready =
                |line: &str| serde_json::from_str::<Value>(line).unwrap()["queues"][0]["ready"].clone();
            let first = ready(&next());
            store.put("mail", "2");
            while ready(&next()) == first {}
        }
        for _ in 0..100 {
            assert!(!next().contains('\x1b'), "this is no terminal");
        }
        let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        // What was written until then is there as a whole.
        let rest: Vec<_> = lines.map(Result::unwrap).collect();
        assert!(rest.iter().all(|line| args != "--json" || line.ends_with('}')), "{rest:?}");
        assert_eq!(end(child), (Some(0), String::new()));
    }
}

#[cfg(target_os = "linux")]
#[apply(on_each_engine)]
fn an_output_that_is_full_is_trouble(store: Store) {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = store.command("stats").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("writing the output"));
}
