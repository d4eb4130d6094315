//! System calls that the standard library does not offer: the only module with `unsafe` in it.
#![expect(unsafe_code, reason = "the standard library has no safe wrapper for the C library's atexit")]

use std::ffi::c_int;

// SAFETY: this is the declaration in ISO C, `int atexit(void (*)(void))`. The standard library links the C library on
// every target that has one. The function has no precondition, so it is safe to call.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
}

/// Registers `hook` to be called when the process ends by a return from `main` or by `process::exit`. Returns whether
/// the C library accepted it. A panic in the hook aborts, as in any `extern "C"` function.
pub(crate) fn at_exit(hook: extern "C" fn()) -> bool {
    atexit(hook) == 0
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
