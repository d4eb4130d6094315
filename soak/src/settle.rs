//! The end of a round: brings every worker to rest, and checks what was promised of it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pyaltt::State;

use crate::act::taken;
use crate::fault::mix;
use crate::findings::Kind;
use crate::ledger::Fate;
use crate::member::{Member, QueueMember};
use crate::round::Round;
use crate::sample;

/// How long anything may take that should happen at once.
const PATIENCE: Duration = Duration::from_secs(20);

impl Round {
    /// Ends the round: stops everything, and accounts for every task. `threads` is how many threads there are
    /// besides those of the round.
    pub(crate) fn settle(&self, seed: u64, threads: Option<u64>) {
        self.world.faults.set_calm(true);
        for slot in 0..self.slots() {
            let Some(member) = self.remove(slot) else { continue };
            self.settle_member(member, mix(seed ^ slot as u64));
        }
        self.world.over.store(true, Ordering::SeqCst);
        let shared = self.take_shared_queues();
        for shared in &shared {
            shared.queue.close();
        }
        for bell in self.bells() {
            bell.ring();
        }
        self.wait_for_threads(threads);
        for queue in self.take_retired().iter().chain(shared.iter().map(|shared| &shared.queue)) {
            taken(queue.take_pending());
        }
        drop(shared);

        self.ledger.close(|number| self.book_name(number));
        let (issued, ended) =
            (self.ledger.issued(), Fate::ALL.map(|fate| self.ledger.fate(fate)).iter().sum::<u64>());
        if issued != ended {
            let what = format_args!("{issued} tasks were made and {ended} ended, or a queue is still alive");
            self.world.findings.add(Kind::Miscounted, what);
        }
        self.world.faults.set_calm(false);
    }

    fn settle_member(&self, member: Member, dice: u64) {
        self.catch_up(&member);
        match &member {
            Member::Queue(queue) if dice.is_multiple_of(3) => {
                self.start_calmly(&member);
                drop(queue.worker.drain());
                self.check_drained(queue);
                taken(queue.worker.take_pending());
            }
            Member::Queue(queue) if dice % 3 == 1 => {
                drop(member.stop());
                taken(queue.worker.take_pending());
            }
            Member::Queue(queue) if !queue.is_shared => queue.book.release(),
            Member::Queue(_) | Member::Looped(_) => {}
            Member::Event(event) => {
                // It takes what is left, and is woken once more.
                self.start_calmly(&member);
                event.bell.ring();
                self.until(&member, "to hear its event", || event.unheard() == 0);
            }
        }
        drop(member.stop());
        self.check_counts(member);
    }

    /// A worker that runs comes to the end of its tasks without anybody's help: no wake-up was lost.
    fn catch_up(&self, member: &Member) {
        let is_idle = || match member {
            Member::Looped(_) => true,
            Member::Queue(queue) => queue.worker.is_empty(),
            Member::Event(event) => event.unheard() == 0,
        };
        self.until(member, "to take what waits for it", || member.state() != State::Active || is_idle());
    }

    /// Starts a worker in a run that no fault ends.
    fn start_calmly(&self, member: &Member) {
        drop(member.stop());
        if let Err(error) = member.start() {
            self.world
                .findings
                .add(Kind::Misbehaved, format_args!("{} did not start: {error}", member.name()));
        }
    }

    fn until(&self, member: &Member, what: &str, done: impl Fn() -> bool) {
        let began = Instant::now();
        while !done() {
            if began.elapsed() > PATIENCE {
                let what = format_args!("waited in vain for a worker {what}: {member}");
                return self.world.findings.add(Kind::Misbehaved, what);
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    fn check_drained(&self, queue: &QueueMember) {
        if !queue.is_shared && !queue.worker.is_empty() {
            let what =
                format_args!("{} tasks wait after a drain: {}", queue.worker.len(), queue.worker.name());
            self.world.findings.add(Kind::Misbehaved, what);
        }
    }

    /// Compares the library's counts of a stopped worker with ours. Threads of the round that had a handle of
    /// it are gone.
    fn check_counts(&self, member: Member) {
        let stats = member.stats();
        let name = member.name().to_owned();
        let mut counts = Vec::new();
        if let Member::Queue(QueueMember { book, is_shared: false, .. }) = &member {
            counts.push(("dropped tasks", stats.dropped, book.evicted()));
        }
        match member.into_turns() {
            Some(turns) => counts.push(("turns", stats.turns, turns)),
            None => self.world.findings.add(Kind::Misbehaved, format_args!("{name} could not be taken out")),
        }
        for (what, theirs, ours) in counts {
            if theirs != ours {
                let what = format_args!("{what} of {name}: the library says {theirs}, there were {ours}");
                self.world.findings.add(Kind::Miscounted, what);
            }
        }
    }

    /// Workers that nobody waited for end by themselves.
    fn wait_for_threads(&self, threads: Option<u64>) {
        let began = Instant::now();
        while let (Some(now), Some(wanted)) = (sample::threads(), threads)
            && now > wanted
        {
            if began.elapsed() > PATIENCE {
                let names = sample::thread_names().join(", ");
                let what = format_args!("{now} threads are left, and should be {wanted}: {names}");
                return self.world.findings.add(Kind::Growth, what);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}
