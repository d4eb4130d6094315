//! Tasks that are put in transactions of the user, and from other languages.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt_durable::engine::Engine as _;
use pyaltt_postgres::{Placed, Put, TaskState};
use testkit::{Database, until};

use crate::support::{HOUR, LIMIT, Process, queue_in, store_in};

#[apply(bounded)]
fn case_37_a_task_is_there_if_and_only_if_the_transaction_commits() {
    let Some(database) = Database::new() else { return };
    let (store, mail) = (store_in(&database), queue_in(&database));
    let count = || mail.stats().unwrap().ready.iter().sum::<u64>();
    let mut client = database.client();

    let mut transaction = client.transaction().unwrap();
    store.put_in(&mut transaction, &mail, &"never sent".into(), Put::new()).unwrap();
    transaction.rollback().unwrap();
    assert_eq!(count(), 0);

    let mut killed = database.client();
    let mut transaction = killed.transaction().unwrap();
    store.put_in(&mut transaction, &mail, &"never sent".into(), Put::new()).unwrap();
    let pid: i32 = transaction.query_one("select pg_backend_pid()", &[]).unwrap().get(0);
    client.execute("select pg_terminate_backend($1)", &[&pid]).unwrap();
    assert!(transaction.commit().is_err());
    assert_eq!(count(), 0);

    let mut transaction = client.transaction().unwrap();
    let how = || Put::new().unique("sir").header("trace", "17");
    let placed = store.put_in(&mut transaction, &mail, &"dear Sir".into(), how()).unwrap();
    let Placed::New(id) = placed else { panic!("{placed:?}") };
    let again = store.put_in(&mut transaction, &mail, &"dear Sir".into(), how()).unwrap();
    assert_eq!(again, Placed::Existing(id));
    assert_eq!(count(), 0, "it is not committed");
    transaction.commit().unwrap();
    let task = mail.find(id).unwrap().unwrap();
    assert_eq!((task.state, task.envelope.headers["trace"].as_str()), (TaskState::Ready, "17"));
}

#[apply(bounded)]
fn case_37_an_idle_process_is_woken_by_the_commit() {
    let Some(database) = Database::new() else { return };
    let (store, mail) = (store_in(&database), queue_in(&database));
    let mut sleeper = Process::of(&store);
    let bell = sleeper.engine.bell(sleeper.owner).unwrap();
    sleeper.sleep();
    let mut client = database.client();
    let mut transaction = client.transaction().unwrap();
    store.put_in(&mut transaction, &mail, &"dear Sir".into(), Put::new()).unwrap();
    assert!(!bell.wait(Duration::from_millis(10)).unwrap(), "it is not committed");
    transaction.commit().unwrap();
    assert!(bell.wait(HOUR).unwrap());
    assert!(!bell.wait(Duration::ZERO).unwrap(), "once");

    // The same, from any language.
    client.batch_execute("select pyaltt.put('mail', '1', kind => 'letter')").unwrap();
    assert!(bell.wait(HOUR).unwrap());
}

#[apply(bounded)]
fn a_worker_runs_what_other_languages_put() {
    let Some(database) = Database::new() else { return };
    let mail = queue_in(&database);
    let (sender, turns) = mpsc::channel();
    let worker = pyaltt::queue(move |letter: String, cx| {
        let task = cx.task().unwrap();
        sender.send((letter, task.attempts, task.headers.get("trace").cloned())).unwrap();
    })
    .queue(mail.clone())
    .start()
    .unwrap();
    let mut client = database.client();
    let put = r#"select pyaltt.put('mail', '"dear Sir"', kind => 'letter', priority => 'high', attempts => 3,
                 headers => '{"trace": "17"}', key => 'sir', delay => interval '1 ms')::text"#;
    let id: String = client.query_one(put, &[]).unwrap().get(0);
    assert_eq!(turns.recv().unwrap(), ("dear Sir".to_owned(), 3, Some("17".to_owned())));
    assert!(until(LIMIT, || mail.find(id.parse().unwrap()).unwrap().is_none()), "it is done");
    worker.stop().unwrap();

    // While one waits, its key is held. With `replace` it takes what the other says.
    let put = |client: &mut postgres::Client, body: &str, replace: bool| -> String {
        let put =
            "select pyaltt.put('mail', $1::text::json, kind => 'letter', key => 'ann', replace => $2)::text";
        client.query_one(put, &[&body, &replace]).unwrap().get(0)
    };
    let first = put(&mut client, r#""first""#, false);
    assert_eq!(put(&mut client, r#""second""#, false), first);
    assert_eq!(put(&mut client, r#""third""#, true), first);
    let task = mail.find(first.parse().unwrap()).unwrap().unwrap();
    assert_eq!(task.envelope.body, br#""third""#);
    // Ids are in the order of puts, as ours are.
    let later: String = client.query_one(r"select pyaltt.put('mail', '1')::text", &[]).unwrap().get(0);
    assert!(later > id && later.as_bytes()[14] == b'7', "{later} follows {id}");
}

#[apply(bounded)]
fn case_53_what_is_no_task_is_refused_in_every_language() {
    let Some(database) = Database::new() else { return };
    let mut client = database.client();
    for arguments in [
        "'', '1'",
        "'mail''; drop', '1'",
        "'mail', '1', priority => 'lowest'",
        "'mail', '1', kind => ''",
        "'mail', '1', version => -1",
        "'mail', '1', headers => '{\"a\": 1}'",
        "'mail', '1', headers => jsonb_build_object('a', repeat('a', 65536))",
        "'mail', to_json(repeat('a', 1048576))",
    ] {
        let error = client.batch_execute(&format!("select pyaltt.put({arguments})")).unwrap_err();
        assert_eq!(error.code().map(postgres::error::SqlState::code), Some("22023"), "{arguments}: {error}");
    }
    assert_eq!(queue_in(&database).stats().unwrap().ready, [0; 4]);
}
