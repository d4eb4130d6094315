//! A queue file, and how it is opened.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pyaltt_durable::DurableBuilder;
use pyaltt_durable::engine::{Engine, EngineClock, EngineError, MachineClock};

use crate::connection;
use crate::engine::SqliteEngine;
use crate::error::{SqliteError, from_sql};
use crate::file::{self, DatabaseFile};
use crate::layout::{self, LayoutError, Meta};
use crate::owner_files::OwnerFiles;
use crate::shared::Shared;

/// A queue file, open. Its clones are the same file.
///
/// The file is in WAL mode with `synchronous` at `FULL`, so what was acknowledged is there after a crash and after a power
/// cut. It has to be on a local file system. Other tables may be in it.
///
/// Beside `tasks.db` there are the files `tasks.db-wal` and `tasks.db-shm` of SQLite, and the folder `tasks.db-owners`, in
/// which each process that takes tasks has a locked file and a socket.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{Engine, QueueName, RawPut};
/// use pyaltt_durable::{Envelope, fresh_id};
/// use pyaltt_sqlite::Sqlite;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("tasks.db");
/// let tasks = Sqlite::open(&path)?;
/// let letter = Envelope::new("letter", 1, r#""dear Sir""#);
/// tasks.engine()?.put(&QueueName::new("mail")?, &[RawPut::new(fresh_id(), letter)])?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

impl Sqlite {
    /// Opens a file, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, is no database, is on a network file system, or was written by a version of the library
    /// that is too new.
    ///
    /// # Examples
    ///
    /// [`Sqlite`] shows its use.
    ///
    /// ```no_run
    /// let tasks = pyaltt_sqlite::Sqlite::open("tasks.db")?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        Self::builder(path).open()
    }

    /// Begins to open a file with options.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_sqlite::Sqlite;
    /// use std::time::Duration;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("tasks.db");
    /// let tasks = Sqlite::builder(&path).io_timeout(Duration::from_secs(2)).open()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn builder(path: impl AsRef<Path>) -> SqliteBuilder {
        SqliteBuilder {
            path: path.as_ref().to_owned(),
            io_timeout: Duration::from_secs(10),
            poll: None,
            clock: Arc::new(MachineClock::default()),
        }
    }

    /// Makes a further connection.
    ///
    /// # Errors
    ///
    /// If the file is gone, or the system refuses it.
    ///
    /// # Examples
    ///
    /// [`Sqlite`] shows its use.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("tasks.db");
    /// let engine = pyaltt_sqlite::Sqlite::open(&path)?.engine()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn engine(&self) -> Result<SqliteEngine, SqliteError> {
        SqliteEngine::new(self.shared.clone())
    }

    /// Begins to make a queue in this file.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Durable;
    /// use pyaltt_sqlite::Sqlite;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("tasks.db");
    /// let mail: Durable<String> = Sqlite::open(&path)?.queue("mail").build()?;
    /// mail.put("dear Sir".into())?;
    /// let postman = pyaltt::queue(|letter: String, _cx| println!("{letter}")).queue(mail).start()?;
    /// assert_eq!(postman.drain()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn queue(&self, name: impl AsRef<[u8]>) -> DurableBuilder {
        let file = self.clone();
        let open = move || match file.engine() {
            Ok(engine) => Ok(Box::new(engine) as Box<dyn Engine>),
            Err(error) => Err(EngineError::NotSent(error.into())),
        };
        DurableBuilder::new(name, open).exit_patience(self.shared.io_timeout)
    }

    /// Returns the layout of the file. It can be newer than that of this version, if the two are compatible.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("tasks.db");
    /// assert_eq!(pyaltt_sqlite::Sqlite::open(&path)?.layout(), pyaltt_sqlite::Sqlite::LAYOUT);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn layout(&self) -> i64 {
        self.shared.layout
    }

    /// The layout of files that this version makes.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(pyaltt_sqlite::Sqlite::LAYOUT >= 1);
    /// ```
    pub const LAYOUT: i64 = layout::CURRENT.number;

    /// Returns the SQL that makes the tables of a new file, for those who want to read it or run it themselves.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(pyaltt_sqlite::Sqlite::schema().contains("create table pyaltt_task("));
    /// ```
    #[must_use]
    pub fn schema() -> String {
        layout::schema(&layout::CURRENT)
    }

    /// Returns the file, by its full path.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("tasks.db");
    /// assert!(pyaltt_sqlite::Sqlite::open(&path)?.path().ends_with("tasks.db"));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> &Path {
        self.shared.file.path()
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.path()).finish_non_exhaustive()
    }
}

/// Options of a queue file.
///
/// # Examples
///
/// [`Sqlite::builder`] shows its use.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("tasks.db");
/// let tasks = pyaltt_sqlite::Sqlite::builder(&path).open()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is open before `open`"]
pub struct SqliteBuilder {
    path: PathBuf,
    io_timeout: Duration,
    poll: Option<Duration>,
    clock: Arc<dyn EngineClock>,
}

impl SqliteBuilder {
    /// Sets how long a call waits while other processes write. The default is 10 s.
    ///
    /// # Examples
    ///
    /// [`Sqlite::builder`] shows its use.
    ///
    /// ```
    /// # let builder = pyaltt_sqlite::Sqlite::builder("tasks.db");
    /// let builder = builder.io_timeout(std::time::Duration::from_secs(2));
    /// # drop(builder);
    /// ```
    pub fn io_timeout(self, io_timeout: Duration) -> Self {
        Self { io_timeout, ..self }
    }

    /// Makes bells look at the file as often as this, instead of sockets. By default it is done where there are no datagram
    /// sockets, every 50 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// # let builder = pyaltt_sqlite::Sqlite::builder("tasks.db");
    /// let builder = builder.poll(std::time::Duration::from_millis(20));
    /// # drop(builder);
    /// ```
    pub fn poll(self, every: Duration) -> Self {
        Self { poll: Some(every), ..self }
    }

    /// Sets the clock, for tests.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::ManualEngineClock;
    /// use std::sync::Arc;
    ///
    /// # let builder = pyaltt_sqlite::Sqlite::builder("tasks.db");
    /// let builder = builder.clock(Arc::new(ManualEngineClock::default()));
    /// # drop(builder);
    /// ```
    pub fn clock(self, clock: Arc<dyn EngineClock>) -> Self {
        Self { clock, ..self }
    }

    /// Opens the file, and makes it if it is not there. One that an older version has written is brought to the layout of
    /// this one.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::open`].
    ///
    /// # Examples
    ///
    /// [`Sqlite::builder`] shows its use.
    ///
    /// ```no_run
    /// let tasks = pyaltt_sqlite::Sqlite::builder("tasks.db").open()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn open(self) -> Result<Sqlite, SqliteError> {
        let path = self.path()?;
        let mut connection =
            connection::open(&path, true, self.io_timeout).map_err(|error| self.sql(error, &path))?;
        let meta =
            layout::prepare(&mut connection, &layout::CURRENT).map_err(|error| self.layout(error, &path))?;
        let owner_files = OwnerFiles::of(&path, &meta.store);
        owner_files.make_folder().map_err(|error| self.unusable(error))?;
        self.share(path, &meta, owner_files)
    }

    /// Opens a file that is there with queues in it, and makes and migrates nothing: for tools that look at a queue.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::open`], and if the file is not there, has no queues in it, or was written by an older version with
    /// another layout.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_sqlite::{Sqlite, SqliteError};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("tasks.db");
    /// assert!(Sqlite::builder(&path).open_existing().is_err());
    /// Sqlite::open(&path)?;
    /// let tasks = Sqlite::builder(&path).open_existing()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn open_existing(self) -> Result<Sqlite, SqliteError> {
        if let Err(error) = std::fs::metadata(&self.path) {
            return Err(self.unusable(error));
        }
        let path = self.path()?;
        // By a connection that changes no setting: it may be the file of another program.
        let connection =
            connection::open_plain(&path, false, self.io_timeout).map_err(|error| self.sql(error, &path))?;
        let meta = layout::look(&connection, &layout::CURRENT).map_err(|error| self.layout(error, &path))?;
        let owner_files = OwnerFiles::of(&path, &meta.store);
        self.share(path, &meta, owner_files)
    }

    fn path(&self) -> Result<PathBuf, SqliteError> {
        let path = file::resolve(&self.path).map_err(|error| self.unusable(error))?;
        file::refuse_network(&path)?;
        Ok(path)
    }

    fn share(self, path: PathBuf, meta: &Meta, owner_files: OwnerFiles) -> Result<Sqlite, SqliteError> {
        let file = DatabaseFile::of(path).map_err(|error| self.unusable(error))?;
        let shared = Shared::new(file, self.io_timeout, self.poll, self.clock, meta.layout, owner_files);
        Ok(Sqlite { shared: Arc::new(shared) })
    }

    fn unusable(&self, error: io::Error) -> SqliteError {
        SqliteError::Unusable { path: self.path.clone(), source: error.into() }
    }

    fn sql(&self, error: rusqlite::Error, path: &Path) -> SqliteError {
        from_sql(error, path, self.io_timeout)
    }

    fn layout(&self, error: LayoutError, path: &Path) -> SqliteError {
        let (path, known) = (path.to_owned(), layout::CURRENT.number);
        match error {
            LayoutError::TooNew(Meta { layout, compat, .. }) => {
                SqliteError::TooNew { path, layout, compat, known }
            }
            LayoutError::TooOld(Meta { layout, .. }) => SqliteError::TooOld { path, layout, known },
            LayoutError::Missing => SqliteError::NoQueues { path },
            LayoutError::Sql(error) => self.sql(error, &path),
        }
    }
}
