//! Lifecycle: starting, stopping, waiting, pausing, and what keeps a worker alive.
//!
//! ```text
//!                 start                  before_start has ended
//!    Stopped ---------------> Starting --------------------------> Active
//!     ^   ^                      |    \                               |
//!     |   | the factory or       |     \ the same, but a stop         | a stop came, or
//!     |   | before_start failed, |      \ came first                  | the loop has ended
//!     |   | or no thread was     |       v                            v
//!     |   | available            |       Stopping <-------------------+
//!     |   +----------------------+          |
//!     |                                     |
//!     +-------------------------------------+
//!          the stop hooks have ended
//! ```
//!
//! | [`State`](crate::State) | the worker | `is_active` |
//! | --- | --- | --- |
//! | `Stopped` | was not started yet, or its life has ended | `false` |
//! | `Starting` | has a thread that is being made, or that is in the factory or in `before_start` | `false` |
//! | `Active` | takes turns | `true` |
//! | `Stopping` | was told to stop or ends by itself: it has the current turn, what it is to drain, and the stop hooks before it | `false` |
//! | `Waiting` | waits for its next run, because its policy for [restarts](super::restart) lets one follow | `false` |
//!
//! Only a worker with such a policy is ever `Waiting`: it comes there from `Stopping`, or from `Starting` when a restart
//! could not begin. From there it goes to `Starting` when the wait is over or a `start` comes, or to `Stopped` when it is
//! told to stop.
//!
//! [`Handle::state`](crate::Handle::state) returns the state, and [`is_active`](crate::Handle::is_active) whether it is
//! `Active`. A run ends completely before the next one begins: its hooks have returned, and its exit is published. A
//! *life* is what a `start` begins: one run, and with a policy for restarts the further runs that follow it by themselves.
//! It has one thread, which is gone before the next life begins.
//!
//! # Starting
//!
//! [`start`](crate::Handle::start) spawns the thread, waits for `before_start` and returns its error. During a run it
//! returns [`StartError::AlreadyRunning`](crate::StartError::AlreadyRunning), and the run does not notice. A worker that is
//! `Waiting` runs at once.
//!
//! A start that fails leaves the queue as it was. If it got as far as the thread, it has used up a run number, but it
//! does not count in [`Stats::runs`](crate::Stats::runs). [`start_with`](crate::Handle::start_with) gives options and
//! arguments to one life, with all its runs; the next `start` is as the worker was built again.
//!
//! # Stopping and waiting
//!
//! | call | what it does | `before_stop` | waits | reason of the exit |
//! | --- | --- | --- | --- | --- |
//! | [`stop`](crate::Handle::stop) | ends the run after the current turn | yes | yes | `Stopped` |
//! | [`stop_timeout(d)`](crate::Handle::stop_timeout) | the same | yes | up to `d` | `Stopped` |
//! | [`signal_stop`](crate::Handle::signal_stop) | the same | yes | no | `Stopped` |
//! | [`drain`](crate::BackgroundQueueWorker::drain), queue workers | ends it after everything that is pending | yes | yes | `Stopped` |
//! | [`drain_timeout(d)`](crate::BackgroundQueueWorker::drain_timeout) | the same | yes | up to `d` | `Stopped` |
//! | [`signal_drain`](crate::BackgroundQueueWorker::signal_drain) | the same | yes | no | `Stopped` |
//! | [`terminate`](crate::Handle::terminate) | ends it after the current turn | no | no | `Terminated` |
//! | [`wait`](crate::Handle::wait), [`wait_timeout(d)`](crate::Handle::wait_timeout) | nothing | | yes, up to `d` | whatever it will be |
//!
//! If a turn fails or says to stop while the stop arrives, the reason is `Failed` or `Finished`, and `before_stop` is
//! not called. Of two orders the more urgent one holds: a `stop` ends a drain, and a `terminate` skips the hook of a
//! stop. For a worker that is `Stopped` all of them answer by its last exit at once, which is
//! [`NeverStarted`](crate::ExitReason::NeverStarted) if there was none.
//!
//! With a policy for [restarts](super::restart), a wait is for the end of the life, not of the run, and its exit is that of
//! the last run. Stops and drains end the life: no restart follows a run that was told to end. In a backoff they end it at
//! once, and answer by the exit of the last run.
//!
//! Waits and drains of a run that failed return [`StopError::Failed`](crate::StopError::Failed) with the exit in it, as a
//! join of a thread that has panicked does. A stop returns the exit itself: the worker is stopped, as it was asked to be.
//! See [errors](super::errors#a-failure-is-never-silent).
//!
//! A call without a limit also waits until the thread is gone, with the destructors of its thread-locals. One with a
//! limit, and one in a turn of another worker, returns as soon as the hooks have returned and the state is `Stopped`.
//!
//! No turn is ever cut off. A turn that does not return makes `stop` wait. `stop_timeout` reports it instead, with the
//! number of that turn in this run. The worker stays told to stop, and can be waited for again.
//!
//! ```
//! use std::sync::mpsc;
//! use std::time::Duration;
//! use pyaltt::{StopError, prelude::*};
//!
//! let (began, in_turn) = mpsc::channel();
//! let (release, held) = mpsc::channel();
//! let printer = queue(move |page: u32, _cx| {
//!     began.send(page)?;
//!     held.recv()?;
//!     Ok::<_, BoxError>(())
//! })
//! .name("printer")
//! .start()?;
//! printer.put(1)?;
//! in_turn.recv()?;
//! match printer.stop_timeout(Duration::from_millis(1)) {
//!     Err(StopError::Timeout { stuck_turn, .. }) => assert_eq!(stuck_turn, Some(1)),
//!     other => panic!("{other:?}"),
//! }
//! assert_eq!(printer.state(), State::Stopping);
//! release.send(())?;
//! assert_eq!(printer.stop()?.reason, ExitReason::Stopped);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Pause
//!
//! [`pause`](crate::Handle::pause) keeps a worker from taking turns until [`resume`](crate::Handle::resume). The turn in hand
//! goes on; [`pause_wait`](crate::Handle::pause_wait) waits until it is over. A worker that is paused is still `Active`. Its
//! thread sleeps, and no put and no trigger wakes it.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! let file = Arc::new(Mutex::new(Vec::new()));
//! let lines = Arc::clone(&file);
//! let writer = queue(move |line: &'static str, _cx| lines.lock().unwrap().push(line)).start()?;
//! writer.put("before")?;
//! writer.pause_wait(Duration::from_secs(10))?; // nobody writes from here on
//! let len = file.lock().unwrap().len();
//! writer.put("after")?;
//! assert_eq!(file.lock().unwrap().len(), len);
//! writer.resume();
//! writer.drain()?;
//! assert_eq!(*file.lock().unwrap(), ["before", "after"]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! | while it is paused | |
//! | --- | --- |
//! | tasks are put | they stay queued. A bounded queue fills up, and its producers wait or are refused as at any time |
//! | its queue has other workers | they go on |
//! | its queue is closed | it ends after its last task, once it is resumed |
//! | its event is triggered | one turn at the resume, with the count |
//! | slots of its interval pass | they are left out and do not count as missed, whatever `missed` says; the next turn is on the grid |
//! | its delay passes, or the time of a `next_in` | one turn at the resume |
//! | it is stopped, terminated or drained | it ends as any other; a drain runs what is queued |
//! | it is started | it starts with its hooks, and takes no turn |
//!
//! Whatever was said last holds: pauses are not counted. They belong to the worker and last from run to run.
//! [`paused(true)`](crate::Builder::paused) on a builder begins with one, and [`Start::paused`](crate::Start::paused) sets
//! or ends it at a start. A pause acts at the inbox, so a [custom loop](super::writing_workers#a-custom-loop) runs what it
//! has taken before it rests, and one that never asks its inbox is not paused.
//!
//! # From inside
//!
//! A turn ends its own run with `false`, [`Flow::Stop`](crate::Flow::Stop) or
//! [`Context::terminate`](crate::Context::terminate). The exit tells them apart: the first two are `Finished`, the last
//! is `Terminated`.
//!
//! A worker cannot wait for itself. On its own thread `stop` and `wait` return
//! [`StopError::FromWorker`](crate::StopError::FromWorker) and act as `terminate`; `drain` and `pause_wait` return the same
//! error, and the drain or the pause begins after the turn.
//!
//! A turn may wait for other workers: for the end of one, or for room in its queue. The stop of its own worker cuts such a
//! wait, which then returns [`StopError::Stopping`](crate::StopError::Stopping) or, with the task,
//! [`PutErrorKind::Stopping`](crate::PutErrorKind::Stopping). So a worker can be stopped while it waits, even in a ring of
//! workers that wait for each other. A stop cuts the waits of turns, of a loop and of `before_start`, a terminate also
//! those of the stop hooks, and a drain none. A turn that returns the error after that has not failed: the run ends as
//! `Stopped`, and [`Stats::interrupted`](crate::Stats::interrupted) counts the turn.
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::{PutErrorKind, prelude::*};
//!
//! let slow = queue(|_page: u32, _cx| ()).bounded(1).build()?; // not started, so nobody makes room
//! slow.put(0)?;
//! let (began, in_turn) = mpsc::channel();
//! let target = slow.clone();
//! let feeder = queue(move |page: u32, _cx| {
//!     began.send(page)?;
//!     target.put(page)?; // waits for room, until the feeder is stopped
//!     Ok::<_, BoxError>(())
//! })
//! .start()?;
//! feeder.put(1)?;
//! in_turn.recv()?;
//! assert_eq!(feeder.stop()?.reason, ExitReason::Stopped);
//! assert_eq!((feeder.stats().interrupted, slow.len()), (1, 1));
//! # assert_eq!(slow.try_put(2).unwrap_err().kind(), PutErrorKind::Full);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Daemons, and the last handle
//!
//! | | a daemon, the default | `daemon(false)` |
//! | --- | --- | --- |
//! | `main` returns or, except on Windows, `std::process::exit` is called | the process ends, in the middle of a turn if need be | the process waits until the run has ended by itself; a backoff ends at once, and no restart follows |
//! | the last handle is dropped | the worker is told to stop | it is told to stop, and the drop waits for its end |
//! | the last handle is dropped on the worker's own thread | the worker runs on | the worker runs on |
//! | [`detach`](crate::Handle::detach) was called, and the last handle is dropped | the worker runs on | the worker runs on |
//!
//! So a worker lives no longer than its handles, unless you say so. The handle in a static, such as that of
//! `#[background_worker]`, is never dropped. `Start::daemon` sets the option for one life. The process waits for a
//! detached non-daemon worker, so something else has to end it, such as its own `false`.
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::prelude::*;
//!
//! let (turns, seen) = mpsc::channel();
//! let worker = looped(move |_tick, cx| {
//!     turns.send(cx.turn_number())?;
//!     Ok::<_, BoxError>(cx.turn_number() < 3)
//! })
//! .build()?;
//! worker.start()?;
//! worker.detach();
//! drop(worker);
//! // The iterator ends when the worker, and with it the sender, is gone.
//! assert_eq!(seen.iter().collect::<Vec<_>>(), [1, 2, 3]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Ending the process
//!
//! Return from `main` where you can: handles are dropped, non-daemon workers end, and the process ends after them. To
//! wait for Ctrl-C or SIGTERM before, call `pyaltt::wait_for_signal` (feature `signals`, Unix), or let a
//! [supervisor](super::programs#signals) run until then.
//!
//! [`pyaltt::exit(code)`](crate::exit) ends the process from anywhere else. It tells non-daemon workers to stop, waits for
//! them for 2 seconds at most, and never hangs. `std::process::exit` waits for them without telling them and without a
//! limit. Worse, on Linux the standard library lets only one thread end the process and parks every other one that
//! tries. Once `main` has returned, its thread is the one. A worker that then calls `std::process::exit` is parked, the
//! process waits for that worker, and so it hangs. No code of this library runs in between that could help.
//!
//! | the call is made | `std::process::exit(code)` | `pyaltt::exit(code)` |
//! | --- | --- | --- |
//! | on the thread of `main` | waits until all non-daemon workers have ended by themselves | ends with the code |
//! | in a turn, while `main` goes on | waits for the other non-daemon workers | ends with the code |
//! | in a turn of a non-daemon worker, after `main` has returned | hangs | ends with the code |
//! | in its error handler, after `main` has returned | hangs | ends with the code |
//! | on another thread, such as one that handles signals, after `main` has returned | hangs if the workers go on; loses its code if they end by themselves | ends with the code |
//! | in two workers at the same time | hangs | ends with the code of the first |
//! | in a turn that another non-daemon worker waits for | hangs | ends with the code |
//!
//! So call `std::process::exit` only on the thread of `main`, and only in a program whose workers are daemons or end by
//! themselves. A program without non-daemon workers does not wait, and may call either.
//!
//! ```no_run
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! fn main() -> Result<(), BoxError> {
//!     let disk = looped(|_tick, _cx| Err::<(), _>("the disk is gone"))
//!         .interval(Duration::from_secs(1))
//!         .daemon(false)
//!         .on_error(|error| {
//!             eprintln!("{error}");
//!             pyaltt::exit(3) // `main` has returned by now
//!         })
//!         .start()?;
//!     disk.detach();
//!     Ok(())
//! }
//! ```
//!
//! # The ends of other workers
//!
//! | who wants to know | call | what it gets |
//! | --- | --- | --- |
//! | a queue worker | [`watch(&other, f)`](crate::BackgroundQueueWorker::watch) | one task, which `f` makes of the exit |
//! | a thread | [`wait_any(&[&a, &b], timeout)`](crate::wait_any) | the first one that ends |
//! | a thread | [`wait_all(&handles, deadline)`](crate::wait_all) | a result for each, when all have ended or the time is over |
//! | a thread | [`Exits`](crate::Exits): `add`, `next(timeout)` | each end, in the order of ending; workers can be added at any time |
//! | a `select!` | [`ended()`](crate::Handle::ended) | a receiver that disconnects |
//!
//! None of them polls, and each is told exactly once, also if the worker ends during the call. A worker that is not running
//! is told of at once, by its last exit or [`NeverStarted`](crate::ExitReason::NeverStarted). A failure is an end like any
//! other, and its exit says so; only `wait_all` makes an error of it, as `wait` does.
//!
//! The closure of a watch is called on the thread that ends, so it should make the task and return. The task needs no room in
//! the watcher's queue, so that a full queue neither holds up that thread nor loses the news; see
//! [`watch`](crate::BackgroundQueueWorker::watch) for queues that are closed or not of this library. The
//! [`Watch`](crate::Watch) has to be kept: its drop ends the watch. It keeps neither of the two workers alive, so they may
//! watch each other.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! struct Down(Exit);
//!
//! let guard = queue(|Down(exit): Down, _cx| println!("{} is down: {}", exit.worker, exit.reason)).start()?;
//! let disks = ["left", "right"].map(|name| looped(|_tick, cx| cx.turn_number() < 3).name(name));
//! let disks = disks.into_iter().map(|disk| disk.start()).collect::<Result<Vec<_>, _>>()?;
//! let watches: Vec<_> = disks.iter().map(|disk| guard.watch(disk, |exit| Down(exit.clone()))).collect();
//! for ended in pyaltt::wait_all(&disks, None) {
//!     assert_eq!(ended?.turns, 3);
//! }
//! assert_eq!(guard.drain()?.turns, 2);
//! # drop(watches);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Weak handles, and the worker itself
//!
//! A [`WeakHandle`](crate::WeakHandle) does not count as a handle. Use it in a registry that must not keep workers
//! alive, or in a worker that refers to its own supervisor:
//!
//! ```
//! use pyaltt::{WeakHandle, prelude::*};
//!
//! let alarm = event(|_trigger, _cx| ()).name("alarm").start()?;
//! let registry: Vec<WeakHandle> = vec![alarm.downgrade()];
//! for worker in registry.iter().filter_map(WeakHandle::upgrade) {
//!     println!("{} is {:?}", worker.name(), worker.state());
//! }
//! drop(alarm); // the last handle: the worker is told to stop
//! assert!(registry[0].upgrade().is_none());
//! # Ok::<(), BoxError>(())
//! ```
//!
//! [`into_inner::<W>()`](crate::Handle::into_inner) takes a stopped worker of the type `W` back. Its other handles can
//! still read its last exit and its statistics; starting one of them is
//! [`StartError::Taken`](crate::StartError::Taken). A queue that no other worker has is closed by that.
//!
//! # Stop tokens
//!
//! A [`StopToken`](crate::StopToken), from [`Context::stop_token`](crate::Context::stop_token), tells other code, on
//! any thread, that this run is to end after its current turn, or has ended by itself. A token belongs to one run and
//! says nothing about the next, also of the same life. It reports a drain only when the drain is complete.
//! [`is_stopped`](crate::StopToken::is_stopped) asks, [`wait`](crate::StopToken::wait) sleeps, and
//! [`receiver`](crate::StopToken::receiver) becomes ready in a `select!`, so a turn that waits for something else
//! hears of the stop as well:
//!
//! ```
//! use pyaltt::crossbeam_channel::{select, unbounded};
//! use pyaltt::prelude::*;
//!
//! let (lines, serial_port) = unbounded();
//! let (answers, answered) = unbounded();
//! let reader = looped(move |_tick, cx| {
//!     let stop = cx.stop_token().receiver();
//!     loop {
//!         select! {
//!             recv(serial_port) -> line => answers.send(format!("ok {}", line?))?,
//!             recv(stop) -> _ => return Ok::<_, BoxError>(()),
//!         }
//!     }
//! })
//! .start()?;
//! lines.send("G1 X10")?;
//! assert_eq!(answered.recv()?, "ok G1 X10");
//! let exit = reader.stop()?; // returns at once, although nothing more comes in
//! assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
//! # Ok::<(), BoxError>(())
//! ```
