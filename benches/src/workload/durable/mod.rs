//! Durable queues: what it costs to keep tasks in a file that outlives the process.
//!
//! - [`letter`]: the task. [`store`]: what a contender offers. [`folder`]: where its file is. `tally`: the check that each
//!   task ran once.
//! - [`put`], [`run`], [`crowd`]: rates. [`wake`]: from a put to the turn. [`stop`] and [`takeover`]: ends.

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
    use crate::ours;
    use crate::workload::tests::each_has_an_id_of_its_own_a_ratio_and_one_of;

    #[test]
    fn every_case_has_an_id_of_its_own_a_ratio_and_one_of_ours() {
        each_has_an_id_of_its_own_a_ratio_and_one_of(&super::cases(), &ours::queues());
    }
}
