//! Plain threads, each with a flag that ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};

use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::workload::group::{signal, stuck, together};
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

pub(super) fn contender() -> Contender {
    let how = "std::thread: each parks until its flag is set; a start waits for a message of the thread, a stop sets the flag, \
               unparks and joins. A group is restarted by the stop of all in reverse and the start of all in order. Signals \
               come by signal_hook's iterator on the main thread";
    Contender::new(Kind::Bare, "thread", "bare threads", how)
        .orders(|order| {
            let start = |number| {
                let (begins, ends) = (Arc::clone(order), Arc::clone(order));
                Thread::start(move || begins.begins(number), move || ends.ends(number))
            };
            let threads: Vec<Thread> = (0..order.count()).map(start).collect();
            Ok(move || {
                threads.into_iter().rev().for_each(Thread::stop);
                Ok(())
            })
        })
        .restarts_together(|begins| {
            let begins = begins.clone();
            let start = move |number| {
                let begins = begins.clone();
                Thread::start(move || begins.say(number), || ())
            };
            let mut threads: Vec<Thread> = (0..together::SIZE).map(&start).collect();
            Ok(Box::new(move || {
                threads.drain(..).rev().for_each(Thread::stop);
                threads.extend((0..together::SIZE).map(&start));
                Ok(())
            }))
        })
        .not(stuck::STUCK, "the standard library has no join with a limit")
        .hears_signals(|told| {
            let mut signals = Signals::new([SIGTERM]).map_err(|error| error.to_string())?;
            let start = |_| {
                let told = told.clone();
                Thread::start(|| (), move || told.hears())
            };
            let threads: Vec<Thread> = (0..signal::SIZE).map(start).collect();
            told.is_ready();
            let _ = signals.forever().next();
            threads.into_iter().rev().for_each(Thread::stop);
            Ok(())
        })
}

/// A thread that sleeps until it is told to end.
struct Thread {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Thread {
    /// Returns when it is at work.
    fn start(begin: impl FnOnce() + Send + 'static, end: impl FnOnce() + Send + 'static) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_over);
        let (ready, is_ready) = channel();
        let thread = thread::spawn(move || {
            begin();
            // Whoever starts it waits for this.
            let _ = ready.send(());
            while !seen.load(Ordering::Acquire) {
                thread::park();
            }
            end();
        });
        is_ready.recv().expect("it says so");
        Self { is_over, thread }
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::Release);
        self.thread.thread().unpark();
        self.thread.join().expect("it does not panic");
    }
}
