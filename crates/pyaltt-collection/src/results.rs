//! The outcomes of all functions in one run.

use std::slice;
use std::vec;

use crate::outcome::Outcome;

/// The [`Outcome`] of every function of a run by name, in the order in which the functions were called.
///
/// That is the order in which they were added, unless they have priorities. A lookup by name is linear, because a
/// collection is small: somebody wrote each of its functions by hand.
///
/// # Examples
///
/// ```
/// use pyaltt::FunctionCollection;
///
/// let dump = FunctionCollection::new();
/// dump.add("cpus", || 1)?;
/// dump.add("disks", || 2)?;
///
/// let results = dump.run();
/// assert_eq!(results.get("cpus").and_then(|outcome| outcome.value()), Some(&1));
/// assert_eq!(results.names().collect::<Vec<_>>(), ["cpus", "disks"]);
/// let sum: i32 = results.into_iter().filter_map(|(_, outcome)| outcome.into_value()).sum();
/// assert_eq!(sum, 3);
/// # Ok::<(), pyaltt::CollectionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Results<T> {
    entries: Vec<(String, Outcome<T>)>,
}

impl<T> Results<T> {
    /// The names must be unique, as they are in a collection.
    pub(crate) fn new(entries: Vec<(String, Outcome<T>)>) -> Self {
        Self { entries }
    }

    /// Returns the outcome of the function `name`, or `None` if it was not in the run.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    ///
    /// let results = dump.run();
    /// assert!(results.get("cpu").is_some_and(|outcome| outcome.is_ok()));
    /// assert!(results.get("disk").is_none());
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&Outcome<T>> {
        self.iter().find_map(|(entry, outcome)| (entry == name).then_some(outcome))
    }

    /// Removes the outcome of the function `name` and returns it, or `None` if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    ///
    /// let mut results = dump.run();
    /// assert_eq!(results.take("cpu").and_then(|outcome| outcome.into_value()), Some(42));
    /// assert!(results.take("cpu").is_none());
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn take(&mut self, name: &str) -> Option<Outcome<T>> {
        let index = self.entries.iter().position(|(entry, _)| entry == name)?;
        Some(self.entries.remove(index).1)
    }

    /// Returns the number of outcomes.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    /// assert_eq!(dump.run().len(), 1);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are no outcomes.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// assert!(FunctionCollection::<()>::new().run().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns an iterator over the names, in the order in which the functions were called.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    /// assert!(dump.run().names().eq(["cpu"]));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Returns an iterator over names and outcomes, in the order in which the functions were called.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    ///
    /// for (name, outcome) in dump.run().iter() {
    ///     println!("{name}: {:?}", outcome.value()); // prints: cpu: Some(42)
    /// }
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { inner: self.entries.iter() }
    }
}

/// No outcomes: an override given to [`on_run`](crate::FunctionCollection::on_run) may return this when it does not
/// execute the collection.
impl<T> Default for Results<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

/// A name that occurs twice keeps its first place and its last outcome.
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

/// An iterator over the names and outcomes of [`Results`].
///
/// # Examples
///
/// ```
/// use pyaltt::{FunctionCollection, Outcome};
///
/// let dump = FunctionCollection::new();
/// dump.add("cpu", || 42)?;
/// let results = dump.run();
/// let mut outcomes = results.iter();
/// assert_eq!(outcomes.len(), 1);
/// assert!(matches!(outcomes.next(), Some(("cpu", Outcome::Value(42)))));
/// # Ok::<(), pyaltt::CollectionError>(())
/// ```
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
