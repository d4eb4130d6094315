//! Values in the order of their arrival, any of which can leave.

/// A list through slots. A slot is free again when its value has left, so it takes no more slots than there ever were
/// values at once.
#[derive(Debug)]
pub(super) struct Arrivals<V> {
    slots: Vec<Option<Link<V>>>,
    free: Vec<usize>,
    oldest: Option<usize>,
    newest: Option<usize>,
}

/// A value, and the slots of its neighbours.
#[derive(Debug)]
struct Link<V> {
    value: V,
    older: Option<usize>,
    newer: Option<usize>,
}

impl<V> Arrivals<V> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), oldest: None, newest: None }
    }

    /// Adds the newest value, and returns its slot.
    pub(super) fn add(&mut self, value: V) -> usize {
        let link = Some(Link { value, older: self.newest, newer: None });
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot] = link;
            slot
        } else {
            self.slots.push(link);
            self.slots.len() - 1
        };
        *self.newer_of(self.newest) = Some(slot);
        self.newest = Some(slot);
        slot
    }

    /// Returns the slot of the oldest value.
    pub(super) fn oldest(&self) -> Option<usize> {
        self.oldest
    }

    pub(super) fn get(&self, slot: usize) -> Option<&V> {
        self.slots.get(slot)?.as_ref().map(|link| &link.value)
    }

    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut V> {
        self.slots.get_mut(slot)?.as_mut().map(|link| &mut link.value)
    }

    /// Takes the value out of its slot.
    pub(super) fn remove(&mut self, slot: usize) -> Option<V> {
        let link = self.slots.get_mut(slot)?.take()?;
        *self.newer_of(link.older) = link.newer;
        *self.older_of(link.newer) = link.older;
        self.free.push(slot);
        Some(link.value)
    }

    /// What comes after this slot; after none comes the oldest.
    fn newer_of(&mut self, slot: Option<usize>) -> &mut Option<usize> {
        match slot.and_then(|slot| self.slots[slot].as_mut()) {
            Some(link) => &mut link.newer,
            None => &mut self.oldest,
        }
    }

    /// What comes before this slot; before none comes the newest.
    fn older_of(&mut self, slot: Option<usize>) -> &mut Option<usize> {
        match slot.and_then(|slot| self.slots[slot].as_mut()) {
            Some(link) => &mut link.older,
            None => &mut self.newest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(arrivals: &mut Arrivals<char>) -> String {
        std::iter::from_fn(|| arrivals.oldest().and_then(|slot| arrivals.remove(slot))).collect()
    }

    #[test]
    fn any_value_can_leave_and_the_others_keep_their_order() {
        for leaves in 0..4 {
            let mut arrivals = Arrivals::new();
            let slots: Vec<usize> = "abcd".chars().map(|value| arrivals.add(value)).collect();
            let left = arrivals.remove(slots[leaves]);
            assert_eq!(arrivals.remove(slots[leaves]), None);
            arrivals.add('e');
            let want: String = "abcde".chars().filter(|value| Some(*value) != left).collect();
            assert_eq!(all(&mut arrivals), want);
        }
    }

    #[test]
    fn slots_are_used_again() {
        let mut arrivals = Arrivals::new();
        for round in 0..100 {
            let slots = [arrivals.add('a'), arrivals.add('b'), arrivals.add('c')];
            assert!(arrivals.remove(slots[round % 3]).is_some());
            all(&mut arrivals);
        }
        assert_eq!(arrivals.slots.len(), 3);
    }
}
