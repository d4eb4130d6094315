//! The bytes that an idle worker of each kind has on the heap, without a restart policy and with one.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

mod heap;

use std::any::Any;
use std::time::Duration;

use pyaltt::{BoxError, Restart, event, looped, queue};

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
        let plain = bytes_each(workers, || start(Restart::never()))?;
        let with_policy = bytes_each(workers, || start(Restart::on_failure()))?;
        println!("| {kind} | {plain} | {with_policy} | {:+} |", with_policy - plain);
        if with_policy - plain > MOST_FOR_A_POLICY {
            return Err(format!("a policy costs a {kind} worker more than {MOST_FOR_A_POLICY} B").into());
        }
    }
    Ok(())
}

fn bytes_each(workers: usize, start: impl Fn() -> Result<Box<dyn Any>, BoxError>) -> Result<i64, BoxError> {
    heap::bytes_each(workers, Vec::with_capacity, |mut all| {
        for _ in 0..all.capacity() {
            all.push(start()?);
        }
        Ok(all)
    })
}
