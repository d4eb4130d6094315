//! What was asked of the system, what was granted, and what would allow the rest.

use std::fmt;
use std::io;
use std::sync::Arc;

/// What the system has made of a [`Sched`](crate::Sched): one item for each thing that was asked.
///
/// It prints a line for each item.
///
/// # Examples
///
/// ```
/// use pyaltt_sched::{RtFeature, RtOutcome, Sched};
///
/// std::thread::spawn(|| {
///     let report = Sched::new().cpu(100_000).apply();
///     assert!(!report.is_complete());
///     let cpus = report.get(RtFeature::Cpus).unwrap();
///     assert_ne!(cpus.outcome(), RtOutcome::Granted);
///     assert!(report.to_string().starts_with("CPUs: asked 100000"));
/// })
/// .join()
/// .unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct RtReport {
    items: Vec<RtItem>,
}

impl RtReport {
    pub(crate) fn push(&mut self, feature: RtFeature, asked: &impl ToString, answer: Answer) {
        self.items.push(RtItem { feature, asked: asked.to_string(), answer });
    }

    /// What was asked, in the order in which it was applied.
    pub fn items(&self) -> &[RtItem] {
        &self.items
    }

    /// What came of one thing; `None` when it was not asked for.
    pub fn get(&self, feature: RtFeature) -> Option<&RtItem> {
        self.items.iter().find(|item| item.feature == feature)
    }

    /// Whether everything that was asked was granted.
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(RtItem::is_granted)
    }

    /// What was not granted, or not in full.
    pub fn refused(&self) -> impl Iterator<Item = &RtItem> {
        self.items.iter().filter(|item| !item.is_granted())
    }
}

impl fmt::Display for RtReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return f.write_str("nothing was asked");
        }
        for (n, item) in self.items.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// A thing that can be asked of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RtFeature {
    /// The scheduling policy and its priority.
    Policy,
    /// The processors to run on.
    Cpus,
    /// The nice value.
    Nice,
    /// Memory that stays in RAM.
    MemoryLock,
    /// The part of the stack that was written to.
    Stack,
    /// How long the processors may take to come back from idling.
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

/// What came of one thing that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RtOutcome {
    /// All of it was granted.
    Granted,
    /// The system took it, and gave less than was asked.
    Partial,
    /// The system refused it.
    Refused,
    /// There is no such thing on this system.
    Unsupported,
}

/// One thing that was asked, and what came of it.
///
/// # Examples
///
/// ```
/// use pyaltt_sched::{RtFeature, Sched};
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
    /// What was asked for.
    pub fn feature(&self) -> RtFeature {
        self.feature
    }

    /// What was asked, in words: `FIFO 80`.
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// What came of it.
    pub fn outcome(&self) -> RtOutcome {
        self.answer.outcome
    }

    /// Whether all of it was granted.
    pub fn is_granted(&self) -> bool {
        self.answer.outcome == RtOutcome::Granted
    }

    /// What the thread has now, as it was read back from the system: what was asked, or what it has instead.
    pub fn actual(&self) -> Option<&str> {
        self.answer.actual.as_deref()
    }

    /// The error with which the system refused it.
    pub fn error(&self) -> Option<&io::Error> {
        self.answer.error.as_deref()
    }

    /// What would allow it, where that is known.
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

/// What a system says to one request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    outcome: RtOutcome,
    actual: Option<String>,
    error: Option<Arc<io::Error>>,
    needs: Option<String>,
}

impl Answer {
    fn new(outcome: RtOutcome) -> Self {
        Self { outcome, actual: None, error: None, needs: None }
    }

    pub(crate) fn granted(actual: impl ToString) -> Self {
        Self::new(RtOutcome::Granted).has(Some(actual))
    }

    pub(crate) fn partial(actual: impl ToString) -> Self {
        Self::new(RtOutcome::Partial).has(Some(actual))
    }

    pub(crate) fn refused() -> Self {
        Self::new(RtOutcome::Refused)
    }

    pub(crate) fn unsupported() -> Self {
        Self::new(RtOutcome::Unsupported)
    }

    /// Says what the thread has.
    pub(crate) fn has(mut self, actual: Option<impl ToString>) -> Self {
        self.actual = actual.map(|actual| actual.to_string());
        self
    }

    /// Says with which error it was refused. A kernel that was built without the call supports it as little as
    /// a system that never had it.
    pub(crate) fn error(mut self, error: impl Into<io::Error>) -> Self {
        let error = error.into();
        if error.kind() == io::ErrorKind::Unsupported {
            return Self::unsupported();
        }
        self.error = Some(Arc::new(error));
        self
    }

    /// Says what would allow it.
    pub(crate) fn needs(mut self, needs: impl Into<String>) -> Self {
        self.needs = Some(needs.into());
        self
    }
}
