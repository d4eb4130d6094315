//! An external queue: the worker takes its tasks from a channel of the program.
//! When all senders are gone and the channel is empty, the worker finishes by itself.

use std::thread;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let (letters, postbox) = crossbeam_channel::bounded(2);
    let postman = queue(|letter: String, cx| println!("{} brings {letter}", cx.name()))
        .name("postman")
        .queue(postbox)
        .start()?;

    let writers = ["Ann", "Bob", "Cleo"].map(|writer| {
        let letters = letters.clone();
        thread::spawn(move || (1..=3).try_for_each(|n| letters.send(format!("letter {n} of {writer}"))))
    });
    drop(letters);
    for writer in writers {
        writer.join().map_err(|_| "a writer panicked")??;
    }

    let exit = postman.wait()?;
    println!("{:?} after {} letters", exit.reason, exit.turns);
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 9));
    Ok(())
}
