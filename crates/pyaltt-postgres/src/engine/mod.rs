//! The engine: one connection.
//!
//! - `put`, `round`, `owners`, `admin`, `check`: what the operations do, each in one statement, which is a transaction.
//! - `rows`: tasks as they are stored. `lows`: from where on it is looked for ready tasks.

mod admin;
mod check;
mod lows;
mod owners;
pub(crate) mod put;
mod round;
mod rows;
mod stats;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::types::{ToSql, Type};
use postgres::{Client, Row, Statement};
use pyaltt_core::Lease;
use pyaltt_durable::QueueName;
use pyaltt_durable::engine::{
    self, Admin, AdminAnswer, Answer, Engine, EngineError, Finding, OwnerId, Placed, Policy, RawPut, Round,
    Swept, Who,
};

use crate::bell::{ListeningBell, PollBell};
use crate::error::{PostgresError, failed, of_statement};
use crate::hearing::Bell;
use crate::shared::Shared;
use lows::Lows;

/// How often a bell looks where nobody can listen, though it was not known.
const POLL: Duration = Duration::from_millis(250);

/// After so long without a call it is made sure of that the connection is there: a restart of the server costs no uncertain
/// put then.
const RESTED: Duration = Duration::from_secs(1);

/// The shortest time that a statement may take.
const SHORTEST_LIMIT: Duration = Duration::from_secs(1);

/// What the server says of a statement that it does not have prepared, or has prepared otherwise: a pooler before it has given the
/// connection another session.
const NOT_OURS: [SqlState; 4] = [
    SqlState::INVALID_SQL_STATEMENT_NAME,
    SqlState::DUPLICATE_PSTATEMENT,
    SqlState::PROTOCOL_VIOLATION,
    SqlState::FEATURE_NOT_SUPPORTED,
];

/// A parameter of a statement, with its type: so a statement needs no name, and a pooler may be before the server.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection to a database with queues: an [`Engine`].
///
/// # Examples
///
/// ```
/// # let Some(server) = testkit::PostgresServer::shared() else { return Ok(()) };
/// # let address = server.url("postgres");
/// use pyaltt_durable::engine::Engine;
///
/// let mut engine = pyaltt_postgres::Postgres::builder(&address).migrate(true).connect()?.engine()?;
/// assert!(engine.check()?.is_empty());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct PostgresEngine {
    shared: Arc<Shared>,
    /// None after an error that may have left the connection in a bad state.
    link: Option<Link>,
    lows: BTreeMap<OwnerId, Lows>,
}

struct Link {
    client: Client,
    last_used: Instant,
    /// The lease for which the time of a statement is limited.
    lease: Option<Duration>,
    /// The statements that it has prepared, by their texts.
    prepared: BTreeMap<&'static str, Statement>,
}

impl PostgresEngine {
    pub(crate) fn new(shared: Arc<Shared>) -> Result<Self, PostgresError> {
        let mut engine = Self { shared, link: None, lows: BTreeMap::new() };
        engine.connect()?;
        Ok(engine)
    }

    fn connect(&mut self) -> Result<&mut Link, PostgresError> {
        let patience = self.shared.io_timeout;
        let known = self.link.take().and_then(|mut link| link.is_usable(patience).then_some(link));
        let link = known.map_or_else(|| Link::new(&self.shared), Ok)?;
        Ok(self.link.insert(link))
    }

    /// Calls the database with a connection that was there a moment ago.
    pub(crate) fn with<R>(
        &mut self,
        f: impl FnOnce(&mut Client) -> Result<R, postgres::Error>,
    ) -> Result<R, EngineError> {
        self.call(|link| f(&mut link.client))
    }

    fn call<R>(&mut self, f: impl FnOnce(&mut Link) -> Result<R, postgres::Error>) -> Result<R, EngineError> {
        let link = self.connect().map_err(|error| EngineError::NotSent(error.into()))?;
        let answer = f(link).map_err(of_statement);
        link.last_used = Instant::now();
        let is_broken = link.client.is_closed() || matches!(answer, Err(EngineError::NoAnswer(_)));
        if is_broken {
            self.link = None;
        }
        answer
    }

    /// Runs a statement.
    pub(crate) fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, EngineError> {
        self.with(|client| client.query_typed(sql, params))
    }

    /// Runs a statement that comes again and again. The connection keeps it prepared, if it keeps anything.
    fn query_often(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, EngineError> {
        let shared = Arc::clone(&self.shared);
        self.call(|link| {
            if shared.prepares.load(Ordering::Relaxed) {
                match link.query_prepared(sql, params) {
                    // Nothing was done.
                    Err(error) if error.code().is_some_and(|code| NOT_OURS.contains(code)) => {
                        shared.prepares.store(false, Ordering::Relaxed);
                    }
                    answer => return answer,
                }
            }
            link.client.query_typed(sql, params)
        })
    }

    /// Runs a statement that gives one row.
    pub(crate) fn query_one(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Row, EngineError> {
        self.with(|client| client.query_typed_one(sql, params))
    }

    /// Limits the time of statements, so that one that is held up does not cost the lease.
    fn limit_to(&mut self, lease: Duration) -> Result<(), EngineError> {
        let (patience, has_session) = (self.shared.io_timeout, self.shared.has_session());
        let link = self.connect().map_err(|error| EngineError::NotSent(error.into()))?;
        if !has_session || link.lease == Some(lease) {
            return Ok(());
        }
        let limit = patience.min((lease / 6).max(SHORTEST_LIMIT)).as_millis();
        match link.client.batch_execute(&format!("set statement_timeout = {limit}")) {
            Ok(()) => {
                link.lease = Some(lease);
                Ok(())
            }
            Err(error) => {
                self.link = None;
                Err(EngineError::NotSent(failed(error)))
            }
        }
    }

    /// Rings after a commit. What has been done stands, whatever becomes of it: an owner that is not rung looks by itself.
    fn ring(&mut self, sql: &str, params: &[Param<'_>]) {
        if let Err(error) = self.query(sql, params) {
            tracing::debug!(%error, "nobody could be rung");
        }
    }

    /// Rings one idle owner of a queue for each version of a kind, or of all kinds.
    fn ring_each(&mut self, queue: &str, kind: Option<&str>) {
        self.ring("select pyaltt.ring_each_v1($1, $2)", &[(&queue, Type::TEXT), (&kind, Type::TEXT)]);
    }
}

impl Link {
    fn new(shared: &Shared) -> Result<Self, PostgresError> {
        let client = shared.connector.connect("pyaltt", shared.io_timeout, shared.has_session())?;
        Ok(Self { client, last_used: Instant::now(), lease: None, prepared: BTreeMap::new() })
    }

    fn query_prepared(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, postgres::Error> {
        let statement = match self.prepared.entry(sql) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let types: Vec<_> = params.iter().map(|(_, of_type)| of_type.clone()).collect();
                new.insert(self.client.prepare_typed(sql, &types)?)
            }
        };
        let values: Vec<_> = params.iter().map(|(value, _)| *value).collect();
        self.client.query(statement, &values)
    }

    /// Whether the server is there. It is asked if that was not seen a moment ago.
    fn is_usable(&mut self, patience: Duration) -> bool {
        let is_fresh = self.last_used.elapsed() < RESTED;
        !self.client.is_closed() && (is_fresh || self.client.is_valid(patience).is_ok())
    }
}

impl Engine for PostgresEngine {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        self.put_all(queue, puts)
    }

    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.take_and_settle(round)
    }

    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        self.hand_back_unknown(owner, known)
    }

    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError> {
        self.new_owner(queue, who, lease)
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.end_owner(owner)
    }

    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        self.sweep_dead(queue, policy)
    }

    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        self.answer(queue, request)
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn engine::Bell>, EngineError> {
        if !self.shared.owners.lock().contains(&owner) {
            return Err(EngineError::OwnerGone);
        }
        let pause = match self.shared.bell {
            Bell::Poll(pause) => pause,
            Bell::Listen if self.shared.is_pooled.load(Ordering::Relaxed) => POLL,
            Bell::Listen => {
                let shared = Arc::clone(&self.shared);
                let ring = |channel: &str| {
                    self.query("select pg_notify($1, '')", &[(&channel, Type::TEXT)]).map(drop)
                };
                if let Some(bell) = ListeningBell::listen(&shared, owner, ring)? {
                    return Ok(Arc::new(bell));
                }
                tracing::warn!(
                    "nobody can listen through this connection, perhaps because of a pooler: it is polled"
                );
                POLL
            }
        };
        Ok(Arc::new(PollBell::new(pause)))
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.findings()
    }
}

impl fmt::Debug for PostgresEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresEngine")
            .field("config", &self.shared.connector.config)
            .finish_non_exhaustive()
    }
}
