//! A long chain of workers, each of which watches the next.

use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, ExitReason, queue};

use crate::case::Case;

const LENGTH: usize = 10_000;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("x7_a_chain_of_ten_thousand_watches_ends_one_by_one", chain)
            .prints("linked\nended\n")
            .within(Duration::from_secs(120)),
    ]
}

/// Each worker ends when the one that it watches has ended. The small stacks have no room for a recursion.
fn chain() {
    let make = |_| queue(|_ended: u64, _cx| false).stack_size(64 * 1024).start().unwrap();
    let workers: Vec<BackgroundQueueWorker<u64>> = (0..LENGTH).map(make).collect();
    let watches: Vec<_> = workers.windows(2).map(|pair| pair[1].watch(&pair[0], |exit| exit.turns)).collect();
    println!("linked");
    workers[0].put(0).unwrap();
    for worker in &workers {
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1));
    }
    drop(watches);
    println!("ended");
}
