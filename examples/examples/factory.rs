//! A factory makes the worker on its own thread, at the start of each run, and it is dropped there at the end.
//! So the worker need not be `Send`, and making it may fail: then the start fails, and can be tried again.

use std::cell::Cell;
use std::io::{Error, ErrorKind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pyaltt::{prelude::*, queue_from};

/// A window, which like those of many toolkits must stay on one thread.
struct Window {
    title: Rc<str>,
    drawn: Rc<Cell<u32>>,
}

impl Worker for Window {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        self.drawn.set(self.drawn.get() + 1);
        println!("{}: frame {}", self.title, self.drawn.get());
        Ok(if self.drawn.get() < 3 { Flow::Continue } else { Flow::Stop })
    }
}

/// A serial port that another program holds when it is first opened.
fn open(attempts: &AtomicU32) -> Result<String, Error> {
    match attempts.fetch_add(1, Ordering::Relaxed) {
        0 => Err(Error::new(ErrorKind::ResourceBusy, "the port is busy")),
        _ => Ok("ttyS0".to_owned()),
    }
}

fn main() -> Result<(), BoxError> {
    let window =
        BackgroundWorker::factory(|| Window { title: "main".into(), drawn: Rc::default() }).build()?;
    for _run in 0..2 {
        window.start()?; // a new window for each run
        assert_eq!(window.wait()?.turns, 3);
    }

    let attempts = Arc::new(AtomicU32::new(0));
    let opened = Arc::clone(&attempts);
    let port = queue_from(move || {
        let port = open(&opened)?;
        Ok(move |line: String, _cx: &mut Context| println!("{port}: {line}"))
    })
    .build()?;
    port.put("G1 X10".to_owned())?;
    while let Err(error) = port.start() {
        println!("{error}");
        assert!(matches!(error, StartError::Factory(_)));
    }
    assert_eq!(port.drain()?.turns, 1, "a start that fails loses no task");
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
    Ok(())
}
