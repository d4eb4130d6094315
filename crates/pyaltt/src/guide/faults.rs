//! Faults, one by one: what happens, and what to do.
//!
//! Each line here has a test. What holds for all of them: a fault of one worker harms no other one, whoever waits is
//! told, no task is lost without a word, and the worker can be started again.
//!
//! # Panics
//!
//! | a panic in | what happens |
//! | --- | --- |
//! | a turn | it is caught and counted, and the error handler decides whether the run goes on |
//! | `before_start`; a strategy or a clock of your own as the run begins | `start` returns it as [`StartError::Hook`](crate::StartError::Hook); the worker is stopped |
//! | `after_start` | as in a turn |
//! | `before_stop`, `after_stop` | it is reported and stands in the [`Exit`](crate::Exit); whoever waits is released |
//! | an error handler | it is counted, and the run fails with the error that was being handled; the handler is not called again for it |
//! | a loop, a strategy, a clock or a [`TaskQueue`](crate::TaskQueue) of your own, while the run takes turns | the run fails |
//! | the destructor of a task | in a turn, it is a panic of the turn; elsewhere it is logged, and the other tasks are dropped one by one |
//! | the destructor of the panic's own payload | it never runs: the payload is leaked |
//! | the destructor of an argument, an object or an error | it is logged |
//! | `on_dropped`, a comparison of two tasks | it is logged; tasks that cannot be compared count as equal |
//! | a `tracing` subscriber, or an error as it is printed | the line is lost, and nothing else |
//!
//! No lock of the library is held while any of this is called, so all of it may use every handle, also that of the
//! worker that it belongs to. The same holds for the panic hook of the process. One that hands reports to a worker:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let reports = queue(|report: String, _cx| eprintln!("to the log server: {report}")).name("reports").start()?;
//! let reporter = reports.clone();
//! std::panic::set_hook(Box::new(move |panic| drop(reporter.put(panic.to_string()))));
//!
//! let press = looped(|_tick, _cx| panic!("out of ink")).start()?;
//! assert_eq!(press.wait()?.reason, ExitReason::Failed);
//! assert_eq!(reports.drain()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! **A storm of panics.** A turn that panics uses up its task, and a looped worker waits for its next tick as after any
//! other turn, so nothing is tried again in a hot loop. (A looped worker without a delay or an interval has none to
//! keep: it takes its next turn at once, as it was told.) What a handler has dealt with is counted and not logged; log
//! it there, as often as you like. What the library itself logs and can come with every task, it logs ten times in a
//! row and then once a second, with the number of those that it left out in the field `left_out`. The lines on stderr
//! are those of the standard library's panic hook: replace it, as above, where they are too many.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let mut seen = 0_u32;
//! let worker = queue(|n: u32, _cx| assert!(n % 2 == 0, "{n} is odd"))
//!     .on_error(move |error| {
//!         seen += 1;
//!         if seen.is_power_of_two() {
//!             eprintln!("{seen} errors so far, the last one: {error}");
//!         }
//!         seen < 100 // and then it is enough
//!     })
//!     .start()?;
//! # std::panic::set_hook(Box::new(|_| ()));
//! (0..1_000).try_for_each(|n| worker.put(n))?;
//! let exit = worker.wait()?;
//! assert_eq!((exit.reason, exit.panics), (ExitReason::Failed, 100));
//! assert_eq!(worker.len(), 800); // still there, for another run or for `take_pending`
//! # Ok::<(), BoxError>(())
//! ```
//!
//! **What nobody can catch** ends the process with an abort: a second panic while a first one unwinds (a destructor that
//! panics in a turn that panics), a panic in the panic hook, a destructor of a thread-local that panics as a worker's
//! thread ends, a stack that overflows (see [`stack_size`](crate::Builder::stack_size)), and any panic in a program that
//! is built with `panic = "abort"`.
//!
//! # Lifecycles
//!
//! | what | what happens |
//! | --- | --- |
//! | a worker stops or waits for itself | [`StopError::FromWorker`](crate::StopError::FromWorker); the run ends after the turn in hand |
//! | a stop comes before the worker's thread has begun | the run begins, takes no turn, and ends |
//! | a stop comes when its run has ended | it has no effect, also not on the next run |
//! | a turn hangs | `stop` waits; `stop_timeout` gives an error with the worker, the number of the turn, and the time that it has run for at least. The worker stays told to stop, can be waited for again, and cannot be started meanwhile |
//! | two workers wait for each other | a deadlock of the program: neither turn ends. With a time limit each comes free, and both were told to stop |
//! | several threads start it at once | one succeeds, the others get `AlreadyRunning` |
//! | the last handle is dropped by a panic, in a thread-local, or on any other thread | as anywhere: see [`lifecycle`](super::lifecycle) |
//! | a handle is forgotten (`mem::forget`) or in a static | the worker runs on |
//!
//! A thread cannot be killed, so a turn that hangs for good keeps its thread as long as the process lives. Waits in
//! turns that hear of a stop do not hang: [`Context::sleep`](crate::Context::sleep),
//! [`StopToken`](crate::StopToken).
//!
//! In the turn of one worker, wait for another one with a time limit only:
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{StopError, prelude::*};
//!
//! let disk = looped(|_tick, cx| drop(cx.sleep(Duration::from_millis(50)))).name("disk").start()?;
//! let other = disk.clone();
//! let supervisor = looped(move |_tick, _cx| {
//!     match other.stop_timeout(Duration::from_secs(5)) {
//!         Err(error @ StopError::Timeout { .. }) => eprintln!("{error}"),
//!         end => println!("{end:?}"),
//!     }
//!     false
//! })
//! .start()?;
//! assert_eq!(supervisor.wait()?.reason, ExitReason::Finished);
//! assert_eq!(disk.wait()?.reason, ExitReason::Stopped);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Threads that there are not
//!
//! [`StartError::Spawn`](crate::StartError::Spawn) has the system's error: a limit of threads (`ulimit -u`, a cgroup's
//! `pids.max`), or no room for a stack. The worker is stopped as before, its tasks are still queued, and a later start
//! may succeed. On Linux a process may have 65,530 memory maps by default, and a thread takes four of them: past some
//! 16,000 threads the standard library would abort the process in the middle of a new thread. A start is refused before
//! that, while one part in 64 is left for the rest of the program; `sysctl vm.max_map_count` raises the limit. Threads
//! of the program's own count as well, as soon as it has more than 256 workers running.
//!
//! ```
//! use pyaltt::{StartError, prelude::*};
//!
//! let worker = queue(|_task: u8, _cx| ()).stack_size(usize::MAX / 4).build()?;
//! worker.put(1)?;
//! let Err(StartError::Spawn(error)) = worker.start() else { panic!("no system has that much memory") };
//! eprintln!("{error}");
//! assert_eq!((worker.state(), worker.len()), (State::Stopped, 1));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A name may be empty (then it is `worker-` and a number), may be that of another worker, may be longer than the 15
//! bytes that Linux shows (it is cut there at a character), and may hold a NUL (the thread's name has a substitute).
//!
//! # Queues
//!
//! | what | what happens |
//! | --- | --- |
//! | the queue is full and the worker is stopped, or stops | `put` waits on, for the next run may serve it; `put_timeout` and `try_put` give the task back |
//! | the queue is closed while a `put` waits | the `put` returns with its task |
//! | a put races a stop or a close | it is accepted, and then the task is run or pending, or it is given back: never both, never neither |
//! | a turn puts to its own full queue | an error with the task, `FromWorker`, for nobody else could make room |
//! | the capacity is 0 or beyond all memory | a [`BuildError`](crate::BuildError) |
//! | the senders of a channel of yours are gone | what is in it is run, then the run is `Finished`; one line is logged |
//! | an event is set during a turn | one more turn follows, with the count |
//! | the worker is too slow | [`len`](crate::BackgroundQueueWorker::len) shows how many wait; [`bounded`](crate::QueueBuilder::bounded) limits them |
//!
//! # Time
//!
//! | what | what happens |
//! | --- | --- |
//! | an interval or a poll delay of zero | a [`BuildError`](crate::BuildError); a delay may be zero |
//! | a time that no clock can hold | it means never |
//! | a turn takes longer than its interval | turns never overlap; the missed ticks are skipped and counted, or what [`MissedTick`](crate::MissedTick) says |
//! | the process was stopped for a while (SIGSTOP, a debugger, a suspended machine) | by default there is no burst: one late tick tells how many were missed, the next is on the grid |
//! | the wall clock is set | nothing: no code here reads it. All times are of the monotonic clock, which nobody can set |
//! | a thread wakes for nothing (the kernel may do so, `Thread::unpark`, a signal) | it looks at the time and at its inbox, and sleeps on: no early tick, no empty turn |
//!
//! # The process
//!
//! | what | a daemon | `daemon(false)` |
//! | --- | --- | --- |
//! | `main` returns or panics, or `std::process::exit` is called; the worker is idle, busy or hung | the process ends at once, with its exit code | it waits until the run has ended, then ends with its exit code; a hung turn keeps it |
//! | SIGTERM and SIGINT, unless the program handles them | the process ends at once | the same: stop the workers in a handler of yours, such as those of the crate `signal-hook` |
//! | it is started while the process waits for others | it may be cut off | it is waited for as well |
//! | a signal interrupts a wait | the wait goes on, for as long as it was to last | the same |
//!
//! **fork.** A child that was forked and does not `exec` has none of its parent's threads: its handles say that workers
//! run which it does not have, and to wait for one of them, also at its exit if that worker is no daemon, never ends.
//! Use `std::process::Command`, or fork before the first worker starts, and leave such a child by `_exit`.
//!
//! # Collections
//!
//! A function that changes the collection it is in changes the next run of it; one that runs it is not called again
//! inside, which is a fault of its own and no endless recursion; one that hangs is left behind when its time limit is
//! over, and is not called again while it hangs; one that panics is a fault, and the others run. See
//! [`collections`](super::collections).
