//! A durable queue: its tasks are in a file, so the next process that opens it finds them.
//! A task that fails is tried again, and is kept with its errors when all attempts have failed.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use pyaltt::{durable::Page, prelude::*};

fn mail(file: &Path) -> Result<Durable<String>, BoxError> {
    let retry = Retry::exponential(Duration::from_millis(1)).attempts(3);
    Ok(Sqlite::open(file)?.queue("mail").retry(retry).build()?)
}

fn deliver(letter: &str) -> Result<(), String> {
    println!("to the post: {letter}");
    if letter.contains("nowhere") { Err("no such address".to_owned()) } else { Ok(()) }
}

fn main() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?; // a program has its file in a folder that stays
    let file = folder.path().join("tasks.db");
    for letter in ["dear Sir", "to nowhere"] {
        mail(&file)?.put(letter.to_owned())?; // it is on the disk when this returns
    }

    // The program may end here. Whoever opens the file next goes on.
    let mail = mail(&file)?;
    let (attempts, made) = mpsc::channel();
    let postman = queue(move |letter: String, _cx| {
        attempts.send(()).unwrap_or_default();
        deliver(&letter)
    })
    .queue(mail.clone())
    .start()?;
    assert_eq!(made.iter().take(4).count(), 4, "one attempt for the first letter, and three for the other");
    postman.stop()?;

    let dead = mail.dead().list(Page::default())?;
    println!("dead: {:?}, because: {}", dead[0].task, dead[0].errors[2].text);
    assert_eq!((dead.len(), dead[0].errors.len()), (1, 3));
    Ok(())
}
