//! A service of five workers: the readings of a sensor go through a filter to a disk and to an uplink, whose connection
//! breaks now and then. They end in reverse, each within its limit, and the report says how.

use std::process::{Command, id};
use std::time::Duration;

use pyaltt::prelude::*;
use pyaltt::{EndedBy, GroupEvent, queue_from};

/// The readings, after which the service is told to end, as a service manager does it. Ctrl-C ends it earlier.
const READINGS: u64 = 200;

#[derive(Clone, Copy)]
struct Reading {
    degrees: f64,
}

fn main() -> Result<Report, BoxError> {
    let disk = queue(|reading: Reading, cx| {
        *cx.o_mut::<f64>().ok_or("no sum")? += reading.degrees;
        pyaltt::done()
    });
    let disk = disk.name("disk").o(0.0).build()?;

    let backoff = Restart::on_failure().backoff(Duration::from_millis(50)..Duration::from_secs(5));
    let uplink = queue_from(|| {
        println!("uplink: connected");
        let mut sent = 0;
        Ok(move |_reading: Reading, _cx: &mut Context| {
            sent += 1;
            if sent < 40 { Ok(()) } else { Err("the connection is broken") }
        })
    });
    let uplink = uplink.name("uplink").bounded(64).restart(backoff).build()?;

    let (to_disk, to_uplink) = (disk.queue().clone(), uplink.queue().clone());
    let filter = queue(move |reading: Reading, _cx| {
        to_disk.put(reading)?;
        if reading.degrees > 21.0 {
            to_uplink.put(reading)?;
        }
        pyaltt::done()
    });
    let filter = filter.name("filter").build()?;

    let to_filter = filter.queue().clone();
    let sensor = looped(move |tick, _cx| {
        let degrees = 20.0 + f64::from((tick.index % 7) as u8) / 2.0;
        to_filter.put(Reading { degrees })
    });
    let sensor = sensor.name("sensor").interval(Duration::from_millis(10)).build()?;

    let (stored, sent, to_send) = (disk.downgrade(), uplink.downgrade(), uplink.queue().clone());
    let panel = looped(move |_tick, _cx| {
        let (Some(stored), Some(sent)) = (stored.upgrade(), sent.upgrade()) else { return pyaltt::done() };
        let is_sent = sent.is_active() && to_send.is_empty();
        let (stored, sent) = (stored.stats(), sent.stats());
        println!("panel: {} stored, {} sent, {} restarts", stored.turns, sent.turns, sent.restarts);
        if stored.turns >= READINGS && is_sent {
            Command::new("kill").args(["-TERM", &id().to_string()]).status()?;
        }
        pyaltt::done()
    });
    let panel = panel.name("panel").interval(Duration::from_millis(500)).build()?;

    let limit = Duration::from_secs(2);
    let report = Supervisor::new()
        .name("service")
        .stop_within(Duration::from_secs(10))
        .add(Child::of(&disk).drain().stop_within(limit).critical())
        .add(Child::of(&uplink).drain().stop_within(limit))
        .add(Child::of(&filter).drain().stop_within(limit))
        .add(Child::of(&sensor).stuck_after(Duration::from_secs(1)))
        .add(&panel)
        .on_event(|event: &GroupEvent| println!("        {event}"))
        .run_until_signal()?;
    println!("\n{report}");
    assert!(matches!(report.ended_by, EndedBy::Signal(_)));
    assert_eq!(disk.stats().turns, sensor.stats().turns, "no reading is lost on its way");
    Ok(report)
}
