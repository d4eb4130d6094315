//! A PostgreSQL server of the tests' own, in a temporary folder, on a Unix socket alone.
//!
//! - [`programs`]: where the programs are, and as whom they run. [`reaper`]: who stops the server when the tests are gone.
//! - [`database`]: databases on it.

#[cfg(feature = "postgres")]
pub(crate) mod database;
mod programs;
mod reaper;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::until;
use programs::{User, command, folders};
use reaper::Reaper;

/// Far longer than a server takes to start, to end, or to recover.
const LIMIT: Duration = Duration::from_secs(120);

/// A PostgreSQL server with an empty cluster, whose superuser is `postgres` and which trusts everybody who can reach its
/// socket. It syncs what it commits. It is stopped and its folder removed when this is dropped, or when the process ends,
/// however it does.
///
/// # Examples
///
/// ```
/// if let Some(server) = testkit::PostgresServer::shared() {
///     assert!(server.url("postgres").starts_with("postgres://postgres@%2F"));
/// }
/// ```
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    postgres: PathBuf,
    user: Option<User>,
    /// None while it is killed.
    process: Mutex<Option<Child>>,
    reaper: Mutex<Reaper>,
}

impl PostgresServer {
    /// Makes a cluster and starts its server, which takes a second or two.
    ///
    /// # Errors
    ///
    /// If PostgreSQL is not installed, or the system refuses something.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let server = testkit::PostgresServer::start()?;
    /// server.kill();
    /// server.start_again()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn start() -> io::Result<Self> {
        let candidates = folders();
        let folder = new_folder()?;
        // From here on the folder is removed, whatever happens.
        let reaper = Mutex::new(Reaper::of(&folder)?);
        let user = User::needed(&folder)?;
        if let Some(user) = user {
            user.own(&folder)?;
        }
        let mut error = io::Error::new(io::ErrorKind::NotFound, "PostgreSQL is not installed");
        for programs in candidates {
            match init(&programs, &folder, user) {
                Ok(()) => {
                    let (postgres, process) = (programs.join("postgres"), Mutex::default());
                    let server = Self { folder, postgres, user, process, reaper };
                    server.start_again()?;
                    return Ok(server);
                }
                Err(failed) => error = failed,
            }
        }
        Err(error)
    }

    /// Returns the server that all tests of the process share, and starts it if need be. None if PostgreSQL is not installed:
    /// then it is said that the test is skipped.
    ///
    /// # Panics
    ///
    /// If the server does not start, and with `CI=true` in the environment also if PostgreSQL is not installed.
    ///
    /// # Examples
    ///
    /// ```
    /// let Some(server) = testkit::PostgresServer::shared() else { return };
    /// assert_eq!(server.url("a"), testkit::PostgresServer::shared().unwrap().url("a"));
    /// ```
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<PostgresServer>> = OnceLock::new();
        SHARED.get_or_init(Self::if_installed).as_ref()
    }

    /// Starts a server, if PostgreSQL is installed: as [`shared`](Self::shared), for tests that kill it.
    ///
    /// # Panics
    ///
    /// As [`shared`](Self::shared).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let Some(server) = testkit::PostgresServer::if_installed() else { return };
    /// server.kill();
    /// ```
    pub fn if_installed() -> Option<Self> {
        match Self::start() {
            Ok(server) => Some(server),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
                assert!(!is_ci, "{error}");
                println!("skipped: {error}");
                None
            }
            Err(error) => panic!("the server does not start: {error}"),
        }
    }

    /// Returns the address of a database for clients of PostgreSQL.
    ///
    /// # Examples
    ///
    /// [`PostgresServer`] shows its use.
    ///
    /// ```
    /// let Some(server) = testkit::PostgresServer::shared() else { return };
    /// assert!(server.url("mail").ends_with("/mail"));
    /// ```
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/{database}")
    }

    /// Returns the socket that it listens on.
    ///
    /// # Examples
    ///
    /// ```
    /// let Some(server) = testkit::PostgresServer::shared() else { return };
    /// assert!(server.socket().exists());
    /// ```
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// Kills it as a crash does, with all of its processes: nothing is written any more. Its clients see that their connections
    /// are closed.
    ///
    /// # Examples
    ///
    /// [`start`](Self::start) shows its use.
    ///
    /// ```no_run
    /// let server = testkit::PostgresServer::start()?;
    /// server.kill();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn kill(&self) {
        if let Some(mut process) = self.process.lock().take() {
            // Those that serve clients would end by themselves, but perhaps not before the next statement.
            let id = process.id();
            let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
            // It may have ended by itself.
            process.kill().ok();
            Command::new("kill")
                .arg("-KILL")
                .args(children.split_whitespace())
                .stderr(Stdio::null())
                .status()
                .ok();
            process.wait().ok();
            self.reaper.lock().watch(None);
        }
    }

    /// Starts it again after a [`kill`](Self::kill), with all that it has acknowledged.
    ///
    /// # Errors
    ///
    /// If it does not start. Its last words are told.
    ///
    /// # Examples
    ///
    /// [`start`](Self::start) shows its use.
    ///
    /// ```no_run
    /// let server = testkit::PostgresServer::start()?;
    /// server.kill();
    /// server.start_again()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn start_again(&self) -> io::Result<()> {
        self.start_with(&[])
    }

    /// Starts it again with settings of its own, such as `max_connections=5`.
    ///
    /// # Errors
    ///
    /// As [`start_again`](Self::start_again).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let server = testkit::PostgresServer::start()?;
    /// server.kill();
    /// server.start_with(&["default_transaction_read_only=on"])?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn start_with(&self, settings: &[&str]) -> io::Result<()> {
        let mut process = self.process.lock();
        if process.is_some() {
            return Ok(());
        }
        let mut last = None;
        let is_ready = until(LIMIT, || match self.try_start(settings) {
            Ok(Some(started)) => {
                *process = Some(started);
                true
            }
            // The processes of the one that was killed may still be there, and it refuses to start beside them.
            Ok(None) => false,
            Err(error) => {
                last = Some(error);
                true
            }
        });
        match last {
            Some(error) => Err(error),
            None if is_ready => Ok(()),
            None => Err(io::Error::other(fs::read_to_string(self.folder.join("log")).unwrap_or_default())),
        }
    }

    /// Starts it and waits until it is ready; none if it has ended before.
    fn try_start(&self, settings: &[&str]) -> io::Result<Option<Child>> {
        let log = File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut start = command(&self.postgres, self.user);
        start.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        let ours = ["listen_addresses=", "max_connections=200", "shared_buffers=64MB", "fsync=on"];
        for setting in ours.iter().chain(settings) {
            start.args(["-c", setting]);
        }
        let mut process = start.stdout(Stdio::null()).stderr(log).spawn()?;
        self.reaper.lock().watch(Some(process.id()));
        let status = self.data().join("postmaster.pid");
        let mut has_ended = false;
        let is_ready = until(LIMIT, || {
            has_ended = !matches!(process.try_wait(), Ok(None));
            // Its own number stands first, and what it says of itself last.
            let status = fs::read_to_string(&status).unwrap_or_default();
            let is_its_own = status.lines().next() == Some(&*process.id().to_string());
            let serves =
                status.lines().last().is_some_and(|last| ["ready", "standby"].contains(&last.trim()));
            has_ended || is_its_own && serves
        });
        if is_ready && !has_ended {
            return Ok(Some(process));
        }
        process.kill().ok();
        process.wait()?;
        Ok(None)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let mut reaper = self.reaper.lock();
        reaper.begin();
        if let Some(process) = self.process.get_mut() {
            process.wait().ok();
        }
        reaper.finish();
    }
}

/// A folder that nobody else has, with a path that is short enough for a socket in it.
fn new_folder() -> io::Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let parent = Some(std::env::temp_dir()).filter(|parent| parent.as_os_str().len() < 60);
    let parent = parent.unwrap_or_else(|| "/tmp".into());
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("pyaltt-postgres-{}-{number}", std::process::id()));
        match fs::create_dir(&folder) {
            // Left by an earlier process of this number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
    }
}

fn init(programs: &Path, folder: &Path, user: Option<User>) -> io::Result<()> {
    let mut init = command(&programs.join("initdb"), user);
    init.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
    let output = init.arg(folder.join("data")).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}
