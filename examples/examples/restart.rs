//! A serial port that comes and goes: a factory opens it for each run, and a policy says that the worker runs again.
//! Whoever puts lines into the worker's queue sees nothing of that, and no line is lost.

use std::io::{Error, ErrorKind};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyaltt::{Then, prelude::*};

/// The machine behind the port, and the cable to it.
#[derive(Default)]
struct Machine {
    received: Vec<String>,
    is_unplugged: bool,
}

type Cable = Arc<Mutex<Machine>>;

/// The open port. As with a real one, an error is all that tells of a cable that was pulled out.
struct Port(Cable);

impl Port {
    fn open(cable: &Cable) -> Result<Self, Error> {
        if cable.lock().unwrap().is_unplugged {
            return Err(Error::new(ErrorKind::NotFound, "no such device"));
        }
        Ok(Self(Arc::clone(cable)))
    }

    fn write(&mut self, line: &str) -> Result<(), Error> {
        let mut machine = self.0.lock().unwrap();
        if machine.is_unplugged {
            return Err(Error::new(ErrorKind::BrokenPipe, "the port is gone"));
        }
        machine.received.push(line.to_owned());
        Ok(())
    }
}

struct Writer {
    port: Port,
    written: Sender<String>,
}

/// The line that was taken from the queue and is not written yet. It is in the worker's `o`, so it stays over restarts.
#[derive(Default)]
struct Unsent(Option<String>);

impl Writer {
    fn write_unsent(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let Some(Unsent(unsent)) = cx.o_mut() else { return Ok(()) };
        if let Some(line) = unsent {
            self.port.write(line)?;
            self.written.send(std::mem::take(line))?;
            *unsent = None;
        }
        Ok(())
    }
}

impl Worker for Writer {
    type Task = String;

    /// Called in each run. The line that the run before had in its hand comes first.
    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        self.write_unsent(cx)
    }

    fn run(&mut self, line: String, cx: &mut Context) -> Turn {
        if let Some(unsent) = cx.o_mut() {
            *unsent = Unsent(Some(line));
        }
        self.write_unsent(cx)?;
        Ok(Flow::Continue)
    }
}

fn start(
    cable: &Cable,
    written: Sender<String>,
    exits: Sender<Exit>,
) -> Result<BackgroundQueueWorker<String>, StartError> {
    let cable = Arc::clone(cable);
    BackgroundQueueWorker::try_factory(move || {
        Ok(Writer { port: Port::open(&cable)?, written: written.clone() })
    })
    .name("ttyUSB0")
    .o(Unsent::default())
    .restart(Restart::on_failure().backoff(Duration::from_millis(5)..Duration::from_millis(100)))
    .on_exit(move |exit| {
        if let (Some(error), Then::Again { after }) = (&exit.error, exit.then) {
            println!("{error}; the next attempt is in {after:?}");
        }
        let _ = exits.send(exit.clone());
    })
    .start() // returns the error of a port that was never there
}

fn main() -> Result<(), BoxError> {
    let cable = Cable::default();
    let (written, lines) = mpsc::channel();
    let (ended, exits) = mpsc::channel();
    let writer = start(&cable, written, ended)?;

    writer.put("G28".to_owned())?;
    println!("written: {}", lines.recv()?);

    println!("the cable is pulled out");
    cable.lock().unwrap().is_unplugged = true;
    for line in ["G1 X10", "G1 X20", "M400"] {
        writer.put(line.to_owned())?; // the queue stays open
    }
    let first = exits.recv()?;
    assert_eq!((first.reason, first.turns, first.restarts), (ExitReason::Failed, 2, 0));
    let second = exits.recv()?; // an attempt to open the port, which counts as a run without turns
    assert_eq!((second.reason, second.turns, second.restarts), (ExitReason::Failed, 0, 1));

    println!("the cable is plugged in again");
    cable.lock().unwrap().is_unplugged = false;
    for line in ["G1 X10", "G1 X20", "M400"] {
        let written = lines.recv()?;
        println!("written: {written}");
        assert_eq!(written, line, "no line is lost, and none is written twice");
    }
    let exit = writer.drain()?;
    assert!(exit.restarts >= 2);
    assert_eq!((exit.reason, exit.pending, exit.then), (ExitReason::Stopped, 0, Then::Rest));
    assert_eq!(writer.stats().restarts, exit.restarts);
    assert_eq!(cable.lock().unwrap().received, ["G28", "G1 X10", "G1 X20", "M400"]);

    // A stop does not wait for the end of a backoff, however long it is.
    cable.lock().unwrap().is_unplugged = true;
    assert!(matches!(writer.start(), Err(StartError::Factory(_))), "a first start is not retried");
    let pump = looped(|_tick, _cx| Err::<(), _>("no pressure"))
        .restart(Restart::on_failure().backoff(Duration::from_secs(3600)))
        .start()?;
    while pump.state() != State::Waiting {
        std::thread::yield_now();
    }
    let exit = pump.stop()?;
    println!("stopped in a backoff of an hour, after run {}", exit.run);
    assert_eq!((pump.state(), exit.reason), (State::Stopped, ExitReason::Failed));
    Ok(())
}
