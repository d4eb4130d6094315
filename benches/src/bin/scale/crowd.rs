//! Ten thousand workers compared with ten thousand bare threads, and how often an idle worker wakes up: never.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::ValueEnum;
use pyaltt::{BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Handle, event, looped, queue};

use crate::{proc, table};

/// Starts and stops ten thousand workers and as many bare threads, and counts the wake-ups of idle workers
///
/// Each kind has a process of its own, with the same stack size. A bare thread parks, and is unparked and joined;
/// a worker is told to stop and waited for. Memory is the resident memory that is not backed by a file, divided
/// by the number of threads. Wake-ups are the context switches of the workers' threads, from
/// /proc/self/task/*/status.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many of each kind
    #[arg(long, default_value_t = 10_000)]
    workers: usize,
    /// The size of their stacks, in bytes
    #[arg(long, default_value_t = 2 << 20)]
    stack_size: usize,
    /// How many rounds to take the median of
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// For how many seconds to watch idle workers
    #[arg(long, default_value_t = 10.0)]
    idle: f64,
    /// Measures this kind in this process, and prints the figures
    #[arg(long, value_enum, hide = true)]
    child: Option<Crowd>,
}

/// What there are ten thousand of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Crowd {
    Bare,
    Looped,
    Queue,
    Event,
}

/// Nanoseconds to start all, nanoseconds to stop all, and bytes each.
type Figures = [u64; 3];

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if let Some(crowd) = options.child {
        let [start, stop, bytes] = measure(crowd, options)?;
        hand_over(&format!("{start} {stop} {bytes}"));
        return Ok(());
    }
    let mut rows = Vec::new();
    let mut bare = [0; 3];
    for crowd in Crowd::value_variants() {
        let rounds: anyhow::Result<Vec<Figures>> =
            (0..options.rounds).map(|_| measure_in_a_child(*crowd, options)).collect();
        let rounds = rounds?;
        let figures = [0, 1, 2].map(|figure| {
            let mut values: Vec<u64> = rounds.iter().map(|figures| figures[figure]).collect();
            values.sort_unstable();
            values[values.len() / 2]
        });
        if *crowd == Crowd::Bare {
            bare = figures;
        }
        let each = |nanos: u64| nanos / options.workers as u64;
        rows.push(vec![
            format!("{crowd:?}").to_lowercase(),
            format!(
                "{:.2} s ({} µs each)",
                Duration::from_nanos(figures[0]).as_secs_f64(),
                each(figures[0]) / 1_000
            ),
            format!(
                "{:.2} s ({} µs each)",
                Duration::from_nanos(figures[1]).as_secs_f64(),
                each(figures[1]) / 1_000
            ),
            format!("{} B", figures[2]),
            format!("{:+} B", figures[2].cast_signed() - bare[2].cast_signed()),
        ]);
    }
    let title = format!("{} threads with stacks of {} KiB", options.workers, options.stack_size >> 10);
    table::print(
        &title,
        &["kind", "start all", "stop all", "memory each", "compared with a bare thread"],
        &rows,
    );
    watch_idle(Duration::try_from_secs_f64(options.idle)?)
}

fn measure_in_a_child(crowd: Crowd, options: &Options) -> anyhow::Result<Figures> {
    let child = crowd.to_possible_value().context("every kind has a name")?;
    let output = Command::new(std::env::current_exe()?)
        .args(["crowd", "--child", child.get_name()])
        .args(["--workers", &options.workers.to_string(), "--stack-size", &options.stack_size.to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<u64> = text.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    figures.try_into().map_err(|_| {
        anyhow::anyhow!("{crowd:?} gave no figures: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

fn measure(crowd: Crowd, options: &Options) -> anyhow::Result<Figures> {
    let hour = Duration::from_secs(3_600);
    let Options { workers, stack_size, .. } = *options;
    match crowd {
        Crowd::Bare => {
            let is_over = Arc::new(AtomicBool::new(false));
            let start = || {
                let is_over = Arc::clone(&is_over);
                let parked = move || {
                    while !is_over.load(Ordering::Acquire) {
                        thread::park();
                    }
                };
                Ok(thread::Builder::new().name("bare".to_owned()).stack_size(stack_size).spawn(parked)?)
            };
            // The start of a worker returns when it runs; a spawn does not wait for that.
            time(workers, start, |threads| {
                is_over.store(true, Ordering::Release);
                for thread in &threads {
                    thread.thread().unpark();
                }
                for thread in threads {
                    drop(thread.join());
                }
                Ok(())
            })
        }
        Crowd::Looped => {
            let start = || Ok(looped(|_, _| ()).delay_before(hour).stack_size(stack_size).start()?);
            time(workers, start, |workers| stop_all(workers.iter().map(|worker| &**worker)))
        }
        Crowd::Queue => {
            let start = || Ok(queue(|_: u64, _| ()).stack_size(stack_size).start()?);
            time(workers, start, |workers| stop_all(workers.iter().map(|worker| &**worker)))
        }
        Crowd::Event => {
            let start = || Ok(event(|_, _| ()).stack_size(stack_size).start()?);
            time(workers, start, |workers| stop_all(workers.iter().map(|worker| &**worker)))
        }
    }
}

fn stop_all<'a>(handles: impl Iterator<Item = &'a Handle> + Clone) -> anyhow::Result<()> {
    for handle in handles.clone() {
        handle.signal_stop();
    }
    for handle in handles {
        handle.wait()?;
    }
    Ok(())
}

/// Starts this many of something, and stops them all.
fn time<T>(
    count: usize,
    mut start: impl FnMut() -> anyhow::Result<T>,
    stop: impl FnOnce(Vec<T>) -> anyhow::Result<()>,
) -> anyhow::Result<Figures> {
    let mut all = Vec::with_capacity(count);
    let before = proc::anonymous_kib().context("there is no /proc/self/status here")?;
    let began = Instant::now();
    for _ in 0..count {
        all.push(start()?);
    }
    let started = began.elapsed();
    // The last one may not have come to rest yet.
    thread::sleep(Duration::from_millis(200));
    let after = proc::anonymous_kib().context("there is no /proc/self/status here")?;
    let began = Instant::now();
    stop(all)?;
    let stopped = began.elapsed();
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Ok([nanos(started), nanos(stopped), after.saturating_sub(before) * 1_024 / count as u64])
}

/// Counts the wake-ups of an idle worker of each kind.
fn watch_idle(time: Duration) -> anyhow::Result<()> {
    let hour = Duration::from_secs(3_600);
    let looped: BackgroundWorker = looped(|_, _| ()).name("idle-looped").delay_before(hour).start()?;
    let queue: BackgroundQueueWorker<_> = queue(|_: u64, _| ()).name("idle-queue").start()?;
    let event: BackgroundEventWorker = event(|_, _| ()).name("idle-event").start()?;
    // Give them time to fall asleep.
    thread::sleep(Duration::from_millis(200));
    let kinds = ["idle-looped", "idle-queue", "idle-event"];
    let before = kinds.map(proc::context_switches);
    thread::sleep(time);
    let after = kinds.map(proc::context_switches);
    let rows: Vec<_> = kinds
        .iter()
        .zip(before.iter().zip(after))
        .map(|(kind, (before, after))| vec![(*kind).to_owned(), (after.0 - before.0).to_string()])
        .collect();
    let title = format!("Context switches of idle workers in {} s", time.as_secs_f64());
    table::print(&title, &["worker", "context switches"], &rows);
    let threads: Vec<usize> = before.iter().chain(&after).map(|(_, threads)| *threads).collect();
    anyhow::ensure!(threads == [1; 6], "each worker has one thread, and there were {threads:?}");
    anyhow::ensure!(before == after, "an idle worker woke up");
    looped.stop()?;
    queue.stop()?;
    event.stop()?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn hand_over(figures: &str) {
    println!("{figures}");
}
