//! A non-daemon worker keeps the process alive: `main` returns, and the process waits for the worker.
//! The program runs itself a second time to watch that from outside.

use std::env;
use std::process::Command;
use std::time::Duration;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    if env::args().nth(1).as_deref() == Some("inner") {
        return inner();
    }
    let output = Command::new(env::current_exe()?).arg("inner").output()?;
    let text = String::from_utf8(output.stdout)?;
    print!("{text}");
    assert!(output.status.success());
    assert!(text.contains("main returns\n") && text.ends_with("turn 5: done\n"));
    Ok(())
}

fn inner() -> Result<(), BoxError> {
    let worker = looped(|_tick, cx| {
        let done = cx.turn_number() == 5;
        println!("turn {}{}", cx.turn_number(), if done { ": done" } else { "" });
        !done
    })
    .daemon(false)
    .delay_before(Duration::from_millis(20))
    .start()?;
    worker.detach(); // otherwise dropping the last handle, at the end of this function, would stop it
    println!("main returns");
    Ok(())
}
