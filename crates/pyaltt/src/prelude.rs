//! Everything that most programs need, for `use pyaltt::prelude::*`.

pub use crate::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Event, Exit,
    ExitReason, Flow, FunctionCollection, Inbox, IntoTurn, MissedTick, Outcome, Overflow, PutError, Queue,
    Realtime, Results, Sched, Start, StartError, State, Stats, StopError, StopToken, Tick, Ticker, Trigger,
    Turn, Worker, WorkerError, background_worker, collect, collection, event, looped, queue,
};
