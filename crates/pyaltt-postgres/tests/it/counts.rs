//! What is counted in a queue.

use crate::support::{Database, Process};

#[apply(bounded)]
fn ready_tasks_are_counted_while_the_time_goes_on() {
    let Some(database) = Database::new() else { return };
    Process::of(&database.store()).put(1_000);
    assert_eq!(database.queue().stats().unwrap().ready, [0, 0, 1_000, 0]);
}
