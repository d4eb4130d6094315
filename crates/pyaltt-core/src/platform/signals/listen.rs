//! Signals for the layers above, told by one thread of the process, which is there while anybody listens.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use nix::errno::Errno;
use nix::sys::signal::{Signal as Number, raise};

use super::caught::{LISTENS, slot};
use super::disposition::{Earlier, acts_by_default, catch, release};

/// Signals that a handler cannot return from: the code that has caused them would cause them again.
const FAULTS: [Number; 4] = [Number::SIGSEGV, Number::SIGBUS, Number::SIGFPE, Number::SIGILL];

/// Is told of a signal, on the thread that listens, and must not wait. `Break` ends the listening: from the next one on,
/// the signal does what it did before.
pub type Heard = dyn Fn(i32) -> ControlFlow<()> + Send + Sync;

/// Listens to signals until it is dropped.
#[derive(Debug)]
pub struct Listening(u64);

struct Listener {
    id: u64,
    /// With how many of each it was told of.
    numbers: Vec<(Number, u32)>,
    heard: Arc<Heard>,
}

struct Listeners {
    next: u64,
    all: Vec<Listener>,
}

static LISTENERS: Mutex<Listeners> = Mutex::new(Listeners { next: 0, all: Vec::new() });
/// The thread, and how many there are who listen. It is never locked by that thread.
static THREAD: Mutex<(usize, Option<JoinHandle<()>>)> = Mutex::new((0, None));
static ENDS: AtomicBool = AtomicBool::new(false);

/// Catches these signals, beside the handlers that the program has for them, and tells of each that comes from now on.
///
/// # Errors
///
/// If there is no such signal or it cannot be caught, or if there are no files or threads left.
pub fn listen(numbers: &[i32], heard: Arc<Heard>) -> io::Result<Listening> {
    let mut wanted = Vec::new();
    for number in numbers {
        let number = Number::try_from(*number)?;
        if FAULTS.contains(&number) {
            return Err(Errno::EINVAL.into());
        }
        wanted.push(number);
    }
    wanted.sort_unstable();
    wanted.dedup();
    LISTENS.open()?;
    let id = {
        let mut listeners = lock(&LISTENERS);
        listeners.next += 1;
        let id = listeners.next;
        listeners.all.push(Listener { id, numbers: Vec::new(), heard });
        id
    };
    // From here on its drop undoes what was done.
    let listening = Listening::begin(id)?;
    for number in wanted {
        let seen = slot(number as i32).count.load(Ordering::SeqCst);
        catch(number, Earlier::Called)?;
        let mut listeners = lock(&LISTENERS);
        if let Some(listener) = listeners.all.iter_mut().find(|listener| listener.id == id) {
            listener.numbers.push((number, seen));
        }
    }
    // One may have come before it was on the list.
    LISTENS.ring();
    Ok(listening)
}

impl Listening {
    fn begin(id: u64) -> io::Result<Self> {
        let mut thread = lock(&THREAD);
        if thread.1.is_none() {
            let spawned = thread::Builder::new().name("signals".to_owned()).spawn(run);
            match spawned {
                Ok(spawned) => thread.1 = Some(spawned),
                Err(error) => {
                    drop(thread);
                    end(id);
                    return Err(error);
                }
            }
        }
        thread.0 += 1;
        Ok(Self(id))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        end(self.0);
        let mut thread = lock(&THREAD);
        thread.0 -= 1;
        if thread.0 == 0
            && let Some(ended) = thread.1.take()
        {
            ENDS.store(true, Ordering::SeqCst);
            LISTENS.ring();
            // It cannot fail: what it runs does not panic.
            let _ = ended.join();
            ENDS.store(false, Ordering::SeqCst);
        }
    }
}

/// The thread.
fn run() {
    let Ok(pipe) = LISTENS.open() else { return };
    while !ENDS.load(Ordering::SeqCst) {
        pipe.wait();
        // Before the counts are read: the handler counts and then rings.
        pipe.empty();
        tell_all();
    }
}

fn tell_all() {
    let mut news = news().into_iter();
    while let Some((id, number, heard)) = news.next() {
        if heard(number as i32).is_continue() {
            continue;
        }
        // Those that were caught up to its end and not told it have to do what they do without it.
        let late = end(id).into_iter().chain(news.clone().filter(|new| new.0 == id).map(|new| new.1));
        let late: Vec<_> = late.filter(|number| acts_by_default(*number)).collect();
        for number in late {
            let _ = raise(number);
        }
        let others: Vec<_> = news.filter(|new| new.0 != id).collect();
        news = others.into_iter();
    }
}

/// Takes what was not told yet: to whom, and which signal, as often as it has come.
fn news() -> Vec<(u64, Number, Arc<Heard>)> {
    let mut news = Vec::new();
    for Listener { id, numbers, heard } in &mut lock(&LISTENERS).all {
        for (number, seen) in numbers {
            let count = slot(*number as i32).count.load(Ordering::SeqCst);
            let times = count.wrapping_sub(std::mem::replace(seen, count));
            news.extend((0..times).map(|_| (*id, *number, Arc::clone(heard))));
        }
    }
    news
}

/// Takes a listener out. Returns the signals that were caught after the last look.
fn end(id: u64) -> Vec<Number> {
    let ended = {
        let mut listeners = lock(&LISTENERS);
        let place = listeners.all.iter().position(|listener| listener.id == id);
        place.map(|place| listeners.all.remove(place))
    };
    let mut late = Vec::new();
    for (number, seen) in ended.into_iter().flat_map(|listener| listener.numbers) {
        release(number, Earlier::Called);
        if slot(number as i32).count.load(Ordering::SeqCst) != seen {
            late.push(number);
        }
    }
    late
}

/// What is locked stays correct when a thread panics, so a poisoned lock is as good as any.
fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
