//! Counts under the clock of the server, which moves within a statement.

use pyaltt::Priority;
use pyaltt_durable::engine::Engine;

use testkit::Database;

use crate::support::{letter, mail, queue_in, store_in};

#[apply(bounded)]
fn all_ready_tasks_of_a_priority_are_counted() {
    let Some(database) = Database::new() else { return };
    let mut engine = store_in(&database).engine().unwrap();
    let mut puts: Vec<_> = (0..100).map(|_| letter("{}")).collect();
    for put in &mut puts[..40] {
        put.priority = Priority::High;
    }
    assert_eq!(engine.put(&mail(), &puts).unwrap().len(), 100);
    let stats = queue_in(&database).stats().unwrap();
    let ready = |priority| stats.ready[priority as usize];
    assert_eq!((ready(Priority::High), ready(Priority::Normal)), (40, 60));
    assert!(stats.oldest_ready.is_some());
}
