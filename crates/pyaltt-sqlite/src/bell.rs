//! Bells: what wakes an owner of another process.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use pyaltt_durable::engine::{Bell, EngineError};
use rusqlite::Connection;

use crate::connection;

/// How long a look may wait for others. It needs no lock, but for a moment after another process has died.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where there are no datagram sockets, or the address would be too long: looks now and then whether another connection
/// has changed the database.
pub(crate) struct PollBell {
    pause: Duration,
    state: Mutex<Polled>,
    wakes: Condvar,
}

struct Polled {
    connection: Connection,
    /// The version of the data at the last look.
    version: i64,
    woken: bool,
}

impl PollBell {
    pub(crate) fn new(connection: Connection, pause: Duration) -> rusqlite::Result<Self> {
        let version = data_version(&connection)?;
        let state = Mutex::new(Polled { connection, version, woken: false });
        Ok(Self { pause, state, wakes: Condvar::new() })
    }
}

impl Bell for PollBell {
    fn wait(&self, at_most: Duration) -> Result<bool, EngineError> {
        let end = Instant::now().checked_add(at_most);
        let mut state = self.state.lock();
        connection::wait_at_most(PATIENCE);
        loop {
            let version =
                data_version(&state.connection).map_err(|error| EngineError::NotSent(error.into()))?;
            if std::mem::take(&mut state.woken) || version != state.version {
                state.version = version;
                return Ok(true);
            }
            let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(false);
            }
            self.wakes.wait_for(&mut state, left.min(self.pause));
        }
    }

    fn wake(&self) -> Result<(), EngineError> {
        self.state.lock().woken = true;
        self.wakes.notify_all();
        Ok(())
    }
}

fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("pragma data_version")?.query_row((), |row| row.get(0))
}

#[cfg(unix)]
pub(crate) use socket::{SocketBell, ring};

#[cfg(unix)]
mod socket {
    use std::io::{self, ErrorKind};
    use std::os::unix::net::UnixDatagram;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use pyaltt_durable::engine::{Bell, EngineError};

    /// The longest wait in one call of the system.
    const LONGEST: Duration = Duration::from_secs(3_600);

    /// A datagram socket that has a name in the file system.
    pub(crate) struct SocketBell {
        socket: UnixDatagram,
        /// Reaches the socket also when its name is gone, after the farewell of its owner.
        own: UnixDatagram,
    }

    impl SocketBell {
        pub(crate) fn bind(address: &Path) -> io::Result<Self> {
            // Left by an earlier bell of this owner. Numbers of owners are never used again.
            std::fs::remove_file(address).ok();
            let socket = UnixDatagram::bind(address)?;
            let own = UnixDatagram::unbound()?;
            own.set_nonblocking(true)?;
            own.connect(address)?;
            Ok(Self { socket, own })
        }
    }

    impl Bell for SocketBell {
        fn wait(&self, at_most: Duration) -> Result<bool, EngineError> {
            let end = Instant::now().checked_add(at_most);
            loop {
                let left = end.map_or(LONGEST, |end| end.saturating_duration_since(Instant::now()));
                // Zero would be without a limit.
                let limit = left.clamp(Duration::from_micros(1), LONGEST);
                let received =
                    self.socket.set_read_timeout(Some(limit)).and_then(|()| self.socket.recv(&mut [0]));
                match received.map_err(|error| (error.kind(), error)) {
                    Ok(_) => return Ok(true),
                    Err((ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted, _)) => {
                        if end.is_some_and(|end| Instant::now() >= end) {
                            return Ok(false);
                        }
                    }
                    Err((_, error)) => return Err(EngineError::NotSent(error.into())),
                }
            }
        }

        fn wake(&self) -> Result<(), EngineError> {
            match self.own.send(&[1]) {
                // So many rings wait that there is no room for another.
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
                sent => sent.map(drop).map_err(|error| EngineError::NotSent(error.into())),
            }
        }
    }

    /// Rings the bell at an address. Returns false if nobody hears it: its process is gone or does not read.
    pub(crate) fn ring(address: &Path) -> bool {
        let send = || {
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.send_to(&[1], address)
        };
        send().is_ok()
    }
}
