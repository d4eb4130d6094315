//! What all connections of a process share.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt_durable::engine::{Finding, OwnerId};

use crate::connection::Connector;
use crate::hearing::Bell;

pub(crate) struct Shared {
    pub(crate) connector: Connector,
    pub(crate) io_timeout: Duration,
    pub(crate) bell: Bell,
    pub(crate) layout: i64,
    /// A pooler is before the server that gives each transaction another session, as was found out.
    pub(crate) is_pooled: AtomicBool,
    /// Whether statements are prepared that come again and again. Behind a pooler they are not.
    pub(crate) prepares: AtomicBool,
    /// What the last check has found.
    pub(crate) findings: Mutex<Vec<Finding>>,
    /// The owners of this process, as long as they have not said goodbye.
    pub(crate) owners: Mutex<BTreeSet<OwnerId>>,
}

impl Shared {
    /// Whether a connection keeps what is set for it. Behind a pooler it does not.
    pub(crate) fn has_session(&self) -> bool {
        self.bell.has_session()
            && !self.connector.refuses_settings()
            && !self.is_pooled.load(Ordering::Relaxed)
    }

    /// Takes note of a pooler that gives each transaction another session.
    pub(crate) fn found_pooled(&self) {
        self.is_pooled.store(true, Ordering::Relaxed);
        self.prepares.store(false, Ordering::Relaxed);
    }
}
