//! Programs of many members: what it costs to start, restart and stop them together.
//!
//! - [`ordered`]: starts in order and stops in reverse. [`together`]: the restart of a whole group.
//! - [`stuck`]: the stop of a program in which some hang. [`signal`]: from a signal to the first member that is told.

pub mod ordered;
pub mod signal;
pub mod stuck;
pub mod together;

use crate::case::Case;

/// All cases of the groups report, in its order.
pub fn cases() -> Vec<Case> {
    [ordered::cases(), together::cases(), stuck::cases(), signal::cases()].concat()
}

#[cfg(test)]
mod tests {
    use crate::ours;
    use crate::workload::tests::each_has_an_id_of_its_own_a_ratio_and_one_of;

    #[test]
    fn every_case_has_an_id_of_its_own_a_ratio_and_one_of_ours() {
        each_has_an_id_of_its_own_a_ratio_and_one_of(&super::cases(), &ours::groups());
    }
}
