//! A producer and its worker that share one processor.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt_core::queue;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("a_full_queue_on_one_processor_costs_two_switches_for_all_of_its_tasks", full)
            .prints("few switches\n")
            .within(Duration::from_secs(60)),
    ]
}

const BOUND: u64 = 128;
const TASKS: u64 = 200_000;

fn full() {
    let allowed = sched_getaffinity(None).unwrap();
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).find(|processor| allowed.is_set(*processor)).unwrap());
    sched_setaffinity(None, &one).unwrap();

    // Where other processes have work for the processor there are more, in some of the rounds. A producer that is woken
    // for the first free place makes ten times as many as are needed, in all of them.
    let fewest = 2 * TASKS / BOUND;
    let rounds: Vec<u64> = (0..5).map(|_| round()).collect();
    if rounds.iter().any(|made| *made <= 6 * fewest) {
        println!("few switches");
    } else {
        println!("{rounds:?} switches, where {fewest} are the fewest possible");
    }
}

/// How many switches of threads it takes to put all tasks and to run them.
fn round() -> u64 {
    let (ended, end) = mpsc::channel();
    let mut left = TASKS;
    let worker = queue(move |_task: u64, _cx| {
        left -= 1;
        if left == 0 { ended.send(switches()) } else { Ok(()) }
    });
    let worker = worker.bounded(BOUND.try_into().unwrap()).daemon(false).start().unwrap();
    let before = switches();
    (0..TASKS).for_each(|task| worker.put(task).unwrap());
    end.recv().unwrap() - before
}

/// How often the processor was switched from or to a thread of this process, of its own accord or not.
fn switches() -> u64 {
    let of_thread = |entry: std::io::Result<std::fs::DirEntry>| {
        let status = std::fs::read_to_string(entry.ok()?.path().join("status")).ok()?;
        let counts = status.lines().filter(|line| line.contains("voluntary_ctxt_switches:"));
        Some(counts.filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok()).sum::<u64>())
    };
    std::fs::read_dir("/proc/self/task").unwrap().filter_map(of_thread).sum()
}
