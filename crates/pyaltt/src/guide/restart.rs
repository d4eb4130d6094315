//! Restart: workers that run again by themselves, after a wait.
//!
//! A builder's [`restart`](crate::Builder::restart) takes a policy, a [`Restart`](crate::Restart). A worker whose run
//! fails then waits for a while and runs again. Its handles, its queue and its name stay, and nobody has to watch it:
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! let mail = queue(|letter: &str, _cx| if letter.is_empty() { Err("no text") } else { Ok(()) })
//!     .name("mail")
//!     .restart(Restart::on_failure().backoff(Duration::from_millis(1)))
//!     .build()?;
//! ["monday", "", "tuesday"].into_iter().try_for_each(|letter| mail.put(letter))?;
//! mail.close();
//! mail.start()?;
//! let exit = mail.wait()?; // the empty letter has failed one run, and the next one took what was left
//! assert_eq!((exit.reason, exit.run, exit.restarts), (ExitReason::Finished, 2, 1));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Where an error is a part of the work, such as a letter without a text, an `on_error` that goes on is better: see
//! [errors](super::errors#when-a-turn-fails). A restart is for a worker that cannot go on as it is, because its device is
//! gone, its connection is broken, or its state is wrong.
//!
//! # A life
//!
//! The runs from a `start` to the end that no restart follows are a *life*. Without a policy, a life is one run. What a
//! program asks a handle is about lives: `wait` returns at the end of the life, `stop` ends the life, and
//! [`ended`](crate::Handle::ended) tells of its end. What a turn asks its context is about its run.
//!
//! ```text
//!  start       failed                    failed                   finished
//!    +-- run 1 --+-- backoff --+-- run 2 --+-- backoff --+-- run 3 --+
//!    |  Active       Waiting      Active       Waiting      Active   |  Stopped
//!    +-------------------- one life, on one thread ------------------+
//! ```
//!
//! Between two runs the worker is [`State::Waiting`](crate::State::Waiting). Its thread sleeps until the backoff is over
//! and then runs again, so a restart spawns no thread and cannot fail for want of one. Thread-locals live as long as the
//! life, and so does what a run has set for its thread.
//!
//! # What restarts
//!
//! | how the run ended | `never()`, the default | `on_failure()` | `always()` |
//! | --- | --- | --- | --- |
//! | it failed | | restarts | restarts |
//! | it finished by itself | | | restarts |
//! | it finished because its queue is closed and empty: no turn could ever come | | | |
//! | it was told to stop, to drain or to terminate, also if it failed after that | | | |
//! | a turn called [`terminate`](crate::Context::terminate), or `stop` or `wait` for itself | | | |
//! | all its handles are gone, and it is not [detached](crate::Handle::detach) | | | |
//!
//! The first start of a life is not retried: it returns its error, and the caller decides. A later run that cannot begin
//! (the factory or `before_start` fails, an option is invalid, the system refuses its `Sched`) is a run that failed with
//! no turns, and counts as an attempt like any other.
//!
//! # What stays, and what is new
//!
//! | stays over a restart | new in each run |
//! | --- | --- |
//! | the queue with its tasks, and the event | the number of the run and of its turns |
//! | handles, name, id, statistics | the stop token |
//! | the object of `o`, with all changes | the schedule: the first tick is due as at a start |
//! | the options of `start_with`, and its arguments, except those that were taken with [`take_arg`](crate::Context::take_arg) | the interval, if a turn had changed it |
//! | the parameters of a [decorated function](super::decorators), with all changes | |
//! | a worker that was given to the builder by value | a worker that a [factory](super::writing_workers#factories) makes |
//!
//! **The task in hand is not run again.** A turn owns its task, so a task whose turn failed is used up and reported, as
//! without a policy. What is behind it waits for the next run. A worker that must not lose the task keeps it in its `o`
//! until it is done, as in the [example below](#a-device-that-comes-and-goes).
//!
//! **A worker that was given by value runs again as it is.** After a panic it may be half changed. If its next run could
//! trip over that, let `before_start` put it in order, or let a factory make a new one for each run. The one before is
//! dropped on the worker's thread, at the end of its run.
//!
//! # The backoff
//!
//! The wait before a restart is the backoff. It doubles from restart to restart, and begins anew after a run that lasted
//! for a while.
//!
//! | option | what it sets | default |
//! | --- | --- | --- |
//! | [`backoff(d)`](crate::Restart::backoff) | waits of that length, also none at all with `Duration::ZERO` | |
//! | [`backoff(shortest..longest)`](crate::Restart::backoff) | waits that double from `shortest` to `longest` | 100 ms to 30 s |
//! | [`jitter(f)`](crate::Restart::jitter) | how far each wait may differ from that, as a fraction | 0.1: 0.9 to 1.1 times as long |
//! | [`healthy_after(d)`](crate::Restart::healthy_after) | a run that lasts that long makes the next wait the shortest again | the longest backoff |
//! | [`max(n, within)`](crate::Restart::max) | the budget: at most `n` restarts in any time of that length | none |
//! | [`only(f)`](crate::Restart::only) | a further condition, asked with the exit | none |
//! | [`start(f)`](crate::Restart::start) | what makes options and arguments for each further run | those of the start stay |
//!
//! A worker that fails at once, for ever, makes some 28 attempts in its first ten minutes, and sleeps in between. The
//! jitter spreads workers that failed in the same moment, so that they do not all come back in the same moment.
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use pyaltt::{prelude::*, timing::ManualClock};
//!
//! let clock = ManualClock::new();
//! let printer = looped(|_tick, _cx| Err::<(), _>("no paper"))
//!     .clock(clock.clone())
//!     .restart(Restart::on_failure().jitter(0.0))
//!     .start()?;
//! let waits: Vec<_> = (0..10).map(|_| clock.advance_to_next().as_millis()).collect();
//! assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000]);
//! clock.wait_for_sleepers(1); // the last run has failed, too
//! assert_eq!(printer.stop()?.reason, ExitReason::Failed);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! **Give up with a budget** if somebody else can do better: a program that ends with an error, and is restarted by its
//! service manager. A restart counts for as long as `within` says. A start that succeeds gives nothing back, and neither
//! does a healthy run, so a worker that fails every few seconds spends its budget although every start succeeds. Then the
//! life ends, with [`Then::GaveUp`](crate::Then::GaveUp) in the exit. The tasks stay queued. A later `start` begins a
//! life with a full budget.
//!
//! There is no budget by default, because no number suits all: five restarts are over after 3.1 s, and an outage of 4 s
//! would end the worker for good.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{StopError, Then, prelude::*};
//!
//! let policy = Restart::on_failure().backoff(Duration::from_millis(1)).max(5, Duration::from_secs(60));
//! let link = queue(|_packet: u8, _cx| Err::<(), _>("no route")).name("link").restart(policy).build()?;
//! (0..10).try_for_each(|packet| link.put(packet))?;
//! link.start()?;
//! let Err(StopError::Failed(exit)) = link.wait() else { panic!("it gives up") };
//! assert_eq!(exit.then, Then::GaveUp { restarts: 5, within: Duration::from_secs(60) });
//! assert_eq!((exit.restarts, exit.pending, link.len()), (5, 4, 4)); // six runs took a packet each
//! # link.take_pending();
//! # Ok::<(), BoxError>(())
//! ```
//!
//! **Restart after some failures only** with `only`. It is asked on the worker's thread, outside all locks; a panic in it
//! counts as no. Here a refused login is not tried again, because the next one would be refused as well:
//!
//! ```
//! use std::io::{self, ErrorKind};
//! use std::time::Duration;
//! use pyaltt::{StopError, WorkerErrorKind, prelude::*};
//!
//! fn is_refusal(exit: &Exit) -> bool {
//!     let Some(WorkerErrorKind::Failed(error)) = exit.error.as_ref().map(|error| error.kind()) else { return false };
//!     error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::PermissionDenied)
//! }
//!
//! let link = queue(|kind: ErrorKind, _cx| Err::<(), _>(io::Error::from(kind)))
//!     .restart(Restart::on_failure().backoff(Duration::from_millis(1)).only(|exit| !is_refusal(exit)))
//!     .start()?;
//! link.put(ErrorKind::ConnectionReset)?; // fails a run, and the worker restarts
//! link.put(ErrorKind::PermissionDenied)?; // ends the life
//! assert!(matches!(link.wait(), Err(StopError::Failed(exit)) if exit.run == 2));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! **Start each run with something else** by `start`. It makes a [`Start`](crate::Start) of the exit of the last run, for
//! arguments that the run before has taken, or for the next of several servers:
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! struct Server(&'static str);
//!
//! const SERVERS: [&str; 3] = ["one.example", "two.example", "three.example"];
//!
//! let policy = Restart::on_failure().backoff(Duration::from_millis(1)).start(|exit| {
//!     let next = SERVERS[(exit.restarts as usize + 1) % SERVERS.len()];
//!     Start::new().arg(Server(next))
//! });
//! let client = looped(|_tick, cx| match cx.arg::<Server>() {
//!     Some(Server("three.example")) => Ok(false), // it has done its work
//!     _ => Err("no answer"),
//! })
//! .restart(policy)
//! .build()?;
//! client.start_with(Start::new().arg(Server(SERVERS[0])))?;
//! assert_eq!(client.wait()?.run, 3);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A worker's [`clock`](crate::Builder::clock) measures the backoff, so a test moves a manual clock to its end, as above.
//!
//! # A device that comes and goes
//!
//! A serial port that is unplugged and plugged in again is a factory that opens it, and one line of policy. The factory
//! is called for each run. If the port is not there, that is one more attempt, and the next one follows after a longer
//! wait. The first `start` returns the error, so the program learns of a port that was never there.
//!
//! This writer keeps the line that it is writing in its `o`, which stays over restarts. So the line that was in its hand
//! when the port went away is written first when the port is back:
//!
//! ```
//! use std::io::{Error, ErrorKind, Result};
//! use std::sync::Mutex;
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! # static OPENED: AtomicU32 = AtomicU32::new(0);
//! # static WRITTEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
//! # struct Port(usize);
//! # impl Port {
//! #     fn open() -> Result<Self> {
//! #         match OPENED.fetch_add(1, Ordering::SeqCst) {
//! #             0 => Ok(Self(1)),
//! #             1 | 2 => Err(Error::new(ErrorKind::NotFound, "no such device")),
//! #             _ => Ok(Self(usize::MAX)),
//! #         }
//! #     }
//! #     fn write(&mut self, line: &str) -> Result<()> {
//! #         self.0 = self.0.checked_sub(1).ok_or(Error::new(ErrorKind::BrokenPipe, "unplugged"))?;
//! #         WRITTEN.lock().unwrap().push(line.to_owned());
//! #         Ok(())
//! #     }
//! # }
//! struct Writer {
//!     port: Port, // is unplugged at its second line, and missing at the next two attempts to open it
//! }
//!
//! /// The line that is not written yet.
//! struct Unsent(Option<String>);
//!
//! impl Writer {
//!     fn write_unsent(&mut self, cx: &mut Context) -> Result<()> {
//!         let Some(Unsent(unsent)) = cx.o_mut() else { return Ok(()) };
//!         if let Some(line) = unsent {
//!             self.port.write(line)?;
//!             *unsent = None;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! impl Worker for Writer {
//!     type Task = String;
//!
//!     fn before_start(&mut self, cx: &mut Context) -> std::result::Result<(), BoxError> {
//!         Ok(self.write_unsent(cx)?)
//!     }
//!
//!     fn run(&mut self, line: String, cx: &mut Context) -> Turn {
//!         if let Some(unsent) = cx.o_mut() {
//!             *unsent = Unsent(Some(line));
//!         }
//!         self.write_unsent(cx)?;
//!         Ok(Flow::Continue)
//!     }
//! }
//!
//! let writer = BackgroundQueueWorker::try_factory(|| Ok(Writer { port: Port::open()? }))
//!     .name("ttyUSB0")
//!     .o(Unsent(None))
//!     .restart(Restart::on_failure().backoff(Duration::from_millis(1)..Duration::from_secs(5)))
//!     .start()?;
//! for line in ["G28", "G1 X10", "G1 X20"] {
//!     writer.put(line.to_owned())?; // the program knows nothing of the unplugged port
//! }
//! writer.close();
//! let exit = writer.wait()?;
//! assert_eq!((exit.run, exit.restarts), (4, 3));
//! # assert_eq!(*WRITTEN.lock().unwrap(), ["G28", "G1 X10", "G1 X20"]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Being told
//!
//! Nobody who waits for the worker is told of a restart, because the life goes on. Whoever wants to know has these:
//!
//! | what | says |
//! | --- | --- |
//! | the builder's [`on_exit(f)`](crate::Builder::on_exit) | the [`Exit`](crate::Exit) of each run, with what follows it in [`Exit::then`](crate::Exit) |
//! | [`state`](crate::Handle::state), [`last_exit`](crate::Handle::last_exit), [`Stats::restarts`](crate::Stats::restarts) | at any time: whether the worker waits, why, and how often it was restarted |
//! | the [log](super::errors#logging) | an error for each run that failed, a warning for each planned restart with its number and backoff, an error when the budget is spent |
//!
//! `on_exit` is called on the worker's thread, when the state and the exit are published. The restart, and whoever waits
//! for the end, wait for it, so it must not block. A `stop` in it ends the life, and returns
//! [`StopError::FromWorker`](crate::StopError::FromWorker). When the life has ended anyway, a `start` in it begins the
//! next one. A panic in it is logged. It is not called for a `start` that returns its error, and not for a stop that
//! ends a backoff, which ends no run.
//!
//! The hook [`after_stop`](crate::Worker::after_stop) comes before the decision, so its exit says `Then::Rest` in any
//! case.
//!
//! ```
//! use std::sync::mpsc;
//! use std::time::Duration;
//! use pyaltt::{Then, prelude::*};
//!
//! let (alerts, alerted) = mpsc::channel();
//! let pump = looped(|_tick, _cx| Err::<(), _>("no pressure"))
//!     .name("pump")
//!     .restart(Restart::on_failure().backoff(Duration::from_secs(60)).jitter(0.0))
//!     .on_exit(move |exit| {
//!         if let Then::Again { after } = exit.then {
//!             drop(alerts.send(format!("{} failed and tries again in {after:?}", exit.worker)));
//!         }
//!     })
//!     .start()?;
//! assert_eq!(alerted.recv()?, "pump failed and tries again in 60s");
//! assert_eq!((pump.state(), pump.is_active()), (State::Waiting, false));
//! let exit = pump.stop()?; // does not take a minute
//! assert_eq!((exit.reason, exit.then), (ExitReason::Failed, Then::Rest));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Calls while it waits
//!
//! | call | for a worker that is `Waiting` |
//! | --- | --- |
//! | [`start()`](crate::Handle::start) | runs at once, with the options of its life, and returns the result of that start; if that fails, it waits again, or gives up |
//! | [`start_with(..)`](crate::Handle::start_with) | the same, with other options and arguments from now on |
//! | `stop`, `stop_timeout`, `signal_stop`, `terminate` | end the life at once; the exit is that of the last run |
//! | `drain`, `drain_timeout`, `signal_drain` | the same: no further task is run, and what is queued stays queued |
//! | `wait`, `wait_timeout` | wait for the end of the life; a time limit names the worker |
//! | `put`, `trigger` | as for a stopped worker: the next run takes it; a put into a full queue waits |
//! | the drop of the last handle | ends the life, unless the worker is detached |
//! | [`into_inner`](crate::Handle::into_inner) | gives the handle back |
//!
//! A program that knows that the device is back does not wait for the end of the backoff:
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicBool, Ordering};
//! use std::time::Duration;
//! use pyaltt::{StopError, prelude::*};
//!
//! let is_plugged = Arc::new(AtomicBool::new(false));
//! let seen = Arc::clone(&is_plugged);
//! let (exits, exit) = std::sync::mpsc::channel();
//! let reader = looped(move |_tick, _cx| if seen.load(Ordering::SeqCst) { Ok(false) } else { Err("unplugged") })
//!     .restart(Restart::on_failure().backoff(Duration::from_secs(3600)))
//!     .on_exit(move |exit| exits.send(exit.reason).unwrap_or_default())
//!     .start()?;
//! assert_eq!(exit.recv()?, ExitReason::Failed); // now it waits for an hour
//! let limit = Duration::from_millis(1);
//! assert!(matches!(reader.wait_timeout(limit), Err(StopError::Timeout { .. })));
//!
//! is_plugged.store(true, Ordering::SeqCst);
//! reader.start()?;
//! assert_eq!(reader.wait()?.reason, ExitReason::Finished);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Queues
//!
//! A queue counts lives. While one of them goes on, also through a backoff, the queue is open, and puts succeed or wait for
//! room. A bounded queue fills during a long outage, so a producer that must not wait that long uses `put_timeout`, or an
//! [overflow](super::queues) policy that drops.
//!
//! When the last life that takes from a queue ends by a failure, because there was no policy for it or because the
//! budget is spent, the queue [refuses tasks](super::queues#queues-of-failed-workers) until the next run is ready. A stop
//! that ends a backoff leaves it open. Where several workers share a queue, the others go on while one of them waits.
//!
//! # The end of the process
//!
//! A daemon in a backoff keeps no process alive. For a worker with `daemon(false)`, the return of `main` ends a backoff
//! and with it the life; a run in progress ends by itself, and no restart follows it. [`pyaltt::exit`](crate::exit) and the
//! drop of the last handle stop the worker, and so end its backoff as well.
//!
//! A restart follows what the library has caught. What [nobody can catch](super::faults#panics), such as a stack overflow,
//! a panic in the destructor of a thread-local as the thread ends, or any panic in a program that is built with
//! `panic = "abort"`, ends the process. Only what starts the process can start it again.
