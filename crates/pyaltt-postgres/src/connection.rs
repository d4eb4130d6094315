//! Connections, with the guards that the promises need.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postgres::config::Host;
use postgres::error::SqlState;
use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres::{Client, Config, NoTls, Socket};

use crate::error::{PostgresError, unreachable};

type Connect = dyn Fn(&Config) -> Result<Client, postgres::Error> + Send + Sync;

/// How connections are made.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) config: Config,
    connect: Arc<Connect>,
    /// A pooler before the server refuses connections that have settings of their own.
    refuses_settings: Arc<AtomicBool>,
}

impl Connector {
    pub(crate) fn new(address: &str) -> Result<Self, PostgresError> {
        let config = address.parse().map_err(|error: postgres::Error| PostgresError::Address {
            source: std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string)
                .into(),
        })?;
        Ok(Self {
            config,
            connect: Arc::new(|config| config.connect(NoTls)),
            refuses_settings: Arc::default(),
        })
    }

    pub(crate) fn set_tls<T>(&mut self, tls: T)
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::TlsConnect: Send,
        T::Stream: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        self.connect = Arc::new(move |config| config.connect(tls.clone()));
    }

    /// Connects. `what`: what the connection is for, as those see it who look at the server. `has_session`: whether it keeps its
    /// settings, which a pooler would give to others.
    pub(crate) fn connect(
        &self,
        what: &str,
        io_timeout: Duration,
        has_session: bool,
    ) -> Result<Client, PostgresError> {
        let mut config = self.config.clone();
        if config.get_application_name().is_none() {
            config.application_name(what);
        }
        config.connect_timeout(config.get_connect_timeout().copied().unwrap_or(io_timeout));
        if config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_))) {
            config.tcp_user_timeout(config.get_tcp_user_timeout().copied().unwrap_or(io_timeout));
            config
                .keepalives(true)
                .keepalives_idle(io_timeout)
                .keepalives_interval(io_timeout / 3 + SECOND)
                .keepalives_retries(3);
        }
        config.notice_callback(|notice| tracing::debug!(%notice, "the database says"));
        if !has_session || self.refuses_settings() {
            return (self.connect)(&config).map_err(unreachable);
        }
        let statement = io_timeout.as_millis().max(1);
        let guards = format!(
            "{} -c statement_timeout={statement} -c idle_in_transaction_session_timeout=10000 \
             -c default_transaction_isolation=read\\ committed",
            config.get_options().unwrap_or_default()
        );
        let mut guarded = config.clone();
        guarded.options(guards.trim_start());
        match (self.connect)(&guarded) {
            // What `PgBouncer` says to settings that it does not know.
            Err(error) if error.code() == Some(&SqlState::PROTOCOL_VIOLATION) => {
                let client = (self.connect)(&config).map_err(unreachable)?;
                self.refuses_settings.store(true, Ordering::Relaxed);
                Ok(client)
            }
            answer => answer.map_err(unreachable),
        }
    }

    /// Whether connections cannot have settings of their own, as far as is known.
    pub(crate) fn refuses_settings(&self) -> bool {
        self.refuses_settings.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the password.
        self.config.fmt(f)
    }
}

const SECOND: Duration = Duration::from_secs(1);
