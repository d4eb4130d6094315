//! The suite that every engine passes. It tests the contract of [`Engine`], case by case and by
//! random operations, whose answers are compared with those of the engine in memory.
//!
//! Two variables of the environment ask for more than a usual run: `PROPTEST_CASES`, how many random sequences (48), and
//! `PYALTT_RACES`, how many races of a sweep and a late settlement (1,000).
//!
//! The number in the name of a case is that of the failure that it is about, in the list that the engines share.
//!
//! # Examples
//!
//! In a file of `tests/`, with `pyaltt-durable` and its feature `conformance` among the dev-dependencies:
//!
//! ```
//! use pyaltt_durable::MemoryStore;
//! use pyaltt_durable::conformance::Subject;
//! use pyaltt_durable::engine::{Engine, ManualEngineClock};
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! struct InMemory {
//!     store: MemoryStore,
//!     clock: ManualEngineClock,
//! }
//!
//! impl Subject for InMemory {
//!     fn engine(&self) -> Box<dyn Engine> {
//!         Box::new(self.store.engine())
//!     }
//!
//!     fn pass(&self, time: Duration) {
//!         self.clock.pass(time);
//!     }
//!
//!     fn is_manual(&self) -> bool {
//!         true
//!     }
//! }
//!
//! fn in_memory() -> InMemory {
//!     let clock = ManualEngineClock::default();
//!     InMemory { store: MemoryStore::with_clock(Arc::new(clock.clone())), clock }
//! }
//!
//! pyaltt_durable::conformance_tests!(in_memory);
//! ```

#[doc(hidden)]
pub mod cases;
mod client;
#[doc(hidden)]
pub mod random;

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::engine::contract::Engine;

/// An engine under test: a store of its own, empty at first.
///
/// A function that returns an engine of the same store at each call is a subject whose time is the real one.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::MemoryStore;
/// use pyaltt_durable::conformance::Subject;
///
/// let store = MemoryStore::default();
/// let subject = move || store.engine();
/// assert!(!subject.is_manual());
/// ```
pub trait Subject: Send + Sync {
    /// Makes a further connection to the store.
    fn engine(&self) -> Box<dyn Engine>;

    /// Lets time pass, for leases and for delays.
    fn pass(&self, time: Duration);

    /// Whether time passes only when [`pass`](Self::pass) is called. The clock has to begin as a
    /// [`ManualEngineClock`](crate::engine::ManualEngineClock) does.
    fn is_manual(&self) -> bool {
        false
    }

    /// Whether the store can be tested on this machine. If not, as where a server is not installed, the cases are skipped.
    fn is_available(&self) -> bool {
        true
    }

    /// How many tasks are many. The cases about many tasks take as many.
    fn many(&self) -> u32 {
        20_000
    }
}

impl<F: Fn() -> E + Send + Sync, E: Engine> Subject for F {
    fn engine(&self) -> Box<dyn Engine> {
        Box::new(self())
    }

    fn pass(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// Makes a test of each case of the suite, for the subjects that a function makes. Each test takes a new one.
///
/// # Examples
///
/// The [suite](crate::conformance) shows its use.
///
/// ```
/// fn in_memory() -> impl pyaltt_durable::conformance::Subject {
///     let store = pyaltt_durable::MemoryStore::default();
///     move || store.engine()
/// }
///
/// pyaltt_durable::conformance_tests!(in_memory);
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($subject:path) => {
        $crate::conformance_tests! {
            @ $subject;
            case_05_a_stopped_process_has_lost_its_tasks
            case_06_a_stale_settlement_does_not_undo_a_retry
            case_07_a_settlement_that_is_sent_again_has_one_effect
            case_08_tasks_whose_answer_was_lost_go_back_uncounted
            case_09_a_put_that_is_sent_again_is_stored_once
            case_14_a_farewell_hands_back_at_the_old_places
            case_15_a_poison_task_dies_alone
            case_16_two_poison_tasks_die_and_nothing_else
            case_17_failures_are_kept_in_order
            case_19_what_is_put_off_is_not_counted
            case_21_bytes_that_cannot_be_read_stay_as_they_are
            case_22_newer_versions_and_other_kinds_wait
            case_23_one_of_sixteen_producers_places_a_unique_key
            case_24_a_unique_key_is_held_until_the_task_is_gone_or_dead
            case_25_a_waiting_task_is_replaced_and_a_running_one_is_not
            case_26_a_long_delay_outlasts_many_leases
            case_27_many_tasks_are_due_at_once
            case_28_many_tasks_wait_at_the_start
            case_29_the_oldest_are_taken_when_asked_for
            case_47_numbers_of_owners_are_never_used_again
            case_48_a_sweep_and_a_late_settlement_exclude_each_other
            case_49_dead_tasks_are_listed_requeued_and_purged
            case_50_cancelled_tasks_do_not_run
            case_53_payloads_of_all_sizes_and_odd_texts_are_stored
            case_53_texts_with_a_nul_are_refused_with_all_that_is_put_beside_them
            case_60_a_lease_is_renewed_when_a_third_has_passed
            case_61_a_round_may_be_larger_than_any_limit_of_the_engine
            case_62_nothing_is_taken_after_a_pause
            first_in_first_out_within_a_level
            what_becomes_ready_goes_behind_what_is_ready
            queues_do_not_see_each_other
            a_put_wakes_one_idle_owner
            a_put_wakes_an_owner_that_can_run_it
            whoever_leaves_tasks_passes_the_bell_on
            what_goes_back_wakes_an_idle_owner
            a_bell_is_woken_from_within
            counts_are_told_of_each_state
            a_repair_leaves_alone_what_is_right
        }

        #[test]
        fn random_operations_have_the_answers_of_the_model() {
            $crate::conformance::limited("random operations", || $crate::conformance::random::agree($subject));
        }
    };
    (@ $subject:path; $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                $crate::conformance::limited(stringify!($case), || {
                    let subject = $subject();
                    if $crate::conformance::Subject::is_available(&subject) {
                        $crate::conformance::cases::$case(&subject);
                    }
                });
            }
        )*
    };
}

/// Far longer than any case takes.
const LIMIT: Duration = Duration::from_secs(300);

/// Runs a test on a thread of its own. One that hangs fails.
#[doc(hidden)]
pub fn limited(name: &str, test: impl FnOnce() + Send + 'static) {
    let (ended, end) = channel::<()>();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        test();
        drop(ended);
    });
    let thread = thread.expect("a thread for the test");
    let is_over = end.recv_timeout(LIMIT) != Err(std::sync::mpsc::RecvTimeoutError::Timeout);
    assert!(is_over, "{name}: not over within {LIMIT:?}");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
