//! On systemd: a program as a service, with readiness, status, reload and a watchdog.
//!
//! With the feature `systemd`, a [supervisor](super::programs) tells systemd how the program stands. One line turns it on:
//!
//! ```no_run
//! use pyaltt::prelude::*;
//! use std::time::Duration;
//!
//! # #[cfg(not(all(unix, feature = "signals", feature = "systemd")))]
//! # fn main() {}
//! # #[cfg(all(unix, feature = "signals", feature = "systemd"))]
//! fn main() -> Result<Report, BoxError> {
//!     let mail = queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
//!     let settings = event(|_trigger, _cx| println!("reading the settings")).name("settings").build()?;
//!     let again = settings.event().clone();
//!     let report = Supervisor::new()
//!         .name("post office")
//!         .stop_within(Duration::from_secs(25))
//!         .add(Child::of(&mail).drain().stuck_after(Duration::from_secs(10)))
//!         .add(&settings)
//!         .on_signal(pyaltt::Signal::Hangup, move || again.set())
//!         .systemd()
//!         .run_until_signal()?;
//!     eprintln!("{report}");
//!     Ok(report)
//! }
//! ```
//!
//! The unit to go with it:
//!
//! ```text
//! [Unit]
//! Description=The post office
//!
//! [Service]
//! Type=notify-reload
//! ExecStart=/usr/local/bin/post-office
//! WatchdogSec=30
//! TimeoutStartSec=60
//! TimeoutStopSec=30
//! Restart=on-failure
//!
//! [Install]
//! WantedBy=multi-user.target
//! ```
//!
//! `Type=notify-reload` needs systemd 253. With an older one write `Type=notify` and `ExecReload=kill -HUP $MAINPID`.
//!
//! # Limits
//!
//! **`TimeoutStopSec` has to be longer than the group's [`stop_within`](crate::Supervisor::stop_within)**, by some seconds, or
//! systemd kills the process in the middle of an ordered end. The group's default is 25 s. It is also the time that the
//! functions of [`on_shutdown`](crate::Supervisor::on_shutdown) are in. systemd's default is 90 s, but distributions set
//! others.
//!
//! `TimeoutStartSec` has to be longer than the start of all members, for each may take its
//! [`start_within`](crate::Child::start_within) of 30 s.
//!
//! # What systemd is told
//!
//! | line | when |
//! | --- | --- |
//! | `READY=1` | all members are at work. Never when the start has failed |
//! | `STATUS=` | who is being started or stopped, who is stuck, down or waits for its restart, or that all are at work. `systemctl status` shows it |
//! | `RELOADING=1`, and then `READY=1` | before and after the functions of [`on_signal`](crate::Supervisor#method.on_signal) for SIGHUP |
//! | `STOPPING=1` | before the first member is told to end, for whatever reason |
//! | `WATCHDOG=1` | at half of `WatchdogSec`, as long as all is well |
//!
//! # The watchdog
//!
//! A thread that only says that it is alive says nothing about the work. So the watchdog is fed by what is seen of the
//! members: it is not fed while a member is in one turn for longer than its
//! [`stuck_after`](crate::Child::stuck_after), and no more when the group ends because a critical member has failed for good.
//! Then systemd restarts the service. A member that goes on in time has it fed again. Idle members are always well, and so are
//! those without a `stuck_after`.
//!
//! A turn is looked at four times in its `stuck_after`. So a turn that hangs is killed after at most 1.25 times its
//! `stuck_after` and `WatchdogSec`.
//!
//! The example `watchdog` shows it, and plays systemd itself: `cargo run -p pyaltt-examples --example watchdog`.
//!
//! # Without systemd
//!
//! Without `NOTIFY_SOCKET` in the environment nothing is told, so a program can be started by hand as it is. The environment is
//! read once, when the group starts, and not changed; programs that the service starts inherit it. A socket that is not there,
//! or does not take a line, is one warning in the log and has no other effect. On other systems than Linux the call does
//! nothing.
