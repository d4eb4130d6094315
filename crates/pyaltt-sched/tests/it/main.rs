//! What the system grants and refuses. The result depends on the privileges of the user who runs the tests: every test
//! passes without any, and a test that needs more to show something says so and passes.
#![cfg(target_os = "linux")]

mod child;
mod sched_granted;
mod sched_refused;
