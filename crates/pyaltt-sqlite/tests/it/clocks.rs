//! Clocks: leases know nothing of the wall clock, due times follow it.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_durable::engine::{Engine, EngineClock as _, EngineError, ManualEngineClock, When};
use pyaltt_sqlite::Sqlite;

use crate::support::{HOUR, Process, letter, mail};

struct Machine {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { path: folder.path().join("tasks.db"), _folder: folder }
    }

    fn process(&self, clock: &ManualEngineClock) -> Process {
        Process::of(&Sqlite::builder(&self.path).clock(Arc::new(clock.clone())).open().unwrap())
    }
}

#[apply(bounded)]
fn case_30_a_process_with_a_wrong_wall_clock_takes_nothing_from_others() {
    let (right, wrong) = (ManualEngineClock::default(), ManualEngineClock::default());
    let machine = Machine::new();
    let (mut owner, mut other) = (machine.process(&right), machine.process(&wrong));
    owner.put(1);
    let task = owner.take(1).remove(0);
    let now = right.wall();
    for wall in [now + HOUR * 2, now - HOUR * 2] {
        wrong.set_wall(wall);
        assert_eq!(other.sweep().owners, 0);
        assert!(other.take(1).is_empty());
    }
    assert!(owner.done(task.lease).unwrap());
}

#[apply(bounded)]
fn case_31_a_step_of_the_wall_clock_ends_no_lease_and_moves_due_times() {
    let clock = ManualEngineClock::default();
    let machine = Machine::new();
    let (mut owner, mut other) = (machine.process(&clock), machine.process(&clock));
    owner.put(1);
    let task = owner.take(1).remove(0);
    let mut soon = letter("{}");
    soon.when = When::In(HOUR / 2);
    owner.engine.put(&mail(), &[soon.clone()]).unwrap();

    clock.set_wall(clock.wall() - HOUR);
    assert_eq!(other.sweep().owners, 0);
    assert!(other.take(1).is_empty());
    assert_eq!(other.stats().next_due, Some(HOUR * 3 / 2));

    clock.set_wall(clock.wall() + HOUR * 2);
    assert_eq!(other.sweep().owners, 0);
    assert_eq!(other.take(1)[0].id, soon.id);
    assert!(owner.done(task.lease).unwrap());
}

#[apply(bounded)]
fn after_a_boot_of_the_machine_no_lease_is_left() {
    let clock = ManualEngineClock::default();
    let machine = Machine::new();
    let mut owner = machine.process(&clock);
    let id = owner.put(1)[0];
    let task = owner.take(1).remove(0);
    clock.reboot();
    // The time since the boot is less than it was, so the lease would not have run out.
    let mut other = machine.process(&clock);
    assert_eq!(other.sweep().lost, 1);
    assert!(matches!(owner.done(task.lease), Err(EngineError::OwnerGone)));
    assert_eq!(other.take(1)[0].id, id);
}

#[apply(bounded)]
fn times_without_end_are_stored() {
    let clock = ManualEngineClock::default();
    let machine = Machine::new();
    let mut process = machine.process(&clock);
    let mut never = letter("{}");
    never.when = When::In(Duration::MAX);
    process.engine.put(&mail(), &[never.clone()]).unwrap();
    assert!(process.take(1).is_empty());
    let due = process.find(never.id).unwrap().due_at.unwrap();
    assert!(due > clock.wall() + HOUR * 24 * 365 * 1_000);
}
