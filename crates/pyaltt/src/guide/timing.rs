//! Timing: how an interval is kept, what to expect of a machine, and how to set it up.
//!
//! # The grid
//!
//! Tick `n` of an interval is due at `start + n * interval`. This is computed in whole nanoseconds from the start and
//! not from the previous tick, so there is no drift, however long the worker runs. A tick is never early. How late it
//! came and how many were missed before it is in the [`Tick`](crate::Tick); [`Stats`](crate::Stats) has the totals.
//!
//! # Waiting
//!
//! A sleep ends late. The kernel lets a timer fire up to the thread's timer slack after its time (50 µs on Linux by
//! default), an idle processor takes some microseconds to wake, and a virtual machine must first be run by its host. A
//! strategy says what is done about that:
//!
//! | strategy | timer slack | before the deadline | lateness | cost |
//! | --- | --- | --- | --- | --- |
//! | [`Poll`](crate::timing::Poll) | unchanged | sleeps until the next multiple of the poll delay | up to the poll delay | the least: sleepers share wake-ups |
//! | [`Precise`](crate::timing::Precise) | 1 ns | sleeps until the deadline | that of the wake-up | one wake-up a tick |
//! | [`Realtime`](crate::timing::Realtime) | 1 ns | sleeps until a margin before, then spins | less than 1 µs, if the margin covers the wake-up | what the wake-up left of the margin |
//!
//! `Realtime` learns its margin. For each length of sleep it remembers how late the last 128 wake-ups were, and chooses
//! a margin that would have covered 75, 90 or 100 % of them, with [`Profile::Frugal`](crate::timing::Profile::Frugal),
//! `Balanced` and `Tight`. The margin is never longer than 200 µs, and all spinning stays within a budget of 10, 40 or
//! 60 % of the time. The budget matters under a real-time policy: Linux stops real-time threads that use 95 % of a
//! second for the remaining 50 ms, and a worker that spins through short intervals would run into that.
//!
//! ```
//! use pyaltt::prelude::*;
//! use pyaltt::timing::Profile;
//! use std::time::Duration;
//!
//! let pulse = looped(|_tick, cx| cx.turn_number() < 5)
//!     .interval(Duration::from_millis(1))
//!     .strategy(Realtime::new().profile(Profile::Tight))
//!     .start()?;
//! pulse.wait()?;
//! let stats = pulse.stats();
//! println!("{:?} late at the median, {:?} at most", stats.lateness.p50, stats.lateness.max);
//! assert_eq!(stats.lateness.count, 5);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A stop ends each of these waits at once, and the spinning, too.
//!
//! # Scheduling
//!
//! No strategy helps when the thread is awake and another thread has the processor. A [`Sched`](crate::Sched) asks the
//! system for a real-time policy, for certain processors and for memory that stays resident;
//! [`rt_report`](crate::Handle::rt_report) says what the system granted:
//!
//! ```
//! use pyaltt::prelude::*;
//! use std::time::Duration;
//!
//! let pulse = looped(|_tick, cx| cx.turn_number() < 5)
//!     .interval(Duration::from_millis(1))
//!     .sched(Sched::fifo(80).cpu(0))
//!     .start()?;
//! pulse.wait()?;
//! if let Some(report) = pulse.rt_report() {
//!     println!("{report}"); // what was asked, what was granted, and what would allow the rest
//! }
//! # Ok::<(), BoxError>(())
//! ```
//!
//! By default the worker runs without what was refused, and the report says so. With
//! [`require`](crate::Sched::require) the start fails instead. On a single processor `Realtime` does not spin, because
//! that would keep other threads from running; with a real-time policy `Precise` is often exact enough.
//!
//! # What to expect
//!
//! | machine | `Precise` | `Realtime` |
//! | --- | --- | --- |
//! | a laptop, idle | tens of µs; more when the processor sleeps deeply | under 1 µs, with outliers from the scheduler |
//! | a virtual machine | tens of µs, while the host runs it | under 1 µs, with outliers from the host that nothing inside can prevent |
//! | bare metal with `PREEMPT_RT` and a real-time policy | a few µs | under 1 µs, outliers of some µs |
//!
//! The kernel's own measurements put the limit at 1 to 3 µs for a timer's interrupt and 5 to 8 µs for the thread behind
//! it, on bare metal that was set up for it (rtla-timerlat(1)). Measure your machine with `cargo xtask bench`.
//!
//! # Setting a system up
//!
//! - Allow the user real-time priorities and locked memory: `@realtime - rtprio 95` and `@realtime - memlock unlimited`
//!   in `/etc/security/limits.d/`, or `LimitRTPRIO=` and `LimitMEMLOCK=` in a service.
//! - Keep the processors awake: use the governor `performance` and, where it is worth the power, a
//!   [`Sched::cpu_latency`](crate::Sched::cpu_latency) of zero while a worker runs. That saves the time that a
//!   processor takes to wake: on a virtual machine of two cores it cut the median lateness of `Precise` from 60 to
//!   26 µs, and halved the processor time of a tick.
//! - Keep other work away: `isolcpus=`, `nohz_full=` and `irqaffinity=` on the kernel's command line, then
//!   [`Sched::cpu`](crate::Sched::cpu).
//! - Use a kernel with `PREEMPT_RT` to shorten the tail.
//! - Give a virtual machine processors of its own, and do not let it step its clock to the host's.
//!
//! # Suspends
//!
//! The workers' clock stands still while the machine is suspended, so a laptop that wakes up makes no burst of ticks
//! and misses none. On Linux [`Stats::suspended`](crate::Stats::suspended) says how long it slept.
//!
//! # Reading the report
//!
//! `cargo xtask bench` measures every strategy beside its peers in one run, on one grid, each in a process of its own,
//! and writes `target/bench-report/report.html`.
//!
//! - The median says how exact a strategy is when all goes well; p99 and the maximum say what happens when it does not.
//!   A control loop is designed for the maximum.
//! - Look at processor time next to the tail: a strategy that spins all the time is exact at the price of a processor.
//! - Compare within one report only. On a busier machine everything is later.
