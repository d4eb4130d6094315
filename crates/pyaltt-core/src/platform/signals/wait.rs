//! Waiting for the signals that ask a program to end.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal as Number;

use super::caught::{FIRST, WAITS as PIPE};
use super::disposition::{Earlier, catch, release};

/// How often to look for a signal when there is no pipe, because the process has used up its files.
const WITHOUT_PIPE: Duration = Duration::from_millis(50);

const NUMBERS: [Number; 2] = [Number::SIGINT, Number::SIGTERM];

/// A signal: those that ask the program to end, as [`wait_for_signal`] returns them, and some that programs use otherwise.
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
/// assert_eq!(i32::from(Signal::Hangup), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT, which a terminal sends when Ctrl-C is pressed.
    Interrupt,
    /// SIGTERM, which `kill`, service managers and container runtimes send.
    Terminate,
    /// SIGHUP, at which services read their configuration again. A terminal sends it when it is closed.
    Hangup,
    /// SIGUSR1, which means what the program says.
    User1,
    /// SIGUSR2, which means what the program says.
    User2,
}

impl Signal {
    fn as_number(self) -> Number {
        match self {
            Self::Interrupt => Number::SIGINT,
            Self::Terminate => Number::SIGTERM,
            Self::Hangup => Number::SIGHUP,
            Self::User1 => Number::SIGUSR1,
            Self::User2 => Number::SIGUSR2,
        }
    }
}

/// The number that the system has for it.
impl From<Signal> for i32 {
    fn from(signal: Signal) -> Self {
        signal.as_number() as Self
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_number().as_str())
    }
}

static WAITS: Mutex<Waits> = Mutex::new(Waits { callers: 0, caught: Vec::new() });
/// Notified when the last caller has left.
static LEFT: Condvar = Condvar::new();

struct Waits {
    /// How many threads wait.
    callers: usize,
    /// The signals that are caught for them.
    caught: Vec<Number>,
}

/// Blocks the calling thread until the process gets SIGINT (Ctrl-C) or SIGTERM, and returns which.
///
/// The rest of a service's `main` is what it does then: drain its workers, or [`exit`](crate::exit).
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

fn begin() {
    let mut waits = lock();
    // Earlier callers are still being told of a signal, which is none of this call's.
    while waits.callers > 0 && FIRST.load(Ordering::SeqCst) != 0 {
        waits = LEFT.wait(waits).unwrap_or_else(PoisonError::into_inner);
    }
    waits.callers += 1;
    if waits.callers > 1 {
        return;
    }
    FIRST.store(0, Ordering::SeqCst);
    // Before the handler can run, because the handler does not open it.
    let _ = PIPE.open();
    for number in NUMBERS {
        match catch(number, Earlier::Replaced) {
            Ok(()) => waits.caught.push(number),
            Err(error) => log!(error, %number, %error, "the signal cannot be caught"),
        }
    }
}

/// Blocks until there is a signal.
fn blocked() -> Signal {
    loop {
        let number = FIRST.load(Ordering::SeqCst);
        match (number, PIPE.open()) {
            (0, Ok(pipe)) => {
                pipe.wait();
                // A byte of an earlier signal may be left.
                if FIRST.load(Ordering::SeqCst) == 0 {
                    pipe.empty();
                }
            }
            (0, Err(_)) => thread::sleep(WITHOUT_PIPE),
            (number, _) => {
                // Another caller may have emptied the pipe before it saw the number.
                PIPE.ring();
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
    for number in waits.caught.drain(..) {
        release(number, Earlier::Replaced);
    }
    LEFT.notify_all();
}

/// What is locked stays correct when a thread panics, so a poisoned lock is as good as any.
fn lock() -> MutexGuard<'static, Waits> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}
