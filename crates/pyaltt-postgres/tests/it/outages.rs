//! Servers that are gone, that refuse, or that come back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
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

/// Puts until it is stored. Returns whether it was uncertain, so that it may have been stored and done before.
fn put_surely(queue: &Durable<u32>, task: u32) -> bool {
    let mut was_uncertain = false;
    let mut result = queue.put(task);
    while let Err(error) = result {
        was_uncertain |= error.kind() == PutErrorKind::Uncertain;
        assert!(matches!(error.kind(), PutErrorKind::Unavailable | PutErrorKind::Uncertain), "{error}");
        std::thread::yield_now();
        result = queue.put_again(error);
    }
    was_uncertain
}

/// `PYALTT_LEDGER_TASKS=100000` makes it longer.
#[apply(bounded)]
fn case_10_each_task_is_accounted_for_while_the_server_is_killed() {
    let tasks: u32 = std::env::var("PYALTT_LEDGER_TASKS").map_or(1_000, |tasks| tasks.parse().unwrap());
    let Some(server) = PostgresServer::if_installed() else { return };
    let mail = queue(&server);
    let turns: Arc<Mutex<BTreeMap<(u32, u32), u32>>> = Arc::default();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let turns = Arc::clone(&turns);
            let turn = move |task: u32, cx: &mut pyaltt::Context| {
                let info = cx.task().unwrap();
                *turns.lock().entry((task, info.attempt)).or_default() += 1;
                // One in ten fails once on purpose.
                if task.is_multiple_of(10) && info.attempt - info.crashes == 1 {
                    Err("on purpose")
                } else {
                    Ok(())
                }
            };
            pyaltt::queue(turn).queue(mail.clone()).start().unwrap()
        })
        .collect();
    let put = AtomicU32::new(0);
    let uncertain = std::thread::scope(|scope| {
        let producer = scope.spawn(|| {
            let uncertain = (0..tasks).filter(|task| {
                let was_uncertain = put_surely(&mail, *task);
                put.fetch_add(1, Ordering::SeqCst);
                was_uncertain
            });
            uncertain.count()
        });
        // Twice while they are put.
        for part in 1..=2 {
            assert!(until(LIMIT, || put.load(Ordering::SeqCst) >= tasks * part / 3));
            server.kill();
            server.start_again().unwrap();
        }
        producer.join().unwrap()
    });
    let is_over = || {
        mail.stats().is_ok_and(|stats| {
            stats.ready == [0; 4] && (stats.delayed, stats.running, stats.dead) == (0, 0, 0)
        })
    };
    assert!(until(LIMIT, is_over));
    for worker in workers {
        assert_eq!(worker.stop().unwrap().unsettled, 0);
    }
    let turns = turns.lock();
    let ran: BTreeSet<_> = turns.keys().map(|(task, _)| *task).collect();
    assert!(ran.into_iter().eq(0..tasks), "each has run");
    let twice = turns.values().filter(|count| **count > 1).count();
    assert!(twice <= 2 * uncertain, "{twice} attempts have run twice, {uncertain} puts were uncertain");
    let again = turns.len() - tasks as usize;
    let repeats = mail.stats().unwrap().repeats;
    println!(
        "{tasks} tasks, server killed twice, {again} turns again, {twice} twice, {uncertain} puts uncertain, {repeats:?}"
    );
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
fn case_38_a_standby_is_found_and_waited_for() {
    let Some(server) = PostgresServer::if_installed() else { return };
    drop(queue(&server));
    server.kill();
    let signal = server.socket().with_file_name("data").join("standby.signal");
    std::fs::write(&signal, "").unwrap();
    server.start_again().unwrap();
    let address = server.url("postgres");
    let mail: Durable<u32> = Postgres::connect(&address).unwrap().queue("mail").build().unwrap();
    let findings = mail.check().unwrap();
    assert!(findings[0].to_string().contains("standby"), "{findings:?}");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(mail.put(1).unwrap_err().kind(), PutErrorKind::Unavailable);
    let worker = pyaltt::queue(|_: u32, _| ()).queue(mail.clone()).start().unwrap();
    assert!(worker.is_active());
    let mut client = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    assert!(client.query_one("select pg_promote()", &[]).unwrap().get::<_, bool>(0));
    assert!(until(LIMIT, || mail.put(2).is_ok()));
    assert_eq!(worker.drain().unwrap().turns, 1);
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
