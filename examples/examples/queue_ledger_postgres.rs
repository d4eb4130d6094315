//! Tasks outlive their process and their server: three processes deliver the letters of one database. One of them is killed
//! with a letter in its hand, the server is killed as well, and the ledger at the end accounts for each letter.

#[cfg(unix)]
use std::{env, time::Duration};

#[cfg(unix)]
use pyaltt::{BoxError, Durable, Postgres, Retry};
#[cfg(unix)]
use pyaltt_examples::ledger::{self, Ledger};

/// The beginning of a turn at which the server is killed.
#[cfg(unix)]
const SERVER_KILLED_AT: usize = 60;

#[cfg(unix)]
fn mail(database: &str) -> Result<Durable<u32>, BoxError> {
    // Each process may do so. One makes the tables, and the others wait for it.
    let tasks = Postgres::builder(database).migrate(true).connect()?;
    let queue = tasks.queue("mail").lease(Duration::from_secs(2));
    Ok(queue.retry(Retry::fixed(Duration::from_millis(1))).build()?)
}

#[cfg(unix)]
fn main() -> Result<(), BoxError> {
    if let Some(database) = env::args().nth(1) {
        return ledger::deliver(mail(&database)?); // one of the three
    }
    // A server in a temporary folder. Where PostgreSQL is not installed, this says so and does nothing.
    let Some(server) = testkit::PostgresServer::if_installed() else { return Ok(()) };
    let database = server.url("postgres");
    let mut ledger = Ledger::open(mail(&database)?)?;
    ledger.write(&database, |turn| {
        if turn == SERVER_KILLED_AT {
            println!("the server is killed with letters in hand, and started again");
            server.kill(); // SIGKILL
            server.start_again()?;
        }
        Ok(())
    })?;
    // A process that could not renew its lease meanwhile has lost its letter to another one.
    assert!(ledger.close() >= 5, "four failed once, and one process was killed");
    Ok(())
}

/// The server of this example runs on Unix.
#[cfg(not(unix))]
fn main() {}
