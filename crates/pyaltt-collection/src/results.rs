//! What became of all functions in one run.

use std::slice;
use std::vec;

use crate::outcome::Outcome;

/// Holds the [`Outcome`] of every function of a run by its name, in the order in which they were called.
///
/// That is the order in which they were added, unless priorities say otherwise. Names are looked up one
/// after another: a collection has as many functions as somebody wrote.
///
/// # Examples
///
/// ```
/// use pyaltt_collection::FunctionCollection;
///
/// let fc = FunctionCollection::new();
/// fc.add("f1", || 1)?;
/// fc.add("f2", || 2)?;
///
/// let results = fc.run();
/// assert_eq!(results.get("f1").and_then(|outcome| outcome.value()), Some(&1));
/// assert_eq!(results.names().collect::<Vec<_>>(), ["f1", "f2"]);
/// let sum: i32 = results.into_iter().filter_map(|(_, outcome)| outcome.into_value()).sum();
/// assert_eq!(sum, 3);
/// # Ok::<(), pyaltt_collection::CollectionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Results<T> {
    entries: Vec<(String, Outcome<T>)>,
}

impl<T> Results<T> {
    /// The names must differ, as those of a collection do.
    pub(crate) fn new(entries: Vec<(String, Outcome<T>)>) -> Self {
        Self { entries }
    }

    /// Returns what became of the function `name`, or `None` if it was not in the run.
    pub fn get(&self, name: &str) -> Option<&Outcome<T>> {
        self.iter().find_map(|(entry, outcome)| (entry == name).then_some(outcome))
    }

    /// Takes out what became of the function `name`, or returns `None` if it is not there.
    pub fn take(&mut self, name: &str) -> Option<Outcome<T>> {
        let index = self.entries.iter().position(|(entry, _)| entry == name)?;
        Some(self.entries.remove(index).1)
    }

    /// Returns how many functions were in the run.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether no function was in the run.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Iterates over the names, in the order in which the functions were called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Iterates over names and outcomes, in the order in which the functions were called.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { inner: self.entries.iter() }
    }
}

/// Holds nothing: what a function given to [`on_run`](crate::FunctionCollection::on_run) may return when
/// it chose not to run the collection.
impl<T> Default for Results<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

/// A name that comes twice keeps its first place and its last outcome.
impl<T> FromIterator<(String, Outcome<T>)> for Results<T> {
    fn from_iter<I: IntoIterator<Item = (String, Outcome<T>)>>(entries: I) -> Self {
        let mut results = Self::default();
        for (name, outcome) in entries {
            match results.entries.iter_mut().find(|(entry, _)| *entry == name) {
                Some(entry) => entry.1 = outcome,
                None => results.entries.push((name, outcome)),
            }
        }
        results
    }
}

impl<T> IntoIterator for Results<T> {
    type Item = (String, Outcome<T>);
    type IntoIter = vec::IntoIter<(String, Outcome<T>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Results<T> {
    type Item = (&'a str, &'a Outcome<T>);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Iterates over the names and outcomes of [`Results`].
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    inner: slice::Iter<'a, (String, Outcome<T>)>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (&'a str, &'a Outcome<T>);

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.next().map(|(name, outcome)| (name.as_str(), outcome))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
