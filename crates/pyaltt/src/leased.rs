//! Leased queues: queues that lend their tasks out and take them back, for those who write one.

pub use pyaltt_core::{
    ErrorText, Headers, Lease, LeasedQueue, Lent, Loss, ParseTaskIdError, PutPatience, Settled, Settlement,
    Take,
};
