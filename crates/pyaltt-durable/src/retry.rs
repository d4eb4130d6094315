//! When a task that failed is tried again, and when it is dead: a pure function.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::layer;
use pyaltt_core::{ErrorText, Settlement, TaskInfo, WorkerError};

use crate::engine::round::Fate;

/// How often a task is tried, and how long it waits before each further attempt.
///
/// The defaults: 5 attempts, with waits of 1 s, 2 s, 4 s and 8 s, each up to 25 % shorter or longer, and never longer than
/// 1 h before that jitter.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Retry;
/// use std::time::Duration;
///
/// let retry = Retry::exponential(Duration::from_secs(1)).max_delay(Duration::from_secs(60)).attempts(10).jitter(0.0);
/// assert_eq!(retry.delay(1, 0.5), Duration::from_secs(1));
/// assert_eq!(retry.delay(4, 0.5), Duration::from_secs(8));
/// assert_eq!(retry.delay(9, 0.5), Duration::from_secs(60));
/// ```
#[derive(Clone)]
#[must_use = "a policy does nothing by itself"]
pub struct Retry {
    first: Duration,
    factor: f64,
    max_delay: Duration,
    jitter: f64,
    attempts: u32,
    when: Option<Arc<When>>,
}

type When = dyn Fn(&WorkerError, &TaskInfo) -> Verdict + Send + Sync;

/// What becomes of a task that failed, as the function of [`Retry::when`] says.
///
/// # Examples
///
/// [`Retry::when`] shows its use.
///
/// ```
/// use pyaltt_durable::Verdict;
///
/// assert_ne!(Verdict::Retry, Verdict::Dead);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is tried again by the policy, if it has attempts left.
    Retry,
    /// It is tried again after this time, if it has attempts left.
    After(Duration),
    /// It is dead.
    Dead,
    /// It is tried again at once, and this attempt does not count.
    Again,
}

impl Retry {
    /// Waits `first` before the second attempt, and twice as long before each further one.
    ///
    /// # Examples
    ///
    /// [`Retry`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::Retry;
    /// let retry = Retry::exponential(std::time::Duration::from_secs(1));
    /// # drop(retry);
    /// ```
    pub fn exponential(first: Duration) -> Self {
        Self {
            first,
            factor: 2.0,
            max_delay: Duration::from_secs(3_600),
            jitter: 0.25,
            attempts: 5,
            when: None,
        }
    }

    /// Waits as long before each further attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Retry;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::fixed(Duration::from_secs(7_200)).jitter(0.0);
    /// assert_eq!(retry.delay(3, 0.5), Duration::from_secs(7_200));
    /// ```
    pub fn fixed(delay: Duration) -> Self {
        Self { factor: 1.0, max_delay: Duration::MAX, ..Self::exponential(delay) }
    }

    /// Makes no further attempt: a task that fails is dead.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Retry;
    ///
    /// assert_eq!(Retry::none().max_attempts(), 1);
    /// ```
    pub fn none() -> Self {
        Self::exponential(Duration::ZERO).attempts(1)
    }

    /// Makes each wait so many times as long as the one before, instead of twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Retry;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::exponential(Duration::from_secs(1)).factor(3.0).jitter(0.0);
    /// assert_eq!(retry.delay(3, 0.5), Duration::from_secs(9));
    /// ```
    pub fn factor(self, factor: f64) -> Self {
        Self { factor, ..self }
    }

    /// Makes no wait longer than this, but for the jitter.
    ///
    /// # Examples
    ///
    /// [`Retry`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::Retry;
    /// # use std::time::Duration;
    /// let retry = Retry::exponential(Duration::from_secs(1)).max_delay(Duration::from_secs(60));
    /// # drop(retry);
    /// ```
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// Makes each wait shorter or longer at random by up to this part of it, so that tasks that fail together do not come
    /// back together. From 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Retry;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::fixed(Duration::from_secs(10)).jitter(0.5);
    /// assert_eq!((retry.delay(1, 0.0), retry.delay(1, 1.0)), (Duration::from_secs(5), Duration::from_secs(15)));
    /// ```
    pub fn jitter(self, jitter: f64) -> Self {
        Self { jitter, ..self }
    }

    /// Sets how many attempts a task has in all, unless its producer gave it a number.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Retry;
    ///
    /// assert_eq!(Retry::default().attempts(3).max_attempts(), 3);
    /// ```
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// Asks a function what becomes of a task whose turn returned an error or panicked. A panic of the function counts as
    /// [`Verdict::Retry`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::WorkerErrorKind;
    /// use pyaltt_durable::{Retry, Verdict};
    ///
    /// let retry = Retry::default().when(|error, task| match error.kind() {
    ///     WorkerErrorKind::Panicked(_) => Verdict::Dead,
    ///     _ if task.crashes > 0 => Verdict::Dead,
    ///     _ => Verdict::Retry,
    /// });
    /// # drop(retry);
    /// ```
    pub fn when(self, f: impl Fn(&WorkerError, &TaskInfo) -> Verdict + Send + Sync + 'static) -> Self {
        Self { when: Some(Arc::new(f)), ..self }
    }

    /// Returns how many attempts a task has in all, unless its producer gave it a number.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Retry;
    ///
    /// assert_eq!(Retry::default().max_attempts(), 5);
    /// ```
    pub fn max_attempts(&self) -> u32 {
        self.attempts
    }

    /// Checks the options.
    ///
    /// # Errors
    ///
    /// If the factor is not a number from 1 on, the jitter is not one from 0 to 1, or there is no attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Retry;
    ///
    /// let error = Retry::default().jitter(2.0).check().unwrap_err();
    /// assert_eq!(error.to_string(), "jitter 2 of a retry: 0 to 1 is allowed");
    /// ```
    pub fn check(&self) -> Result<(), InvalidRetry> {
        let invalid = |option, given: f64, allowed| Err(InvalidRetry { option, given, allowed });
        if !(self.factor >= 1.0 && self.factor.is_finite()) {
            return invalid("factor", self.factor, "1 or more");
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return invalid("jitter", self.jitter, "0 to 1");
        }
        if self.attempts == 0 {
            return invalid("attempts", 0.0, "1 or more");
        }
        Ok(())
    }

    /// Returns how long a task waits after attempt number `attempt`, from 1. `random`: a number from 0 to 1, for the jitter.
    ///
    /// # Examples
    ///
    /// [`Retry`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::Retry;
    /// assert!(Retry::default().delay(2, 0.0) < Retry::default().delay(2, 1.0));
    /// ```
    pub fn delay(&self, attempt: u32, random: f64) -> Duration {
        let step = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let nominal = self.first.as_secs_f64() * self.factor.powi(step);
        let nominal = Duration::try_from_secs_f64(nominal).unwrap_or(self.max_delay).min(self.max_delay);
        if self.jitter == 0.0 {
            return nominal;
        }
        let jittered = nominal.as_secs_f64() * (1.0 + self.jitter * (2.0 * random - 1.0));
        Duration::try_from_secs_f64(jittered).unwrap_or(nominal)
    }

    /// Decides what becomes of a task: a pure function of how its turn ended and of what the queue knows of it.
    ///
    /// `error` is what the turn failed with, where it is at hand: without it the function of [`when`](Self::when) is not
    /// asked. `random` is a number from 0 to 1, for the jitter.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::TaskInfo;
    /// use pyaltt::leased::{ErrorText, Settlement};
    /// use pyaltt_durable::engine::Fate;
    /// use pyaltt_durable::{Retry, fresh_id};
    /// use std::time::Duration;
    ///
    /// let retry = Retry::fixed(Duration::from_secs(1)).jitter(0.0);
    /// let (failed, error) = (Settlement::Failed(ErrorText::new("no paper")), ErrorText::new("no paper"));
    /// let mut task = TaskInfo::new(fresh_id());
    /// task.attempts = 2;
    /// let after = Duration::from_secs(1);
    /// assert_eq!(retry.fate(&failed, &task, None, 0.5), Fate::Retry { after, error: error.clone() });
    /// task.attempt = 2;
    /// assert_eq!(retry.fate(&failed, &task, None, 0.5), Fate::Dead { error });
    /// ```
    pub fn fate(
        &self,
        settlement: &Settlement,
        task: &TaskInfo,
        error: Option<&WorkerError>,
        random: f64,
    ) -> Fate {
        match settlement {
            Settlement::Done => Fate::Done,
            Settlement::HandBack(after) => Fate::HandBack { after: *after },
            Settlement::GiveUp(text) => Fate::Dead { error: text.clone() },
            Settlement::RetryAfter(after, text) => again(task, *after, text),
            Settlement::Failed(text) | Settlement::Panicked(text) => match self.verdict(task, error) {
                Verdict::Retry => again(task, self.delay(task.attempt, random), text),
                Verdict::After(after) => again(task, after, text),
                Verdict::Dead => Fate::Dead { error: text.clone() },
                Verdict::Again => Fate::HandBack { after: None },
            },
            // What a later version of the core may say of a turn. The policy knows nothing better than to try again.
            other => {
                let text =
                    other.error().cloned().unwrap_or_else(|| ErrorText::new("the turn was not completed"));
                again(task, self.delay(task.attempt, random), &text)
            }
        }
    }

    fn verdict(&self, task: &TaskInfo, error: Option<&WorkerError>) -> Verdict {
        match (&self.when, error) {
            (Some(when), Some(error)) => layer::call(|| when(error, task)).unwrap_or(Verdict::Retry),
            _ => Verdict::Retry,
        }
    }
}

/// A further attempt, unless there is none left.
fn again(task: &TaskInfo, after: Duration, error: &ErrorText) -> Fate {
    let error = error.clone();
    if task.attempt >= task.attempts { Fate::Dead { error } } else { Fate::Retry { after, error } }
}

impl Default for Retry {
    fn default() -> Self {
        Self::exponential(Duration::from_secs(1))
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("first", &self.first)
            .field("factor", &self.factor)
            .field("max_delay", &self.max_delay)
            .field("jitter", &self.jitter)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// The error of an option of a [`Retry`].
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Retry;
///
/// let error = Retry::default().attempts(0).check().unwrap_err();
/// assert_eq!(error.to_string(), "attempts 0 of a retry: 1 or more is allowed");
/// ```
#[derive(Clone, PartialEq)]
pub struct InvalidRetry {
    option: &'static str,
    given: f64,
    allowed: &'static str,
}

impl fmt::Display for InvalidRetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} of a retry: {} is allowed", self.option, self.given, self.allowed)
    }
}

impl fmt::Debug for InvalidRetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InvalidRetry {}
