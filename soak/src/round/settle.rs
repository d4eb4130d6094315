//! The end of a round: brings every worker to rest, and checks what the library promises of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pyaltt::{BackgroundQueueWorker, State};
use testkit::{os_thread, until};

use crate::account::findings::Kind;
use crate::account::task::Task;
use crate::plan::mix::mix;
use crate::round::Round;
use crate::round::driver::taken;
use crate::round::in_order;
use crate::subject::worker::{QueueSource, Subject};
use crate::watch::sample;

/// How long to wait for something that should happen at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends the round: stops everything, and accounts for every task. `threads` is how many threads there are besides those
/// of the round.
pub(crate) fn settle(round: &Round, seed: u64, threads: Option<u64>) {
    round.world().faults.set_calm(true);
    for slot in 0..round.slots() {
        round.subject(slot).worker.resume();
    }
    if round.size.groups > 0 {
        in_order::check(round, seed);
    }
    for slot in 0..round.slots() {
        let Some(subject) = round.remove(slot) else { continue };
        settle_subject(round, subject, mix(seed ^ slot as u64));
    }
    round.world().over.store(true, Ordering::SeqCst);
    let shared = round.supplies.take_shared_queues();
    for shared in &shared {
        shared.queue.close();
    }
    for event in round.supplies.events() {
        event.set();
    }
    round.askers.join();
    wait_for_threads(round, threads);
    for queue in round.supplies.take_retired().iter().chain(shared.iter().map(|shared| &shared.queue)) {
        taken(queue.take_pending());
    }
    drop(shared);
    round.account().close();
    round.world().faults.set_calm(false);
}

fn settle_subject(round: &Round, subject: Subject, dice: u64) {
    catch_up(round, &subject);
    if let Some((queue, source)) = subject.queue() {
        match dice % 3 {
            0 => {
                start_calmly(round, &subject);
                drop(queue.drain());
                check_drained(round, queue, source);
                taken(queue.take_pending());
            }
            1 => {
                drop(queue.stop());
                taken(queue.take_pending());
            }
            _ if source.is_shared => {}
            _ => source.account.release(),
        }
    }
    if let Some(source) = subject.event() {
        // It hears of what is left, and is woken once more.
        start_calmly(round, &subject);
        source.event.set();
        wait_until(round, &subject, "to hear its event", || source.unheard() == 0);
    }
    drop(subject.worker.stop());
    check_counts(round, subject);
}

/// A worker that runs, or will run again, comes to the end of its tasks without help, because no wake-up was lost,
/// every backoff ends, and the last word to it was to go on.
fn catch_up(round: &Round, subject: &Subject) {
    wait_until(round, subject, "to take what waits for it", || {
        subject.worker.state() == State::Stopped || subject.is_idle()
    });
}

/// Starts a worker in a run that no fault ends.
fn start_calmly(round: &Round, subject: &Subject) {
    drop(subject.worker.stop());
    if let Err(error) = subject.worker.start() {
        let what = format_args!("{} did not start: {error}", subject.worker.name());
        round.findings().add(Kind::Misbehaved, what);
    }
}

fn wait_until(round: &Round, subject: &Subject, what: &str, is_so: impl Fn() -> bool) {
    if !until(PATIENCE, is_so) {
        let what = format_args!("waited in vain for a worker {what}: {subject}");
        round.findings().add(Kind::Misbehaved, what);
    }
}

fn check_drained(round: &Round, queue: &BackgroundQueueWorker<Task>, source: &QueueSource) {
    if !source.is_shared && !queue.is_empty() {
        let what = format_args!("{} tasks wait after a drain: {}", queue.len(), queue.name());
        round.findings().add(Kind::Misbehaved, what);
    }
}

/// Compares the library's counts of a stopped worker with ours. No thread of the round has a handle of it any more.
fn check_counts(round: &Round, subject: Subject) {
    let counted = subject.worker.stats();
    let name = subject.worker.name().to_owned();
    subject.ends.check(&name, &counted, round.world());
    let mut counts = Vec::new();
    if let Some((_, source)) = subject.queue()
        && !source.is_shared
    {
        counts.push(("dropped tasks", counted.dropped, source.account.evicted()));
    }
    match subject.into_turns() {
        Some(turns) => counts.push(("turns", counted.turns, turns)),
        None => round.findings().add(Kind::Misbehaved, format_args!("{name} could not be taken out")),
    }
    for (what, theirs, ours) in counts {
        if theirs != ours {
            let what = format_args!("{what} of {name}: the library says {theirs}, there were {ours}");
            round.findings().add(Kind::Miscounted, what);
        }
    }
}

/// Workers that nobody waited for end by themselves.
fn wait_for_threads(round: &Round, threads: Option<u64>) {
    let Some(wanted) = threads else { return };
    if !until(PATIENCE, || sample::threads().is_none_or(|now| now <= wanted)) {
        let names: Vec<String> = os_thread::list(None).into_iter().map(|thread| thread.name).collect();
        let what =
            format_args!("{} threads are left, and should be {wanted}: {}", names.len(), names.join(", "));
        round.findings().add(Kind::Growth, what);
    }
}
