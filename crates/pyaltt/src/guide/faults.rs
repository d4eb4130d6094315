//! Faults, one by one: what happens, and what to do.
//!
//! Each line here has a test. What is said of a hook holds for the worker's own and for a builder's closure. Four
//! things hold for all of them: a fault of one worker harms no other worker, every waiting caller is told, no task is
//! lost silently, and the worker can be started again.
//!
//! # Panics
//!
//! | a panic in | what happens |
//! | --- | --- |
//! | a turn | it is caught and counted, and the error handler decides whether the run continues |
//! | a factory | `start` returns it as [`StartError::Factory`](crate::StartError::Factory); the worker is stopped |
//! | `before_start`; your strategy or clock as the run begins | `start` returns it as [`StartError::Hook`](crate::StartError::Hook); the worker is stopped |
//! | `after_start` | as in a turn |
//! | `before_stop`, `after_stop` | it is reported and recorded in the [`Exit`](crate::Exit); waiting callers return |
//! | an error handler | it is counted, and the run fails with the error that was being handled; the handler is not called again for it |
//! | your loop, strategy, clock or [`TaskQueue`](crate::TaskQueue), while the run takes turns | the run fails |
//! | the destructor of a task | in a turn, it is a panic of the turn; elsewhere it is logged, and the other tasks are dropped one by one |
//! | the destructor of the panic's own payload | it never runs: the payload is leaked |
//! | the destructor of an argument, an object, an error, a hook's closure, or a worker that a factory made | it is logged |
//! | [`Restart::only`](crate::Restart::only), [`Restart::start`](crate::Restart::start), `on_exit` | it is logged; `only` counts as no, and without a new start the options of the last run stay |
//! | your clock, as a run ends or in a backoff | it is logged, and the worker is not restarted |
//! | `on_dropped`, a comparison of two tasks | it is logged; tasks that cannot be compared count as equal |
//! | a `tracing` subscriber, or an error while it is printed | the line is lost, and nothing else |
//!
//! The library holds no lock while it calls any of this, so all of it may use every handle, even that of its own
//! worker. The same holds for the panic hook of the process. This hook hands reports to a worker:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let reports = queue(|report: String, _cx| eprintln!("to the log server: {report}")).name("reports").start()?;
//! let reporter = reports.clone();
//! std::panic::set_hook(Box::new(move |panic| drop(reporter.put(panic.to_string()))));
//!
//! let press = looped(|_tick, _cx| panic!("out of ink")).start()?;
//! assert!(press.wait().is_err());
//! assert_eq!(reports.drain()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! **A storm of panics.** A turn that panics uses up its task, and a looped worker waits for its next tick as after any
//! other turn, so nothing is retried in a hot loop. (A looped worker without a delay or an interval has nothing to wait
//! for and takes its next turn at once.) An error that a handler has dealt with is counted and not logged; log it in
//! the handler, as often as you like. Where the library itself logs something that could come with every task, it
//! writes ten lines in a row and then one a second, with the number of omitted lines in the field `left_out`. The
//! lines on stderr come from the standard library's panic hook; replace it, as above, if they are too many.
//!
//! ```
//! use pyaltt::{StopError, prelude::*};
//!
//! let mut seen = 0_u32;
//! let worker = queue(|n: u32, _cx| assert!(n % 2 == 0, "{n} is odd"))
//!     .on_error(move |error| {
//!         seen += 1;
//!         if seen.is_power_of_two() {
//!             eprintln!("{seen} errors so far, the last one: {error}");
//!         }
//!         seen < 100 // the hundredth error ends the run
//!     })
//!     .build()?;
//! # std::panic::set_hook(Box::new(|_| ()));
//! (0..1_000).try_for_each(|n| worker.put(n))?;
//! worker.start()?;
//! let Err(StopError::Failed(exit)) = worker.wait() else { panic!("the hundredth error ends the run") };
//! assert_eq!((exit.reason, exit.panics), (ExitReason::Failed, 100));
//! assert_eq!(worker.len(), 800); // still there, for another run or for `take_pending`
//! # Ok::<(), BoxError>(())
//! ```
//!
//! **What nobody can catch** aborts the process:
//!
//! - a second panic while the first one unwinds, as of a destructor that panics in a turn that panics;
//! - a panic in the panic hook;
//! - a panic in the destructor of a thread-local as a worker's thread ends, which is at the end of its life;
//! - a stack overflow (see [`stack_size`](crate::Builder::stack_size));
//! - any panic in a program built with `panic = "abort"`.
//!
//! No policy for restarts helps there: what starts the process has to start it again.
//!
//! # Lifecycles
//!
//! | what | what happens |
//! | --- | --- |
//! | a run fails | whoever waits for it or drains it gets [`StopError::Failed`](crate::StopError::Failed), also later; without a handler and a log, a line goes to stderr |
//! | a run fails, and the worker has a policy for [restarts](super::restart) | it runs again after a backoff; whoever waits goes on waiting, the queue stays open, and the error is logged, or printed on stderr |
//! | a restart cannot begin: its factory or `before_start` fails, or the system refuses its `Sched` | that is a run that failed with no turns, and the next backoff follows |
//! | it fails again and again | each backoff is twice as long as the one before, up to 30 s by default; [`Restart::max`](crate::Restart::max) sets an end |
//! | a stop, a drain, a terminate or the drop of the last handle comes in a backoff | the life ends at once |
//! | several threads start the worker in a backoff | one of the starts ends the backoff, the others get `AlreadyRunning` |
//! | something more urgent overtakes a drain | [`StopError::Left`](crate::StopError::Left) with the number of tasks that are left; they stay queued |
//! | a worker stops or waits for itself | [`StopError::FromWorker`](crate::StopError::FromWorker); the run ends after the current turn |
//! | a stop comes before the worker's thread has begun | the run begins, takes no turn, and ends |
//! | a stop comes when its run has ended | it has no effect, not even on the next run |
//! | a turn hangs | `stop` waits. `stop_timeout` returns an error with the worker, the number of the turn in this run, and how long it has run at least. The worker stays told to stop, can be waited for again, and cannot be started meanwhile |
//! | a turn waits for another worker, or for room in its queue, and its own worker is stopped | the wait is cut: [`StopError::Stopping`](crate::StopError::Stopping), or [`PutErrorKind::Stopping`](crate::PutErrorKind::Stopping) with the task; the run ends as `Stopped` |
//! | two workers stop each other in a turn | each stop cuts the other's wait, and both end |
//! | two workers wait for each other's end, or for room in each other's full queues | neither turn ends until one of them is stopped, which cuts its wait |
//! | a destructor that runs after the life, on its thread, starts the worker | [`StartError::FromWorker`](crate::StartError::FromWorker), because the next life begins when that thread is gone |
//! | several threads start the worker at once | one succeeds, the others get `AlreadyRunning` |
//! | a panic, a thread-local, or any other thread drops the last handle | the same as anywhere: see [`lifecycle`](super::lifecycle) |
//! | a handle is forgotten (`mem::forget`) or in a static | the worker runs on |
//!
//! A thread cannot be killed, so a turn that hangs for good keeps its thread as long as the process lives. Waits that
//! hear of a stop do not hang: [`Context::sleep`](crate::Context::sleep), [`StopToken`](crate::StopToken).
//!
//! In a turn, wait for another worker only with a timeout, unless somebody else stops the one that waits:
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
//! # When there is no thread
//!
//! [`StartError::Spawn`](crate::StartError::Spawn) has the system's error: a limit of threads (`ulimit -u`, a cgroup's
//! `pids.max`), or no room for a stack. The worker is stopped as before, its tasks are still queued, and a later start
//! may succeed. A restart needs no new thread.
//!
//! On Linux a process may have 65,530 memory maps by default, and a thread takes four of them. Past some 16,000 threads
//! the standard library would abort the process in the middle of a new thread. The library refuses a start before
//! that, while one part in 64 is left for the rest of the program; `sysctl vm.max_map_count` raises the limit. Once
//! more than 256 workers run, the program's other threads count as well.
//!
//! ```
//! use pyaltt::{StartError, prelude::*};
//!
//! let worker = queue(|_task: u8, _cx| ()).stack_size(usize::MAX / 4).build()?;
//! worker.put(1)?;
//! let Err(StartError::Spawn { error, .. }) = worker.start() else { panic!("no system has that much memory") };
//! eprintln!("{error}");
//! assert_eq!((worker.state(), worker.len()), (State::Stopped, 1));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A name may be empty (it becomes `worker-` and a number), may be another worker's name, may be longer than the 15
//! bytes that Linux shows (the thread's name is cut there, at a character), and may contain a NUL (the thread's name
//! has a substitute).
//!
//! # Queues
//!
//! | what | what happens |
//! | --- | --- |
//! | the worker fails, and no restart follows | its queue hands every task back with [`PutErrorKind::WorkerFailed`](crate::PutErrorKind::WorkerFailed), to waiting puts too, until the next run is ready; what was queued stays queued |
//! | the queue is full and its worker waits for a restart | `put` waits for the next run; `put_timeout` and `try_put` hand the task back |
//! | the worker is taken out with `into_inner` | its queue is closed, unless another worker has it |
//! | the last handle is dropped with tasks in the queue | they are dropped, and their number is logged, or else printed on stderr |
//! | the queue is full and the worker is stopped, or stops | `put` keeps waiting, because the next run may make room; `put_timeout` and `try_put` hand the task back |
//! | the queue is closed while a `put` waits | the `put` returns with its task |
//! | a put races a stop or a close | either it is accepted, and the task is run or pending, or the task is handed back: never both, never neither |
//! | a turn puts to its own full queue | an error with the task, `FromWorker`, because nobody else could make room |
//! | `on_dropped` puts into its own queue, itself or by way of other queues that drop tasks | an error with the task, [`FromOnDropped`](crate::PutErrorKind::FromOnDropped), also if there is room: it would drop the next task, and so on without end |
//! | the destructor of a task that a full queue drops puts into that queue | the same. Let it put no task whose destructor puts again, for that has no end with any queue that refuses |
//! | the capacity is 0 or more than memory can hold | a [`BuildError`](crate::BuildError) |
//! | the senders of an external channel are gone | what is in it is run, then the run is `Finished`; one line is logged |
//! | an event is set during a turn | one more turn follows, with the count |
//! | the worker is too slow | [`len`](crate::BackgroundQueueWorker::len) shows how many tasks wait; [`bounded`](crate::QueueBuilder::bounded) limits them |
//!
//! # Durable queues
//!
//! With the feature `sqlite`; the chapters `durable` and `operating` say more.
//!
//! | what | what happens |
//! | --- | --- |
//! | a process is killed, crashes, or loses its power in a turn | the task runs again, with one attempt and one crash more: at once after a restart, else in another process within half of a lease |
//! | a task kills its process again and again | it runs alone after the second time, and is dead when its attempts are used up; no other task is |
//! | a process stands still for longer than its lease | another one has its tasks; its turns see [`is_lost`](crate::Context::is_lost), and what they come to changes nothing |
//! | the disk is full, or another program locks the file | puts hand their task back, [`Unavailable`](crate::PutErrorKind::Unavailable); settlements are tried again until the lease is over, after which the tasks in hand run again; nothing has to be restarted |
//! | the file is deleted or replaced while it is open | the same, and nothing is put into a new file in its place |
//! | the file does not answer at all | a stop returns after the turn and 100 ms, with [`Exit::unsettled`](crate::Exit) |
//! | a stored task cannot be read | it is dead, with its bytes as they are and the error |
//! | `main` returns while settlements are under way | the process waits for them, but for 10 s at most while the file cannot be written |
//! | a handler of an error, or the destructor of a task, panics | the task is settled as its turn says |
//!
//! # Time
//!
//! | what | what happens |
//! | --- | --- |
//! | an interval or a poll delay of zero | a [`BuildError`](crate::BuildError); a delay may be zero |
//! | a time that no clock can hold | it means never |
//! | a turn takes longer than its interval | turns never overlap; missed ticks are skipped and counted, unless [`MissedTick`](crate::MissedTick) says otherwise |
//! | the process was stopped for a while (SIGSTOP, a debugger, a suspended machine) | by default there is no burst: one late tick says how many were missed, and the next is on the grid |
//! | the wall clock is set | nothing: no code here reads it. All times are those of the monotonic clock, which nobody can set |
//! | a thread wakes spuriously (the kernel may do so, `Thread::unpark`, a signal) | it checks the time and its inbox, and sleeps again: no early tick, no empty turn |
//!
//! # The process
//!
//! | what | a daemon | `daemon(false)` |
//! | --- | --- | --- |
//! | `main` returns or panics, or `std::process::exit` is called, while the worker is idle, busy or hung | the process ends at once, with its exit code | the process waits until the run has ended, then ends with its exit code; a hung turn keeps it, a backoff does not |
//! | `std::process::exit` is called while another thread ends the process already, as `main` does when it has returned | the calling thread is parked | the process hangs if it waits for the worker that was parked; call [`pyaltt::exit`](crate::exit) |
//! | [`pyaltt::exit`](crate::exit) is called, anywhere | the process ends with that code | the worker is told to stop, and the process waits for it, but for 2 seconds at most |
//! | SIGTERM and SIGINT, unless the program handles them | the process ends at once | the same: let a [supervisor](super::programs#signals) run until the signal, or `main` wait for it with `wait_for_signal`, then stop the workers |
//! | it is started while the process waits for others | it may be cut off | the process waits for it as well |
//! | a signal interrupts a wait | the wait continues for its remaining time | the same |
//!
//! [`lifecycle`](super::lifecycle#ending-the-process) says how to end a process.
//!
//! # fork
//!
//! A forked child has a copy of its parent's memory and only one thread, the one that forked. `std::process::Command`
//! does an `exec` at once and is always safe. In a child without `exec`:
//!
//! | what | in the child |
//! | --- | --- |
//! | a worker of the parent | its thread is gone, but its state is copied: `is_active` says `true`, and nothing takes its tasks |
//! | `stop`, `wait`, `drain` of such a worker; the drop of its last handle if it is a non-daemon | never return; with a timeout they return `Timeout` |
//! | `put` to such a worker | may succeed, and the task stays in the copy; hangs if another thread held the queue's lock at the fork, or if the queue is full |
//! | any other call of such a handle | hangs if another thread held the worker's lock at the fork |
//! | a worker that the child makes and starts itself | works, as far as the C library promises threads in such a child |
//! | the child's `main` returns, or `std::process::exit` | it waits for its own non-daemon workers only; if the parent's `main` had returned before the fork, `std::process::exit` hangs |
//! | [`pyaltt::exit`](crate::exit) | if the parent had non-daemon workers and the child has none, it ends the child at once, without handlers |
//!
//! So fork before the first worker starts. If the child of a program with workers has to go on without `exec`, let it
//! forget the handles (`std::mem::forget`), make workers of its own, and end by `pyaltt::exit`.
//!
//! # Inside an async runtime
//!
//! A worker is a thread, and the calls that wait for it block the thread that makes them. On a thread of an async
//! runtime that keeps its other tasks from running, and on a runtime with one thread it is a deadlock if the worker's turn
//! waits for one of those tasks. These calls block:
//!
//! - `start`, until `before_start` has returned;
//! - `stop`, `wait` and `drain`, until the life has ended; the forms with a timeout up to that time;
//! - `put` and `ask`, while a bounded queue is full;
//! - `wait` of a [`Reply`](crate::Reply), until there is an answer; `.await` it instead, as in [asking](super::asking#from-async-code);
//! - **the drop of the last handle of a non-daemon worker**, until the run has ended. It is easy to overlook, because it
//!   is at the end of some scope, or in a task that the runtime drops.
//!
//! None of the others does: `try_put`, `trigger`, `signal_stop`, `terminate`, `detach`, `state`, `is_active`, `stats`, and
//! the drop of a handle that is not the last or whose worker is a daemon. So in async code:
//!
//! - put with `try_put`, or into an unbounded queue;
//! - move calls that block to a thread that may block: `spawn_blocking` of tokio, `unblock` of smol;
//! - keep workers daemons, or keep one handle outside the runtime, in `main`, and drop that after the runtime;
//! - or tell the worker to stop, `detach` it, and drop its handles: the run ends by itself, and nobody waits for it. If it
//!   is a non-daemon, the process does.
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::prelude::*;
//!
//! /// Ends a worker without blocking the calling thread. With tokio, `spawn_blocking` takes the place of `spawn`.
//! fn end(journal: BackgroundQueueWorker<String>) -> mpsc::Receiver<Result<Exit, StopError>> {
//!     let (ended, end) = mpsc::channel();
//!     std::thread::spawn(move || {
//!         let _ = ended.send(journal.drain());
//!         // The last handle is dropped here, on a thread that may block.
//!     });
//!     end
//! }
//!
//! let journal = queue(|line: String, _cx| println!("{line}")).daemon(false).start()?;
//! journal.put("opened".to_owned())?;
//! let end = end(journal);
//! // Here the runtime goes on with its other tasks.
//! assert_eq!(end.recv()??.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Collections
//!
//! | a function that | what happens |
//! | --- | --- |
//! | changes its own collection | the change holds for the next run |
//! | runs its own collection | it is not called again inside that run; that is a fault, and not an endless recursion |
//! | hangs | it is left behind when its time limit is over, and is not called again while it hangs |
//! | panics | that is a fault, and the other functions run |
//!
//! See [`collections`](super::collections).
