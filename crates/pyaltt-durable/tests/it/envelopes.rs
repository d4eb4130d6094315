//! What can be stored, and what is refused with a typed error.

use pyaltt_durable::{Codec, DEFAULT_MAX_BODY, Envelope, Json, QueueName};

#[apply(bounded)]
fn case_53_payloads_up_to_the_limit_pass() {
    let of = |bytes| Envelope::new("letter", 1, vec![0; bytes]).check(DEFAULT_MAX_BODY);
    assert!(of(0).is_ok() && of(DEFAULT_MAX_BODY).is_ok());
    let error = of(DEFAULT_MAX_BODY + 1).unwrap_err();
    assert_eq!(error.to_string(), "the payload has 1048577 bytes, and 1048576 are allowed");
}

#[apply(bounded)]
fn case_53_names_of_queues_are_plain() {
    for name in ["a", "mail", "mail.eu-1_x:2", &"q".repeat(100)] {
        assert_eq!(QueueName::new(name).unwrap().as_str(), name);
    }
    for name in ["", "a b", "a\0", "a'", "a\"", "a;", "{q}", "é", "a/b", "a\n", &"q".repeat(101)] {
        assert!(QueueName::new(name).is_err(), "{name:?}");
    }
    let error = QueueName::new([b'a', 0xff]).unwrap_err();
    assert!(error.to_string().starts_with("no name of a queue: \"a\u{fffd}\";"), "{error}");
}

#[apply(bounded)]
fn kinds_and_headers_have_limits() {
    let mut envelope = Envelope::new("letter\0", 1, "");
    assert!(envelope.check(10).unwrap_err().to_string().contains("control characters"));
    envelope.kind = "lettre d'été".to_owned();
    assert!(envelope.check(10).is_ok());
    envelope.headers.insert("trace".to_owned(), "x".repeat(64 << 10));
    assert_eq!(
        envelope.check(10).unwrap_err().to_string(),
        "the headers have 65541 bytes together, and 65536 are allowed"
    );
}

#[apply(bounded)]
fn json_that_is_no_task_is_an_error() {
    let decoded: Result<u32, _> = Json.decode(b"{");
    assert!(decoded.is_err());
    assert_eq!(Json.decode(&Json.encode(&7_u32).unwrap()).ok(), Some(7_u32));
}
