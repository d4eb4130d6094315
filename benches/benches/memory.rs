//! The bytes that an idle worker of each kind has on the heap, without a restart policy and with one.
//!
//! A counting allocator counts what is asked for, so the figures are the same each time. The stack of a thread is not in
//! them.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::alloc::System;
use std::any::Any;
use std::time::Duration;

use cap::Cap;
use pyaltt::{BoxError, Restart, event, looped, queue};
use pyaltt_benches::heap::bytes_each;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// How much more a worker with a policy may need.
const MOST_FOR_A_POLICY: i64 = 256;

/// How many workers a crowd has; a tenth of them with `--test`, the smoke mode of criterion.
const WORKERS: usize = 1_000;

type Start = fn(Restart) -> Result<Box<dyn Any>, BoxError>;

const KINDS: [(&str, Start); 3] = [
    ("looped", |policy| {
        Ok(Box::new(
            looped(|_, _| ())
                .name("idle")
                .delay_before(Duration::from_secs(3_600))
                .restart(policy)
                .start()?,
        ))
    }),
    ("queue", |policy| Ok(Box::new(queue(|_: u64, _| ()).name("idle").restart(policy).start()?))),
    ("event", |policy| Ok(Box::new(event(|_, _| ()).name("idle").restart(policy).start()?))),
];

fn main() -> Result<(), BoxError> {
    let is_smoke = std::env::args().any(|arg| arg == "--test");
    let workers = if is_smoke { WORKERS / 10 } else { WORKERS };
    println!("| idle worker | bytes | with a policy | more |");
    println!("| --- | --- | --- | --- |");
    for (kind, start) in KINDS {
        let plain = bytes(workers, || start(Restart::never()))?;
        let with_policy = bytes(workers, || start(Restart::on_failure()))?;
        println!("| {kind} | {plain} | {with_policy} | {:+} |", with_policy - plain);
        if with_policy - plain > MOST_FOR_A_POLICY {
            return Err(format!("a policy costs a {kind} worker more than {MOST_FOR_A_POLICY} B").into());
        }
    }
    Ok(())
}

fn bytes(workers: usize, start: impl Fn() -> Result<Box<dyn Any>, BoxError>) -> Result<i64, BoxError> {
    let each = bytes_each(
        || HEAP.allocated(),
        workers,
        |count| {
            let mut all = Vec::with_capacity(count);
            for _ in 0..count {
                all.push(start()?);
            }
            Ok(Box::new(all))
        },
    )?;
    // Without its place in the list.
    Ok(each - i64::try_from(size_of::<Box<dyn Any>>())?)
}
