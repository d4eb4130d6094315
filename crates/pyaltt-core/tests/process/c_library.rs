//! What the cases call of the C library, because the standard library does not offer it.
#![expect(unsafe_code, reason = "the standard library has no atexit, no fork and no signal")]

use std::ffi::c_int;

// SAFETY: these are the declarations in ISO C and POSIX. `atexit` has no precondition. A child of `fork` may call what
// takes no lock that another thread of the parent may have held; the cases that fork print and exit. `signal` takes a
// handler as an address: 0 is SIG_DFL.
unsafe extern "C" {
    pub(crate) safe fn atexit(handler: extern "C" fn()) -> c_int;
    pub(crate) safe fn fork() -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
}

/// Lets SIGINT end the process. A shell without job control starts its background jobs with SIGINT ignored, and the
/// tests may run in one.
pub(crate) fn let_sigint_end_the_process() {
    // SAFETY: SIG_DFL is a valid action for SIGINT, and no handler of this process is lost: it has set none.
    unsafe { signal(2, 0) };
}
