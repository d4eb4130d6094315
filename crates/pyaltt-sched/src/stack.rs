//! Touches the pages of a stack, so that they are mapped before they are needed.

use std::hint::black_box;
use std::ptr;

use crate::answer::Answer;

/// No supported machine has smaller pages, so a step of this size skips none.
const PAGE: usize = 4096;

/// What else a thread needs of its stack: the frames below, thread-local storage, and one step beyond the end.
const RESERVE: usize = 128 * 1024;

/// The largest part of a stack that can be asked for: with the reserve it still fits a size.
pub(crate) const LARGEST: usize = isize::MAX.unsigned_abs() - RESERVE;

/// Returns the smallest stack that has room for `bytes`.
pub(crate) fn size_for(bytes: usize) -> usize {
    bytes.saturating_add(RESERVE)
}

/// Touches `bytes` of the calling thread's stack, if the stack is known to be large enough.
pub(crate) fn prefault(bytes: usize, size: Option<usize>) -> Answer {
    match size {
        Some(size) if size >= size_for(bytes) => {
            deeper(ptr::from_ref(&bytes).addr(), bytes);
            Answer::granted(format!("{bytes} bytes touched"))
        }
        Some(size) => Answer::refused().needs(format!("a stack of {} bytes (now {size})", size_for(bytes))),
        None => Answer::refused()
            .needs(format!("a stack known to have {} bytes: use apply_on_stack", size_for(bytes))),
    }
}

/// Writes a page in this frame, then recurses until the frame is `bytes` away from `top`.
#[inline(never)]
fn deeper(top: usize, bytes: usize) {
    let mut page = [0_u8; PAGE];
    let here = ptr::from_mut(black_box(&mut page)).addr();
    if top.abs_diff(here) < bytes {
        deeper(top, bytes);
    }
    // Using the page after the call keeps the compiler from turning the recursion into a loop on one frame.
    black_box(&page);
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::answer::RtOutcome;

    #[test]
    fn a_stack_that_just_fits_is_touched_and_does_not_overflow() {
        for bytes in [0, 1, PAGE, 1 << 20] {
            let size = size_for(bytes);
            let thread = thread::Builder::new().stack_size(size);
            let answer = thread.spawn(move || prefault(bytes, Some(size))).unwrap().join().unwrap();
            assert_eq!(answer.outcome, RtOutcome::Granted, "{answer:?}");
        }
    }
}
