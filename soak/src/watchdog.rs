//! Ends a run in which nothing goes on any more, and tells where it stood.
#![expect(clippy::print_stderr, reason = "it tells why the process ends")]

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

/// How long nothing may go on.
const LIMIT: Duration = Duration::from_secs(30);

/// What is watched.
pub(crate) trait Watched: Send + Sync {
    /// A number that changes while anything goes on.
    fn progress(&self) -> u64;

    /// Who is where.
    fn describe(&self) -> String;
}

/// Watches one thing at a time.
#[derive(Clone)]
pub(crate) struct Watchdog {
    watched: Arc<Mutex<Option<Arc<dyn Watched>>>>,
}

impl Watchdog {
    /// Starts the thread that looks, once a second, until the process ends.
    pub(crate) fn start(seed: u64) -> std::io::Result<Self> {
        let dog = Self { watched: Arc::default() };
        let own = dog.clone();
        thread::Builder::new().name("watchdog".to_owned()).spawn(move || own.look(seed))?;
        Ok(dog)
    }

    /// Watches this from now on; `None`: nothing. What was watched before is let go of when this returns.
    pub(crate) fn watch(&self, what: Option<Arc<dyn Watched>>) {
        *self.lock() = what;
    }

    fn look(&self, seed: u64) {
        let (mut reached, mut since) = (None, Instant::now());
        loop {
            thread::sleep(Duration::from_secs(1));
            let current = self.lock();
            let progress = current.as_ref().map(|it| it.progress());
            if progress.is_none() || progress != reached {
                (reached, since) = (progress, Instant::now());
            } else if since.elapsed() > LIMIT
                && let Some(stuck) = &*current
            {
                eprintln!("FAILURE (seed {seed}): a stall, nothing went on for {LIMIT:?}");
                // The description asks workers, one of which may be what hangs.
                thread::spawn(|| {
                    thread::sleep(LIMIT);
                    std::process::abort();
                });
                eprintln!("{}", stuck.describe());
                // An orderly end would wait for workers that are no daemons.
                std::process::abort();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<dyn Watched>>> {
        self.watched.lock()
    }
}
