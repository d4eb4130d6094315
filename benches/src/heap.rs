//! Bytes on the heap: what each of a crowd has.

use std::any::Any;
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::BoxError;

/// The difference between two crowds, one twice as large as the other, for each of them. So it leaves nothing that they
/// share in the figure.
///
/// # Errors
///
/// Those of `start`, which makes a crowd of a size.
pub fn bytes_each(
    allocated: impl Fn() -> usize,
    count: usize,
    start: impl Fn(usize) -> Result<Box<dyn Any>, BoxError>,
) -> Result<i64, BoxError> {
    let of = |count: usize| {
        let before = settled(&allocated);
        let all = start(count)?;
        let after = settled(&allocated);
        drop(all);
        Ok::<_, BoxError>(i64::try_from(after)? - i64::try_from(before)?)
    };
    // The first crowd makes the tables grow that all threads share.
    of(2 * count)?;
    let difference = of(2 * count)? - of(count)?;
    Ok(difference / i64::try_from(count)?)
}

/// What is allocated, once it no longer changes: a thread allocates a little after its start has returned.
fn settled(allocated: impl Fn() -> usize) -> usize {
    let until = Instant::now() + Duration::from_secs(5);
    let mut last = allocated();
    loop {
        thread::sleep(Duration::from_millis(50));
        let now = allocated();
        if now == last || Instant::now() > until {
            return now;
        }
        last = now;
    }
}
