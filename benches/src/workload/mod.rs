//! The workloads: each is written once, for every contender, and measured from outside of the contender.
//!
//! A workload is one file: its cases with their figures, the work itself, and the method that makes a [`Contender`]
//! take part. A new workload is a new file and a line in [`cases`].

pub mod actor;
pub mod ask;
pub mod awaited;
pub mod backlog;
pub mod durable;
pub mod group;
pub mod growth;
mod idle;
pub mod instructions;
pub mod interval;
mod ledger;
pub mod mass_restart;
pub mod open_asks;
mod payload;
mod processes;
pub mod restart;
pub mod round_trip;
pub mod start_stop;
pub mod stop_flag;
pub mod throughput;
pub mod times;
pub mod waiting;
pub mod wake_up;

use crate::case::Case;
use crate::contender::Contender;
use crate::handover::{Handover, Inbox, start};

pub use ledger::{Ledger, Tally};
pub use payload::Payload;

/// All cases of the messages report, in its order. Those of the timing report are made by [`interval::case`], those of
/// the queues report by [`durable::cases`], those of the groups report by [`group::cases`].
pub fn cases() -> Vec<Case> {
    let workloads = [
        throughput::cases(),
        round_trip::cases(),
        ask::cases(),
        open_asks::cases(),
        awaited::cases(),
        wake_up::cases(),
        start_stop::cases(),
        restart::cases(),
        waiting::cases(),
        mass_restart::cases(),
        idle::cases(),
        backlog::cases(),
        stop_flag::cases(),
        growth::cases(),
        instructions::cases(),
    ];
    workloads.concat()
}

impl Contender {
    /// Takes part in everything that a [`Handover`] can do: throughput, trigger, start and stop, idle, and growth.
    #[must_use]
    pub fn hands_over<P: Handover>(self) -> Self {
        self.streams::<P>()
            .wakes(|stamp| {
                let inbox = start::<P, (), _>(move |()| stamp.set());
                move || inbox.put(())
            })
            .lives(|| start::<P, (), _>(|()| ()), |inbox| drop(inbox.stop()))
            .grows::<P>()
    }

    /// Takes part in all workloads that start and stop something.
    #[must_use]
    pub fn lives<R>(self, start: impl Fn() -> R + Copy + 'static, stop: impl Fn(R) + Copy + 'static) -> Self {
        self.starts_and_stops(start, stop).idles(start, stop)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use crate::case::Case;
    use crate::contender::{Contender, Part};
    use crate::ours;
    use crate::workload::awaited::tests::Threads;

    pub(crate) fn each_has_an_id_of_its_own_a_ratio_and_one_of(cases: &[Case], ours: &[Contender]) {
        let ids: BTreeSet<_> = cases.iter().map(|case| &case.id).collect();
        assert_eq!(ids.len(), cases.len());
        for case in cases {
            assert!(case.figures[0].has_ratio, "{}", case.id);
            assert!(ours.iter().any(|ours| ours.part(case, false) == Part::Full), "{}", case.id);
        }
    }

    #[test]
    fn every_case_has_an_id_of_its_own_a_ratio_and_one_of_ours() {
        let mut ours = ours::messages();
        ours.extend(ours::awaiting::<Threads>());
        each_has_an_id_of_its_own_a_ratio_and_one_of(&super::cases(), &ours);
    }
}
