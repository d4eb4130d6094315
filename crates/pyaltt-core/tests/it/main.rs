//! The behaviour of workers, by subject. No test sleeps to wait for something: it waits for the event itself, and
//! timed tests use the manual clock. Each test has a time limit: `#[apply(bounded)]` in place of `#[test]`.

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod bounded;

mod ask;
mod async_ends;
mod async_puts;
mod bad_input;
mod context;
mod cut_waits;
mod drains;
mod error_texts;
mod event;
mod exits;
mod factories;
mod failed_queues;
mod failed_runs;
mod flavour;
mod handles;
mod herds;
mod hook_closures;
mod hooks;
mod leased;
mod letting_go;
mod lifecycle;
mod lifecycle_faults;
mod looped;
mod membership;
mod on_dropped;
mod own_loops;
mod pace;
mod panic_matrix;
mod panics;
mod pause;
mod polling;
mod put_many;
mod queue;
mod queue_external;
mod queue_full;
mod queue_without_worker;
mod rendezvous;
mod restart;
mod rings;
mod rules;
mod rules_of_lives;
#[cfg(target_os = "linux")]
mod sched;
mod seed_rows;
mod self_waits;
mod shared_queues;
mod slow_start;
mod task_queues;
mod time_faults;
mod user_code;
mod wait_any;
mod wakers;
mod watch;
