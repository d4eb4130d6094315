//! What it costs to keep workers in a group: bytes of a member, and the times of ordered starts, stops and restarts beside
//! bare threads.
//!
//! Contenders take turns, round by round. Times are medians over the rounds, with the best and the worst one beside them.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cap::Cap;
use pyaltt::group::{Child, Supervision, Supervisor};
use pyaltt::{BackgroundQueueWorker, BoxError, Restart, State, queue};
use pyaltt_benches::heap::bytes_each;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// The size of a thread's stack, for all.
const STACK: usize = 128 * 1024;

/// How many bytes a member may need beside its worker.
const MOST_FOR_A_MEMBER: i64 = 1024;

fn main() -> Result<(), BoxError> {
    let is_smoke = std::env::args().any(|arg| arg == "--test");
    let (rounds, widths) = if is_smoke { (1, [10, 100]) } else { (8, [1_000, 10_000]) };
    bytes(widths[0])?;
    for width in widths {
        times(rounds, width)?;
    }
    restarts(rounds * 4)?;
    idle(widths[0], if is_smoke { Duration::from_millis(100) } else { Duration::from_secs(10) })
}

type Member = BackgroundQueueWorker<bool>;

/// A worker that fails when it is told to.
fn worker() -> Result<Member, BoxError> {
    let worker = queue(|fails: bool, _cx| if fails { Err("told to") } else { Ok(()) });
    Ok(worker.name("member").stack_size(STACK).on_error(|_| false).build()?)
}

fn workers(count: usize) -> Result<Vec<Member>, BoxError> {
    (0..count).map(|_| worker()).collect()
}

fn plan(members: &[Member]) -> Supervisor {
    members.iter().fold(Supervisor::new(), Supervisor::add)
}

// ----- bytes -----

fn bytes(width: usize) -> Result<(), BoxError> {
    let allocated = || HEAP.allocated();
    let alone = bytes_each(allocated, width, |count| {
        let workers = workers(count)?;
        for worker in &workers {
            worker.start()?;
        }
        Ok(Box::new(workers))
    })?;
    let member = bytes_each(allocated, width, |count| {
        let workers = workers(count)?;
        Ok(Box::new((plan(&workers).start()?, workers)))
    })?;
    println!("a member: {} B on the heap beside its worker ({alone} B)", member - alone);
    if member - alone > MOST_FOR_A_MEMBER {
        return Err(format!("a member costs more than {MOST_FOR_A_MEMBER} B").into());
    }
    Ok(())
}

// ----- times -----

fn times(rounds: usize, width: usize) -> Result<(), BoxError> {
    let mut group = [const { Vec::new() }; 2];
    let (mut alone, mut bare) = (group.clone(), group.clone());
    for _ in 0..rounds {
        let members = workers(width)?;
        let plan = plan(&members);
        let (program, start) = timed(|| plan.start());
        let program = program?;
        let (report, stop) = timed(|| program.stop());
        if report.exit_code() != 0 {
            return Err(report.to_string().into());
        }
        group[0].push(start);
        group[1].push(stop);

        let ((), start) =
            timed(|| members.iter().for_each(|member| member.start().expect("there is a thread")));
        let ((), stop) = timed(|| members.iter().rev().for_each(|member| drop(member.stop())));
        alone[0].push(start);
        alone[1].push(stop);

        let (threads, start) = timed(|| (0..width).map(|_| Bare::start()).collect::<Vec<_>>());
        let ((), stop) = timed(|| threads.into_iter().rev().for_each(Bare::stop));
        bare[0].push(start);
        bare[1].push(stop);
    }
    for (index, what) in ["start", "stop"].into_iter().enumerate() {
        let (group, alone, bare) = (&mut group[index], &mut alone[index], &mut bare[index]);
        let ratio = median(group).as_secs_f64() / median(bare).as_secs_f64();
        println!(
            "{what} of {width}: group {}, workers without one {}, bare threads {}: {ratio:.2} x",
            shown(group),
            shown(alone),
            shown(bare)
        );
    }
    Ok(())
}

/// A thread that sleeps until it is told to end.
struct Bare {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Bare {
    fn start() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (ready, is_ready) = channel();
        let told = Arc::clone(&ends);
        let run = move || {
            let _ = ready.send(());
            while !told.load(Ordering::Acquire) {
                thread::park();
            }
        };
        let thread = thread::Builder::new().stack_size(STACK).spawn(run).expect("there is a thread");
        let _ = is_ready.recv();
        Self { ends, thread }
    }

    fn stop(self) {
        self.ends.store(true, Ordering::Release);
        self.thread.thread().unpark();
        let _ = self.thread.join();
    }
}

/// A group of 10 that is restarted as one, without a wait, beside its stop and its start.
fn restarts(rounds: usize) -> Result<(), BoxError> {
    let (mut restarts, mut both) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let members = workers(10)?;
        let at_once = Restart::on_failure().backoff(Duration::ZERO).jitter(0.0);
        let program = plan(&members).one_for_all().restart(at_once).start()?;
        let ((), restart) = timed(|| {
            // That it fails is part of it.
            let _ = members[0].put(true);
            while !is_restarted(&members) {
                thread::yield_now();
            }
        });
        restarts.push(restart);
        let (_, stop) = timed(|| program.stop());
        let (program, start) = timed(|| plan(&members).start());
        both.push(start + stop);
        let _ = program?.stop();
    }
    let ratio = median(&mut restarts).as_secs_f64() / median(&mut both).as_secs_f64();
    println!("restart of 10: {}, stop and start {}: {ratio:.2} x", shown(&mut restarts), shown(&mut both));
    Ok(())
}

fn is_restarted(members: &[Member]) -> bool {
    let last = &members[members.len() - 1];
    last.state() == State::Active && last.stats().runs == 2
}

// ----- wake-ups -----

fn idle(width: usize, time: Duration) -> Result<(), BoxError> {
    let members = workers(width)?;
    let program = plan(&members).start()?;
    println!("{width} idle members: {} context switches in {time:?}", switches_in(&program, time));
    let _ = program.stop();
    let watched = members.iter().fold(Supervisor::new(), |plan, member| {
        plan.add(Child::of(member).stuck_after(Duration::from_secs(10)))
    });
    let program = watched.start()?;
    let switches = switches_in(&program, time);
    println!("{width} idle members with `stuck_after` of 10 s: {switches} context switches in {time:?}");
    let _ = program.stop();
    Ok(())
}

/// The context switches of all threads but this one.
fn switches_in(_program: &Supervision, time: Duration) -> u64 {
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

// ----- figures -----

fn timed<R>(f: impl FnOnce() -> R) -> (R, Duration) {
    let began = Instant::now();
    let result = f();
    (result, began.elapsed())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn shown(times: &mut [Duration]) -> String {
    let median = median(times);
    format!("{median:.1?} ({:.1?} to {:.1?})", times[0], times[times.len() - 1])
}
