//! Workers that a factory makes for each run: where they live, and what happens when one cannot be made.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, ThreadId};

use pyaltt::prelude::*;
use pyaltt::{event_from, looped_from, queue_from};

type Done = Result<(), BoxError>;

/// Reports the threads on which it is made, runs and is dropped. It is not `Send`.
struct Local {
    _not_send: Rc<()>,
    seen: Sender<(&'static str, ThreadId)>,
}

impl Local {
    fn new(seen: &Sender<(&'static str, ThreadId)>) -> Self {
        let local = Self { _not_send: Rc::new(()), seen: seen.clone() };
        local.report("made");
        local
    }

    fn report(&self, what: &'static str) {
        let _ = self.seen.send((what, thread::current().id()));
    }
}

impl Worker for Local {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        self.report("run");
        Ok(Flow::Stop)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.report("dropped");
    }
}

#[test]
fn a_worker_is_made_for_each_run_and_never_leaves_its_thread() -> Done {
    let (sender, seen) = mpsc::channel();
    let worker = BackgroundWorker::factory(move || Local::new(&sender)).build()?;
    assert_eq!(worker.name(), "Local");
    assert!(seen.try_recv().is_err(), "nothing is made before the start");
    for _run in 0..2 {
        worker.start()?;
        assert_eq!(worker.wait()?.turns, 1);
        let seen: Vec<_> = seen.try_iter().collect();
        assert_eq!(seen.iter().map(|(what, _)| *what).collect::<Vec<_>>(), ["made", "run", "dropped"]);
        assert!(seen.iter().all(|(_, thread)| *thread == seen[0].1 && *thread != thread::current().id()));
    }
    Ok(())
}

#[test]
fn a_factory_that_fails_or_panics_fails_the_start_and_loses_no_task() -> Done {
    let mut attempts = 0;
    let worker = queue_from(move || {
        attempts += 1;
        match attempts {
            1 => Err("the port is busy".into()),
            2 => panic!("no port at all"),
            _ => Ok(|_line: &str, _cx: &mut Context| ()),
        }
    })
    .build()?;
    worker.put("G1 X10")?;
    for text in ["the port is busy", "panicked: no port at all"] {
        let Err(StartError::Factory(error)) = worker.start() else { panic!("no worker can be made") };
        assert_eq!(error.to_string(), format!("worker {:?}, factory: {text}", worker.name()));
        assert_eq!((worker.state(), worker.len(), worker.stats().runs), (State::Stopped, 1, 0));
    }
    worker.start()?;
    assert_eq!(worker.drain()?.turns, 1);
    Ok(())
}

#[test]
fn a_destructor_of_a_made_worker_that_panics_harms_no_run() -> Done {
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("bang");
        }
    }

    let worker = event_from(|| {
        let bomb = Bomb;
        Ok(move |_trigger, _cx: &mut Context| {
            let _ = &bomb;
            false
        })
    })
    .build()?;
    for _run in 0..2 {
        worker.trigger();
        worker.start()?;
        let exit = worker.wait()?;
        assert_eq!((exit.reason, exit.turns, exit.panics), (ExitReason::Finished, 1, 0));
    }
    Ok(())
}

#[test]
fn there_is_no_made_worker_to_take_back() -> Done {
    let (sender, _seen) = mpsc::channel();
    let worker = BackgroundWorker::factory(move || Local::new(&sender)).build()?;
    worker.start()?;
    worker.wait()?;
    // The handle comes back and is as good as before. (`Local` is not `Send`, so its type cannot even be asked for.)
    let handle = Handle::from(worker).into_inner::<Plain>().err().ok_or("a worker that nobody made")?;
    handle.start()?;
    assert_eq!(handle.wait()?.run, 2);
    Ok(())
}

struct Plain;

impl Worker for Plain {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        Ok(Flow::Stop)
    }
}

#[test]
fn closures_begin_anew_with_each_run() -> Done {
    let (counts, seen) = mpsc::channel();
    let worker = looped_from(move || {
        let (count, counts) = (Rc::new(Cell::new(0)), counts.clone());
        Ok(move |_tick, _cx: &mut Context| {
            count.set(count.get() + 1);
            let _ = counts.send(count.get());
            count.get() < 2
        })
    })
    .build()?;
    for _run in 0..2 {
        worker.start()?;
        worker.wait()?;
    }
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), [1, 2, 1, 2]);
    Ok(())
}
