//! Event workers: triggers, shared events, and triggers that come while nobody waits.
//!
//! An event worker takes a turn when its [`Event`](crate::Event) was set. The turn is given a
//! [`Trigger`](crate::Trigger), which says how often the event was set since the previous turn. An event carries no
//! value; if there is one, use a [queue](super::queues).
//!
//! # Triggers coalesce
//!
//! A trigger that finds the worker idle causes a turn. Triggers that come during a turn, before the start or between
//! two runs cause one more turn, whose `count` is their number. So triggers cannot flood a slow worker, and none is
//! lost: the counts of all turns add up to the number of triggers.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let save = event(|trigger, _cx| {
//!     println!("saves {} changes", trigger.count);
//!     false
//! })
//! .build()?;
//! (0..3).for_each(|_change| save.trigger()); // before the start
//! save.start()?;
//! assert_eq!(save.wait()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A worker that triggers itself from its own turn gets one more turn. This one does so three times:
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::prelude::*;
//!
//! let again = Event::new();
//! let (counts, seen) = mpsc::channel();
//! let set = again.clone();
//! let repeated = event(move |trigger: Trigger, cx| {
//!     counts.send(trigger.count)?;
//!     set.set();
//!     Ok::<_, BoxError>(cx.turn_number() < 3)
//! })
//! .event(again)
//! .start()?;
//! repeated.trigger();
//! assert_eq!(repeated.wait()?.turns, 3);
//! assert_eq!(seen.iter().take(3).collect::<Vec<_>>(), [1, 1, 1]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Shared events
//!
//! A worker has an event of its own, unless the builder's `event(..)` gives it another one. The handle's
//! [`trigger`](crate::BackgroundEventWorker::trigger) calls [`Event::set`](crate::Event::set) on that event.
//!
//! Clones of an event are the same event. Setting it wakes *every* worker that has it, whereas one task of a queue
//! goes to one worker. Each worker counts from the moment it was built; earlier settings do not count for it.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let door = Event::new();
//! door.set(); // no worker has it yet, so this counts for none
//! let lamp = event(|_trigger, _cx| false).event(door.clone()).start()?;
//! let bell = event(|_trigger, _cx| false).event(door.clone()).start()?;
//! door.set();
//! assert_eq!((lamp.wait()?.turns, bell.wait()?.turns), (1, 1));
//!
//! // The handle of one worker sets the event for all.
//! lamp.trigger();
//! bell.start()?;
//! assert_eq!(bell.wait()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! An event is `Clone`, `Send` and `Sync`, has no owner, and may outlive its workers. A thread or a callback that
//! keeps a clone does not keep a worker running.
//!
//! # Stops
//!
//! A stop takes effect after the current turn and before any waiting triggers. They are not lost: the next run starts
//! with a turn for them.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let alarm = event(|trigger: Trigger, _cx| trigger.count < 2).start()?;
//! alarm.stop()?;
//! alarm.trigger();
//! alarm.trigger();
//! alarm.start()?;
//! let exit = alarm.wait()?;
//! assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! An idle event worker sleeps without any wake-ups, until a trigger or a stop wakes it.
