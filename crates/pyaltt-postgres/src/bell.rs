//! Bells: what wakes an owner of another process.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::Type;
use postgres::{Client, Notification};
use pyaltt_durable::engine::{self, EngineError, OwnerId};

use crate::error::{PostgresError, failed};
use crate::shared::Shared;

/// The longest wait in one call.
const LONGEST: Duration = Duration::from_secs(3_600);

/// The shortest one: what has come is not seen in less.
const SHORTEST: Duration = Duration::from_millis(1);

/// How soon a connection hears what it is told, at the latest. It takes milliseconds, and on a machine that is overloaded this is
/// not to be taken for a pooler.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// A bell is idle until it rings, for however long. Servers before version 14 have no limit for that.
const NEVER_IDLE: &str =
    "select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'";

/// How late an owner looks that was told together with all others, at most.
const SPREAD: Duration = Duration::from_millis(20);

/// A connection that listens, to the channel of its owner and to that of the queue.
pub(crate) struct ListeningBell {
    shared: Arc<Shared>,
    client: Mutex<Client>,
    /// The channel of the owner.
    channel: String,
}

impl ListeningBell {
    /// Begins to listen. None if nothing is heard: a pooler is before the server. `ring` rings a channel by another connection.
    pub(crate) fn listen(
        shared: &Arc<Shared>,
        owner: OwnerId,
        ring: impl FnOnce(&str) -> Result<(), EngineError>,
    ) -> Result<Option<Self>, EngineError> {
        let sent = |error: PostgresError| EngineError::NotSent(error.into());
        let not_sent = |error: postgres::Error| EngineError::NotSent(failed(error));
        let mut client =
            shared.connector.connect("pyaltt bell", shared.io_timeout, shared.has_session()).map_err(sent)?;
        if shared.has_session() {
            client.batch_execute(NEVER_IDLE).map_err(not_sent)?;
        }
        let channel = begin(&mut client, owner).map_err(not_sent)?.ok_or(EngineError::OwnerGone)?;
        ring(&channel)?;
        if !hears_from(&mut client, |ring| ring.channel() == channel, shared.io_timeout).map_err(not_sent)? {
            return Ok(None);
        }
        // Whoever rings sees by the lock whether anybody listens.
        let lock = "select pg_advisory_lock_shared(pyaltt.bell_lock_v1($1))";
        client.query_typed(lock, &[(&owner.get(), Type::INT8)]).map_err(not_sent)?;
        Ok(Some(Self { shared: shared.clone(), client: Mutex::new(client), channel }))
    }
}

fn begin(client: &mut Client, owner: OwnerId) -> Result<Option<String>, postgres::Error> {
    let channels =
        "select pyaltt.channel_v1(owner), pyaltt.channel_v1(queue) from pyaltt.owner where owner = $1";
    let rows = client.query_typed(channels, &[(&owner.get(), Type::INT8)])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (channel, of_queue): (String, String) = (row.get(0), row.get(1));
    // Both are names that need no quotes.
    client.batch_execute(&format!("listen {channel}; listen {of_queue}"))?;
    Ok(Some(channel))
}

/// Whether a connection hears what it was told, within the time that this takes at most where nothing is before the server.
pub(crate) fn hears_from(
    client: &mut Client,
    is_it: impl Fn(&Notification) -> bool,
    io_timeout: Duration,
) -> Result<bool, postgres::Error> {
    let end = Instant::now() + HEARD_WITHIN.min(io_timeout);
    let mut notifications = client.notifications();
    loop {
        let left = end.saturating_duration_since(Instant::now()).max(SHORTEST);
        match notifications.timeout_iter(left).next()? {
            Some(ring) if is_it(&ring) => return Ok(true),
            Some(_) if Instant::now() < end => {}
            _ => return Ok(false),
        }
    }
}

impl engine::Bell for ListeningBell {
    fn wait(&self, at_most: Duration) -> Result<bool, EngineError> {
        let end = Instant::now().checked_add(at_most);
        let mut client = self.client.lock();
        loop {
            let left = end.map_or(LONGEST, |end| end.saturating_duration_since(Instant::now()));
            let heard = client.notifications().timeout_iter(left.clamp(SHORTEST, LONGEST)).next();
            match heard.map_err(|error| EngineError::NotSent(failed(error)))? {
                Some(ring) => {
                    if ring.channel() != self.channel {
                        // Whoever puts in a transaction of his own wakes all, so that they do not all look at once.
                        thread::sleep(SPREAD.mul_f64(random()));
                    }
                    // What was rung so far is found by the look that follows.
                    while let Ok(Some(_)) = client.notifications().iter().next() {}
                    return Ok(true);
                }
                None if client.is_closed() => {
                    return Err(EngineError::NotSent("the connection of the bell is closed".into()));
                }
                None if end.is_some_and(|end| Instant::now() >= end) => return Ok(false),
                None => {}
            }
        }
    }

    fn wake(&self) -> Result<(), EngineError> {
        // By the server, because the other connection is in the hands of whoever waits.
        let sent = |error: PostgresError| EngineError::NotSent(error.into());
        let mut client = self
            .shared
            .connector
            .connect("pyaltt ring", self.shared.io_timeout, self.shared.has_session())
            .map_err(sent)?;
        let ring = client.query_typed("select pg_notify($1, '')", &[(&self.channel, Type::TEXT)]);
        ring.map(drop).map_err(|error| EngineError::NotSent(failed(error)))
    }
}

/// Where nobody can listen: says every now and then that there may be something.
pub(crate) struct PollBell {
    pause: Duration,
    woken: Mutex<bool>,
    wakes: Condvar,
}

impl PollBell {
    pub(crate) fn new(pause: Duration) -> Self {
        Self { pause: pause.max(SHORTEST), woken: Mutex::default(), wakes: Condvar::new() }
    }
}

impl engine::Bell for PollBell {
    fn wait(&self, at_most: Duration) -> Result<bool, EngineError> {
        let mut woken = self.woken.lock();
        if !*woken {
            self.wakes.wait_for(&mut woken, self.pause.min(at_most));
        }
        Ok(std::mem::take(&mut *woken) || self.pause <= at_most)
    }

    fn wake(&self) -> Result<(), EngineError> {
        *self.woken.lock() = true;
        self.wakes.notify_all();
        Ok(())
    }
}

/// A number from 0 to 1.
fn random() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
