//! The touching of a stack's pages, so that they are there when they are needed.

use std::hint::black_box;
use std::ptr;

use crate::report::Answer;

/// No machine has smaller pages, so a step of this size leaves none out.
const PAGE: usize = 4096;

/// What a thread needs of its stack besides: the frames below, thread-local storage, and one step too many.
const RESERVE: usize = 128 * 1024;

/// The largest part of a stack that can be asked for: with the reserve, it is still a size.
pub(crate) const LARGEST: usize = isize::MAX.unsigned_abs() - RESERVE;

/// The smallest stack on which `bytes` have room.
pub(crate) fn size_for(bytes: usize) -> usize {
    bytes.saturating_add(RESERVE)
}

/// Touches `bytes` of the stack of the calling thread, if it is known to be large enough.
pub(crate) fn prefault(bytes: usize, size: Option<usize>) -> Answer {
    match size {
        Some(size) if size >= size_for(bytes) => {
            deeper(ptr::from_ref(&bytes).addr(), bytes);
            Answer::granted(format!("{bytes} bytes touched"))
        }
        Some(size) => Answer::refused().needs(format!("a stack of {} bytes (now {size})", size_for(bytes))),
        None => Answer::refused()
            .needs(format!("to know that the stack has {} bytes: apply_on_stack says so", size_for(bytes))),
    }
}

/// Writes a page in this frame, and goes on in the next until it is `bytes` away from `top`.
#[inline(never)]
fn deeper(top: usize, bytes: usize) {
    let mut page = [0_u8; PAGE];
    let here = ptr::from_mut(black_box(&mut page)).addr();
    if top.abs_diff(here) < bytes {
        deeper(top, bytes);
    }
    // The frame is in use until the deeper ones have returned, so the call cannot become a loop on one frame.
    black_box(&page);
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::{RtFeature, RtReport};

    #[test]
    fn a_stack_that_just_fits_is_touched_and_does_not_overflow() {
        for bytes in [0, 1, PAGE, 1 << 20] {
            let size = size_for(bytes);
            let thread = thread::Builder::new().stack_size(size);
            let answer = thread.spawn(move || prefault(bytes, Some(size))).unwrap().join().unwrap();
            let mut report = RtReport::default();
            report.push(RtFeature::Stack, &bytes, answer);
            assert!(report.is_complete(), "{report}");
        }
    }
}
