//! An event worker as a type: a turnstile that counts visitors and closes when the house is full.
//! No trigger is lost, however many come at once.

use std::thread;

use pyaltt::prelude::*;

struct Turnstile {
    inside: u64,
    seats: u64,
}

impl Worker for Turnstile {
    type Task = Trigger;

    fn run(&mut self, trigger: Trigger, _cx: &mut Context) -> Turn {
        self.inside += trigger.count;
        println!("{} more, {} inside", trigger.count, self.inside);
        Ok(if self.inside < self.seats { Flow::Continue } else { Flow::Stop })
    }
}

fn main() -> Result<(), BoxError> {
    let turnstile = BackgroundEventWorker::builder(Turnstile { inside: 0, seats: 300 }).start()?;

    thread::scope(|scope| {
        for _door in 0..3 {
            scope.spawn(|| (0..100).for_each(|_| turnstile.trigger()));
        }
    });

    assert_eq!(turnstile.wait()?.reason, ExitReason::Finished);
    assert_eq!(turnstile.into_inner::<Turnstile>().map(|turnstile| turnstile.inside), Ok(300));
    Ok(())
}
