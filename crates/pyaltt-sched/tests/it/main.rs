//! What the system grants and refuses. What the tests find depends on the rights they have: each holds for a
//! user without any, and one that needs more says so and passes.
#![cfg(target_os = "linux")]

mod child;
mod sched_granted;
mod sched_refused;
