//! Whether to bet once more on something that has paid off before.

/// Counts the bets in a row that were lost. After some of them a bet is no longer worth its price, but for one in a while
/// that finds out whether it pays off again.
#[derive(Debug)]
pub(crate) struct Bet {
    lost: u32,
    /// Out of this many bets that are not worth it, one is made all the same.
    probe_interval: u32,
}

impl Bet {
    /// After this many bets in a row were lost, the next ones are not worth it.
    const MAX_LOST: u32 = 4;

    /// Makes a bet that costs about as much as it may bring. The first one is made, and if it is lost, the next ones are
    /// not.
    pub(crate) const fn often() -> Self {
        Self::often_after(Self::MAX_LOST - 1)
    }

    /// Makes such a bet that goes on from what another one has [lost](Self::lost).
    pub(crate) const fn often_after(lost: u32) -> Self {
        Self { lost, probe_interval: 16 }
    }

    /// How many were lost in a row.
    pub(crate) const fn lost(&self) -> u32 {
        self.lost
    }

    /// Makes a bet that may cost a hundred times what it may bring. The first one is made, and if it is lost, the next
    /// ones are not.
    pub(crate) const fn rarely() -> Self {
        Self::rarely_after(Self::MAX_LOST - 1)
    }

    /// A bet that may cost some milliseconds when it is lost, for each of those who make it.
    pub(crate) const fn very_rarely() -> Self {
        Self { lost: Self::MAX_LOST - 1, probe_interval: 4096 }
    }

    /// The same after so many lost bets.
    pub(crate) const fn rarely_after(lost: u32) -> Self {
        Self { lost, probe_interval: 256 }
    }

    /// Whether the next bet is worth its price. If it is, its outcome has to be [`learn`](Self::learn)ed. If it is not,
    /// it counts as lost.
    pub(crate) fn is_worth_it(&mut self) -> bool {
        let is_probe = self.lost % self.probe_interval == self.probe_interval - 1;
        let is_worth_it = self.lost < Self::MAX_LOST || is_probe;
        if !is_worth_it {
            self.learn(false);
        }
        is_worth_it
    }

    /// Remembers how a bet ended.
    pub(crate) fn learn(&mut self, won: bool) {
        // The count wraps to 1 and not to 0, because 0 would make the next bets worth it.
        self.lost = if won { 0 } else { self.lost.wrapping_add(1).max(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the next `count` bets, all of which are lost, are worth it.
    fn losing(bet: &mut Bet, count: usize) -> Vec<bool> {
        let lose = |_| {
            let is_worth_it = bet.is_worth_it();
            if is_worth_it {
                bet.learn(false);
            }
            is_worth_it
        };
        (0..count).map(lose).collect()
    }

    #[test]
    fn a_bet_is_made_while_it_pays_off_and_not_when_it_does_not() {
        let mut bet = Bet::rarely();
        assert_eq!(losing(&mut bet, 3), [true, false, false]);
        bet.learn(true);
        assert_eq!(losing(&mut bet, 6), [true, true, true, true, false, false]);
    }

    #[test]
    fn one_in_a_while_of_the_bets_that_are_not_worth_it_is_made() {
        let made = |bets: Vec<bool>| bets.into_iter().filter(|&made| made).count();
        let mut bet = Bet::often();
        assert_eq!(made(losing(&mut bet, 1 + 160)), 1 + 10);
        bet.lost = u32::MAX;
        assert_eq!(made(losing(&mut bet, 1 + 160)), 1 + 3 + 10);
        assert_eq!(made(losing(&mut Bet::rarely(), 1 + 2560)), 1 + 10);
    }
}
