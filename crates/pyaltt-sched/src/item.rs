//! One line of the report.

use std::fmt;
use std::io;

use crate::answer::{Answer, RtOutcome};

/// A feature that a thread can ask for.
///
/// # Examples
///
/// ```
/// use pyaltt::sched::{RtFeature, Sched};
///
/// # std::thread::spawn(|| {
/// let report = Sched::fifo(80).cpu(0).apply();
/// assert!(report.get(RtFeature::Policy).is_some());
/// assert_eq!(RtFeature::Cpus.to_string(), "CPUs");
/// # }).join().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RtFeature {
    /// The scheduling policy and its priority.
    Policy,
    /// The CPUs to run on.
    Cpus,
    /// The nice value.
    Nice,
    /// Memory that stays in RAM.
    MemoryLock,
    /// The part of the stack that was written to in advance.
    Stack,
    /// The longest time that a CPU may take to leave an idle state.
    CpuLatency,
}

impl fmt::Display for RtFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Policy => "policy",
            Self::Cpus => "CPUs",
            Self::Nice => "nice",
            Self::MemoryLock => "memory lock",
            Self::Stack => "stack",
            Self::CpuLatency => "CPU latency",
        })
    }
}

/// One request and its outcome.
///
/// Its `Display` prints all of it in one line.
///
/// # Examples
///
/// ```
/// use pyaltt::sched::Sched;
///
/// std::thread::spawn(|| {
///     for item in Sched::rr(5).nice(-5).apply().refused() {
///         println!("{}: {:?}, needs {:?}", item.feature(), item.error(), item.needs());
///     }
/// })
/// .join()
/// .unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct RtItem {
    feature: RtFeature,
    asked: String,
    answer: Answer,
}

impl RtItem {
    pub(crate) fn new(feature: RtFeature, asked: String, answer: Answer) -> Self {
        Self { feature, asked, answer }
    }

    /// Returns the feature that was asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::{RtFeature, Sched};
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::new().nice(5).apply();
    /// let item = &report.items()[0];
    /// assert_eq!(item.feature(), RtFeature::Nice);
    /// # }).join().unwrap();
    /// ```
    pub fn feature(&self) -> RtFeature {
        self.feature
    }

    /// Returns what was asked, in words: `FIFO 80`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::fifo(80).apply();
    /// let item = &report.items()[0];
    /// assert_eq!(item.asked(), "FIFO 80");
    /// # }).join().unwrap();
    /// ```
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// Returns the outcome.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::{RtOutcome, Sched};
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::rr(10).apply();
    /// let item = &report.items()[0];
    /// if item.outcome() == RtOutcome::Unsupported {
    ///     eprintln!("this system has no such policy");
    /// }
    /// assert_eq!(item.is_granted(), item.outcome() == RtOutcome::Granted);
    /// # }).join().unwrap();
    /// ```
    pub fn outcome(&self) -> RtOutcome {
        self.answer.outcome
    }

    /// Returns whether all of it was granted.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::rr(10).apply();
    /// let item = &report.items()[0];
    /// assert_eq!(item.is_granted(), report.is_complete());
    /// # }).join().unwrap();
    /// ```
    pub fn is_granted(&self) -> bool {
        self.answer.outcome == RtOutcome::Granted
    }

    /// Returns what the thread has now, read back from the system: what was asked, or what it has instead. `None`
    /// when it could not be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::fifo(80).apply();
    /// let item = &report.items()[0];
    /// if !item.is_granted() {
    ///     eprintln!("{} was asked, the thread has {:?}", item.asked(), item.actual());
    /// }
    /// # }).join().unwrap();
    /// ```
    pub fn actual(&self) -> Option<&str> {
        self.answer.actual.as_deref()
    }

    /// Returns the system's error when it refused the request.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::fifo(80).apply();
    /// let item = &report.items()[0];
    /// if let Some(error) = item.error() {
    ///     eprintln!("{}: {error}", item.asked());
    /// }
    /// assert!(!(item.is_granted() && item.error().is_some()));
    /// # }).join().unwrap();
    /// ```
    pub fn error(&self) -> Option<&io::Error> {
        self.answer.error.as_deref()
    }

    /// Returns what would allow the request, where that is known.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::fifo(80).apply();
    /// let item = &report.items()[0];
    /// if let Some(needs) = item.needs() {
    ///     eprintln!("{} needs {needs}", item.asked()); // CAP_SYS_NICE, or an RLIMIT_RTPRIO of at least 80 (now 0)
    /// }
    /// assert!(!(item.is_granted() && item.needs().is_some()));
    /// # }).join().unwrap();
    /// ```
    pub fn needs(&self) -> Option<&str> {
        self.answer.needs.as_deref()
    }
}

impl fmt::Display for RtItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: asked {}", self.feature, self.asked)?;
        let Answer { outcome, actual, error, needs } = &self.answer;
        match (outcome, actual) {
            (RtOutcome::Unsupported, _) => f.write_str(", not supported on this system")?,
            (RtOutcome::Granted, None) => f.write_str(", granted")?,
            (RtOutcome::Granted, Some(actual)) => write!(f, ", granted {actual}")?,
            (RtOutcome::Partial, Some(actual)) => write!(f, ", granted only {actual}")?,
            (RtOutcome::Refused, Some(actual)) => write!(f, ", refused, has {actual}")?,
            (RtOutcome::Partial | RtOutcome::Refused, None) => f.write_str(", refused")?,
        }
        if let Some(error) = error {
            write!(f, ": {error}")?;
        }
        if let Some(needs) = needs {
            write!(f, "; needs {needs}")?;
        }
        Ok(())
    }
}
