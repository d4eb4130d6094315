//! Peers that start, restart or stop many together: one file for each.

mod bare;
mod kameo;
mod tokio_graceful_shutdown;

use pyaltt_benches::contender::Contender;

/// All of them, in the order of the tables.
pub fn contenders() -> Vec<Contender> {
    vec![bare::contender(), kameo::contender(), tokio_graceful_shutdown::contender()]
}
