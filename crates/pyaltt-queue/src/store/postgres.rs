//! Queues in a PostgreSQL database.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use pyaltt_durable::engine::Engine;
use pyaltt_postgres::postgres::Config;
use pyaltt_postgres::{Bell, Postgres, PostgresError};

use super::contract::{Migration, Schema, Store};

/// What the programs of PostgreSQL take a password from, which others do not see in the list of processes.
const PASSWORD: &str = "PGPASSWORD";

pub(super) struct PostgresDatabase {
    /// It may have a password in it.
    url: String,
}

impl PostgresDatabase {
    /// The database of a URL, without its scheme.
    pub(super) fn at(rest: &str) -> anyhow::Result<Self> {
        ensure!(rest.starts_with("//"), "the URL names no server; write postgres://USER@HOST/DATABASE");
        let password = std::env::var(PASSWORD).ok();
        Ok(Self { url: with_password(format!("postgres:{rest}"), password.as_deref()) })
    }

    fn connect(&self, bell: Bell) -> Result<Postgres, PostgresError> {
        Postgres::builder(&self.url).bell(bell).connect()
    }
}

impl Store for PostgresDatabase {
    fn engine(&self) -> anyhow::Result<Box<dyn Engine>> {
        let database = self.connect(Bell::Listen).map_err(plain)?;
        let engine = match database.engine() {
            // It was reached a moment ago, so perhaps a pooler refuses the settings of sessions. The engine can do without them.
            Err(error @ PostgresError::Unreachable { .. }) => {
                let polling = self.connect(Bell::Poll(Duration::MAX)).and_then(|database| database.engine());
                polling.map_err(|_| error)
            }
            engine => engine,
        };
        Ok(Box::new(engine.map_err(plain)?))
    }

    fn schema(&self) -> Schema {
        Schema { engine: "postgres", layout: Postgres::LAYOUT, text: Postgres::schema() }
    }

    fn migrate(&self) -> anyhow::Result<Migration> {
        let from = match self.connect(Bell::Listen) {
            Ok(database) => Some(database.layout()),
            Err(PostgresError::NoQueues) => None,
            Err(PostgresError::TooOld { layout, .. }) => Some(layout),
            Err(error) => return Err(plain(error)),
        };
        // Also if the layout is that of this version: functions may have come since.
        let database = Postgres::builder(&self.url).migrate(true).connect().map_err(plain)?;
        Ok(Migration { from, to: database.layout() })
    }
}

/// An error in the words of an operator.
fn plain(error: PostgresError) -> anyhow::Error {
    match error {
        PostgresError::NoQueues => {
            anyhow!("there are no queues in the database; make them with `pyaltt-queue .. migrate`")
        }
        PostgresError::TooOld { .. } => anyhow!("{error}, with `pyaltt-queue .. migrate`"),
        error => error.into(),
    }
}

/// Adds a password to a URL that has none.
fn with_password(mut url: String, password: Option<&str>) -> String {
    let lacks_one = url.parse::<Config>().is_ok_and(|config| config.get_password().is_none());
    if let Some(password) = password.filter(|_| lacks_one) {
        let separator = match url.contains('?') {
            false => "?",
            true if url.ends_with(['?', '&']) => "",
            true => "&",
        };
        url.push_str(separator);
        url.push_str("password=");
        for byte in password.bytes() {
            // Writing to a text cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_the_environment_goes_to_a_url_without_one() {
        let password = |url: &str| {
            let config: Config = with_password(url.to_owned(), Some("a&b/@% é")).parse().unwrap();
            String::from_utf8(config.get_password().unwrap().to_vec()).unwrap()
        };
        for url in
            ["postgres://me@host/db", "postgres:///db?host=/run/pg", "postgres://host", "postgres://host?"]
        {
            assert_eq!(password(url), "a&b/@% é", "{url}");
        }
        for url in ["postgres://me:mine@host/db", "postgres://host/db?password=mine"] {
            assert_eq!(password(url), "mine", "{url}");
        }
        // None, or nothing that has a place for one.
        assert_eq!(with_password("postgres://host".to_owned(), None), "postgres://host");
        assert_eq!(with_password("postgres://host?x".to_owned(), Some("a")), "postgres://host?x");
    }
}
