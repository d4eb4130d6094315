//! Event workers: triggers, shared events, and triggers that nobody waits for.
//!
//! An event worker takes a turn when its [`Event`](crate::Event) was set. The [`Trigger`](crate::Trigger) that the
//! turn is given says how often it was set since the turn before. An event carries no value: what belongs to a value
//! belongs into a [queue](super::queues).
//!
//! # Triggers are counted, turns are not
//!
//! A trigger that finds the worker idle causes a turn. Any number of triggers that come during a turn, before the
//! start or between two runs cause one more turn, whose `count` is their number. So a slow worker is never flooded,
//! and no trigger is lost: the counts of all turns add up to the triggers that they answer.
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
//! A worker that triggers itself from its own turn gets one more turn. This one counts down:
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::prelude::*;
//!
//! let again = Event::new();
//! let (counts, seen) = mpsc::channel();
//! let set = again.clone();
//! let countdown = event(move |trigger: Trigger, cx| {
//!     counts.send(trigger.count)?;
//!     set.set();
//!     Ok::<_, BoxError>(cx.turn_number() < 3)
//! })
//! .event(again)
//! .start()?;
//! countdown.trigger();
//! assert_eq!(countdown.wait()?.turns, 3);
//! assert_eq!(seen.iter().take(3).collect::<Vec<_>>(), [1, 1, 1]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Shared events
//!
//! [`Event::set`](crate::Event::set) and a handle's [`trigger`](crate::BackgroundEventWorker::trigger) are the same:
//! `trigger` sets the worker's event. By default that is an event of the worker's own; the builder's `event(..)` gives
//! it another one. Clones of an event are the same event, and to set it wakes *every* worker that it was given to,
//! unlike a queue, whose task one worker takes. Each worker counts for itself, from the moment at which it was built:
//! what was set before does not count for it.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let door = Event::new();
//! door.set(); // nobody is there yet, and nobody will be told
//! let lamp = event(|_trigger, _cx| false).event(door.clone()).start()?;
//! let bell = event(|_trigger, _cx| false).event(door.clone()).start()?;
//! door.set();
//! assert_eq!((lamp.wait()?.turns, bell.wait()?.turns), (1, 1));
//!
//! // The handle of a worker sets the event for all.
//! lamp.trigger();
//! bell.start()?;
//! assert_eq!(bell.wait()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! An event is `Clone`, `Send` and `Sync`, has no owner, and may outlive its workers. A clone that a thread keeps,
//! or a callback of some other library, does not keep a worker running.
//!
//! # Stops
//!
//! A stop comes after the turn in hand and before the triggers that are waiting. They are not lost: the next run
//! begins with a turn for them.
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
//! An idle event worker sleeps without any wake-ups. What wakes it is a trigger or a stop.
