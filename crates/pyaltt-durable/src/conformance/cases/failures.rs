//! Attempts, payloads, versions.

use std::time::Duration;

use pyaltt_core::ErrorText;

use crate::conformance::Subject;
use crate::conformance::client::{Client, ids, letter};
use crate::engine::admin::{Page, Which};
use crate::engine::error::EngineError;
use crate::engine::put::{RawPut, When};
use crate::engine::round::Fate;
use crate::engine::view::TaskState;
use crate::envelope::{DEFAULT_MAX_BODY, Envelope, fresh_id};

pub fn case_17_failures_are_kept_in_order(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let id = client.put_one(|put| put.attempts = Some(12)).id();
    for attempt in 1..=12 {
        let task = client.take_one();
        assert_eq!((task.attempt, task.attempts, task.info(5).attempts), (attempt, Some(12), 12));
        let error = ErrorText::new(format!("failure {attempt}"));
        let after = Duration::ZERO;
        let fate = if attempt < 12 { Fate::Retry { after, error } } else { Fate::Dead { error } };
        assert!(client.settle(task.lease, fate));
    }
    let view = client.find(id).expect("it is dead");
    assert_eq!((view.state, view.attempt), (TaskState::Dead, 12));
    let errors: Vec<_> = view.errors.iter().map(|error| (error.attempt, error.text.clone())).collect();
    let last_ten: Vec<_> = (3..=12).map(|attempt| (attempt, format!("failure {attempt}"))).collect();
    assert_eq!(errors, last_ten);
}

pub fn case_21_bytes_that_cannot_be_read_stay_as_they_are(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let bytes = [0xff, 0, b'{', 0xc3, 0x28];
    let id = client.put_one(|put| put.envelope.body = bytes.to_vec()).id();
    let task = client.take_one();
    assert_eq!(task.envelope.body, bytes);
    client.mark_dead(&task);
    let view = client.find(id).expect("it is dead");
    assert_eq!((view.envelope.body.as_slice(), view.errors[0].text.as_str()), (&bytes[..], "given up"));
    assert_eq!(client.requeue(Which::Id(id)).tasks, 1);
    let again = client.take_one();
    assert_eq!((again.id, again.attempt, again.envelope.body.as_slice()), (id, 1, &bytes[..]));
    client.done(&again);
}

pub fn case_22_newer_versions_and_other_kinds_wait(subject: &dyn Subject) {
    let (mut old, mut new) = (Client::of(subject), Client::of(subject));
    new.version = 2;
    let second = old.put_one(|put| put.envelope.version = 2).id();
    let parcel = old.put_one(|put| "parcel".clone_into(&mut put.envelope.kind)).id();
    let first = old.put(1)[0];
    assert_eq!(ids(&old.take(10)), [first]);
    assert_eq!(old.round(|round| round.count = true).ready, Some(0), "none that it could take");
    assert_eq!(old.stats().ready.iter().sum::<u64>(), 2);
    let view = old.find(second).expect("it waits");
    assert_eq!((view.state, view.attempt), (TaskState::Ready, 0));
    let task = new.take_one();
    assert_eq!((task.id, task.attempt, task.envelope.version), (second, 1, 2));
    assert!(new.take(10).is_empty());
    assert_eq!(new.state(parcel), Some(TaskState::Ready));
}

pub fn case_53_texts_with_a_nul_are_refused_with_all_that_is_put_beside_them(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let good = letter("good");
    let odd: [fn(&mut RawPut); 3] = [
        |put| put.unique = Some("a\0b".to_owned()),
        |put| _ = put.envelope.headers.insert("a\0b".to_owned(), String::new()),
        |put| _ = put.envelope.headers.insert("a".to_owned(), "\0".to_owned()),
    ];
    for change in odd {
        let mut put = letter("odd");
        change(&mut put);
        let error = client.engine.put(&client.queue, &[good.clone(), put]).expect_err("no engine stores it");
        assert!(matches!(error, EngineError::Refused(_)), "{error}");
        assert!(error.to_string().contains("without a NUL character"), "{error}");
    }
    assert_eq!(client.list(None, Page::default()), []);
    // In a payload it is a byte as any other.
    let put = RawPut::new(fresh_id(), Envelope::new("letter", 1, b"\0".to_vec()));
    client.put_all(&[put]);
    assert_eq!(client.take_one().envelope.body, b"\0");
}

pub fn case_53_payloads_of_all_sizes_and_odd_texts_are_stored(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let odd = r#"'; drop table pyaltt_task; -- "é" {1} %s \ "#;
    let mut put = RawPut::new(fresh_id(), Envelope::new("letter", 1, Vec::new()));
    put.envelope.headers.insert(odd.to_owned(), odd.to_owned());
    put.unique = Some(odd.to_owned());
    let mut large = RawPut::new(fresh_id(), Envelope::new("letter", 1, vec![0xa5; DEFAULT_MAX_BODY]));
    large.when = When::In(Duration::ZERO);
    assert!(large.envelope.check(DEFAULT_MAX_BODY).is_ok());
    assert!(Envelope::new("letter", 1, vec![0; DEFAULT_MAX_BODY + 1]).check(DEFAULT_MAX_BODY).is_err());
    client.put_all(&[put.clone(), large.clone()]);
    let tasks = client.take(2);
    assert_eq!(tasks[0].envelope, put.envelope);
    assert_eq!(tasks[1].envelope.body.len(), DEFAULT_MAX_BODY);
    assert!(tasks[1].envelope == large.envelope, "the same bytes");
    let fate = Fate::Dead { error: ErrorText::new(odd) };
    assert!(client.settle(tasks[0].lease, fate));
    let view = client.find(put.id).expect("it is dead");
    assert_eq!((view.unique.as_deref(), view.errors[0].text.as_str()), (Some(odd), odd));
}
