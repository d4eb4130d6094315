//! Every way in which `main` can end, with a daemon or non-daemon worker that is idle, busy or hung.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pyaltt_core::{BackgroundWorker, Context, Exit, Flow, Handle, Tick, Turn, Worker};

use crate::case::Case;

/// How `main` ends, and with which code.
const ENDS: [(&str, fn(), i32); 3] = [
    ("main_returns", || (), 0),
    ("process_exit", || std::process::exit(7), 7),
    ("main_panics", || panic!("main panics"), 101),
];

#[derive(Clone, Copy, Debug)]
enum Doing {
    Idle,
    Busy,
    Hung,
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (end, ends, code) in ENDS {
        for daemon in [true, false] {
            for doing in [Doing::Idle, Doing::Busy, Doing::Hung] {
                let kind = if daemon { "daemon" } else { "non_daemon" };
                let name = format!("{end}_with_a_{kind}_that_is_{doing:?}").to_lowercase();
                let case = Case::new(name, move || run(ends, daemon, doing));
                // The process waits for a non-daemon worker, which ends because another thread stops it.
                let output = if daemon { "main\n" } else { "main\nended\n" };
                cases.push(case.prints(output).exits(code));
            }
        }
    }
    cases
}

struct Does {
    doing: Doing,
    began: mpsc::Sender<()>,
    hang: mpsc::Receiver<()>,
}

impl Worker for Does {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, cx: &mut Context) -> Turn {
        if cx.turn_number() == 1 {
            self.began.send(())?;
        }
        if let Doing::Hung = self.doing {
            let _ = self.hang.recv();
        }
        Ok(Flow::Continue)
    }

    fn after_stop(&mut self, _exit: &Exit) {
        println!("ended");
    }
}

fn run(ends: fn(), daemon: bool, doing: Doing) {
    let ((began, in_turn), (release, hang)) = (mpsc::channel(), mpsc::channel());
    let builder = BackgroundWorker::builder(Does { doing, began, hang }).daemon(daemon);
    let builder = match doing {
        Doing::Idle => builder.interval(Duration::MAX),
        Doing::Busy | Doing::Hung => builder,
    };
    let worker = builder.start().unwrap();
    worker.detach();
    in_turn.recv().unwrap();
    if daemon {
        // Nobody ends it, and nobody waits for it.
        std::mem::forget(release);
    } else {
        end_later(&worker, release);
    }
    println!("main");
    ends();
}

/// Ends the worker at a time when a process that does not wait would be gone.
fn end_later(worker: &Handle, release: mpsc::Sender<()>) {
    let worker = worker.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        worker.signal_stop();
        drop(release);
    });
}
