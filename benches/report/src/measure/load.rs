//! What else the machine has to do during a case.

use std::hint;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyaltt_benches::conditions::Load;
use rustix::process::{Pid, Signal, kill_process};

/// What makes the load.
pub(crate) fn maker() -> &'static str {
    let found =
        Command::new("stress-ng").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        "stress-ng --cpu"
    } else {
        "threads of our own that spin"
    }
}

/// A load that lasts until it is dropped.
pub(crate) enum Running {
    None,
    StressNg(Child),
    Spinning(Arc<AtomicBool>, Vec<JoinHandle<()>>),
}

impl Running {
    pub(crate) fn start(load: Load) -> Self {
        if load == Load::Idle {
            return Self::None;
        }
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let running = stress_ng(processors).map_or_else(|_| spin(processors), Self::StressNg);
        thread::sleep(Duration::from_millis(300));
        running
    }
}

fn stress_ng(processors: usize) -> std::io::Result<Child> {
    Command::new("stress-ng")
        .args(["--quiet", "--timeout", "1h", "--cpu", &processors.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

fn spin(processors: usize) -> Running {
    let over = Arc::new(AtomicBool::new(false));
    let spinner = |_| {
        let over = Arc::clone(&over);
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                hint::spin_loop();
            }
        })
    };
    let threads = (0..processors).map(spinner).collect();
    Running::Spinning(over, threads)
}

impl Drop for Running {
    fn drop(&mut self) {
        match self {
            Self::None => {}
            Self::StressNg(child) => {
                // Unlike a kill, this makes it end its own children too.
                let asked = kill_process(Pid::from_child(child), Signal::TERM);
                if asked.is_err() {
                    let _ = child.kill();
                }
                let _ = child.wait();
            }
            Self::Spinning(over, threads) => {
                over.store(true, Ordering::Relaxed);
                for thread in threads.drain(..) {
                    let _ = thread.join();
                }
            }
        }
    }
}
