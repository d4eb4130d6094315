//! No handle names the type of its worker, so workers of any kind go into structs and collections.
//! A `Handle` is any worker; a `WeakHandle` keeps none alive.

use std::time::Duration;

use pyaltt::WeakHandle;
use pyaltt::prelude::*;

struct App {
    mail: BackgroundQueueWorker<String>,
    beat: BackgroundWorker,
    alarm: BackgroundEventWorker,
    all: Vec<Handle>,
}

impl App {
    fn start() -> Result<Self, StartError> {
        let mail = queue(|letter: String, _cx| println!("mail: {letter}")).name("mail").start()?;
        let beat = looped(|_tick, _cx| ()).name("beat").interval(Duration::from_secs(1)).start()?;
        let alarm = event(|trigger, _cx| {
            println!("alarm: {}", trigger.count);
            false // one turn is enough here
        })
        .name("alarm")
        .start()?;
        let all = vec![Handle::from(&mail), Handle::from(&beat), Handle::from(&alarm)];
        Ok(Self { mail, beat, alarm, all })
    }
}

fn main() -> Result<(), BoxError> {
    let app = App::start()?;
    app.mail.put("dear Sir".to_owned())?;
    app.alarm.trigger();
    assert_eq!((app.mail.drain()?.turns, app.alarm.wait()?.turns), (1, 1));

    for worker in &app.all {
        println!("{}: {:?}", worker.name(), worker.stop()?.reason);
    }
    assert!(app.all.iter().all(|worker| worker.state() == State::Stopped));

    // Handles of one worker are equal.
    assert_eq!(app.all.iter().position(|worker| *worker == *app.beat), Some(1));

    // A weak handle can be upgraded while a handle is left.
    let registry: Vec<WeakHandle> = app.all.iter().map(Handle::downgrade).collect();
    assert_eq!(registry.iter().filter_map(WeakHandle::upgrade).count(), 3);
    drop(app);
    assert_eq!(registry.iter().filter_map(WeakHandle::upgrade).count(), 0);
    Ok(())
}
