//! tokio-graceful-shutdown: subsystems that are told together.

use std::error::Error;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use ::tokio_graceful_shutdown::errors::GracefulShutdownError;
use ::tokio_graceful_shutdown::{SubsystemBuilder, SubsystemHandle, Toplevel};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::workload::group::signal::{self, Told};
use pyaltt_benches::workload::group::stuck::Party;
use pyaltt_benches::workload::group::{ordered, together};
use tokio_util::sync::CancellationToken;

use crate::runtime::RUNTIME;

/// What a subsystem gives.
type End = Result<(), Box<dyn Error + Send + Sync>>;

pub(super) fn contender() -> Contender {
    let how = "Toplevel with catch_signals and handle_shutdown_requests on tokio's multi-threaded runtime; its subsystems are \
               tasks, not threads, and those that hang wait for a future that never comes. It tells all of them at once, and \
               has one limit for all; whom its error lists counts as named";
    let unordered = "it tells all at once; an order has to be made by hand";
    let contender = Contender::new(Kind::Group, "tokio-graceful-shutdown", "tokio-graceful-shutdown", how);
    contender
        .not(ordered::THOUSAND, unordered)
        .not(ordered::TEN_THOUSAND, unordered)
        .not(
            together::TOGETHER,
            "it restarts nothing; a subsystem that starts another one again has to be written by hand",
        )
        .stops_stuck(|party| {
            let (party, token) = (Arc::clone(party), CancellationToken::new());
            let toplevel = RUNTIME.block_on(async { with_stuck(party, token.clone()) });
            Ok(move |limit| {
                token.cancel();
                Ok(RUNTIME.block_on(end(toplevel, limit)))
            })
        })
        .hears_signals(|told| {
            RUNTIME.block_on(async {
                let program = until_signal(told.clone());
                // Longer than it ever takes.
                program
                    .handle_shutdown_requests(Duration::from_secs(10))
                    .await
                    .map_err(|error| error.to_string())
            })
        })
}

fn with_stuck(party: Arc<Party>, token: CancellationToken) -> Toplevel {
    let root = async move |root: &mut SubsystemHandle| {
        for number in 0..party.count() {
            let party = Arc::clone(&party);
            let member = async move |member: &mut SubsystemHandle| -> End {
                if party.is_stuck(number) {
                    party.hangs();
                    pending::<()>().await;
                }
                member.on_shutdown_requested().await;
                party.ends();
                Ok(())
            };
            root.start(SubsystemBuilder::new(number.to_string(), member));
        }
    };
    Toplevel::new_with_shutdown_token(root, token)
}

/// Whom its result names.
async fn end(toplevel: Toplevel, limit: Duration) -> Vec<usize> {
    let result = toplevel.handle_shutdown_requests(limit).await;
    let errors = result.err().map(GracefulShutdownError::into_subsystem_errors).unwrap_or_default();
    errors.iter().filter_map(|error| error.name().rsplit('/').next()?.parse().ok()).collect()
}

fn until_signal(told: Told) -> Toplevel {
    let root = async move |root: &mut SubsystemHandle| {
        for number in 0..signal::SIZE {
            let told = told.clone();
            let member = async move |member: &mut SubsystemHandle| -> End {
                member.on_shutdown_requested().await;
                told.hears();
                Ok(())
            };
            root.start(SubsystemBuilder::new(number.to_string(), member));
        }
        told.is_ready();
    };
    Toplevel::new(root).catch_signals()
}
