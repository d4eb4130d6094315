//! Timing: how an interval is kept, what to expect of a machine, and how to set it up.
//!
//! # The grid
//!
//! Tick `n` of an interval is due at `start + n * interval`, computed in whole nanoseconds from the start and not
//! from the tick before, so nothing adds up: there is no drift, however long the worker runs. A tick is never early.
//! How late it came and how many were missed before it is in the [`Tick`](crate::Tick), and in sum in
//! [`Stats`](crate::Stats).
//!
//! # Waiting
//!
//! A sleep ends late. The kernel lets a timer fire up to the thread's timer slack after its time (50 µs on Linux
//! unless told otherwise), a processor that idles takes some microseconds to come back, and on a virtual machine the
//! host must run it first. A strategy says what is done about that:
//!
//! | strategy | timer slack | before the deadline | lateness | cost |
//! | --- | --- | --- | --- | --- |
//! | [`Poll`](crate::Poll) | as it is | sleeps until the next multiple of the poll delay | up to the poll delay | the least: sleepers share wake-ups |
//! | [`Precise`](crate::Precise) | 1 ns | sleeps until the deadline | that of the wake-up | one wake-up a tick |
//! | [`Realtime`](crate::Realtime) | 1 ns | sleeps until a margin before, then spins | less than 1 µs, where the margin covers the wake-up | what the wake-up left of the margin |
//!
//! `Realtime` learns its margin. For each length of sleep it remembers how late the last 128 wake-ups were, and wakes
//! so early that a share of them would have been in time: 75, 90 or 100 % of them with
//! [`Profile::Frugal`](crate::Profile::Frugal), `Balanced` and `Tight`. The margin is never longer than 200 µs, and
//! all spinning is within a budget, of 10, 40 or 60 % of the time. The budget matters with a real-time policy: Linux
//! stops threads that use 95 % of a second for the rest of it, 50 ms, which is what a worker that spins through a
//! short interval runs into.
//!
//! ```
//! use pyaltt::prelude::*;
//! use pyaltt::Profile;
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
//! A stop ends any of these waits at once, also the spinning.
//!
//! # Scheduling
//!
//! No strategy helps when the thread is awake and another one has the processor. [`Sched`](crate::Sched) asks the
//! system for a real-time policy, for certain processors and for memory that stays, and
//! [`rt_report`](crate::Handle::rt_report) says what came of it:
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
//! By default what is refused is reported and the worker runs without it; with
//! [`require`](crate::Sched::require) the start fails instead. On a single processor `Realtime` does not spin, for
//! that would keep others from running; with a real-time policy `Precise` is often exact enough.
//!
//! # What to expect
//!
//! | machine | `Precise` | `Realtime` |
//! | --- | --- | --- |
//! | a laptop, idle | tens of µs; more when the processor sleeps deeply | under 1 µs, with outliers of the scheduler |
//! | a virtual machine | tens of µs, when the host runs it | under 1 µs, with outliers of the host that nothing inside can help |
//! | bare metal with `PREEMPT_RT` and a real-time policy | a few µs | under 1 µs, outliers of some µs |
//!
//! The kernel's own measurements put the limit at 1 to 3 µs for the interrupt of a timer and 5 to 8 µs for the thread
//! behind it, on bare metal set up for it (rtla-timerlat(1)). Measure yours with `cargo xtask bench`.
//!
//! # Setting a system up
//!
//! - Give the user real-time priorities and locked memory: `@realtime - rtprio 95` and `@realtime - memlock unlimited`
//!   in `/etc/security/limits.d/`, or `LimitRTPRIO=` and `LimitMEMLOCK=` in a service.
//! - Keep the processors awake: the governor `performance`, and while a worker runs
//!   [`Sched::cpu_latency`](crate::Sched::cpu_latency) of zero, where it is worth the power. A sleep is then less late
//!   by as much as the processor took to wake: on a virtual machine of two cores 26 instead of 60 µs at the median of
//!   `Precise`, and half of the processor time that a tick takes.
//! - Keep others off: `isolcpus=`, `nohz_full=` and `irqaffinity=` on the kernel's command line, then
//!   [`Sched::cpu`](crate::Sched::cpu).
//! - Use a kernel with `PREEMPT_RT` for the tail.
//! - On a virtual machine, do not let it synchronise its clock with the host's in steps, and give it processors of its
//!   own.
//!
//! # Suspends
//!
//! The clock that workers go by stands still while the machine is suspended, so a laptop that wakes up makes no burst
//! of ticks, and misses none. How long it slept is in [`Stats::suspended`](crate::Stats::suspended), on Linux.
//!
//! # Reading the report
//!
//! `cargo xtask bench` measures every strategy beside its peers in one run, on one grid, each in a process of its own,
//! and writes `target/bench-report/report.html`.
//!
//! - The median says how exact a strategy is when all goes well; p99 and the maximum say what happens when it does not.
//!   A control loop is designed for the maximum.
//! - Look at processor time beside the tail: whoever spins all the time is exact at the price of a processor.
//! - Compare within one report only. A machine that is busier today makes everyone later.
