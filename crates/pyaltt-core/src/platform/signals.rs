//! Waiting for the signals that ask a program to end.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal as Number};

use super::sys;

/// How often to look for a signal when there is no pipe, because the process has used up its files.
const WITHOUT_PIPE: Duration = Duration::from_millis(50);

const NUMBERS: [Number; 2] = [Number::SIGINT, Number::SIGTERM];

/// A signal that asks the program to end, as [`wait_for_signal`] returns it.
///
/// Unix only, with the feature `signals`.
///
/// # Examples
///
/// ```
/// use pyaltt::Signal;
///
/// fn exit_code(signal: Signal) -> i32 {
///     match signal {
///         Signal::Interrupt => 130,
///         _ => 143,
///     }
/// }
/// assert_eq!(exit_code(Signal::Terminate), 143);
/// assert_eq!(Signal::Interrupt.to_string(), "SIGINT");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT, which a terminal sends when Ctrl-C is pressed.
    Interrupt,
    /// SIGTERM, which `kill`, service managers and container runtimes send.
    Terminate,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

/// The first signal that came since the first of the present callers began to wait; 0 if none did.
static CAUGHT: AtomicI32 = AtomicI32::new(0);
static WAITS: Mutex<Waits> = Mutex::new(Waits { callers: 0, before: Vec::new() });
/// Notified when the last caller has left.
static LEFT: Condvar = Condvar::new();

struct Waits {
    /// How many threads wait.
    callers: usize,
    /// What the process did at each signal before the first of them came.
    before: Vec<(Number, SigAction)>,
}

/// Blocks the calling thread until the process gets SIGINT (Ctrl-C) or SIGTERM, and returns which.
///
/// The rest of a service's `main` is what it does then: drain its workers, or [`exit`](super::process_exit::exit).
/// Before and after the call the signals do what they did without it. So they end the process until `main` waits, and a
/// second Ctrl-C ends a shutdown that takes too long. While a thread waits, this replaces whatever the program has set
/// for these signals, also if they were ignored, and restores it when the last waiting thread has been told.
///
/// Several threads can wait, and each is told of the signal. Signals that come between the first one and the return are
/// the same one. Call it on the thread of `main` or on one of your own: a worker that waits here in a turn does not hear
/// of its stop.
///
/// Unix only, with the feature `signals`. There is no such function elsewhere.
///
/// # Examples
///
/// It waits for somebody to press Ctrl-C, so this example is only compiled:
///
/// ```no_run
/// use pyaltt::prelude::*;
///
/// fn main() -> Result<(), BoxError> {
///     let mail = queue(|letter: String, _cx| println!("{letter}")).start()?;
///     mail.put("dear Sir".into())?;
///     let signal = pyaltt::wait_for_signal();
///     eprintln!("{signal}: delivering the rest. Press Ctrl-C to leave it.");
///     mail.drain()?;
///     Ok(())
/// }
/// ```
pub fn wait_for_signal() -> Signal {
    begin();
    let signal = blocked();
    end();
    signal
}

/// The signal handler. It may interrupt any code, so it only stores a number and writes to a pipe.
extern "C" fn caught(number: i32) {
    let errno = Errno::last_raw();
    let _ = CAUGHT.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst);
    if let Some(pipe) = PIPE.get().and_then(Option::as_ref) {
        pipe.ring();
    }
    Errno::set_raw(errno);
}

fn begin() {
    let mut waits = lock();
    // Earlier callers are still being told of a signal, which is none of this call's.
    while waits.callers > 0 && CAUGHT.load(Ordering::SeqCst) != 0 {
        waits = LEFT.wait(waits).unwrap_or_else(PoisonError::into_inner);
    }
    waits.callers += 1;
    if waits.callers > 1 {
        return;
    }
    CAUGHT.store(0, Ordering::SeqCst);
    // Before the handler can run, because the handler does not open it.
    Pipe::get();
    let catch = SigAction::new(SigHandler::Handler(caught), SaFlags::SA_RESTART, SigSet::empty());
    for number in NUMBERS {
        match sys::set_action(number, &catch) {
            Ok(before) => waits.before.push((number, before)),
            Err(error) => log!(error, %number, %error, "the signal cannot be caught"),
        }
    }
}

/// Blocks until there is a signal.
fn blocked() -> Signal {
    loop {
        let number = CAUGHT.load(Ordering::SeqCst);
        match (number, Pipe::get()) {
            (0, Some(pipe)) => pipe.wait(),
            (0, None) => thread::sleep(WITHOUT_PIPE),
            (number, pipe) => {
                // Another caller may have emptied the pipe before it saw the number.
                if let Some(pipe) = pipe {
                    pipe.ring();
                }
                let interrupt = number == Number::SIGINT as i32;
                return if interrupt { Signal::Interrupt } else { Signal::Terminate };
            }
        }
    }
}

fn end() {
    let mut waits = lock();
    waits.callers -= 1;
    if waits.callers > 0 {
        return;
    }
    for (number, before) in waits.before.drain(..) {
        // If somebody else has set a handler meanwhile, that one holds.
        if let Ok(replaced) = sys::set_action(number, &before)
            && !is_ours(&replaced)
        {
            let _ = sys::set_action(number, &replaced);
        }
    }
    LEFT.notify_all();
}

fn is_ours(action: &SigAction) -> bool {
    match action.handler() {
        SigHandler::Handler(handler) => ptr::fn_addr_eq(handler, caught as extern "C" fn(i32)),
        _ => false,
    }
}

/// Leads from the handler to the callers. It lives as long as the process, because a handler may still be about to
/// write to it.
struct Pipe {
    reader: UnixStream,
    writer: UnixStream,
}

static PIPE: OnceLock<Option<Pipe>> = OnceLock::new();

impl Pipe {
    fn get() -> Option<&'static Self> {
        PIPE.get_or_init(|| Self::open().ok()).as_ref()
    }

    fn open() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(Self { reader, writer })
    }

    /// Wakes the callers. Does no more than `write` does.
    fn ring(&self) {
        let mut writer = &self.writer;
        // It can fail only if the pipe is full, and then the callers are awake already.
        let _ = writer.write(&[0]);
    }

    /// Blocks until `ring` is called, maybe for less long.
    fn wait(&self) {
        let _ = poll(&mut [PollFd::new(self.reader.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
        // A byte of an earlier signal may be left.
        if CAUGHT.load(Ordering::SeqCst) == 0 {
            let mut reader = &self.reader;
            while matches!(reader.read(&mut [0; 64]), Ok(1..)) {}
        }
    }
}

/// What is locked stays correct when a thread panics, so a poisoned lock is as good as any.
fn lock() -> MutexGuard<'static, Waits> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}
