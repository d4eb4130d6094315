//! Databases for tests, on one server.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pyaltt_postgres::Postgres;
use pyaltt_postgres::postgres::{Client, NoTls};

use super::PostgresServer;

/// The database that new ones are copies of: it has the queues.
const TEMPLATE: &str = "pyaltt_template";

/// A database of a test, on the [shared](PostgresServer::shared) server. It is dropped with this.
///
/// # Examples
///
/// ```
/// if let Some(database) = testkit::Database::new() {
///     let queues = database.client().query_one("select count(*) from pyaltt.queue", &[]).unwrap();
///     assert_eq!(queues.get::<_, i64>(0), 0);
/// }
/// ```
#[derive(Debug)]
pub struct Database {
    server: &'static PostgresServer,
    name: String,
}

impl Database {
    /// Makes one with the tables of the queues, and no queue. None if there is no PostgreSQL on this machine.
    ///
    /// # Panics
    ///
    /// If the server does not do it.
    pub fn new() -> Option<Self> {
        static HAS_TEMPLATE: OnceLock<()> = OnceLock::new();
        let server = PostgresServer::shared()?;
        HAS_TEMPLATE.get_or_init(|| {
            admin(server, &format!("create database {TEMPLATE}"));
            Postgres::builder(server.url(TEMPLATE)).migrate(true).connect().expect("it makes the queues");
        });
        Some(Self::create(server, &format!("template {TEMPLATE}")))
    }

    /// Makes one without anything of ours.
    ///
    /// # Panics
    ///
    /// If the server does not do it.
    pub fn empty() -> Option<Self> {
        Some(Self::create(PostgresServer::shared()?, ""))
    }

    fn create(server: &'static PostgresServer, how: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        admin(server, &format!("create database {name} {how}"));
        Self { server, name }
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server that it is on.
    pub fn server(&self) -> &'static PostgresServer {
        self.server
    }

    /// Where it is, for a client.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// A connection to it, as the superuser.
    ///
    /// # Panics
    ///
    /// If the server is gone.
    pub fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).expect("the database")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        admin(self.server, &format!("drop database {} with (force)", self.name));
    }
}

fn admin(server: &PostgresServer, sql: &str) {
    let client = Client::connect(&server.url("postgres"), NoTls);
    client.expect("the server").batch_execute(sql).expect("a statement that works");
}
