//! The requests.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::policy::Policy;
use crate::stack;

/// What a thread asks of the system: a scheduling policy, processors, a nice value, memory that stays in RAM.
///
/// A worker's builder takes it, and applies it on the worker's own thread at the start of each run; a thread of
/// your own can [`apply`](Sched::apply) it. Nothing is asked that is not set here. What was granted is in the
/// [`RtReport`](crate::RtReport).
///
/// # Require or prefer
///
/// By default a `Sched` is a preference: what the system refuses is logged and stands in the report, and the
/// worker runs without it, so that the same program runs on a developer's machine and on the machine that was
/// set up for it. With [`require`](Sched::require) a worker does not start unless everything was granted.
///
/// # What the system wants for it
///
/// | asked | Linux allows it with |
/// | --- | --- |
/// | FIFO, RR | `CAP_SYS_NICE`, or an `RLIMIT_RTPRIO` of at least the priority |
/// | DEADLINE | `CAP_SYS_NICE` |
/// | a lower nice value | `CAP_SYS_NICE`, or an `RLIMIT_NICE` of at least 20 minus the value |
/// | processors | nothing; they have to be online and in the cpuset of the thread |
/// | a latency of the processors | write access to `/dev/cpu_dma_latency`, which root has |
/// | locked memory | `CAP_IPC_LOCK`, or an `RLIMIT_MEMLOCK` of at least what the process has mapped |
///
/// Other systems give what they have: a thread priority for FIFO and RR, and the prefaulted stack. The rest is
/// reported as not supported.
///
/// # Inheritance
///
/// Every run has a thread of its own, so nothing of this is left behind when it ends, but for locked memory.
/// Threads that such a thread starts, workers among them, inherit its processors, its nice value and its policy
/// (DEADLINE is set so that they do not). [`Sched::other`] takes a worker out of an inherited policy.
///
/// # Examples
///
/// ```
/// use pyaltt_sched::{RtFeature, Sched};
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
    /// Asks for nothing yet, and leaves the policy as it is.
    ///
    /// ```
    /// let on_the_first_two = pyaltt_sched::Sched::new().cpus([0, 1]).nice(5);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the system's ordinary policy, `SCHED_OTHER`. The nice value stays.
    ///
    /// ```
    /// # std::thread::spawn(|| {
    /// let report = pyaltt_sched::Sched::other().apply();
    /// # }).join().unwrap();
    /// ```
    pub fn other() -> Self {
        Self::with(Policy::Other)
    }

    /// Asks for the real-time policy `SCHED_FIFO` with a priority from 1 to 99: the thread runs until it waits
    /// or a higher priority takes its place.
    ///
    /// The kernel keeps the real-time threads of a processor together to a share of its time, 95 % unless
    /// `kernel.sched_rt_runtime_us` was changed; one that wants more is stopped for a while.
    ///
    /// ```
    /// let sched = pyaltt_sched::Sched::fifo(80);
    /// assert!(sched.check().is_ok());
    /// assert!(pyaltt_sched::Sched::fifo(0).check().is_err());
    /// ```
    pub fn fifo(priority: u8) -> Self {
        Self::with(Policy::Fifo(priority))
    }

    /// Asks for the real-time policy `SCHED_RR` with a priority from 1 to 99: as FIFO, but threads of equal
    /// priority take turns.
    ///
    /// ```
    /// let sched = pyaltt_sched::Sched::rr(10);
    /// assert!(sched.check().is_ok());
    /// ```
    pub fn rr(priority: u8) -> Self {
        Self::with(Policy::RoundRobin(priority))
    }

    /// Asks for the policy `SCHED_DEADLINE`: in each `period` the thread gets `runtime` within `deadline`.
    ///
    /// 1024 ns <= runtime <= deadline <= period. The kernel grants it only if it can keep the promise besides
    /// all others that it gave, and, as a rule, only to a thread that may run on every processor: it does not
    /// go with [`cpu`](Sched::cpu) outside of an exclusive cpuset.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// assert!(pyaltt_sched::Sched::deadline(ms(1), ms(5), ms(10)).check().is_ok());
    /// assert!(pyaltt_sched::Sched::deadline(ms(6), ms(5), ms(10)).check().is_err());
    /// ```
    pub fn deadline(runtime: Duration, deadline: Duration, period: Duration) -> Self {
        Self::with(Policy::Deadline { runtime, deadline, period })
    }

    fn with(policy: Policy) -> Self {
        Self { policy: Some(policy), ..Self::default() }
    }

    /// Asks to run on the processor `cpu`, counted from 0. Each call adds one.
    ///
    /// On a single processor the strategy `Realtime` does not spin, since it would keep all
    /// others of that processor from running: give it two where its last microsecond counts.
    ///
    /// ```
    /// let sched = pyaltt_sched::Sched::new().cpu(2).cpu(3);
    /// assert_eq!(sched, pyaltt_sched::Sched::new().cpus(2..=3));
    /// ```
    pub fn cpu(self, cpu: usize) -> Self {
        self.cpus([cpu])
    }

    /// Asks to run on these processors, and on those that were given before. An empty list is an error.
    ///
    /// ```
    /// assert!(pyaltt_sched::Sched::new().cpus([]).check().is_err());
    /// ```
    pub fn cpus(mut self, cpus: impl IntoIterator<Item = usize>) -> Self {
        self.cpus.get_or_insert_default().extend(cpus);
        self
    }

    /// Asks for a nice value from -20 (most of the processor) to 19. It counts under the ordinary policy only.
    ///
    /// ```
    /// let in_the_background = pyaltt_sched::Sched::new().nice(19);
    /// ```
    pub fn nice(mut self, nice: i8) -> Self {
        self.nice = Some(nice);
        self
    }

    /// Asks for all memory of the process, what it has and what it will get, to be kept in RAM (`mlockall`).
    ///
    /// This is of the whole process and not of the thread alone, and it stays when the run ends, also when the
    /// start fails for something else that was required. Each new thread's stack is then in RAM as a whole:
    /// choose small stacks where there are many. With an `RLIMIT_MEMLOCK`, memory beyond it is refused from
    /// then on.
    ///
    /// ```
    /// let sched = pyaltt_sched::Sched::fifo(80).lock_memory();
    /// ```
    pub fn lock_memory(mut self) -> Self {
        self.lock_memory = true;
        self
    }

    /// Asks for the next `bytes` of the thread's stack to be written to once before the first turn, so that no
    /// turn has to wait for the system to find the memory.
    ///
    /// It is done by calls that go that deep and return. A worker's thread is given a stack of at least
    /// [`stack_size`](Sched::stack_size). Locked memory includes the stack and makes this needless.
    ///
    /// ```
    /// let sched = pyaltt_sched::Sched::fifo(80).prefault_stack(256 * 1024);
    /// ```
    pub fn prefault_stack(mut self, bytes: usize) -> Self {
        self.prefault_stack = Some(bytes);
        self
    }

    /// Asks that no processor idles so deeply that it takes longer than `limit`, in whole microseconds, to come
    /// back; zero keeps all of them awake.
    ///
    /// It is what helps an ordinary sleep most: a processor that waits awake is there when a timer fires, and one
    /// that sleeps has to be woken first. It costs power on the whole machine, for the request is for every
    /// processor, and ends when the thread ends; a worker's thread ends with its run. cyclictest makes the same
    /// request, of zero, by default.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let sched = pyaltt_sched::Sched::fifo(80).cpu_latency(Duration::ZERO);
    /// ```
    pub fn cpu_latency(mut self, limit: Duration) -> Self {
        self.cpu_latency = Some(limit);
        self
    }

    /// A worker with this does not start unless everything is granted.
    ///
    /// ```
    /// assert!(pyaltt_sched::Sched::fifo(80).require().is_required());
    /// ```
    pub fn require(mut self) -> Self {
        self.required = true;
        self
    }

    /// A worker with this starts with what is granted. The default.
    ///
    /// ```
    /// assert!(!pyaltt_sched::Sched::fifo(80).prefer().is_required());
    /// ```
    pub fn prefer(mut self) -> Self {
        self.required = false;
        self
    }

    /// Whether a worker starts only if everything is granted.
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The smallest stack, in bytes, on which the [prefaulted](Sched::prefault_stack) part has room beside what
    /// the thread needs itself; `None` when no stack is prefaulted.
    ///
    /// ```
    /// use pyaltt_sched::Sched;
    ///
    /// assert_eq!(Sched::new().stack_size(), None);
    /// assert!(Sched::new().prefault_stack(65536).stack_size() > Some(65536));
    /// ```
    pub fn stack_size(&self) -> Option<usize> {
        self.prefault_stack.map(stack::size_for)
    }
}
