//! Durable queues: what it costs to keep tasks in a file that outlives the process.
//!
//! - [`letter`]: the task. [`store`]: what a contender offers. [`folder`]: where its file is. `tally`: the check that each
//!   task ran once.
//! - [`put`], [`run`], [`crowd`]: rates. [`wake`]: from a put to the turn. [`stop`] and [`takeover`]: ends.
//! - [`actor`]: further processes of a run.

pub mod actor;
pub mod crowd;
pub mod folder;
pub mod letter;
pub mod put;
pub mod run;
pub mod stop;
pub mod store;
pub mod takeover;
mod tally;
pub mod wake;

use crate::case::Case;

/// All cases of the queues report, in its order.
pub fn cases() -> Vec<Case> {
    [put::cases(), run::cases(), crowd::cases(), wake::cases(), stop::cases(), takeover::cases()].concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contender::Part;
    use crate::ours;

    #[test]
    fn every_case_has_an_id_of_its_own_a_ratio_and_one_of_ours() {
        let cases = cases();
        let ids: BTreeSet<_> = cases.iter().map(|case| &case.id).collect();
        assert_eq!(ids.len(), cases.len());
        for case in &cases {
            assert!(case.figures[0].has_ratio, "{}", case.id);
            assert!(ours::queues().iter().any(|ours| ours.part(case) == Part::Full), "{}", case.id);
        }
    }
}
