//! Lifecycle: starting, stopping, waiting, restarting, and who keeps whom alive.
//!
//! ```text
//!                 start                  before_start has ended
//!    Stopped ---------------> Starting --------------------------> Active
//!     ^   ^                      |    \                               |
//!     |   | before_start failed, |     \ the same, but a stop         | a stop came, or
//!     |   | or there is no       |      \ came first                  | the loop has ended
//!     |   | thread to be had     |       v                            v
//!     |   +----------------------+       Stopping <-------------------+
//!     |                                     |
//!     +-------------------------------------+
//!          the stop hooks have ended
//! ```
//!
//! [`Handle::state`](crate::Handle::state) tells the [`State`](crate::State), and
//! [`is_active`](crate::Handle::is_active) whether it is `Active`. A worker that is told to drain is `Stopping` while
//! it takes its last tasks. A run ends completely before the next one begins: its hooks have returned and its thread
//! is gone.
//!
//! # Starting
//!
//! [`start`](crate::Handle::start) makes the thread, waits for `before_start` and returns its error. A worker that is
//! not `Stopped` gives [`StartError::AlreadyRunning`](crate::StartError::AlreadyRunning), and the run in progress
//! does not notice. A start that fails leaves the queue as it was; one that got as far as the thread or `before_start`
//! has used up a run number all the same, though not one in [`Stats::runs`](crate::Stats::runs).
//! [`start_with`](crate::Handle::start_with) gives options and arguments to one run; the next `start` is again as
//! the worker was built.
//!
//! # Stopping and waiting
//!
//! | call | what it does | `before_stop` | waits | reason of the exit |
//! | --- | --- | --- | --- | --- |
//! | [`stop`](crate::Handle::stop) | ends the run after the turn in hand | yes | yes | `Stopped` |
//! | [`stop_timeout(d)`](crate::Handle::stop_timeout) | the same | yes | up to `d` | `Stopped` |
//! | [`signal_stop`](crate::Handle::signal_stop) | the same | yes | no | `Stopped` |
//! | [`drain`](crate::BackgroundQueueWorker::drain), queue workers | ends it after what is pending | yes | yes | `Stopped` |
//! | [`terminate`](crate::Handle::terminate) | ends it after the turn in hand | no | no | `Terminated` |
//! | [`wait`](crate::Handle::wait), [`wait_timeout(d)`](crate::Handle::wait_timeout) | nothing | | yes, up to `d` | whatever it will be |
//!
//! Where a turn fails or says to stop as the stop comes, the reason is `Failed` or `Finished`, and `before_stop` is
//! not called. The more urgent of two orders holds: a `stop` ends a drain, a `terminate` takes the hook from a stop.
//! A worker that is not running gives its last exit at once, which is
//! [`NeverStarted`](crate::ExitReason::NeverStarted) if there was none.
//!
//! No turn is ever cut off. A turn that does not come back makes `stop` wait; `stop_timeout` says so instead, with the
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
//! # From inside
//!
//! A turn ends its own run by `false`, [`Flow::Stop`](crate::Flow::Stop) or
//! [`Context::terminate`](crate::Context::terminate), and the exit tells them apart: the first two are `Finished`,
//! the last is `Terminated`. A worker cannot wait for itself: `stop` and `wait` on its own thread return
//! [`StopError::FromWorker`](crate::StopError::FromWorker) and act as `terminate`. `drain` returns the same error, and
//! drains.
//!
//! # Daemons, and the last handle
//!
//! | | a daemon, the default | `daemon(false)` |
//! | --- | --- | --- |
//! | `main` returns, or, not on Windows, `std::process::exit` is called | the process ends, in the middle of a turn if need be | the process waits until the run has ended by itself |
//! | the last handle is dropped | the worker is told to stop | it is told to stop, and the drop waits for its end |
//! | the last handle is dropped on the worker's own thread | it runs on | it runs on |
//! | [`detach`](crate::Handle::detach) was called, and the last handle is dropped | it runs on | it runs on |
//!
//! So a worker lives no longer than the handles to it, unless somebody says so. A handle in a static, such as those
//! of `#[background_worker]`, is never dropped. `Start::daemon` decides it for one run. A worker that has been
//! detached, and is not a daemon, is one that the process waits for: something else has to end it, such as its own
//! `false`.
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
//! [`into_inner`](crate::Handle::into_inner) takes a worker back that is not running; its other handles can then read
//! its last exit and its statistics, and a start of them is [`StartError::Taken`](crate::StartError::Taken).
//!
//! # Stop tokens
//!
//! [`Context::stop_token`](crate::Context::stop_token) tells other code, on any thread, that this run is to end after
//! its turn in hand, or has ended by itself. A token belongs to one run and says nothing of the next. A drain is no
//! stop for it before it is through. [`is_stopped`](crate::StopToken::is_stopped) asks,
//! [`wait`](crate::StopToken::wait) sleeps, and [`receiver`](crate::StopToken::receiver) becomes ready in a `select!`,
//! so that a turn which waits for something of its own hears of the stop as well:
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
//! let exit = reader.stop()?; // nothing comes in any more, and yet it returns at once
//! assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
//! # Ok::<(), BoxError>(())
//! ```
