//! The instructions of the consumer's thread for a task. The report runs it under callgrind.

use crate::case::{Case, Figure, Unit, Work};

/// The id of its case. A contender that [does](crate::contender::Contender::does) it has a second thread take tasks that
/// were all put before that thread began, and measures nothing itself.
pub const INSTRUCTIONS: &str = "instructions";

pub(super) fn cases() -> Vec<Case> {
    let how = "Counted by callgrind on the thread of the consumer, which begins when all tasks are there. It is the \
               difference between two numbers of tasks, so that no start-up is in it.";
    let title = "Instructions of the consumer's thread for a task";
    let figure = Figure::new("instructions", "instructions", Unit::Count).with_ratio();
    vec![Case::new(INSTRUCTIONS, title, how, Work::Instructions(20_000)).with([figure])]
}
