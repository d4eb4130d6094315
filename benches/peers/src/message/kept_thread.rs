//! A bare thread that is started again by hand, by another thread that keeps it.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use pyaltt_benches::contender::Contender;
use pyaltt_benches::workload::mass_restart::{self, Crowd, Started};
use pyaltt_benches::workload::restart::Failing;
use pyaltt_benches::workload::waiting;

pub(super) fn take_part(contender: Contender) -> Contender {
    contender.restarts(keep).waits_and_stops(backing_off, end_backoff).restarts_in_masses(keep_all)
}

/// Spawns a thread for each run, and joins it.
#[expect(clippy::unnecessary_wraps, reason = "others may fail to start")]
fn keep(failing: Failing, _turns: usize) -> Result<Box<dyn Any>, String> {
    let keeper = thread::spawn(move || {
        loop {
            let failing = failing.clone();
            let run = thread::spawn(move || failing.turn());
            if let Ok(Ok(())) = run.join() {
                break;
            }
        }
    });
    Ok(Box::new(keeper))
}

/// A thread that parks for the time of a backoff, or until its flag is set.
type BackingOff = (Arc<AtomicBool>, JoinHandle<()>);

#[expect(clippy::unnecessary_wraps, reason = "others may fail to start")]
fn backing_off() -> Result<BackingOff, String> {
    let is_over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_over);
    let thread = thread::spawn(move || {
        let until = Instant::now() + waiting::BACKOFF;
        while !seen.load(Ordering::Acquire) && Instant::now() < until {
            thread::park_timeout(until.saturating_duration_since(Instant::now()));
        }
    });
    Ok((is_over, thread))
}

fn end_backoff((is_over, thread): BackingOff) {
    is_over.store(true, Ordering::Release);
    thread.thread().unpark();
    thread.join().expect("it does nothing");
}

/// A door behind which threads sleep.
type Door = Arc<(Mutex<bool>, Condvar)>;

fn sleep_behind(door: &Door) {
    let open = door.0.lock().expect("nobody panics with it");
    drop(door.1.wait_while(open, |open| !*open).expect("nobody panics with it"));
}

fn open(door: &Door) {
    *door.0.lock().expect("nobody panics with it") = true;
    door.1.notify_all();
}

/// One keeper for very many threads: it joins each that has failed, and spawns it again after the backoff.
#[expect(clippy::unnecessary_wraps, reason = "others may fail to start")]
fn keep_all(count: usize, crowd: &Arc<Crowd>) -> Result<Started, String> {
    let (first, second) = (Door::default(), Door::default());
    let (fails, failed) = mpsc::channel();
    let run = |number: usize| {
        let (door, fails) = (Arc::clone(&first), fails.clone());
        thread::spawn(move || {
            sleep_behind(&door);
            _ = fails.send((number, Instant::now()));
        })
    };
    let mut runs: Vec<Option<JoinHandle<()>>> = (0..count).map(|number| Some(run(number))).collect();
    drop(fails);
    let (crowd, last) = (Arc::clone(crowd), Arc::clone(&second));
    let keeper = thread::spawn(move || {
        let mut due = VecDeque::new();
        let mut again = Vec::with_capacity(count);
        while again.len() < count {
            let next = due.front().copied().unwrap_or_else(|| Instant::now() + waiting::BACKOFF);
            let wait = next.saturating_duration_since(Instant::now());
            match failed.recv_timeout(wait) {
                Ok((number, at)) => {
                    let joined = runs[number].take().map(JoinHandle::join);
                    joined.expect("it fails once").expect("it does not panic");
                    due.push_back(at + mass_restart::BACKOFF);
                }
                // All have failed.
                Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(wait),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            while due.front().is_some_and(|due| *due <= Instant::now()) {
                due.pop_front();
                let (crowd, door) = (Arc::clone(&crowd), Arc::clone(&last));
                again.push(thread::spawn(move || {
                    crowd.arrive();
                    sleep_behind(&door);
                }));
            }
        }
        again
    });
    let kept = Kept { keeper: Some(keeper), door: second };
    Ok((Box::new(move || open(&first)), Box::new(kept)))
}

/// The keeper, and the door behind which the threads sleep that run again.
struct Kept {
    keeper: Option<JoinHandle<Vec<JoinHandle<()>>>>,
    door: Door,
}

impl Drop for Kept {
    fn drop(&mut self) {
        open(&self.door);
        let again = self.keeper.take().and_then(|keeper| keeper.join().ok());
        for thread in again.into_iter().flatten() {
            let _ = thread.join();
        }
    }
}
