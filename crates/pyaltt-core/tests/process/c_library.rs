//! What the cases call of the C library, because the standard library does not offer it.
#![expect(unsafe_code, reason = "the standard library has no atexit and no fork")]

use std::ffi::c_int;

// SAFETY: these are the declarations in ISO C and POSIX. `atexit` has no precondition. A child of `fork` may call what
// takes no lock that another thread of the parent may have held; the cases that fork print and exit.
unsafe extern "C" {
    pub(crate) safe fn atexit(handler: extern "C" fn()) -> c_int;
    pub(crate) safe fn fork() -> c_int;
}
