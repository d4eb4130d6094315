//! Platforms: what each feature does on Linux, macOS, Windows and elsewhere.
//!
//! Workers need threads and the standard library. Everything that is not in the table is the same everywhere: the three
//! kinds of worker, their queues, lifecycles, errors and statistics, collections, the attributes, and schedules.
//!
//! | what | Linux | macOS | Windows | other systems |
//! | --- | --- | --- | --- | --- |
//! | [`Precise`](crate::timing::Precise), [`Realtime`](crate::timing::Realtime) | set the timer slack of the worker's own thread to 1 ns | as exact as the system's timers | as exact as the system's timers | as exact as the system's timers |
//! | [`Stats::suspended`](crate::Stats::suspended) | how long the machine was suspended | zero | zero | zero |
//! | the name of a worker's thread | 15 bytes, cut at a character | cut by the standard library | whole | as the standard library has it |
//! | a start without memory maps for a thread | is refused | the system decides | the system decides | the system decides |
//! | `sched`: policies | all of [`Sched`](crate::Sched) | a priority, scaled | a priority, scaled | Android, BSD, iOS: a priority, scaled; others: unsupported |
//! | `sched`: CPUs, nice values, memory locks, CPU latency | yes | unsupported | unsupported | unsupported |
//! | `daemon(false)`, and `main` returns | the process waits | the process waits | the process waits | the process waits, if the C library has `atexit` |
//! | `daemon(false)`, and `std::process::exit` | the process waits; it can [hang](super::lifecycle#ending-the-process) | the process waits | the process ends at once | the process waits |
//! | [`pyaltt::exit`](crate::exit) | yes | yes | yes | yes |
//! | `atexit` handlers, when `pyaltt::exit` ends a process whose `main` has returned | glibc: all; musl: those registered after the first non-daemon worker started | as with musl | as with musl | as with musl |
//! | `atexit` handlers, when it ends any other | all | all | none, as with `std::process::exit` | all |
//! | `signals`: `wait_for_signal`, `Signal` | yes | yes | there are no such names | Unix: yes |
//! | `signals`: `run_until_signal`, `until_signal`, `on_signal` | yes | yes | an error, [`GroupError::NoSignals`](crate::GroupError) | Unix: yes; others: an error |
//! | `systemd` | yes | does nothing | does nothing | does nothing |
//! | `sqlite`: the death of a process is seen | at once | at once | when its lease is over | Unix: at once |
//! | `sqlite`: an idle process is woken | by a socket | by a socket | looks every 50 ms | Unix: by a socket |
//! | `sqlite`: a network file system | is refused | is not noticed | is not noticed | is not noticed |
//! | `sqlite`: leases follow | the time since the boot | the wall clock | the wall clock | the wall clock |
//! | `statics` | yes | yes | yes | wherever the crate `inventory` works |
//! | `histograms`, `macros`, `test-util` | yes | yes | yes | yes |
//!
//! What `sched` cannot do is not silent: it is an error of the start if it was required, and a line of the
//! [report](crate::sched::RtReport) if it was preferred.
//!
//! **Processors.** A target without 64-bit atomics, such as 32-bit PowerPC, MIPS or RISC-V, counts turns and events under
//! a lock that is held for a few instructions. 32-bit x86 and version 7 of ARM have such atomics and need no lock. A queue holds at
//! most `usize::MAX` tasks. All counts in [`Stats`](crate::Stats) and [`Exit`](crate::Exit) have 64 bits everywhere.
//!
//! **Panics** are caught wherever the program unwinds, which is everywhere unless it is built with `panic = "abort"`.
//!
//! **What is tested.** All tests run on Linux on x86-64 with glibc. The code for systems without the calls of Linux, for
//! other C libraries and for targets without 64-bit atomics was compiled and run on that machine, with the conditions
//! turned around by hand. Nothing was run on another system or processor.
//!
//! # Code for several systems
//!
//! The feature `signals` can be on everywhere, but its two names, `Signal` and `wait_for_signal`, are
//! there on Unix alone. So the function that waits for the end of the
//! program has a second form for the rest:
//!
//! ```no_run
//! use pyaltt::prelude::*;
//!
//! # #[cfg(feature = "signals")]
//! #[cfg(unix)]
//! fn wait_for_end() -> String {
//!     pyaltt::wait_for_signal().to_string()
//! }
//! # #[cfg(not(feature = "signals"))]
//! # fn wait_for_end() -> String { String::new() }
//!
//! #[cfg(not(unix))]
//! fn wait_for_end() -> String {
//!     let mut line = String::new();
//!     let _ = std::io::stdin().read_line(&mut line);
//!     line
//! }
//!
//! fn main() -> Result<(), BoxError> {
//!     let mail = queue(|letter: &str, _cx| println!("{letter}")).start()?;
//!     mail.put("dear Sir")?;
//!     println!("{}: delivering the rest", wait_for_end());
//!     mail.drain()?;
//!     Ok(())
//! }
//! ```
