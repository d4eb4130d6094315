//! What the tests of this workspace share: the soak, the lifecycle model, and the tests of every crate.
//!
//! - Waiting: [`settle`] until workers have nothing to do, [`until`] for anything else that can be polled; [`block_on`]
//!   for a future.
//! - Seeing: a [`Probe`] records what worker code saw; a [`Turnstile`] holds a worker in its turn; [`Listener`] and
//!   [`Logged`] capture log events; [`os_thread`] tells what the threads of the process do.
//! - Going wrong: [`Faulty`] makes a worker fail, panic or hang on a turn; a [`Bomb`] panics in its destructor, an [`OnDrop`]
//!   calls a function there;
//!   [`silence_expected_panics`] keeps injected panics off the terminal.
//! - Accounting: a [`Ledger`] knows of every task where it ended, and which are lost, duplicated or out of order.
//! - Ends: [`failed`] and [`exit_of`] take the exit out of what a wait returned.
//! - Processes: a [`case`] is a test of what becomes of a whole process; an [`Actor`] is one that plays a part; [`accounts`] are
//!   those of a durable queue whose consumers are killed.
//! - Limits: the [`watchdog`] ends a test that hangs, with a report; [`bounded!`] gives one to each test.
//! - Servers: a [`PostgresServer`] of the tests' own.
//! - Workers and queues: [`AnyWorker`] is a worker of any kind, [`DequeQueue`] the simplest queue that is not ours,
//!   [`LendingQueue`] one that lends its tasks out, and
//!   [`ordered_by!`] orders tasks for queues by priority.
//!
//! It depends on `pyaltt` alone, so the integration tests of the crates below `pyaltt` may use it. Unit tests inside
//! `pyaltt-core` must not: there the types of the crate under test are not those that this crate was compiled with.

pub mod accounts;
mod actor;
mod any_worker;
mod block_on;
mod bomb;
mod bounded;
pub mod case;
mod deque_queue;
mod exit;
mod expected;
mod faulty;
mod ledger;
mod lending_queue;
mod log;
mod ordered_by;
pub mod os_thread;
#[cfg(unix)]
mod postgres;
mod probe;
mod settle;
mod turnstile;
mod until;
pub mod watchdog;

pub use actor::{Actor, say};
pub use any_worker::AnyWorker;
pub use block_on::block_on;
pub use bomb::{Bomb, OnDrop};
pub use bounded::run_bounded;
pub use deque_queue::DequeQueue;
pub use exit::{exit_of, failed};
pub use expected::{EXPECTED, silence_expected_panics};
pub use faulty::Faulty;
pub use ledger::{Fate, Ledger, Misstep, RunOrder, TaskId};
pub use lending_queue::{Faults, LendingQueue};
pub use log::{Listener, Logged, silence_log};
#[cfg(unix)]
pub use postgres::PostgresServer;
#[cfg(all(unix, feature = "postgres"))]
pub use postgres::database::Database;
pub use probe::Probe;
pub use settle::{Look, Settles, Unsettled, settle};
pub use turnstile::Turnstile;
pub use until::until;
