//! The account: every task by its id, what each queue promises, and what was found to be wrong.

pub(crate) mod asks;
pub(crate) mod findings;
pub(crate) mod queue_account;
pub(crate) mod round_account;
pub(crate) mod task;
