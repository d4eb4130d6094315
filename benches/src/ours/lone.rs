//! A queue in PostgreSQL whose server may be gone.

use std::thread;
use std::time::Duration;

use pyaltt::{BackgroundQueueWorker, Context};
use pyaltt_durable::Durable;
use testkit::PostgresServer;

use super::durable::in_database;
use crate::workload::durable::letter::Letter;
use crate::workload::durable::place::Place;

/// A queue, with the server if that is its own.
pub(super) struct LoneQueue {
    queue: Durable<Letter>,
    /// Has an owner from before the end of the server on.
    _first: BackgroundQueueWorker<Letter>,
    _server: Option<PostgresServer>,
}

impl LoneQueue {
    pub(super) fn open(place: &Place) -> Result<Self, String> {
        Self::at(place.address()?)
    }

    /// On a server of its own, which is killed.
    pub(super) fn open_and_kill(_: &Place) -> Result<Self, String> {
        let server = PostgresServer::start().map_err(|error| error.to_string())?;
        let queue = Self::at(&server.url("postgres"))?;
        server.kill();
        Ok(Self { _server: Some(server), ..queue })
    }

    fn at(address: &str) -> Result<Self, String> {
        // At the end of the process nobody waits for a server that does not come back.
        let queue = in_database(address)?.exit_patience(Duration::ZERO);
        let queue: Durable<Letter> = queue.build().map_err(|error| error.to_string())?;
        let first = start(&queue)?;
        // The first turn comes when the worker is known to the server.
        queue.put(Letter::new(0)).map_err(|error| error.to_string())?;
        while first.stats().turns == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Self { queue, _first: first, _server: None })
    }

    /// A worker that has nothing to do.
    pub(super) fn worker(
        &self,
    ) -> Result<impl FnOnce() -> Result<BackgroundQueueWorker<Letter>, String> + use<>, String> {
        let worker = start(&self.queue)?;
        Ok(move || {
            worker.stop().map_err(|error| error.to_string())?;
            Ok(worker)
        })
    }
}

fn start(queue: &Durable<Letter>) -> Result<BackgroundQueueWorker<Letter>, String> {
    let worker = pyaltt::queue(|_: Letter, _: &mut Context| ());
    worker.queue(queue.clone()).start().map_err(|error| error.to_string())
}
