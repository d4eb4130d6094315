//! Whether the turns of members get on, as seen from outside.

use std::time::{Duration, Instant};

use super::Keeper;
use crate::event::GroupEvent;

/// What was seen of one member.
pub(super) struct Watch {
    limit: Duration,
    /// The turn that was in hand at the last look, over all runs, and since when.
    seen: Option<(u64, Instant)>,
    is_stuck: bool,
}

/// What a look has found.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    Stuck(Duration),
    MovingAgain,
}

impl Watch {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, seen: None, is_stuck: false }
    }

    fn look(&mut self, turn: Option<u64>, now: Instant) -> Change {
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

impl Keeper {
    /// Looks at the members that have a limit, if it is time.
    pub(super) fn look(&mut self) {
        let now = Instant::now();
        if self.next_look.is_none_or(|look| now < look) {
            return;
        }
        let mut events = Vec::new();
        for (key, entry) in &mut self.entries {
            let Some(watch) = &mut entry.watch else { continue };
            let was_stuck = watch.is_stuck;
            let turn = entry.member.turn();
            match watch.look(turn.map(|turn| turn.overall), now) {
                Change::None => {}
                Change::Stuck(lasted) => {
                    let number = turn.map(|turn| turn.number);
                    self.roster.set_stuck(*key, number.map(|turn| (turn, lasted)));
                    if !was_stuck {
                        let member = entry.path.clone();
                        events.push(GroupEvent::Stuck { member, turn: number, for_at_least: lasted });
                    }
                }
                Change::MovingAgain => {
                    self.roster.set_stuck(*key, None);
                    events.push(GroupEvent::MovingAgain { member: entry.path.clone() });
                }
            }
        }
        for event in events {
            self.tell(&event);
        }
        self.next_look = None;
        self.set_next_look();
    }

    /// Four looks in the shortest limit.
    pub(super) fn set_next_look(&mut self) {
        let shortest = self.entries.values().filter_map(|entry| Some(entry.watch.as_ref()?.limit)).min();
        let next = shortest.and_then(|limit| Instant::now().checked_add(limit / 4));
        // One that is due before that stays.
        self.next_look = self.next_look.into_iter().chain(next).min();
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
