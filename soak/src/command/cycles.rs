//! One worker of each kind, started and stopped a hundred thousand times: nothing may grow.

use std::time::{Duration, Instant};

use pyaltt::{Exit, StartError, StopError, event, looped, queue};

use crate::table;
use crate::watch::growth::Samples;
use crate::watch::sample::Sample;

/// Starts and stops one worker of each kind a hundred thousand times, and fails when anything grows
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many times to start and stop each
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    cycles: u64,
}

/// How many samples of the process there are.
const SAMPLES: u64 = 100;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let looped = looped(|_, _| ()).delay_before(Duration::from_secs(3_600)).build()?;
    let queue = queue(|_: u64, _| ()).build()?;
    let event = event(|_, _| ()).build()?;
    let rows = [
        cycle("looped", options.cycles, || looped.start(), || looped.stop())?,
        cycle("queue", options.cycles, || queue.start(), || queue.stop())?,
        cycle("event", options.cycles, || event.start(), || event.stop())?,
    ];
    let (rows, growths): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let headings = ["worker", "cycles", "each", "threads", "descriptors", "heap", "resident memory"];
    table::print("Start and stop, first sample and last", &headings, &rows);
    let growths: Vec<String> = growths.into_iter().flatten().collect();
    anyhow::ensure!(growths.is_empty(), "it grew: {}", growths.join("; "));
    Ok(())
}

/// A row of the table, and what grew.
fn cycle(
    name: &str,
    cycles: u64,
    start: impl Fn() -> Result<(), StartError>,
    stop: impl Fn() -> Result<Exit, StopError>,
) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let mut samples = Samples::new();
    let mut first = None;
    let mut time = Duration::ZERO;
    for _ in 0..SAMPLES {
        let began = Instant::now();
        for _ in 0..cycles.div_ceil(SAMPLES) {
            start()?;
            stop()?;
        }
        time += began.elapsed();
        let sample = Sample::take();
        first.get_or_insert(sample);
        samples.add(sample);
    }
    let (Some(first), Some(last)) = (first, samples.last()) else { anyhow::bail!("there were no cycles") };
    let both = |of: &dyn Fn(&Sample) -> Option<u64>| match (of(&first), of(last)) {
        (Some(first), Some(last)) => format!("{first} / {last}"),
        _ => "unknown".to_owned(),
    };
    let cycles = cycles.div_ceil(SAMPLES) * SAMPLES;
    let each = time.as_nanos() / u128::from(cycles);
    let row = vec![
        name.to_owned(),
        table::thousands(cycles),
        format!("{}.{} µs", each / 1_000, each % 1_000 / 100),
        both(&|sample| sample.kernel.map(|kernel| kernel.threads)),
        both(&|sample| sample.kernel.map(|kernel| kernel.descriptors)),
        both(&|sample| Some(sample.heap)) + " B",
        both(&|sample| sample.kernel.map(|kernel| kernel.rss_kib)) + " KiB",
    ];
    Ok((row, samples.growth()))
}
