//! Whether the turns of members get on.

use std::time::Instant;

use super::state::Driver;
use super::watch::Change;
use crate::event::GroupEvent;
use crate::members::Stuck;

impl Driver {
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
                    let waiting_on = entry.member.handle().waiting_on();
                    if !was_stuck {
                        let member = entry.path.to_string();
                        let waiting_on = waiting_on.clone();
                        events.push(GroupEvent::Stuck {
                            member,
                            turn: number,
                            for_at_least: lasted,
                            waiting_on,
                        });
                    }
                    let stuck = number.map(|turn| Stuck { turn, for_at_least: lasted, waiting_on });
                    self.members.set_stuck(*key, stuck);
                }
                Change::MovingAgain => {
                    self.members.set_stuck(*key, None);
                    events.push(GroupEvent::MovingAgain { member: entry.path.to_string() });
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
