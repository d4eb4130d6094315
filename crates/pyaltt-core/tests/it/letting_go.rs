//! Point 11 of the seams: a detach that is taken back, and ends that a `select!` can wait for.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt_core::crossbeam_channel::{RecvTimeoutError, TryRecvError};
use pyaltt_core::{ExitReason, StartError, State, event, looped, queue};
use testkit::{OnDrop, Turnstile};

const LIMIT: Duration = Duration::from_secs(30);

/// 11. A detach that is taken back leaves the drop of the last handle as it was.
#[apply(bounded)]
fn an_attach_takes_a_detach_back() {
    for (detach, attach, runs_on) in [(false, false, false), (true, false, true), (true, true, false)] {
        let (note, notes) = mpsc::channel();
        let (rings, gone) = (note.clone(), OnDrop::new(move || note.send("gone").unwrap()));
        let worker = event(move |_trigger, _cx| {
            let _owned = &gone;
            rings.send("rung").unwrap();
            false
        });
        let worker = worker.start().unwrap();
        let alarm = worker.event().clone();
        if detach {
            worker.detach();
        }
        if attach {
            worker.attach();
        }
        drop(worker);
        if runs_on {
            alarm.set();
            assert_eq!(notes.recv_timeout(LIMIT), Ok("rung"));
        }
        assert_eq!(notes.recv_timeout(LIMIT), Ok("gone"), "detach {detach}, attach {attach}");
    }
}

/// 11. It disconnects at the end of the run in progress, for whatever reason, and carries nothing before.
#[apply(bounded)]
fn ended_disconnects_at_the_end_of_the_run() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = queue(move |task: u32, _cx| {
        held.pass();
        if task == 0 { Err("zero") } else { Ok(task < 10) }
    })
    .build()
    .unwrap();
    // Without a run there is no end to wait for.
    assert_eq!(worker.ended().try_recv(), Err(TryRecvError::Disconnected));
    for (task, reason) in [(0, ExitReason::Failed), (10, ExitReason::Finished), (1, ExitReason::Stopped)] {
        worker.start().unwrap();
        worker.put(task).unwrap();
        turnstile.wait();
        let (first, second) = (worker.ended(), worker.ended());
        assert_eq!(first.try_recv(), Err(TryRecvError::Empty));
        if reason == ExitReason::Stopped {
            worker.signal_stop();
        }
        turnstile.release();
        assert_eq!(first.recv_timeout(LIMIT), Err(RecvTimeoutError::Disconnected));
        // Published before it is told.
        assert_eq!((worker.state(), worker.last_exit().reason), (State::Stopped, reason));
        assert_eq!(second.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(worker.ended().try_recv(), Err(TryRecvError::Disconnected));
    }
}

/// 11. A start that fails ends what was in progress as well.
#[apply(bounded)]
fn ended_disconnects_when_a_start_fails() {
    let (turnstile, (tell, told)) = (Turnstile::new(), mpsc::channel());
    let held = turnstile.clone();
    let worker = pyaltt_core::looped_from(move || {
        held.pass();
        if true {
            return Err("no device".into());
        }
        Ok(|_tick, _cx: &mut pyaltt_core::Context| ())
    })
    .build()
    .unwrap();
    let starter = worker.clone();
    let start = std::thread::spawn(move || tell.send(starter.start()).unwrap());
    turnstile.wait();
    let ended = worker.ended();
    assert_eq!(ended.try_recv(), Err(TryRecvError::Empty), "it is starting");
    turnstile.release();
    assert_eq!(ended.recv_timeout(LIMIT), Err(RecvTimeoutError::Disconnected));
    assert!(matches!(told.recv().unwrap(), Err(StartError::Factory(_))));
    start.join().unwrap();
}

/// 11. The receiver of one run says nothing of the next.
#[apply(bounded)]
fn ended_belongs_to_one_run() {
    let worker = looped(|_tick, cx| cx.sleep(Duration::MAX)).build().unwrap();
    worker.start().unwrap();
    let first = worker.ended();
    worker.stop().unwrap();
    worker.start().unwrap();
    let second = worker.ended();
    assert_eq!(first.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(second.try_recv(), Err(TryRecvError::Empty));
    worker.stop().unwrap();
    assert_eq!(second.try_recv(), Err(TryRecvError::Disconnected));
}
