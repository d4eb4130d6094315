//! Payloads and texts that are not what a terminal or a program expects.

use serde_json::json;

use crate::support::Store;

/// Whether a text can be shown as it is.
fn is_harmless(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}')
}

#[apply(on_each_engine)]
fn any_payload_can_be_listed_and_shown(mut store: Store) {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let huge = format!("\"{}\"", "é".repeat(500_000));
    let cases: [(&[u8], &str, &str); 9] = [
        (b"\xff\x00\xfe", "hex", "hex ff00fe (3 B)"),
        (b"", "text", ""),
        (b"dear Sir", "text", "dear Sir"),
        (b"a\0b \x1b[2J 'q' \"q\"", "text", r#"a\u{0}b \u{1b}[2J 'q' "q""#),
        ("\"\u{9b}31m\u{202e}\"".as_bytes(), "json", r#""\u{9b}31m\u{202e}""#),
        (br#"{"z":1e400,"a":12345678901234567890123}"#, "json", r#"{"z":1e400,"a":12345678901234567890123}"#),
        (b"\xfe\xfe\xfe\xfe", "hex", "hex fefefefe (4 B)"),
        (deep.as_bytes(), "json", ".. (195.3 KiB)"),
        (huge.as_bytes(), "json", "é.. (976.6 KiB)"),
    ];
    let ids: Vec<_> = cases.iter().map(|(body, ..)| store.put("mail", *body)).collect();
    let list = store.text("list");
    assert!(is_harmless(&list) && list.lines().all(|line| line.chars().count() <= 160), "{list}");
    for (((body, format, line), id), listed) in cases.iter().zip(&ids).zip(list.lines().skip(1)) {
        assert!(listed.starts_with(&id.to_string()) && listed.ends_with(line), "{listed}\nof {line}");
        assert!(is_harmless(&store.text(&format!("show {id}"))), "{line}");
        // Read without serde_json, which has a limit of its own for depth.
        let raw = store.text(&format!("show {id} --json"));
        assert!(raw.contains(&format!(r#""body_bytes":{},"body_format":"{format}","body":"#, body.len())));
        if *format == "json" {
            let end = format!("{}}}\n", std::str::from_utf8(body).unwrap());
            assert!(raw.ends_with(&end), "as it was written");
        }
    }
    let show = |n: usize| store.json(&format!("show {}", ids[n]))["body"].clone();
    assert_eq!([show(0), show(2)], [json!("ff00fe"), json!("dear Sir")]);
    assert_eq!(show(3), "a\0b \x1b[2J 'q' \"q\"");
}

#[apply(on_each_engine)]
fn other_texts_cannot_reach_the_terminal_either(mut store: Store) {
    let id = store.put_with("mail", "1", |put| {
        "le\x1btter".clone_into(&mut put.envelope.kind);
        put.unique = Some("k\x07".to_owned());
        put.envelope.headers.insert("h\x1b".to_owned(), "v\r".to_owned());
    });
    for args in ["list".to_owned(), format!("show {id}")] {
        let text = store.text(&args);
        assert!(is_harmless(&text) && text.contains("le\\u{1b}tter"), "{text}");
    }
    assert_eq!(store.json("list")["tasks"][0]["kind"], "le\x1btter", "JSON has its own way to say it");
}
