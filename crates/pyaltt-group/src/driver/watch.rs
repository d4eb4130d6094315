//! What was seen of the turns of one member, from outside.

use std::time::{Duration, Instant};

/// What was seen of one member.
pub(super) struct Watch {
    pub(super) limit: Duration,
    /// The turn that was in hand at the last look, over all runs, and since when.
    seen: Option<(u64, Instant)>,
    pub(super) is_stuck: bool,
}

/// What a look has found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Stuck(Duration),
    MovingAgain,
}

impl Watch {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, seen: None, is_stuck: false }
    }

    pub(super) fn look(&mut self, turn: Option<u64>, now: Instant) -> Change {
        match (turn, self.seen) {
            (Some(turn), Some((seen, since))) if turn == seen => {
                let lasted = now.saturating_duration_since(since);
                if lasted < self.limit {
                    return Change::None;
                }
                self.is_stuck = true;
                return Change::Stuck(lasted);
            }
            (turn, _) => self.seen = turn.map(|turn| (turn, now)),
        }
        if std::mem::take(&mut self.is_stuck) { Change::MovingAgain } else { Change::None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_stays_the_same_for_the_limit_is_stuck_until_it_changes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut watch = Watch::new(Duration::from_secs(4));
        assert_eq!(watch.look(Some(1), at(0)), Change::None);
        assert_eq!(watch.look(Some(1), at(3)), Change::None);
        assert_eq!(watch.look(Some(1), at(4)), Change::Stuck(Duration::from_secs(4)));
        assert_eq!(watch.look(Some(1), at(5)), Change::Stuck(Duration::from_secs(5)));
        assert_eq!(watch.look(Some(2), at(6)), Change::MovingAgain);
        assert_eq!(watch.look(None, at(20)), Change::None);
        assert_eq!(watch.look(None, at(40)), Change::None, "an idle member is not stuck");
        assert_eq!(watch.look(Some(3), at(41)), Change::None);
    }
}
