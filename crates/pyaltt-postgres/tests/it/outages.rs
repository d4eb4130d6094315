//! Servers that are gone, that refuse, or that come back.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use pyaltt::PutErrorKind;
use pyaltt_postgres::{Durable, Postgres, Retry};
use testkit::{PostgresServer, until};

use crate::support::LIMIT;

/// A queue on a server of the test's own, which may be killed.
fn queue(server: &PostgresServer) -> Durable<u32> {
    let store = Postgres::builder(server.url("postgres"))
        .io_timeout(Duration::from_secs(5))
        .migrate(true)
        .connect()
        .unwrap();
    store
        .queue("mail")
        .lease(Duration::from_secs(3))
        .retry(Retry::fixed(Duration::from_millis(20)).attempts(50))
        .build()
        .unwrap()
}

#[apply(bounded)]
fn case_11_workers_go_on_by_themselves_when_the_server_is_back() {
    let Some(server) = PostgresServer::if_installed() else { return };
    let mail = queue(&server);
    let (sender, turns) = mpsc::channel();
    let worker = pyaltt::queue(move |letter: u32, _| sender.send(letter).unwrap())
        .queue(mail.clone())
        .start()
        .unwrap();
    mail.put(1).unwrap();
    assert_eq!(turns.recv().unwrap(), 1);
    server.kill();
    let error = mail.put(2).unwrap_err();
    assert!(matches!(error.kind(), PutErrorKind::Unavailable | PutErrorKind::Uncertain), "{error}");
    let error = mail.put(3).unwrap_err();
    assert_eq!(error.kind(), PutErrorKind::Unavailable, "{error}");
    assert!(worker.is_active());
    server.start_again().unwrap();
    // Put by another process, so that this one has to hear of it.
    let other = queue(&server);
    assert!(until(LIMIT, || other.put(4).is_ok()));
    assert_eq!(turns.recv_timeout(LIMIT).unwrap(), 4);
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_12_a_stop_needs_nothing_from_the_server() {
    let Some(server) = PostgresServer::if_installed() else { return };
    let mail = queue(&server);
    let (sender, turns) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let worker = pyaltt::queue(move |letter: u32, _| {
        sender.send(letter).unwrap();
        gate.recv().unwrap();
    })
    .queue(mail.clone())
    .start()
    .unwrap();
    mail.put(1).unwrap();
    turns.recv().unwrap();
    server.kill();
    worker.signal_stop();
    go.send(()).unwrap();
    let began = Instant::now();
    let exit = worker.stop().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (1, 1));
    assert!(began.elapsed() < Duration::from_secs(10), "far longer than it takes");
    // What was not settled is, when the server is back.
    server.start_again().unwrap();
    let look = || queue(&server).stats().is_ok_and(|stats| stats.running == 0 && stats.ready == [0; 4]);
    assert!(until(LIMIT, look));
}

#[apply(bounded)]
fn case_38_a_server_that_refuses_is_waited_for() {
    let Some(server) = PostgresServer::if_installed() else { return };
    let mail = queue(&server);
    let (sender, turns) = mpsc::channel();
    let worker = pyaltt::queue(move |letter: u32, _| sender.send(letter).unwrap())
        .queue(mail.clone())
        .start()
        .unwrap();
    mail.put(1).unwrap();
    assert_eq!(turns.recv().unwrap(), 1);

    // Read only, as a standby is.
    server.kill();
    server.start_with(&["default_transaction_read_only=on"]).unwrap();
    let error = mail.put(2).unwrap_err();
    assert!(matches!(error.kind(), PutErrorKind::Unavailable | PutErrorKind::Uncertain), "{error}");
    let error = mail.put(2).unwrap_err();
    assert_eq!(error.kind(), PutErrorKind::Unavailable);
    assert!(
        error.reason().is_some_and(|reason| reason.to_string().contains("read-only")),
        "{:?}",
        error.reason()
    );
    assert!(worker.is_active());

    // No connection is left for it.
    server.kill();
    server
        .start_with(&["max_connections=4", "superuser_reserved_connections=0", "max_wal_senders=0"])
        .unwrap();
    let taken: Vec<_> =
        std::iter::from_fn(|| postgres::Client::connect(&server.url("postgres"), postgres::NoTls).ok())
            .collect();
    assert!(taken.len() <= 4);
    assert!(until(LIMIT, || mail.put(3).is_err_and(|error| error.kind() == PutErrorKind::Unavailable)));
    drop(taken);
    assert!(until(LIMIT, || mail.put(4).is_ok()));
    assert!(turns.iter().any(|letter| letter == 4));
    worker.stop().unwrap();
}
