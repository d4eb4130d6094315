//! What the operating system gives and the standard library does not: the one module with `unsafe` in it.
#![expect(unsafe_code, reason = "the C library's atexit has no safe face in the standard library")]

use std::ffi::c_int;

// SAFETY: this is the declaration of ISO C, `int atexit(void (*)(void))`, from the C library that the
// standard library links on every target that has one. It has no precondition, so it is safe to call.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
}

/// Has `hook` called when the process ends by a return from `main` or by `process::exit`. Says whether the C
/// library took it. A panic in the hook aborts, as in any `extern "C"` function.
pub(crate) fn at_exit(hook: extern "C" fn()) -> bool {
    atexit(hook) == 0
}

/// Gives the kernel a name for the calling thread that is cut at a character and not in the middle of one:
/// Linux keeps 15 bytes, and the standard library has cut there whatever that left.
#[cfg(target_os = "linux")]
pub(crate) fn name_thread(name: &str) {
    const KEPT: usize = 15;
    if name.len() <= KEPT || name.is_char_boundary(KEPT) {
        return;
    }
    let end = (0..KEPT).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    if let Ok(name) = std::ffi::CString::new(name[..end].replace('\0', "?")) {
        // A thread without a name of its own works as well.
        let _ = rustix::thread::set_name(&name);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn name_thread(_name: &str) {}
