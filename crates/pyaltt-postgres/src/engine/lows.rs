//! From where on it is looked for ready tasks.
//!
//! While somebody holds an old snapshot, the index keeps the entries of tasks that were taken since. A look that begins at the
//! first one steps over them all. So a look begins a little before the last one that was taken, and only now and then at the
//! first: what became ready late may be below.

use pyaltt_durable::engine::Round;

/// How many places before the last one it begins: transactions do not commit in the order of their places.
const MARGIN: i64 = 1_000;

/// Each so many rounds all is looked at.
const ALL_EVERY: u32 = 64;

/// Where an owner has arrived, level by level.
pub(super) struct Lows {
    kind: String,
    version: u32,
    marks: [i64; 4],
    rounds: u32,
}

impl Lows {
    pub(super) fn of(round: &Round<'_>) -> Self {
        Self { kind: round.kind.to_owned(), version: round.version, marks: [0; 4], rounds: 0 }
    }

    /// The places from which on a round looks. Those of another kind or version say nothing.
    pub(super) fn next(&mut self, round: &Round<'_>) -> [i64; 4] {
        if self.kind != round.kind || self.version != round.version {
            *self = Self::of(round);
        }
        self.rounds = self.rounds.wrapping_add(1);
        if self.rounds.is_multiple_of(ALL_EVERY) { [0; 4] } else { self.marks }
    }

    /// These tasks were taken, each a level and a place.
    pub(super) fn taken(&mut self, tasks: impl Iterator<Item = (i16, i64)>) {
        let mut last = [None; 4];
        for (level, pos) in tasks {
            if let Some(last) = usize::try_from(level).ok().and_then(|level| last.get_mut(level)) {
                *last = (*last).max(Some(pos));
            }
        }
        for (mark, last) in self.marks.iter_mut().zip(last) {
            *mark = last.map_or(*mark, |last| (last - MARGIN).max(0));
        }
    }

    /// Some went back to their old places.
    pub(super) fn forget(&mut self) {
        self.marks = [0; 4];
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pyaltt_durable::QueueName;
    use pyaltt_durable::engine::OwnerId;

    use super::*;

    #[test]
    fn a_look_begins_a_little_before_the_last_one_taken_and_now_and_then_at_the_first() {
        let mail = QueueName::new("mail").unwrap();
        let mut round = Round::new(&mail, OwnerId::new(1), Duration::from_secs(1), "letter", 1);
        let mut lows = Lows::of(&round);
        assert_eq!(lows.next(&round), [0; 4]);
        lows.taken([(2, 5_000), (2, 4_000), (0, 17)].into_iter());
        assert_eq!(lows.next(&round), [0, 0, 4_000, 0]);
        lows.taken([(3, 9_000)].into_iter());
        let looks: Vec<_> = (0..128).map(|_| lows.next(&round)).collect();
        assert_eq!(looks.iter().filter(|look| **look == [0; 4]).count(), 2);
        assert_eq!(looks[0], [0, 0, 4_000, 8_000]);
        round.version = 2;
        assert_eq!(lows.next(&round), [0; 4], "it may take what the other passed over");
        lows.taken([(1, 3_000)].into_iter());
        lows.forget();
        assert_eq!(lows.next(&round), [0; 4]);
    }
}
