//! An end of the process that no worker can hold up.

use std::process;
use std::thread;
use std::time::{Duration, Instant};

use super::{at_exit, sys};

/// How long non-daemon workers have to end.
const WORKERS: Duration = Duration::from_secs(2);
/// How long the handlers of `atexit` have after that.
const HANDLERS: Duration = Duration::from_secs(5);

/// Ends the process with the exit code `code`, from any thread and at any time, also after `main` has returned.
///
/// Call it in place of [`std::process::exit`] in a program with non-daemon workers, wherever the call is not on the
/// thread of `main`: in a turn, in an error handler, on a thread that handles signals. There `std::process::exit` can
/// hang. The standard library lets one thread end the process and parks every other one that tries, for good. If the
/// first waits for a worker that is parked, neither goes on; and once `main` has returned, it is the first.
///
/// The call does this, in this order:
///
/// 1. It tells every non-daemon worker to stop, as if its last handle were dropped; the members of a group are told by that,
///    in order. The worker ends after its current turn and runs its stop hooks. Pending tasks are not run; call `drain`
///    before if they should be.
/// 2. It waits for these workers, for 2 seconds in all. It waits neither for the worker that makes the call, nor for
///    workers that call `exit` too. Daemons are not told and not waited for.
/// 3. It runs the handlers of the C library's `atexit`, as `std::process::exit` does (on Windows that runs none). If
///    `main` has returned, they run on its thread, otherwise on a new one. With another C library than glibc the exit code cannot be changed
///    there, so the process then ends without the handlers that are left.
/// 4. If a handler keeps the process for another 5 seconds, the process ends all the same.
///
/// The first call decides the exit code. A later one waits for the end of the process, as does one that comes when
/// the process has already waited for its workers and is about to end. If `std::process::exit` was called, or `main`
/// has returned, and that still waits for a worker, this call ends the wait and replaces the code.
///
/// No destructors run on any thread, as with `std::process::exit`. Do not call it in a signal handler, because it takes
/// locks; call it on a thread that waits for signals. In a forked child, whose parent had non-daemon workers, it ends
/// the child at once and runs no handler.
///
/// # Examples
///
/// ```
/// use pyaltt::prelude::*;
///
/// fn main() -> Result<(), BoxError> {
///     let disk = queue(|block: u64, _cx| if block < 100 { Ok(()) } else { Err("the disk is full") })
///         .daemon(false)
///         .on_error(|error| {
///             eprintln!("{error}");
///             pyaltt::exit(3) // std::process::exit would hang here once `main` has returned
///         })
///         .start()?;
///     disk.put(7)?;
///     disk.drain()?;
///     pyaltt::exit(0)
/// }
/// ```
pub fn exit(code: i32) -> ! {
    // The threads of a forked child's parent are not there, but their locks may be held.
    if at_exit::is_foreign() {
        sys::end(code);
    }
    // An `atexit` handler that calls this runs on the thread that ends the process. It must not wait for itself.
    if sys::runs_handlers() {
        sys::end(at_exit::code_or(code));
    }
    let is_first = at_exit::set_code(code);
    at_exit::register();
    // Only now that there is a code: the process might end with another one as soon as nobody waits for this thread.
    at_exit::leave();
    if !is_first {
        loop {
            thread::park();
        }
    }
    // On a thread of its own, so that nothing there can keep this one from ending the process: a lock that the caller
    // holds, a handler that hangs, or the standard library, which aborts if the thread on which `main` has returned
    // calls `process::exit` in the destructor of a thread-local.
    match thread::Builder::new().name("exit".to_owned()).spawn(move || end_in_order(code)) {
        Ok(_) => thread::sleep(WORKERS + HANDLERS),
        Err(_) => end_in_order(code),
    }
    sys::end(code)
}

fn end_in_order(code: i32) -> ! {
    at_exit::stop_all(Instant::now() + WORKERS);
    at_exit::decide();
    // If another thread is ending the process, this parks here, and the hook on that thread finds the code.
    process::exit(code)
}
