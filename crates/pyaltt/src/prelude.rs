//! Everything that most programs need, for `use pyaltt::prelude::*`.

pub use crate::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Event, Exit,
    ExitReason, Flow, FunctionCollection, Inbox, MissedTick, Overflow, Queue, Start, State, Tick, Trigger,
    Turn, Worker, WorkerError, background_worker, collect, collection, event, looped, queue,
};
