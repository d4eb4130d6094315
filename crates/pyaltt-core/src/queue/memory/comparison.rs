//! The comparison of two tasks, which is user code.

use std::cmp::Ordering;

use crate::user_code;

pub(crate) type Compare<T> = fn(&T, &T) -> Ordering;

/// Compares two tasks. A panic counts as equal. Must be called without a lock.
pub(super) fn compare_tasks<T>(compare: Compare<T>, one: &T, other: &T) -> Ordering {
    user_code::call(|| compare(one, other)).unwrap_or_else(|panic| {
        log_often!(error, %panic, "the comparison of two tasks failed; they count as equal");
        Ordering::Equal
    })
}
