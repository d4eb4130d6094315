//! The kinds of workers under test.

use std::fmt;

use pyaltt::Overflow;

use crate::subject::queues::External;

/// What distinguishes two workers under test.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Looped(Pace),
    Own(Order, Bound),
    External(External),
    /// One of the round's shared queues.
    Shared,
    Event {
        is_shared: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    Delay,
    Skip,
    CatchUp,
    Poll,
    Realtime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Fifo,
    Lifo,
    Priority,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    None,
    /// What happens when the queue is full, and whether dropped tasks are handed out.
    Some(Overflow, bool),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Looped(pace) => write!(f, "looped {pace:?}"),
            Self::Event { is_shared: false } => f.write_str("event"),
            Self::Event { is_shared: true } => f.write_str("shared event"),
            Self::Shared => f.write_str("shared queue"),
            Self::External(external) => write!(f, "{external:?}"),
            Self::Own(order, Bound::None) => write!(f, "{order:?}"),
            Self::Own(order, Bound::Some(overflow, _)) => write!(f, "{order:?} {overflow:?}"),
        }
    }
}

/// The kinds of workers in a round; there are as many workers of each.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kinds {
    All,
    /// Only kinds with a queue.
    Queues,
}

impl Kinds {
    /// How many kinds there are.
    pub(crate) fn len(self) -> usize {
        self.iter().count()
    }

    /// The kind of the workers of a slot.
    pub(crate) fn of_slot(self, slot: usize) -> Kind {
        self.iter().nth(slot % self.len()).expect("the remainder is smaller")
    }

    fn iter(self) -> impl Iterator<Item = Kind> {
        let has_queue = |kind: &Kind| !matches!(kind, Kind::Looped(_) | Kind::Event { .. });
        ALL.iter().copied().filter(move |kind| matches!(self, Self::All) || has_queue(kind))
    }
}

const ALL: &[Kind] = &[
    Kind::Own(Order::Fifo, Bound::None),
    Kind::Looped(Pace::Skip),
    Kind::Event { is_shared: false },
    Kind::Own(Order::Fifo, Bound::Some(Overflow::Block, false)),
    Kind::Shared,
    Kind::External(External::Channel),
    Kind::Event { is_shared: true },
    Kind::Own(Order::Fifo, Bound::Some(Overflow::DropOldest, true)),
    Kind::Looped(Pace::Delay),
    Kind::Own(Order::Priority, Bound::None),
    Kind::External(External::BoundedCustom),
    Kind::Own(Order::Fifo, Bound::Some(Overflow::Reject, false)),
    Kind::Looped(Pace::CatchUp),
    Kind::Own(Order::Lifo, Bound::None),
    Kind::Shared,
    Kind::External(External::BoundedChannel),
    Kind::Own(Order::Fifo, Bound::Some(Overflow::DropNewest, true)),
    Kind::Own(Order::Priority, Bound::Some(Overflow::Block, false)),
    Kind::Looped(Pace::Poll),
    Kind::Own(Order::Lifo, Bound::Some(Overflow::Block, false)),
    Kind::External(External::ReceiverOnly),
    Kind::Own(Order::Fifo, Bound::Some(Overflow::DropOldest, false)),
    Kind::External(External::Custom),
    Kind::Own(Order::Priority, Bound::Some(Overflow::DropOldest, true)),
    Kind::Looped(Pace::Realtime),
    Kind::Own(Order::Lifo, Bound::Some(Overflow::DropOldest, true)),
];
