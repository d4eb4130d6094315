//! Programs of workers: an ordered start and end, restarts together, signals, a report.
//!
//! A program of several workers has to start them in an order, end them in the reverse of it, bound how long that takes,
//! restart what fails, hear Ctrl-C, and say in the end what went wrong. A [`Supervisor`](crate::Supervisor) does that:
//!
//! ```no_run
//! use pyaltt::prelude::*;
//! use std::time::Duration;
//!
//! # #[cfg(not(feature = "signals"))]
//! # fn main() {}
//! # #[cfg(feature = "signals")]
//! fn main() -> Result<Report, BoxError> {
//!     let mail = queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
//!     let letters = mail.queue().clone();
//!     let writer = looped(move |_tick, _cx| letters.put("dear Sir"))
//!         .name("writer")
//!         .interval(Duration::from_secs(1))
//!         .build()?;
//!     let report = Supervisor::new()
//!         .name("post office")
//!         .add(Child::of(&mail).drain().stop_within(Duration::from_secs(10)))
//!         .add(&writer)
//!         .run_until_signal()?;
//!     println!("{report}");
//!     Ok(report) // the exit code: 0, 1 if a member failed, 3 if one was stuck
//! }
//! ```
//!
//! The example `service` is a larger one, with a connection that breaks now and then:
//! `cargo run -p pyaltt-examples --example service`.
//!
//! # Members
//!
//! What [`add`](crate::Supervisor::add) is given becomes a member: a reference to a worker of any kind, another supervisor,
//! a worker that is a [static](super::decorators), or a [`Child`](crate::Child), which is one of these with its limits:
//!
//! | of a child | default | what it is |
//! | --- | --- | --- |
//! | [`stop_within`](crate::Child::stop_within) | 5 s | how long its end may take |
//! | [`start_within`](crate::Child::start_within) | 30 s | how long its start may take |
//! | [`drain`](crate::Child::drain) | off | it finishes what is queued before it stops, for half of its limit |
//! | [`critical`](crate::Child::critical) | off | the group ends when it has failed for good |
//! | [`stuck_after`](crate::Child::stuck_after) | never | a turn of this length is reported |
//! | [`restart`](crate::Child::restart) | its own | its policy in this group |
//! | [`retry_start`](crate::Child::retry_start) | off | a first start that fails is tried again and holds nobody up |
//!
//! A worker belongs to one group at most. It keeps its handles, and everything that they can do: a member that is stopped by
//! its own handle stays stopped until somebody starts it, and nobody takes that for a failure.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! # #[cfg(feature = "macros")] {
//! #[background_worker(queue)]
//! fn mailer(letter: &'static str) {
//!     println!("{letter}");
//! }
//!
//! let program = Supervisor::new().add(Child::of(&mailer).drain()).start()?;
//! mailer.put("dear Sir")?;
//! assert_eq!(program.stop().exit_code(), 0);
//! assert_eq!(mailer.last_exit().turns, 1);
//! # }
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # The start
//!
//! Members start in the order in which they were added, each when the one before is at work. A member that runs already is
//! taken as it is. If one fails, or is not ready within its limit, those before it are stopped again in reverse, and the
//! [`GroupError`](crate::GroupError) names it and says why.
//!
//! ```
//! use pyaltt::prelude::*;
//! use pyaltt::GroupError;
//!
//! let mail = queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
//! let port = looped(|_tick, _cx| ()).name("port").before_start(|_cx| Err("no such device".into())).build()?;
//! let error = Supervisor::new().name("gateway").add(&mail).add(&port).start().unwrap_err();
//! assert!(matches!(&error, GroupError::NotStarted { member, .. } if member == "port"));
//! assert!(!mail.is_active());
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # The end
//!
//! Members end in reverse, so put those that others feed first. Each is told when those after it have ended, and has its own
//! limit within what is left of [that for the whole](crate::Supervisor::stop_within), which is 25 s. A drain becomes a stop
//! at half of the member's limit, and a stop becomes a terminate towards its end. A member that does not end is reported as
//! stuck, with its turn and how long it has been in it; it no longer keeps the process alive, and the next one is told. No
//! thread is ever killed. Then the collections of [`on_shutdown`](crate::Supervisor::on_shutdown) run.
//!
//! The [`Report`](crate::Report) says how each member ended, and prints as a table:
//!
//! ```text
//! service: SIGTERM; took 584.176µs
//!   disk    stopped, 201 turns
//!   uplink  stopped, 34 turns, 2 restarts
//!   filter  stopped, 201 turns
//! ```
//!
//! A group ends by itself as well: when all its members have ended, when a critical one has failed for good, and when it has
//! spent its restarts. [`ended_by`](crate::EndedBy) says which.
//!
//! # Failures
//!
//! A member is restarted by its own [policy](super::restart), and one without a policy by the group's, which is
//! `Restart::on_failure()`. What happens to the others is up to the group:
//!
//! | | when a member fails |
//! | --- | --- |
//! | [`one_for_one`](crate::Supervisor::one_for_one), the default | it is restarted alone |
//! | [`one_for_all`](crate::Supervisor::one_for_all) | all are stopped in reverse, and after the group's backoff started in order |
//! | [`rest_for_one`](crate::Supervisor::rest_for_one) | so are the member and those after it |
//!
//! Groups in groups make a tree, in which a failure is kept where it belongs. Here a failed poller restarts the bus as well,
//! and never the mail:
//!
//! ```
//! use pyaltt::prelude::*;
//! use std::time::Duration;
//!
//! let bus = looped(|_tick, _cx| ()).name("bus").build()?;
//! let poller = looped(|_tick, _cx| ()).name("poller").build()?;
//! let mail = queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
//! let io = Supervisor::new().name("io").one_for_all().add(&bus).add(&poller);
//! let program = Supervisor::new().add(&mail).add(io.max(10, Duration::from_secs(60))).start()?;
//! assert_eq!(program.members()[2].path, "io/poller");
//! # Ok::<(), BoxError>(())
//! ```
//!
//! While it runs, the [`Supervision`](crate::Supervision) is asked for [`problems`](crate::Supervision::problems): members
//! that are down for good, and those that are stuck. [`on_event`](crate::Supervisor::on_event) is told what happens as it
//! happens. Members can be added and removed.
//!
//! # Signals
//!
//! With the feature `signals`, which is on by default, a program runs until it is told to end:
//! [`run_until_signal`](crate::Supervisor#method.run_until_signal), or
//! [`until_signal`](crate::Supervision#method.until_signal) of a group that runs, so that a status page can hold it as well.
//!
//! | SIGINT (Ctrl-C) or SIGTERM | what it does |
//! | --- | --- |
//! | the first | begins the end, in order. During the start it abandons that |
//! | the second | tells all members to terminate, and leaves 1 s |
//! | the third | does what it would do without the call: by default it ends the process |
//!
//! Handlers that the program has set before are called as well. Afterwards the signals do again what they did before. Only one
//! call can wait at a time; another one is a [`GroupError::TwoWaits`](crate::GroupError).
//!
//! [`on_signal`](crate::Supervisor#method.on_signal) has a function called at any other signal, such as SIGHUP, on the thread
//! of the group, for as long as the group runs. The function must not block, so let it set an event:
//!
//! ```
//! # #[cfg(all(unix, feature = "signals"))] {
//! use pyaltt::prelude::*;
//! use pyaltt::Signal;
//!
//! let settings = event(|_trigger, _cx| println!("reading the settings")).name("settings").build()?;
//! let again = settings.event().clone();
//! let program = Supervisor::new().add(&settings).on_signal(Signal::Hangup, move || again.set()).start()?;
//! assert_eq!(program.stop().exit_code(), 0);
//! # }
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! There are signals on Unix alone. Elsewhere, also on Windows, these calls compile, and return
//! [`GroupError::NoSignals`](crate::GroupError); start the group there, wait for the end of the program by other means, and
//! call [`stop`](crate::Supervision::stop). A program that needs no group has
//! [`wait_for_signal`](super::lifecycle#ending-the-process).
