//! The list of requests.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::policy::Policy;
use crate::stack;

/// A list of what a thread asks of the system: a scheduling policy, CPUs, a nice value, memory that stays in RAM, a
/// limit for the CPU latency.
///
/// A worker's builder takes it and applies it on the worker's own thread at the start of each run. A thread of your
/// own can [`apply`](Sched::apply) it. What is not set here is not asked for. The [`RtReport`](crate::RtReport) says
/// what was granted.
///
/// # Require or prefer
///
/// By default a `Sched` is a preference: a refusal is logged and stands in the report, and the worker runs without
/// it, so the same program runs on a developer's machine and on the machine that was set up for it. With
/// [`require`](Sched::require) a worker does not start unless everything is granted.
///
/// # What the system requires
///
/// | request | Linux grants it with |
/// | --- | --- |
/// | FIFO, RR | `CAP_SYS_NICE`, or an `RLIMIT_RTPRIO` of at least the priority |
/// | DEADLINE | `CAP_SYS_NICE` |
/// | a lower nice value | `CAP_SYS_NICE`, or an `RLIMIT_NICE` of at least 20 minus the value |
/// | CPUs | no privilege; they must be online and in the thread's cpuset |
/// | a CPU latency | write access to `/dev/cpu_dma_latency`, which root has |
/// | locked memory | `CAP_IPC_LOCK`, or an `RLIMIT_MEMLOCK` of at least what the process has mapped |
///
/// Other systems give what they have: a thread priority for FIFO and RR, and the prefaulted stack. They report the
/// rest as not supported.
///
/// # Inheritance
///
/// Every run of a worker has its own thread, so nothing but locked memory is left behind when the run ends. Threads
/// that such a thread starts, other workers included, inherit its CPUs, its nice value and its policy (except
/// DEADLINE, which is set so that they do not). [`Sched::other`] takes a worker out of an inherited policy.
///
/// # Examples
///
/// ```
/// use pyaltt::sched::{RtFeature, Sched};
///
/// std::thread::spawn(|| {
///     let report = Sched::fifo(80).cpu(0).apply();
///     println!("{report}");
///     let policy = report.get(RtFeature::Policy).unwrap();
///     assert_eq!(policy.asked(), "FIFO 80");
///     assert!(policy.is_granted() || policy.needs().is_some());
/// })
/// .join()
/// .unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "give it to a builder's sched, or apply it"]
pub struct Sched {
    pub(crate) policy: Option<Policy>,
    pub(crate) cpus: Option<BTreeSet<usize>>,
    pub(crate) nice: Option<i8>,
    pub(crate) lock_memory: bool,
    pub(crate) prefault_stack: Option<usize>,
    pub(crate) cpu_latency: Option<Duration>,
    required: bool,
}

impl Sched {
    /// Creates an empty list, which asks for nothing and leaves the policy unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// let on_the_first_two = Sched::new().cpus([0, 1]).nice(5);
    /// assert!(on_the_first_two.check().is_ok());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the system's ordinary policy, `SCHED_OTHER`. The nice value is kept.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::{RtFeature, Sched};
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::other().apply();
    /// assert_eq!(report.get(RtFeature::Policy).unwrap().asked(), "OTHER");
    /// # }).join().unwrap();
    /// ```
    pub fn other() -> Self {
        Self::with(Policy::Other)
    }

    /// Asks for the real-time policy `SCHED_FIFO` with a priority from 1 to 99: the thread runs until it waits or a
    /// thread with a higher priority preempts it.
    ///
    /// The kernel limits the real-time threads of a CPU together to a share of its time, 95 % unless
    /// `kernel.sched_rt_runtime_us` was changed, and stops a thread that wants more for a while.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert!(Sched::fifo(80).check().is_ok());
    /// assert!(Sched::fifo(0).check().is_err());
    /// ```
    pub fn fifo(priority: u8) -> Self {
        Self::with(Policy::Fifo(priority))
    }

    /// Asks for the real-time policy `SCHED_RR` with a priority from 1 to 99: like FIFO, but threads of equal
    /// priority take turns.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert!(Sched::rr(10).check().is_ok());
    /// assert!(Sched::rr(100).check().is_err());
    /// ```
    pub fn rr(priority: u8) -> Self {
        Self::with(Policy::RoundRobin(priority))
    }

    /// Asks for the policy `SCHED_DEADLINE`: in each `period` the thread gets `runtime` within `deadline`.
    ///
    /// 1024 ns <= runtime <= deadline <= period. The kernel grants it only if it can keep the promise along with all
    /// promises it has already made, and, as a rule, only to a thread that may run on every CPU: it cannot be
    /// combined with [`cpu`](Sched::cpu) outside an exclusive cpuset.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// assert!(Sched::deadline(ms(1), ms(5), ms(10)).check().is_ok());
    /// assert!(Sched::deadline(ms(6), ms(5), ms(10)).check().is_err());
    /// ```
    pub fn deadline(runtime: Duration, deadline: Duration, period: Duration) -> Self {
        Self::with(Policy::Deadline { runtime, deadline, period })
    }

    fn with(policy: Policy) -> Self {
        Self { policy: Some(policy), ..Self::default() }
    }

    /// Asks to run on the CPU `cpu`, counted from 0. Each call adds one.
    ///
    /// The strategy `Realtime` does not spin on a single CPU, because it would keep everything else off that CPU:
    /// give it two where the last microsecond counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert_eq!(Sched::new().cpu(2).cpu(3), Sched::new().cpus(2..=3));
    /// ```
    pub fn cpu(self, cpu: usize) -> Self {
        self.cpus([cpu])
    }

    /// Asks to run on these CPUs, and on those given before. An empty list is an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert!(Sched::new().cpus([0, 2]).check().is_ok());
    /// assert!(Sched::new().cpus([]).check().is_err());
    /// ```
    pub fn cpus(mut self, cpus: impl IntoIterator<Item = usize>) -> Self {
        self.cpus.get_or_insert_default().extend(cpus);
        self
    }

    /// Asks for a nice value from -20 (the largest share of the CPU) to 19. It counts under the ordinary policy only.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// let in_the_background = Sched::new().nice(19);
    /// assert!(in_the_background.check().is_ok());
    /// ```
    pub fn nice(mut self, nice: i8) -> Self {
        self.nice = Some(nice);
        self
    }

    /// Asks for all memory of the process, present and future, to be kept in RAM (`mlockall`).
    ///
    /// This affects the whole process and not only the thread, and it stays when the run ends, also when the start
    /// fails because of another requirement. From then on each new thread's stack is in RAM as a whole: choose small
    /// stacks where there are many threads. With an `RLIMIT_MEMLOCK`, allocations beyond the limit fail from then on.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// let sched = Sched::fifo(80).lock_memory();
    /// assert!(sched.check().is_ok());
    /// ```
    pub fn lock_memory(mut self) -> Self {
        self.lock_memory = true;
        self
    }

    /// Asks for the next `bytes` of the thread's stack to be written to once before the first turn, so that no turn
    /// waits for the system to provide the memory.
    ///
    /// It is done by calls that go that deep and return. A worker's thread gets a stack of at least
    /// [`stack_size`](Sched::stack_size). Locked memory includes the stack and makes this unnecessary.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// let sched = Sched::fifo(80).prefault_stack(256 * 1024);
    /// assert!(sched.stack_size() > Some(256 * 1024));
    /// ```
    pub fn prefault_stack(mut self, bytes: usize) -> Self {
        self.prefault_stack = Some(bytes);
        self
    }

    /// Asks that no CPU enters an idle state that takes longer than `limit`, in whole microseconds, to leave; zero
    /// keeps all CPUs awake.
    ///
    /// This helps an ordinary sleep more than anything else: a CPU that is awake handles a timer at once, and one
    /// that idles deeply must wake up first. It costs power on the whole machine, because the request is for every
    /// CPU. It ends with the thread, and a worker's thread ends with its run. cyclictest makes the same request, of
    /// zero, by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::{RtFeature, Sched};
    /// use std::time::Duration;
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::new().cpu_latency(Duration::from_micros(10)).apply();
    /// assert_eq!(report.get(RtFeature::CpuLatency).unwrap().asked(), "10 µs");
    /// # }).join().unwrap();
    /// ```
    pub fn cpu_latency(mut self, limit: Duration) -> Self {
        self.cpu_latency = Some(limit);
        self
    }

    /// Makes a worker start only if everything is granted.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert!(Sched::fifo(80).require().is_required());
    /// ```
    pub fn require(mut self) -> Self {
        self.required = true;
        self
    }

    /// Makes a worker start with whatever is granted. The default.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert!(!Sched::fifo(80).prefer().is_required());
    /// ```
    pub fn prefer(mut self) -> Self {
        self.required = false;
        self
    }

    /// Returns whether a worker starts only if everything is granted; default `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert!(!Sched::fifo(80).is_required());
    /// assert!(Sched::fifo(80).require().is_required());
    /// ```
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Returns the smallest stack, in bytes, that has room for the [prefaulted](Sched::prefault_stack) part beside
    /// what the thread itself needs; `None` when no stack is prefaulted.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
    ///
    /// assert_eq!(Sched::new().stack_size(), None);
    /// assert!(Sched::new().prefault_stack(65536).stack_size() > Some(65536));
    /// ```
    pub fn stack_size(&self) -> Option<usize> {
        self.prefault_stack.map(stack::size_for)
    }
}
