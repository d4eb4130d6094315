//! System calls that the standard library does not offer: the only module with `unsafe` in it.
#![expect(
    unsafe_code,
    reason = "the standard library has no safe wrappers for atexit, exit in a handler, _exit and sigaction"
)]

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::OnceLock;

// SAFETY: these are the declarations in ISO C and POSIX, `int atexit(void (*)(void))`, `void exit(int)` and
// `void _exit(int)`. The standard library links the C library on every target that has one. `atexit` and `_exit` have
// no precondition, so they are safe to call.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn exit(code: c_int) -> !;
    safe fn _exit(code: c_int) -> !;
}

thread_local! {
    /// Whether this thread is the one on which the C library runs the hook, and the handlers that follow it.
    static RUNS_HANDLERS: Cell<bool> = const { Cell::new(false) };
}

static HOOK: OnceLock<fn()> = OnceLock::new();

/// Registers `hook` to be called when the process ends by a return from `main` or by `process::exit`. Only the first
/// hook is kept. Returns whether the C library accepted it. A panic in the hook aborts, as in any `extern "C"` function.
pub(crate) fn at_exit(hook: fn()) -> bool {
    extern "C" fn run_hook() {
        RUNS_HANDLERS.set(true);
        if let Some(hook) = HOOK.get() {
            hook();
        }
    }
    HOOK.set(hook).is_ok() && atexit(run_hook) == 0
}

/// Whether the process is ending on the calling thread: the hook has been called on it.
pub(crate) fn runs_handlers() -> bool {
    RUNS_HANDLERS.get()
}

/// Ends the process with `code`. On a thread that runs the hook, the handlers that are left run first if the C library
/// promises that; this is how the exit code of a process is changed while it ends. Anywhere else no handler runs.
pub(crate) fn end(code: i32) -> ! {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if runs_handlers() {
        // SAFETY: `exit` must not run on two threads at once. Here it is running on this thread, which is inside one of
        // its handlers, and exit(3) of Linux says that another call then goes on with the handlers that are left.
        unsafe { exit(code) }
    }
    _exit(code)
}

/// Sets what the process does at a signal, and returns what it did before. A handler must be one of the library's, or
/// one that this function has returned.
#[cfg(all(unix, feature = "signals"))]
pub(crate) fn set_action(
    signal: nix::sys::signal::Signal,
    action: &nix::sys::signal::SigAction,
) -> nix::Result<nix::sys::signal::SigAction> {
    // SAFETY: a handler must only do what is safe whatever code it interrupts. The one in `signals/disposition.rs` uses
    // atomics, a thread-local without a destructor, `write` and `errno`, and calls what somebody else has set as a handler
    // before. Any other was set by somebody else, for this signal, and is only put back.
    unsafe { nix::sys::signal::sigaction(signal, action) }
}

/// Renames the calling thread for the kernel so that the name ends at a character boundary. Linux keeps 15 bytes, and
/// the standard library cuts there even in the middle of a character.
#[cfg(target_os = "linux")]
pub(crate) fn name_thread(name: &str) {
    const KEPT: usize = 15;
    if name.len() <= KEPT || name.is_char_boundary(KEPT) {
        return;
    }
    let end = (0..KEPT).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    if let Ok(name) = std::ffi::CString::new(name[..end].replace('\0', "?")) {
        // The name is for people who look at the process. The thread works without it.
        let _ = rustix::thread::set_name(&name);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn name_thread(_name: &str) {}
