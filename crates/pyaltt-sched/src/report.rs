//! The report: what was asked of the system, what was granted, and what would allow the rest.

use std::fmt;

use crate::answer::Answer;
use crate::item::{RtFeature, RtItem};

/// The result of applying a [`Sched`](crate::Sched): one item for each request.
///
/// Its `Display` prints one line for each item.
///
/// # Examples
///
/// ```
/// use pyaltt::sched::{RtFeature, RtOutcome, Sched};
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
        self.items.push(RtItem::new(feature, asked.to_string(), answer));
    }

    /// Returns the items in the order in which they were applied.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::{RtFeature, Sched};
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::other().nice(5).apply();
    /// let features: Vec<_> = report.items().iter().map(|item| item.feature()).collect();
    /// assert_eq!(features, [RtFeature::Nice, RtFeature::Policy]);
    /// # }).join().unwrap();
    /// ```
    pub fn items(&self) -> &[RtItem] {
        &self.items
    }

    /// Returns the item of one feature; `None` when the feature was not asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::{RtFeature, Sched};
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::new().nice(5).apply();
    /// assert_eq!(report.get(RtFeature::Nice).unwrap().asked(), "5");
    /// assert!(report.get(RtFeature::Cpus).is_none());
    /// # }).join().unwrap();
    /// ```
    pub fn get(&self, feature: RtFeature) -> Option<&RtItem> {
        self.items.iter().find(|item| item.feature() == feature)
    }

    /// Returns whether every request was granted in full.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// assert!(Sched::new().apply().is_complete()); // nothing was asked
    /// ```
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(RtItem::is_granted)
    }

    /// Returns the items that were not granted, or not in full.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// # std::thread::spawn(|| {
    /// let report = Sched::fifo(80).apply();
    /// for item in report.refused() {
    ///     eprintln!("running without: {item}");
    /// }
    /// assert_eq!(report.refused().count() == 0, report.is_complete());
    /// # }).join().unwrap();
    /// ```
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
