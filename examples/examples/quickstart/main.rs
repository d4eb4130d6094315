//! Watches this machine: a looped worker samples it every 100 ms, a queue worker keeps a moving picture of the
//! samples, and an event worker looks for the cause whenever the CPU load rises above its mean.
//!
//! A supervisor starts the three in order. When the time is over, or on Ctrl-C, it stops them in reverse, and its report
//! says how each ended. A function collection dumps their statistics.

mod report;
mod screen;
mod window;
mod workers;

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Parser;
use pyaltt::prelude::*;
use pyaltt::{CollectionError, GroupEvent, Stats};

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
    let alarm = BackgroundEventWorker::builder(Alarm::new(&screen)).name("alarm").build()?;
    let picture = Picture::new(options.threshold, alarm.event(), &screen);
    let picture = BackgroundQueueWorker::builder(picture).name("picture").build()?;
    let sampler = BackgroundWorker::builder(Sampler::new(picture.queue()))
        .name("sampler")
        .delay_before(workers::WARM_UP)
        .interval(Duration::from_millis(100))
        .build()?;
    let dump = dump(&sampler, &picture, &alarm)?;

    // They end in the order of the data: sampling stops, then the picture takes the samples that wait, and then, when
    // nothing can raise an alarm any more, the alarm stops.
    let ended = Arc::new(Mutex::new(Vec::new()));
    let program = Supervisor::new()
        .name("quickstart")
        .add(&alarm)
        .add(Child::of(&picture).drain())
        .add(&sampler)
        .on_event(note_ends(&ended))
        .start()?;

    // Everything happens on the workers' threads. This thread sleeps until Ctrl-C or until the time is over.
    let interrupted = ctrl_c.recv_timeout(options.seconds).is_ok();

    let report = program.stop();
    screen.close();
    println!("\n{}", if interrupted { "Ctrl-C: shut down early." } else { "The time is over." });
    println!("Stopped: {}.", ended.lock().unwrap_or_else(PoisonError::into_inner).join(", then "));
    report::print(&report, &dump.run());
    if report.exit_code() != 0 {
        return Err(report.to_string().into());
    }
    drop(program);
    balance(sampler, picture)
}

/// Notes the names of workers in the order in which they end.
fn note_ends(ended: &Arc<Mutex<Vec<String>>>) -> impl FnMut(&GroupEvent) + Send + use<> {
    let ended = Arc::clone(ended);
    move |event| {
        if let GroupEvent::Ended { member, .. } = event {
            ended.lock().unwrap_or_else(PoisonError::into_inner).push(member.clone());
        }
    }
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
