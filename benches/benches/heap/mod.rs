//! Bytes on the heap, by an allocator that counts what is asked for. The figures are the same each time. The stack of a thread
//! is not in them.

use std::alloc::System;
use std::thread;
use std::time::{Duration, Instant};

use cap::Cap;
use pyaltt::BoxError;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// The difference between two crowds, one twice as large as the other, for each of them. So it leaves nothing that they share
/// in the figure, nor what was prepared for so many.
pub(crate) fn bytes_each<P, R>(
    width: usize,
    prepare: impl Fn(usize) -> P,
    start: impl Fn(P) -> Result<R, BoxError>,
) -> Result<i64, BoxError> {
    let of = |count: usize| {
        let prepared = prepare(count);
        let before = settled();
        let all = start(prepared)?;
        let after = settled();
        drop(all);
        Ok::<_, BoxError>(i64::try_from(after)? - i64::try_from(before)?)
    };
    // The first crowd makes the tables grow that all threads share.
    of(2 * width)?;
    let difference = of(2 * width)? - of(width)?;
    Ok(difference / i64::try_from(width)?)
}

/// What is allocated, once it no longer changes: a thread allocates a little after its start has returned.
fn settled() -> usize {
    let until = Instant::now() + Duration::from_secs(5);
    let mut last = HEAP.allocated();
    loop {
        thread::sleep(Duration::from_millis(50));
        let now = HEAP.allocated();
        if now == last || Instant::now() > until {
            return now;
        }
        last = now;
    }
}
