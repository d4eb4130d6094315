//! A task under test: it knows who put it, and tells the ledger where it ended.

use std::cmp::Ordering as Order;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::fault::{Faults, Place};
use crate::findings::Kind;
use crate::ledger::{Fate, FateCounts, Ledger};

/// What is known of one queue, and shared by all its tasks.
#[derive(Debug)]
pub(crate) struct Book {
    name: String,
    number: u16,
    terms: Terms,
    ledger: Arc<Ledger>,
    faults: Arc<Faults>,
    /// By lane: one more than the number of the task that was run last.
    ran: Box<[AtomicU32]>,
    /// The engine lets go of the queue with what is in it.
    released: AtomicBool,
    fates: FateCounts,
}

/// What a queue promises.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terms {
    /// Tasks of one producer run in the order in which they were put.
    pub(crate) in_order: bool,
    /// Its policy drops tasks without a word.
    pub(crate) drops_silently: bool,
    /// It survives a task whose destructor panics.
    pub(crate) contains_panics: bool,
}

impl Book {
    pub(crate) fn new(
        name: String,
        number: u16,
        terms: Terms,
        ledger: &Arc<Ledger>,
        faults: &Arc<Faults>,
    ) -> Arc<Self> {
        let ran = (0..ledger.lanes()).map(|_| AtomicU32::new(0)).collect();
        Arc::new(Self {
            name,
            number,
            terms,
            ledger: Arc::clone(ledger),
            faults: Arc::clone(faults),
            ran,
            released: AtomicBool::new(false),
            fates: FateCounts::default(),
        })
    }

    /// From now on its tasks may be dropped with it.
    pub(crate) fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
    }

    /// Whether there are no faults for now.
    pub(crate) fn is_calm(&self) -> bool {
        self.faults.is_calm()
    }

    pub(crate) fn evicted(&self) -> u64 {
        self.fates[Fate::Evicted as usize].load(Ordering::Relaxed)
    }

    fn end(&self, lane: u16, number: u32, fate: Fate) {
        self.fates[fate as usize].fetch_add(1, Ordering::Relaxed);
        self.ledger.end(lane, number, &self.name);
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        self.ledger.add(&self.fates);
    }
}

/// A task under test.
#[derive(Debug)]
pub(crate) struct Task {
    book: Arc<Book>,
    number: u32,
    lane: u16,
    rank: u8,
    /// Whether the tasks of its lane are put by one thread, so that their order means something.
    is_ordered: bool,
    fate: Option<Fate>,
}

impl Task {
    /// The next task of a lane; `None` when the round has no more.
    pub(crate) fn new(book: &Arc<Book>, lane: u16, is_ordered: bool) -> Option<Self> {
        let number = book.ledger.issue(lane, book.number)?;
        let rank = (number % 5) as u8;
        Some(Self { book: Arc::clone(book), number, lane, rank, is_ordered, fate: None })
    }

    pub(crate) fn id(&self) -> u64 {
        u64::from(self.lane) << 32 | u64::from(self.number)
    }

    pub(crate) fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Notes that the task is run, by the one worker at a time that takes from its queue.
    pub(crate) fn run(&mut self) {
        self.end(Fate::Ran);
        if self.is_ordered && self.book.terms.in_order {
            let ran = &self.book.ran[usize::from(self.lane)];
            let before = ran.load(Ordering::Relaxed);
            ran.store(self.number + 1, Ordering::Relaxed);
            if before > self.number {
                self.book.ledger.findings.add(
                    Kind::OutOfOrder,
                    format_args!(
                        "task {}:{} of {} ran after {}",
                        self.lane,
                        self.number,
                        self.book.name,
                        before - 1
                    ),
                );
            }
        }
    }

    /// Notes where the task ended, in the hands of the engine.
    pub(crate) fn end(&mut self, fate: Fate) {
        self.fate = Some(fate);
        self.book.end(self.lane, self.number, fate);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let book = &self.book;
        let fate = self.fate.unwrap_or_else(|| {
            let is_released = book.released.load(Ordering::SeqCst);
            let fate = if book.terms.drops_silently && !is_released { Fate::Evicted } else { Fate::Dropped };
            book.end(self.lane, self.number, fate);
            if fate == Fate::Dropped && !is_released {
                book.ledger.findings.add(
                    Kind::Lost,
                    format_args!("task {}:{} of {} was dropped", self.lane, self.number, book.name),
                );
            }
            fate
        });
        // What the engine itself drops is not under test, and a second panic while one unwinds would abort.
        let is_contained = match fate {
            Fate::Ran | Fate::Evicted => true,
            Fate::Dropped => book.terms.contains_panics,
            Fate::Returned | Fate::Taken => false,
        };
        if is_contained && !std::thread::panicking() {
            book.faults.panic_at(Place::Destructor, self.id());
        }
    }
}

/// Only for queues by priority: the higher rank first, equals in the order of their arrival.
impl Ord for Task {
    fn cmp(&self, other: &Self) -> Order {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Task {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Order::Equal
    }
}

impl Eq for Task {}
