//! What the tests do with a database, in few words.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Client, NoTls};
use pyaltt_postgres::Postgres;
use testkit::PostgresServer;

/// The database that new ones are copies of: it has the queues.
const TEMPLATE: &str = "pyaltt_template";

/// A database of a test, with queues. It is dropped with this.
pub(crate) struct Database {
    server: &'static PostgresServer,
    name: String,
}

impl Database {
    /// Makes a new one. None if there is no PostgreSQL on this machine.
    pub(crate) fn new() -> Option<Self> {
        let server = PostgresServer::shared()?;
        static HAS_TEMPLATE: OnceLock<()> = OnceLock::new();
        HAS_TEMPLATE.get_or_init(|| {
            admin(server, &format!("create database {TEMPLATE}"));
            Postgres::builder(server.url(TEMPLATE)).migrate(true).connect().unwrap();
        });
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        admin(server, &format!("create database {name} template {TEMPLATE}"));
        Some(Self { server, name })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        admin(self.server, &format!("drop database {} with (force)", self.name));
    }
}

fn admin(server: &PostgresServer, sql: &str) {
    Client::connect(&server.url("postgres"), NoTls).unwrap().batch_execute(sql).unwrap();
}
