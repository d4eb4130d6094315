//! Which worker a sequence is about.

use proptest::prelude::*;
use pyaltt_core::Overflow;

#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) kind: Kind,
    pub(crate) daemon: bool,
    /// Errors go to a function of the builder and not to the worker's method.
    pub(crate) on_error_of_builder: bool,
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
    /// A queue that the test holds as well.
    Shared,
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
    /// Dropped tasks go to a function of the test.
    pub(crate) on_dropped: bool,
}

impl QueueKind {
    pub(crate) fn capacity(self) -> Option<usize> {
        match self {
            Self::Memory { bound, .. } => bound.map(|bound| bound.capacity),
            Self::Pair { capacity } | Self::Custom { capacity } => capacity,
            Self::Shared | Self::Receiver => None,
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
            Self::Memory { order, .. } => order,
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
        let bound = (1..4_usize, overflow, any::<bool>()).prop_map(|(capacity, overflow, on_dropped)| {
            // Where nothing is dropped, the option is a build error.
            let drops = matches!(overflow, Overflow::DropOldest | Overflow::DropNewest);
            Bound { capacity, overflow, on_dropped: on_dropped && drops }
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
            Just(QueueKind::Shared),
            Just(QueueKind::Receiver),
            capacity().prop_map(|capacity| QueueKind::Pair { capacity }),
            capacity().prop_map(|capacity| QueueKind::Custom { capacity }),
        ]
        .prop_map(Kind::Queue)
        .boxed()
    }
}

pub(crate) fn config<F: Family>() -> BoxedStrategy<Config> {
    (F::kinds(), prop::bool::weighted(0.8), any::<bool>())
        .prop_map(|(kind, daemon, on_error_of_builder)| Config { kind, daemon, on_error_of_builder })
        .boxed()
}
