//! The engine in PostgreSQL: the suite of all engines, and what is its own. Without PostgreSQL on the machine, the tests say so
//! and do nothing.

#[macro_use]
extern crate macro_rules_attribute;
#[macro_use]
extern crate testkit;

mod accounts;
mod bells;
mod child;
mod counts;
mod encodings;
mod guards;
mod idle;
mod layouts;
mod many_connections;
mod outages;
mod plans;
mod poolers;
mod support;
mod transactions;

use std::time::Duration;

use parking_lot::Mutex;
use postgres::{Client, NoTls};
use pyaltt_durable::conformance::Subject;
use pyaltt_durable::engine::Engine;
use pyaltt_postgres::Postgres;

use testkit::Database;

/// A new database, whose time is moved by hand.
struct InDatabase(Option<Timed>);

struct Timed {
    database: Database,
    clock: Mutex<Client>,
}

impl Subject for InDatabase {
    fn engine(&self) -> Box<dyn Engine> {
        let Some(Timed { database, .. }) = &self.0 else { panic!("it is not available") };
        let store = Postgres::builder(database.url()).io_timeout(Duration::from_secs(60)).connect();
        Box::new(store.expect("the database").engine().expect("a connection"))
    }

    fn pass(&self, time: Duration) {
        if let Some(Timed { clock, .. }) = &self.0 {
            let pass = format!("update clock set now = now + interval '{} us'", time.as_micros());
            clock.lock().batch_execute(&pass).expect("it passes");
        }
    }

    fn is_manual(&self) -> bool {
        true
    }

    fn is_available(&self) -> bool {
        self.0.is_some()
    }

    fn many(&self) -> u32 {
        10_000
    }
}

/// Begins where the clock of the model does.
const CLOCK: &str = "create table clock(now timestamptz not null);
    insert into clock values (to_timestamp(1700000000));
    create or replace function pyaltt.now_v1() returns timestamptz language sql volatile as 'select now from public.clock'";

fn in_database() -> InDatabase {
    InDatabase(Database::new().map(|database| {
        let mut clock = Client::connect(&database.url(), NoTls).expect("the database");
        clock.batch_execute(CLOCK).expect("a clock");
        // What the cases look at outlasts no crash.
        let fast = format!("alter database {} set synchronous_commit = off", database.name());
        clock.batch_execute(&format!("{fast}; set synchronous_commit = off")).expect("it is ours");
        Timed { database, clock: Mutex::new(clock) }
    }))
}

pyaltt_durable::conformance_tests!(in_database);
