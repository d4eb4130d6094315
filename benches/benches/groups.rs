//! What it costs to keep workers in a group while nothing happens: bytes of a member, and wake-ups.
//!
//! Times are in the page of `cargo xtask bench --groups`.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

mod heap;

use std::thread;
use std::time::Duration;

use pyaltt::group::{Child, Supervisor};
use pyaltt::{BackgroundQueueWorker, BoxError, queue};

/// The size of a thread's stack.
const STACK: usize = 128 * 1024;

/// How many bytes a member may need beside its worker.
const MOST_FOR_A_MEMBER: i64 = 1024;

fn main() -> Result<(), BoxError> {
    let is_smoke = std::env::args().any(|arg| arg == "--test");
    let (width, time) =
        if is_smoke { (10, Duration::from_millis(100)) } else { (1_000, Duration::from_secs(10)) };
    bytes(width)?;
    idle(width, time)
}

type Member = BackgroundQueueWorker<()>;

/// Workers that have nothing to do.
fn workers(count: usize) -> Result<Vec<Member>, BoxError> {
    let worker = |_| Ok(queue(|(): (), _cx| ()).name("member").stack_size(STACK).build()?);
    (0..count).map(worker).collect()
}

fn plan(members: &[Member]) -> Supervisor {
    members.iter().fold(Supervisor::new(), Supervisor::add)
}

// ----- bytes -----

fn bytes(width: usize) -> Result<(), BoxError> {
    let count = |count| count;
    let alone = heap::bytes_each(width, count, |count| {
        let workers = workers(count)?;
        workers.iter().try_for_each(|worker| worker.start())?;
        Ok(workers)
    })?;
    let member = heap::bytes_each(width, count, |count| {
        let workers = workers(count)?;
        Ok((plan(&workers).start()?, workers))
    })?;
    println!("a member: {} B on the heap beside its worker ({alone} B)", member - alone);
    if member - alone > MOST_FOR_A_MEMBER {
        return Err(format!("a member costs more than {MOST_FOR_A_MEMBER} B").into());
    }
    Ok(())
}

// ----- wake-ups -----

fn idle(width: usize, time: Duration) -> Result<(), BoxError> {
    let members = workers(width)?;
    let program = plan(&members).start()?;
    println!("{width} idle members: {} context switches in {time:?}", switches_in(time));
    let _ = program.stop();
    let watched = members.iter().fold(Supervisor::new(), |plan, member| {
        plan.add(Child::of(member).stuck_after(Duration::from_secs(10)))
    });
    let program = watched.start()?;
    let switches = switches_in(time);
    println!("{width} idle members with `stuck_after` of 10 s: {switches} context switches in {time:?}");
    let _ = program.stop();
    Ok(())
}

/// The context switches of all threads but this one.
fn switches_in(time: Duration) -> u64 {
    thread::sleep(Duration::from_millis(200));
    let before = switches();
    thread::sleep(time);
    switches() - before
}

fn switches() -> u64 {
    let own = std::process::id().to_string();
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let others = tasks.flatten().filter(|task| *task.file_name() != *own);
    let status = others.filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok());
    status
        .flat_map(|status| {
            let counts = status.lines().filter_map(|line| line.split_once("ctxt_switches:"));
            counts.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).collect::<Vec<_>>()
        })
        .sum()
}
