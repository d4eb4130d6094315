//! Watches this machine: a looped worker samples it every 100 ms, a queue worker keeps a moving picture of the
//! samples, and an event worker looks for the cause whenever the CPU load rises above its mean.
//!
//! When the time is over, or on Ctrl-C, one function collection shuts the three workers down, and another one
//! dumps their statistics.

mod report;
mod screen;
mod window;
mod workers;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use clap::Parser;
use pyaltt::prelude::*;
use pyaltt::{CollectionError, Stats};

use screen::Screen;
use workers::{Alarm, Picture, Sample, Sampler};

/// Watches this machine for some seconds and shows what three background workers make of it
#[derive(Parser)]
struct Options {
    /// How long to watch, in seconds; Ctrl-C ends it earlier
    #[arg(long, default_value = "10", value_parser = seconds, allow_negative_numbers = true)]
    seconds: Duration,
    /// How far the CPU load must rise above its mean for an alarm, in percentage points
    #[arg(long, default_value_t = 10.0)]
    threshold: f32,
}

fn main() -> Result<(), BoxError> {
    let options = Options::parse();
    let ctrl_c = ctrl_c()?;
    let screen = Arc::new(Screen::new());

    // Each worker is told where its results go, so the last one in the chain is made first.
    let alarm = BackgroundEventWorker::builder(Alarm::new(&screen)).name("alarm").start()?;
    let picture = Picture::new(options.threshold, alarm.event(), &screen);
    let picture = BackgroundQueueWorker::builder(picture).name("picture").start()?;
    let sampler = BackgroundWorker::builder(Sampler::new(picture.queue()))
        .name("sampler")
        .delay_before(workers::WARM_UP)
        .interval(Duration::from_millis(100))
        .start()?;

    let shutdown = shutdown(&sampler, &picture, &alarm)?;
    let dump = dump(&sampler, &picture, &alarm)?;

    // Everything happens on the workers' threads. This thread sleeps until Ctrl-C or until the time is over.
    let interrupted = ctrl_c.recv_timeout(options.seconds).is_ok();

    let exits = shutdown.run();
    screen.close();
    println!("\n{}", if interrupted { "Ctrl-C: shut down early." } else { "The time is over." });
    report::print(&exits, &dump.run());
    for (name, exit) in &exits {
        let exit = exit.value().ok_or_else(|| format!("{name} did not stop"))?;
        if let Some(error) = &exit.error {
            return Err(format!("{name} failed: {error}").into());
        }
    }
    balance(sampler, picture)
}

/// The shutdown, in the order of the data: sampling stops, then the picture takes the samples that wait, and then,
/// when nothing can raise an alarm any more, the alarm stops.
fn shutdown(
    sampler: &BackgroundWorker,
    picture: &BackgroundQueueWorker<Sample>,
    alarm: &BackgroundEventWorker,
) -> Result<FunctionCollection<Exit>, CollectionError> {
    let (sampler, picture, alarm) = (sampler.clone(), picture.clone(), alarm.clone());
    let shutdown = FunctionCollection::new().on_error(|error| eprintln!("{error}"));
    shutdown.function("sampler").priority(30).add_result(move || sampler.stop())?;
    shutdown.function("picture").priority(20).add_result(move || picture.drain())?;
    shutdown.function("alarm").priority(10).add_result(move || alarm.stop())?;
    Ok(shutdown)
}

/// The statistics of the workers.
fn dump(
    sampler: &BackgroundWorker,
    picture: &BackgroundQueueWorker<Sample>,
    alarm: &BackgroundEventWorker,
) -> Result<FunctionCollection<Stats>, CollectionError> {
    let (sampler, picture, alarm) = (sampler.clone(), picture.clone(), alarm.clone());
    let dump = FunctionCollection::new();
    dump.add("sampler", move || sampler.stats())?;
    dump.add("picture", move || picture.stats())?;
    dump.add("alarm", move || alarm.stats())?;
    Ok(dump)
}

/// Takes the stopped workers back and compares their counts: no sample may be lost between them.
fn balance(sampler: BackgroundWorker, picture: BackgroundQueueWorker<Sample>) -> Result<(), BoxError> {
    let taken = sampler.into_inner::<Sampler>().map_err(|_| "the sampler still runs")?.taken;
    let processed = picture.into_inner::<Picture>().map_err(|_| "the picture still runs")?.processed;
    if taken != processed {
        return Err(format!("{taken} samples taken, but {processed} processed").into());
    }
    println!("{taken} samples taken, {processed} processed: nothing was lost.");
    Ok(())
}

fn ctrl_c() -> Result<Receiver<()>, ctrlc::Error> {
    let (pressed, ctrl_c) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = pressed.send(()); // if main has ended already, nobody needs to know
    })?;
    Ok(ctrl_c)
}

fn seconds(text: &str) -> Result<Duration, BoxError> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}
