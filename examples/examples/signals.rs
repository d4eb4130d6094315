//! A service that runs until Ctrl-C or SIGTERM, and then delivers what is queued.
//! The program runs itself a second time, and ends that one as a service manager does.

#[cfg(unix)]
use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

#[cfg(unix)]
use pyaltt::prelude::*;

#[cfg(unix)]
fn main() -> Result<(), BoxError> {
    if env::args().nth(1).as_deref() == Some("inner") {
        return service();
    }
    let mut inner = Command::new(env::current_exe()?).arg("inner").stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(inner.stdout.take().ok_or("the service has no output")?).lines();
    let mut seen = Vec::new();
    for line in lines {
        let line = line?;
        println!("{line}");
        seen.push(line);
        if seen.len() == 10 {
            Command::new("kill").args(["-TERM", &inner.id().to_string()]).status()?;
        }
    }
    assert!(inner.wait()?.success());
    assert!(seen.contains(&"SIGTERM: delivering the rest".to_owned()));
    assert_eq!(seen.last().map(String::as_str), Some("every letter was delivered"));
    Ok(())
}

#[cfg(unix)]
fn service() -> Result<(), BoxError> {
    let mail = queue(|letter: u64, _cx| println!("letter {letter}")).name("mail").start()?;
    let office = mail.queue().clone();
    let writer = looped(move |tick, _cx| office.put(tick.index))
        .name("writer")
        .interval(Duration::from_millis(20))
        .start()?;

    let signal = pyaltt::wait_for_signal();
    println!("{signal}: delivering the rest"); // a second Ctrl-C would end the program at once
    let written = writer.stop()?.turns;
    let delivered = mail.drain()?.turns;
    assert_eq!(written, delivered);
    println!("every letter was delivered");
    Ok(())
}

/// There is no `wait_for_signal` on this system.
#[cfg(not(unix))]
fn main() {}
