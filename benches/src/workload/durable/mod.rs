//! Durable queues: what it costs to keep tasks where they outlive the process.
//!
//! - [`engine`]: what keeps them; the same cases run on each. [`place`]: where the queue of a run is, in a [`folder`] or on
//!   the [`server`].
//! - [`letter`]: the task. [`store`]: what a contender offers. `tally`: the check that each task ran once.
//! - [`put`], [`run`], [`crowd`]: rates. [`wake`]: from a put to the turn. [`stop`] and [`takeover`]: ends.

pub mod crowd;
pub mod engine;
pub mod folder;
pub mod letter;
pub mod place;
pub mod put;
pub mod run;
pub mod server;
pub mod stop;
pub mod store;
pub mod takeover;
mod tally;
pub mod wake;

use crate::case::Case;
use engine::Engine;

/// All cases of the queues report, in its order.
pub fn cases() -> Vec<Case> {
    let of = [put::cases, run::cases, crowd::cases, wake::cases, stop::cases, takeover::cases];
    Engine::ALL.into_iter().flat_map(|engine| of.into_iter().flat_map(move |cases| cases(engine))).collect()
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
