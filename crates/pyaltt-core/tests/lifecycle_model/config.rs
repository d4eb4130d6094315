//! Which worker a sequence is about.

use std::time::Duration;

use proptest::prelude::*;
use pyaltt_core::{Backoff, Overflow, Restart};

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Config {
    pub(crate) kind: Kind,
    pub(crate) daemon: bool,
    pub(crate) paused: bool,
    /// Errors go to a function of the builder and not to the worker's method.
    pub(crate) on_error_of_builder: bool,
    pub(crate) on_exit: bool,
    pub(crate) restart: Policy,
}

/// When the worker is restarted. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Policy {
    pub(crate) after: After,
    /// The shortest backoff and the longest.
    pub(crate) backoff: (u64, u64),
    /// So many restarts within a time.
    pub(crate) max: Option<(usize, u64)>,
}

/// After which ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum After {
    Nothing,
    Failure,
    Everything,
}

impl Policy {
    pub(crate) fn never() -> Self {
        Self { after: After::Nothing, backoff: (0, 0), max: None }
    }

    pub(crate) fn restart(self) -> Restart {
        let [shortest, longest] = [self.backoff.0, self.backoff.1].map(Duration::from_millis);
        let backoff: Backoff = if shortest == longest { shortest.into() } else { (shortest..longest).into() };
        let policy = match self.after {
            After::Nothing => Restart::never(),
            After::Failure => Restart::on_failure(),
            After::Everything => Restart::always(),
        };
        let policy = policy.backoff(backoff).jitter(0.0);
        match self.max {
            Some((restarts, within)) => {
                policy.max(restarts.try_into().unwrap(), Duration::from_millis(within))
            }
            None => policy,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// With an interval in milliseconds, or without a pause between turns.
    Looped {
        interval: Option<u64>,
    },
    Event,
    Queue(QueueKind),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum QueueKind {
    Memory {
        order: Order,
        bound: Option<Bound>,
    },
    /// A queue that was made without a worker and that the test holds as well. One of the two is the default.
    Shared {
        order: Order,
        capacity: Option<usize>,
    },
    /// A channel; the worker does not have its sender.
    Receiver,
    /// Both ends of a channel.
    Pair {
        capacity: Option<usize>,
    },
    /// A `TaskQueue` of the test.
    Custom {
        capacity: Option<usize>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    Fifo,
    Lifo,
    Priority,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound {
    pub(crate) capacity: usize,
    pub(crate) overflow: Overflow,
    pub(crate) on_dropped: OnDropped,
}

/// Where dropped tasks go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OnDropped {
    Nowhere,
    /// To a function of the test.
    Function,
    /// To one that puts them again, in vain.
    PutsAgain,
}

impl QueueKind {
    pub(crate) fn capacity(self) -> Option<usize> {
        match self {
            Self::Memory { bound, .. } => bound.map(|bound| bound.capacity),
            Self::Shared { capacity, .. } | Self::Pair { capacity } | Self::Custom { capacity } => capacity,
            Self::Receiver => None,
        }
    }

    pub(crate) fn overflow(self) -> Overflow {
        match self {
            Self::Memory { bound: Some(bound), .. } => bound.overflow,
            _ => Overflow::Block,
        }
    }

    pub(crate) fn order(self) -> Order {
        match self {
            Self::Memory { order, .. } | Self::Shared { order, .. } => order,
            _ => Order::Fifo,
        }
    }
}

/// The workers of one test.
pub(crate) trait Family: Clone + std::fmt::Debug + 'static {
    fn kinds() -> BoxedStrategy<Kind>;
}

#[derive(Clone, Debug)]
pub(crate) struct Looped;
#[derive(Clone, Debug)]
pub(crate) struct Event;
#[derive(Clone, Debug)]
pub(crate) struct InMemory;
#[derive(Clone, Debug)]
pub(crate) struct External;

impl Family for Looped {
    fn kinds() -> BoxedStrategy<Kind> {
        prop_oneof![Just(None), Just(Some(10))].prop_map(|interval| Kind::Looped { interval }).boxed()
    }
}

impl Family for Event {
    fn kinds() -> BoxedStrategy<Kind> {
        Just(Kind::Event).boxed()
    }
}

impl Family for InMemory {
    fn kinds() -> BoxedStrategy<Kind> {
        let order = prop_oneof![Just(Order::Fifo), Just(Order::Lifo), Just(Order::Priority)];
        let overflow = prop_oneof![
            2 => Just(Overflow::Block),
            1 => Just(Overflow::Reject),
            2 => Just(Overflow::DropOldest),
            1 => Just(Overflow::DropNewest),
        ];
        let on_dropped =
            prop_oneof![Just(OnDropped::Nowhere), Just(OnDropped::Function), Just(OnDropped::PutsAgain)];
        let bound = (1..4_usize, overflow, on_dropped).prop_map(|(capacity, overflow, on_dropped)| {
            // Where nothing is dropped, the option is a build error.
            let drops = matches!(overflow, Overflow::DropOldest | Overflow::DropNewest);
            Bound { capacity, overflow, on_dropped: if drops { on_dropped } else { OnDropped::Nowhere } }
        });
        (order, prop::option::weighted(0.6, bound))
            .prop_map(|(order, bound)| Kind::Queue(QueueKind::Memory { order, bound }))
            .boxed()
    }
}

impl Family for External {
    fn kinds() -> BoxedStrategy<Kind> {
        let capacity = || prop::option::of(1..3_usize);
        prop_oneof![
            Just(QueueKind::Shared { order: Order::Fifo, capacity: None }),
            (1..3_usize).prop_map(|n| QueueKind::Shared { order: Order::Fifo, capacity: Some(n) }),
            Just(QueueKind::Shared { order: Order::Lifo, capacity: None }),
            Just(QueueKind::Shared { order: Order::Priority, capacity: None }),
            Just(QueueKind::Receiver),
            capacity().prop_map(|capacity| QueueKind::Pair { capacity }),
            capacity().prop_map(|capacity| QueueKind::Custom { capacity }),
        ]
        .prop_map(Kind::Queue)
        .boxed()
    }
}

pub(crate) fn config<F: Family>() -> BoxedStrategy<Config> {
    let paused = prop::bool::weighted(0.1);
    (F::kinds(), prop::bool::weighted(0.8), paused, any::<bool>(), any::<bool>(), policy())
        .prop_map(|(kind, daemon, paused, on_error_of_builder, on_exit, restart)| Config {
            kind,
            daemon,
            paused,
            on_error_of_builder,
            on_exit,
            restart,
        })
        .boxed()
}

fn policy() -> impl Strategy<Value = Policy> {
    let after = prop_oneof![2 => Just(After::Failure), 1 => Just(After::Everything)];
    let backoff = prop_oneof![Just((0, 0)), Just((20, 20)), Just((10, 45))];
    let max = (1..4_usize, prop_oneof![Just(60), Just(1_000_000)]);
    let policy = (after, backoff, max, any::<bool>()).prop_map(|(after, backoff, max, is_limited)| {
        // Without a backoff, a worker that always fails has to give up.
        let max = (is_limited || backoff == (0, 0)).then_some(max);
        Policy { after, backoff, max }
    });
    prop_oneof![1 => Just(Policy::never()), 2 => policy]
}
