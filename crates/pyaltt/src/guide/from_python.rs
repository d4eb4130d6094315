//! From Python: the library `pyaltt` beside this crate, row by row.
//!
//! This crate re-creates the Python library of the same name. Every option, method and class of it is here, under the
//! same name where Rust allows. Each section shows the Python first, then the Rust, then what is different and why.
//!
//! # A looped worker
//!
//! ```python
//! @background_worker(name='hello', interval=0.1, o=board, on_error=report)
//! def myworker(**kwargs):
//!     print('I\'m a worker ' + kwargs.get('worker_name'))
//!
//! myworker.start(_interval=0.05)
//! myworker.stop()
//! ```
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! #[background_worker(name = "hello", interval = "100ms", o = "board 1", on_error = |error| eprintln!("{error}"))]
//! fn myworker(cx: &mut Context) {
//!     println!("I'm a worker {} on {:?}", cx.name(), cx.o::<&str>());
//! }
//!
//! # fn main() -> Result<(), BoxError> {
//! myworker.start_with(Start::new().interval(Duration::from_millis(50)))?;
//! assert_eq!(myworker.stop()?.reason, ExitReason::Stopped);
//! # Ok(())
//! # }
//! ```
//!
//! | Python | here | what is different, and why |
//! | --- | --- | --- |
//! | `name`, `worker_name` | `name`, `cx.name()` | the thread has the same name, without a prefix |
//! | `daemon=True` | `daemon`, also `true` by default | the same; dropping the last handle, which Python does not have, stops the worker |
//! | `o` | `o`, `cx.o::<T>()` | found by its type, because values have types here |
//! | `on_error`, `on_error_kwargs` | `on_error` | a closure captures what the kwargs carried; what it returns decides whether the run continues |
//! | no `on_error` | no `on_error` | the run fails; the error is logged, or else printed, it is recorded in the [`Exit`](crate::Exit), and a `wait` returns it |
//! | a thread that has died stays dead | [`restart`](super::restart) | Python has no restarts; with a policy the worker runs again after a while |
//! | `delay_before`, `delay_after`, `delay` | the same | times are `Duration`s, or strings such as `"1.5s"` in the attribute |
//! | `interval` | the same | an exact grid: due times are computed from the start of the run and not from the previous turn, so nothing drifts |
//! | `poll_delay`, 0.1 s by default | the same, off by default | a wait needs no polling, so the poll delay need not be shorter than the delays. It rounds deadlines up, so that many sleepers share wake-ups |
//! | `realtime` | the same | sleeps until shortly before the deadline, by a learned margin, and spins through the rest |
//! | `_name`, `_daemon`, `_interval`, ... of `start` | [`Start`](crate::Start) and `start_with` | they hold for that run alone; in Python most of them stay |
//! | other arguments of `start` | parameters of the function, `&T` or `&mut T` | `start` takes them typed; a closure captures its own, or finds those given by [`Start::arg`](crate::Start::arg) |
//!
//! The clock is monotonic, so you need not turn off "sync guest time with host" on virtual machines, as the Python
//! library advises.
//!
//! # Stopping
//!
//! ```python
//! myworker.stop()
//! myworker.stop(wait=False)
//! myworker.terminate()    # or return False from the worker's function
//! ```
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let worker = looped(|tick, _cx| tick.index < 2).start()?;
//! assert_eq!(worker.wait()?.reason, ExitReason::Finished); // it has returned false
//! worker.start()?;
//! worker.signal_stop(); // stop(wait=False)
//! worker.terminate();
//! worker.stop()?;
//! # Ok::<(), BoxError>(())
//! ```
//!
//! | Python | here | what is different, and why |
//! | --- | --- | --- |
//! | `stop()` | [`stop`](crate::Handle::stop) | wakes the worker at once, where Python slept on for up to a `poll_delay`; returns how the run ended |
//! | no call tells that the thread has died of an exception | [`StopError::Failed`](crate::StopError::Failed) | `wait` and `drain` of a run that has failed are errors |
//! | `stop(wait=False)` | [`signal_stop`](crate::Handle::signal_stop) | a separate method |
//! | `terminate()` | [`terminate`](crate::Handle::terminate) | the same |
//! | `return False` | `false`, [`Flow::Stop`](crate::Flow::Stop) | the same |
//! | `stop()` inside the worker | [`StopError::FromWorker`](crate::StopError::FromWorker) | acts as `terminate`, because a thread cannot join itself |
//! | `start()` of an active worker does nothing | [`StartError::AlreadyRunning`](crate::StartError::AlreadyRunning) | a caller whose arguments were not used should know |
//!
//! # A queue worker
//!
//! ```python
//! @background_worker(queue_class=queue.PriorityQueue)
//! def myworker(task, **kwargs):
//!     print('Got a task %s' % task)
//!
//! myworker.put('task 1')
//! ```
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! #[background_worker(queue, priority)]
//! fn myworker(task: &'static str) {
//!     println!("Got a task {task}");
//! }
//!
//! # fn main() -> Result<(), BoxError> {
//! myworker.put("task 1")?;
//! myworker.start()?;
//! assert_eq!(myworker.drain()?.turns, 1);
//! # Ok(())
//! # }
//! ```
//!
//! | Python | here | what is different, and why |
//! | --- | --- | --- |
//! | `q=True` | `queue` | the first parameter decides the type of the tasks |
//! | `queue_class=LifoQueue` | `lifo` | the same order |
//! | `queue_class=PriorityQueue` | `priority` | the *highest* first, and equals in order of arrival; [`Reverse`](std::cmp::Reverse) reverses it |
//! | another class | [`TaskQueue`](crate::TaskQueue) | a trait, because the worker does the waiting |
//! | `queue` | `queue = EXPR`, `queue(..)` | a [`Queue`](crate::Queue) or a channel of `crossbeam-channel` |
//! | `put` | `put`, `try_put`, `put_timeout` | can fail, and hands the task back; bounds are an option |
//! | `put` to a worker whose thread has died is never taken | [`PutErrorKind::WorkerFailed`](crate::PutErrorKind::WorkerFailed) | a producer should know; see [queues](super::queues#queues-of-failed-workers) |
//! | `put(None)` is ignored | `None` is a task like any other | a stop is a separate message here |
//! | a task that is taken as the stop comes is lost | it is run or stays pending | no task is lost; see [queues](super::queues#who-owns-a-task-when) |
//!
//! # An event worker
//!
//! ```python
//! @background_worker(e=True)
//! def myworker(**kwargs):
//!     print('event triggered')
//!
//! myworker.trigger()
//! ```
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let myworker = event(|trigger, _cx| {
//!     println!("event triggered, {} times", trigger.count);
//!     false // one turn is enough here
//! })
//! .start()?;
//! myworker.trigger();
//! assert_eq!(myworker.wait()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! An [`Event`](crate::Event) replaces the `threading.Event`. Triggers coalesce into one turn, as in Python, and the
//! turn knows how many they were. An event that is given to several workers wakes all of them.
//!
//! # Classes
//!
//! | Python | here | what is different, and why |
//! | --- | --- | --- |
//! | a subclass of `BackgroundWorker`, ... | `impl Worker for ..`, and [`BackgroundWorker::builder`](crate::BackgroundWorker::builder), ... | Rust has traits; the handle has the name of the class |
//! | `run`, `loop` overridden | [`run`](crate::Worker::run), [`r#loop`](crate::Worker::loop) | the loop is given an inbox, which has the turns and hears the stop |
//! | `before_start`, `after_start`, `before_stop`, `after_stop` | the same | all run on the worker's thread and not on the caller's; `after_stop` is called at *every* end |
//!
//! # Function collections
//!
//! ```python
//! fc = FunctionCollecton(on_error=report, include_exceptions=True)
//!
//! @fc
//! def f1():
//!     return 1
//!
//! result, success = fc.execute()
//! ```
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let fc = FunctionCollection::new().on_error(|error| eprintln!("{error}")).include_errors(true);
//! fc.add("f1", || 1)?;
//! let (results, success) = fc.execute();
//! assert!(success);
//! assert_eq!(results.get("f1").and_then(|outcome| outcome.value()), Some(&1));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! | Python | here | what is different, and why |
//! | --- | --- | --- |
//! | `@fc` | [`#[collect(FC)]`](macro@crate::collect), or `add` and `add_result` | functions have names, because results have |
//! | `fc()`, `fc.run()` | `run` | the results are in order, and each is an [`Outcome`](crate::Outcome) |
//! | `execute()` | `execute` | the same pair |
//! | `remove(f)` | `remove(name)` | an unknown name goes to `on_error`, as in Python |
//! | `include_exceptions=True` | `include_errors(true)` | the error itself, without a traceback |
//! | `fc.run = my_run` | `on_run(f)` | the replacement is given the collection |
