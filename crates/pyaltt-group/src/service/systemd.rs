//! The protocol of `sd_notify(3)`: lines in datagrams.
//!
//! The crate `sd-notify` 0.5 reads the environment at each line, knows no abstract sockets, and waits without a limit when
//! the manager does not listen: a group would hang in its stop.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How long a line may wait for room in the manager's socket. The group does nothing else meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);

/// The manager, if there is one.
#[derive(Debug)]
pub(crate) struct Service(Option<Systemd>);

#[derive(Debug)]
struct Systemd {
    /// For the log.
    group: String,
    socket: UnixDatagram,
    /// How often the watchdog wants to be fed.
    feeds: Option<Duration>,
    next_feed: Option<Instant>,
    status: String,
    is_ready: bool,
    is_stopping: bool,
    /// A send has failed, and that was logged.
    has_failed: bool,
}

/// What the environment says.
#[derive(Debug, Default)]
struct Environment {
    socket: Option<OsString>,
    watchdog_usec: Option<String>,
    watchdog_pid: Option<String>,
}

impl Service {
    pub(crate) fn off() -> Self {
        Self(None)
    }

    pub(crate) fn from_environment(group: &str) -> Self {
        let read = |name| env::var(name).ok();
        Self::new(
            group,
            &Environment {
                socket: env::var_os("NOTIFY_SOCKET"),
                watchdog_usec: read("WATCHDOG_USEC"),
                watchdog_pid: read("WATCHDOG_PID"),
            },
        )
    }

    fn new(group: &str, environment: &Environment) -> Self {
        let Some(name) = environment.socket.as_deref().filter(|name| !name.is_empty()) else {
            return Self(None);
        };
        match open(name) {
            Ok(socket) => Self(Some(Systemd {
                group: group.to_owned(),
                socket,
                feeds: environment.feeds(),
                next_feed: None,
                status: String::new(),
                is_ready: false,
                is_stopping: false,
                has_failed: false,
            })),
            Err(error) => {
                tracing::warn!(group, %error, socket = ?name, "the service manager cannot be told");
                Self(None)
            }
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn ready(&mut self, doing: &str) {
        let Some(systemd) = &mut self.0 else { return };
        systemd.is_ready = true;
        doing.clone_into(&mut systemd.status);
        systemd.send(&format!("READY=1\nSTATUS={doing}"));
        systemd.next_feed = systemd.feeds.and_then(|feeds| Instant::now().checked_add(feeds));
    }

    pub(crate) fn status(&mut self, doing: &str) {
        let Some(systemd) = &mut self.0 else { return };
        // Once it does not listen, a line that it does not need is not worth a wait.
        if systemd.status != doing && !systemd.has_failed {
            doing.clone_into(&mut systemd.status);
            systemd.send(&format!("STATUS={doing}"));
        }
    }

    pub(crate) fn reloading(&mut self) {
        if let Some(systemd) = self.running() {
            let now = clock_gettime(ClockId::Monotonic);
            let microseconds = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
            systemd.send(&format!("RELOADING=1\nMONOTONIC_USEC={microseconds}"));
        }
    }

    pub(crate) fn reloaded(&mut self) {
        if let Some(systemd) = self.running() {
            systemd.send("READY=1");
        }
    }

    /// Says once that the service stops.
    pub(crate) fn stopping(&mut self) {
        if let Some(systemd) = &mut self.0
            && !std::mem::replace(&mut systemd.is_stopping, true)
        {
            systemd.send("STOPPING=1");
        }
    }

    pub(crate) fn next_feed(&self) -> Option<Instant> {
        self.0.as_ref()?.next_feed
    }

    /// Feeds the watchdog if all is well, and says when it is looked at again.
    pub(crate) fn feed(&mut self, is_well: bool) {
        let Some(systemd) = &mut self.0 else { return };
        if is_well {
            systemd.send("WATCHDOG=1");
        }
        let now = Instant::now();
        let after = |since: Instant| since.checked_add(systemd.feeds?);
        // On the grid, unless that has passed as well.
        systemd.next_feed =
            systemd.next_feed.and_then(after).filter(|next| *next > now).or_else(|| after(now));
    }

    /// The manager of a service that is at work.
    fn running(&mut self) -> Option<&mut Systemd> {
        self.0.as_mut().filter(|systemd| systemd.is_ready && !systemd.is_stopping)
    }
}

impl Systemd {
    fn send(&mut self, lines: &str) {
        if let Err(error) = self.socket.send(lines.as_bytes())
            && !std::mem::replace(&mut self.has_failed, true)
        {
            tracing::warn!(group = self.group, %error, lines, "the service manager was not told");
        }
    }
}

impl Environment {
    /// Half of the watchdog's time, if it is one for this process.
    fn feeds(&self) -> Option<Duration> {
        let is_ours = |pid: &String| pid.parse() == Ok(process::id());
        let microseconds = self.watchdog_usec.as_ref()?.parse().ok().filter(|usec| *usec > 0)?;
        self.watchdog_pid.as_ref().is_none_or(is_ours).then(|| Duration::from_micros(microseconds) / 2)
    }
}

fn open(name: &OsStr) -> io::Result<UnixDatagram> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        [b'/', ..] => SocketAddr::from_pathname(name)?,
        _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "not the address of a Unix socket")),
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feeds(usec: Option<&str>, pid: Option<String>) -> Option<Duration> {
        let watchdog_usec = usec.map(str::to_owned);
        Environment { socket: None, watchdog_usec, watchdog_pid: pid }.feeds()
    }

    #[test]
    fn t12_the_watchdog_is_fed_at_half_of_its_time_without_a_floor() {
        assert_eq!(feeds(Some("20000"), None), Some(Duration::from_millis(10)));
        assert_eq!(feeds(Some("3"), Some(process::id().to_string())), Some(Duration::from_nanos(1_500)));
    }

    #[test]
    fn t12_a_watchdog_that_is_off_or_for_another_process_is_not_fed() {
        assert_eq!(feeds(None, None), None);
        assert_eq!(feeds(Some("0"), None), None);
        assert_eq!(feeds(Some("soon"), None), None);
        assert_eq!(feeds(Some("20000"), Some("1".to_owned())), None);
    }

    #[test]
    fn t17_without_a_socket_it_is_off() {
        assert!(!Service::new("gateway", &Environment::default()).is_on());
        let empty = Environment { socket: Some(OsString::new()), ..Environment::default() };
        assert!(!Service::new("gateway", &empty).is_on());
    }

    #[test]
    fn t17_an_abstract_socket_is_told() {
        let name = format!("pyaltt-group-test-{}", process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        let environment = Environment { socket: Some(format!("@{name}").into()), ..Environment::default() };
        Service::new("gateway", &environment).ready("all is well");
        let mut line = [0; 100];
        let length = manager.recv(&mut line).unwrap();
        assert_eq!(&line[..length], b"READY=1\nSTATUS=all is well");
    }
}
