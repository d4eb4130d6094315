//! A service under the watchdog of systemd, which is played here: the program runs itself a second time, with the socket
//! of a service manager in its environment, and prints what that is told. While a turn hangs, nobody feeds the watchdog.

#[cfg(target_os = "linux")]
use std::{env, fs, os::unix::net::UnixDatagram, process, process::Command, time::Duration};

#[cfg(target_os = "linux")]
use pyaltt::prelude::*;

#[cfg(target_os = "linux")]
fn main() -> Result<(), BoxError> {
    if env::var_os("NOTIFY_SOCKET").is_some() {
        return service();
    }
    let path = env::temp_dir().join(format!("watchdog-{}", process::id()));
    let socket = UnixDatagram::bind(&path)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut service = Command::new(env::current_exe()?)
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "100000") // it wants to be fed within 100 ms
        .env_remove("WATCHDOG_PID")
        .spawn()?;
    let mut told = Vec::new();
    let mut line = [0; 1_000];
    while told.last().is_none_or(|line| line != "STOPPING=1") {
        let length = socket.recv(&mut line)?;
        told.push(String::from_utf8_lossy(&line[..length]).replace('\n', " "));
        println!("told: {}", told[told.len() - 1]);
    }
    fs::remove_file(&path)?;
    assert!(service.wait()?.success());
    let is_fed = |line: &String| line == "WATCHDOG=1";
    let first = told.iter().position(|line| line.contains("printer is stuck")).ok_or("nobody was stuck")?;
    let last = told.iter().rposition(|line| line.contains("printer is stuck")).unwrap_or(first);
    assert!(!told[first..=last].iter().any(is_fed), "it was fed although a turn hung");
    assert!(told[last..].iter().any(is_fed), "it was not fed again");
    Ok(())
}

#[cfg(target_os = "linux")]
fn service() -> Result<(), BoxError> {
    let printer = queue(|paper: u64, _cx| std::thread::sleep(Duration::from_millis(paper)));
    let printer = printer.name("printer").build()?;
    let papers = printer.queue().clone();
    let office = looped(move |tick, _cx| {
        match tick.index {
            0 => papers.put(1)?,
            1 => papers.put(700)?, // the paper is stuck
            5 => _ = Command::new("kill").args(["-TERM", &process::id().to_string()]).status()?,
            _ => {}
        }
        pyaltt::done()
    });
    let office = office.name("office").interval(Duration::from_millis(300)).build()?;
    let report = Supervisor::new()
        .name("office")
        .add(Child::of(&printer).stuck_after(Duration::from_millis(200)))
        .add(&office)
        .systemd()
        .run_until_signal()?;
    println!("{report}");
    Ok(())
}

/// There is no systemd on this system.
#[cfg(not(target_os = "linux"))]
fn main() {}
