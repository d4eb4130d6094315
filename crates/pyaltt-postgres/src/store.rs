//! A database with queues, and how it is connected to.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use parking_lot::Mutex;
use postgres::Socket;
use postgres::tls::{MakeTlsConnect, TlsConnect};
use pyaltt_durable::engine::{Engine, EngineError};
use pyaltt_durable::{Durable, DurableBuilder, Placed, Put, QueueError};

use crate::connection::Connector;
use crate::engine::PostgresEngine;
use crate::error::PostgresError;
use crate::hearing::Bell;
use crate::layout;
use crate::put_in;
use crate::shared::Shared;

/// A database with queues. Its clones are the same database.
///
/// All tables and functions are in the schema `pyaltt`, which other programs may share the database with. They are made only
/// when that is [asked for](PostgresBuilder::migrate).
///
/// Calls block. In a thread of an async runtime they panic, as all blocking waits do there: use its `spawn_blocking`.
///
/// # Examples
///
/// ```
/// use pyaltt_postgres::{Durable, Postgres};
///
/// # let Some(server) = testkit::PostgresServer::shared() else { return Ok(()) };
/// # let address = server.url("postgres");
/// let tasks = Postgres::builder(&address).migrate(true).connect()?;
/// let mail: Durable<String> = tasks.queue("mail").build()?;
/// mail.put("dear Sir".into())?; // it is committed now
/// let postman = pyaltt::queue(|letter: String, _cx| println!("{letter}")).queue(mail).start()?;
/// assert_eq!(postman.drain()?.turns, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
pub struct Postgres {
    shared: Arc<Shared>,
}

impl Postgres {
    /// Connects to a database that has queues in it.
    ///
    /// `address`: a URL or a list of `key=value`, as the crate `postgres` and the programs of PostgreSQL take it.
    ///
    /// # Errors
    ///
    /// If the address cannot be read, the server not be reached, or the database has no queues in it, or those of a version of
    /// the library that is too new or was not compatible.
    ///
    /// # Examples
    ///
    /// [`Postgres`] shows its use.
    ///
    /// ```no_run
    /// let tasks = pyaltt_postgres::Postgres::connect("postgres://mailer@db.example.org/tasks")?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn connect(address: impl AsRef<str>) -> Result<Self, PostgresError> {
        Self::builder(address).connect()
    }

    /// Begins to connect to a database with options.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pyaltt_postgres::Postgres;
    /// use std::time::Duration;
    ///
    /// let tasks = Postgres::builder("postgres://db/tasks").io_timeout(Duration::from_secs(2)).connect()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn builder(address: impl AsRef<str>) -> PostgresBuilder {
        let connector = Connector::new(address.as_ref());
        PostgresBuilder {
            connector,
            io_timeout: Duration::from_secs(10),
            bell: Bell::Listen,
            migrates: false,
        }
    }

    /// Makes a further connection.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
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
    pub fn engine(&self) -> Result<PostgresEngine, PostgresError> {
        PostgresEngine::new(self.shared.clone())
    }

    /// Begins to make a queue in this database.
    ///
    /// # Examples
    ///
    /// [`Postgres`] shows its use.
    ///
    /// ```no_run
    /// use pyaltt_postgres::{Durable, Postgres};
    ///
    /// let mail: Durable<String> = Postgres::connect("postgres://db/tasks")?.queue("mail").build()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn queue(&self, name: impl AsRef<[u8]>) -> DurableBuilder {
        let store = self.clone();
        let open = move || match store.engine() {
            Ok(engine) => Ok(Box::new(engine) as Box<dyn Engine>),
            Err(error) => Err(EngineError::NotSent(error.into())),
        };
        DurableBuilder::new(name, open).exit_patience(self.shared.io_timeout)
    }

    /// Puts a task in a transaction of your own: it is in the queue if and only if the transaction commits. Idle processes are
    /// told by the commit.
    ///
    /// The queue has to be one of the database of the transaction. [`Put::patience`] has no effect.
    ///
    /// # Errors
    ///
    /// If the task is too large or cannot be encoded, or the statement fails. Then the transaction can only be rolled back.
    ///
    /// # Examples
    ///
    /// ```
    /// # let Some(server) = testkit::PostgresServer::shared() else { return Ok(()) };
    /// # let address = server.url("postgres");
    /// use pyaltt_postgres::{Durable, Postgres, Put};
    ///
    /// let tasks = Postgres::builder(&address).migrate(true).connect()?;
    /// let mail: Durable<String> = tasks.queue("orders").build()?;
    ///
    /// let mut client = postgres::Client::connect(&address, postgres::NoTls)?;
    /// let mut order = client.transaction()?;
    /// // .. insert the order ..
    /// tasks.put_in(&mut order, &mail, &"confirm the order".into(), Put::new())?;
    /// order.rollback()?;
    /// assert_eq!(mail.stats()?.ready, [0; 4]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "options are made for one put")]
    pub fn put_in<T: Send + 'static>(
        &self,
        transaction: &mut postgres::Transaction<'_>,
        queue: &Durable<T>,
        task: &T,
        how: Put,
    ) -> Result<Placed, QueueError> {
        let put = queue.prepare(task, &how)?;
        put_in::put_in(transaction, queue.name(), &put)
            .map_err(|error| QueueError::of_engine(queue.name(), error))
    }

    /// Returns the layout of the database. It can be newer than that of this version, if the two are compatible.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pyaltt_postgres::Postgres;
    ///
    /// assert_eq!(Postgres::connect("postgres://db/tasks")?.layout(), Postgres::LAYOUT);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn layout(&self) -> i64 {
        self.shared.layout
    }

    /// The layout of databases that this version migrates.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(pyaltt_postgres::Postgres::LAYOUT >= 1);
    /// ```
    pub const LAYOUT: i64 = layout::CURRENT.number;

    /// Returns the SQL that makes the queues in a new database, for those who migrate with a tool of their own. It is to run in
    /// one transaction, as such tools do it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(pyaltt_postgres::Postgres::schema().contains("create table pyaltt.task("));
    /// ```
    #[must_use]
    pub fn schema() -> String {
        layout::schema(&layout::CURRENT)
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address without the password.
        f.debug_struct("Postgres").field("config", &self.shared.connector.config).finish_non_exhaustive()
    }
}

/// Options of a connection to a database.
///
/// # Examples
///
/// [`Postgres::builder`] shows its use.
///
/// ```no_run
/// let tasks = pyaltt_postgres::Postgres::builder("postgres://db/tasks").migrate(true).connect()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is connected before `connect`"]
pub struct PostgresBuilder {
    connector: Result<Connector, PostgresError>,
    io_timeout: Duration,
    bell: Bell,
    migrates: bool,
}

impl PostgresBuilder {
    /// Makes the queues if there are none, or brings older ones to the layout of this version, when it is connected. The default
    /// is false: then neither is done. Of processes that migrate at once, one does it; older ones go on meanwhile.
    ///
    /// # Examples
    ///
    /// [`Postgres`] shows its use.
    ///
    /// ```
    /// # let builder = pyaltt_postgres::Postgres::builder("postgres://db/tasks");
    /// let builder = builder.migrate(true);
    /// # drop(builder);
    /// ```
    pub fn migrate(self, migrates: bool) -> Self {
        Self { migrates, ..self }
    }

    /// Sets how long a connection, a statement or an answer of the network may take. The default is 10 s. A statement of a queue
    /// whose lease is shorter than six times that may take a sixth of the lease, but at least a second.
    ///
    /// # Examples
    ///
    /// [`Postgres::builder`] shows its use.
    ///
    /// ```
    /// # let builder = pyaltt_postgres::Postgres::builder("postgres://db/tasks");
    /// let builder = builder.io_timeout(std::time::Duration::from_secs(2));
    /// # drop(builder);
    /// ```
    pub fn io_timeout(self, io_timeout: Duration) -> Self {
        Self { io_timeout: io_timeout.max(Duration::from_millis(1)), ..self }
    }

    /// Sets how an idle process learns of new tasks. The default is [`Bell::Listen`].
    ///
    /// # Examples
    ///
    /// [`Bell`] shows its use.
    ///
    /// ```
    /// # let builder = pyaltt_postgres::Postgres::builder("postgres://db/tasks");
    /// let builder = builder.bell(pyaltt_postgres::Bell::Poll(std::time::Duration::from_millis(250)));
    /// # drop(builder);
    /// ```
    pub fn bell(self, bell: Bell) -> Self {
        Self { bell, ..self }
    }

    /// Encrypts connections, by a connector of a crate such as `postgres-native-tls`. By default they are not, and an address
    /// with `sslmode=require` is refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # let builder = pyaltt_postgres::Postgres::builder("postgres://db/tasks");
    /// // With another connector than this one, which encrypts nothing:
    /// let builder = builder.tls(postgres::NoTls);
    /// # drop(builder);
    /// ```
    pub fn tls<T>(mut self, connector: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::TlsConnect: Send,
        T::Stream: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        if let Ok(ours) = &mut self.connector {
            ours.set_tls(connector);
        }
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// As [`Postgres::connect`].
    ///
    /// # Examples
    ///
    /// [`Postgres::builder`] shows its use.
    ///
    /// ```no_run
    /// let tasks = pyaltt_postgres::Postgres::builder("postgres://db/tasks").connect()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn connect(self) -> Result<Postgres, PostgresError> {
        let Self { connector, io_timeout, bell, migrates } = self;
        let connector = connector?;
        // Without a limit for statements: a migration may take long.
        let mut client = connector.connect("pyaltt", io_timeout, false)?;
        let meta = if migrates {
            layout::migrate(&mut client, &layout::CURRENT)?
        } else {
            layout::look(&mut client, &layout::CURRENT)?
        };
        let shared = Shared {
            connector,
            io_timeout,
            bell,
            layout: meta.layout,
            is_pooled: AtomicBool::default(),
            prepares: AtomicBool::new(bell.has_session()),
            findings: Mutex::default(),
            owners: Mutex::default(),
        };
        Ok(Postgres { shared: Arc::new(shared) })
    }
}
