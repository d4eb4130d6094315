//! Databases on a server of the tests' own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pyaltt_postgres::Postgres;
use pyaltt_postgres::postgres::{Client, NoTls};
use testkit::PostgresServer;

/// The database that new ones are copies of: it has the queues.
const TEMPLATE: &str = "pyaltt_template";

/// A database of a test. It goes with the server.
pub(crate) struct Database {
    server: &'static PostgresServer,
    name: String,
}

impl Database {
    /// Makes one with queues. None if there is no PostgreSQL on this machine.
    pub(crate) fn new() -> Option<Self> {
        static HAS_TEMPLATE: OnceLock<()> = OnceLock::new();
        let server = PostgresServer::shared()?;
        HAS_TEMPLATE.get_or_init(|| {
            admin(server, &format!("create database {TEMPLATE}"));
            Postgres::builder(server.url(TEMPLATE)).migrate(true).connect().unwrap();
        });
        Some(Self::create(server, &format!("template {TEMPLATE}")))
    }

    /// Makes one without queues.
    pub(crate) fn empty() -> Option<Self> {
        Some(Self::create(PostgresServer::shared()?, ""))
    }

    fn create(server: &'static PostgresServer, how: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        admin(server, &format!("create database {name} {how}"));
        Self { server, name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn server(&self) -> &'static PostgresServer {
        self.server
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name)
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).unwrap()
    }

    /// Whether there is anything in the schema of the queues, or the schema.
    pub(crate) fn has_schema(&self) -> bool {
        self.client().query_one("select to_regnamespace('pyaltt') is not null", &[]).unwrap().get(0)
    }
}

fn admin(server: &PostgresServer, sql: &str) {
    Client::connect(&server.url("postgres"), NoTls).unwrap().batch_execute(sql).unwrap();
}
