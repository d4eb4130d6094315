//! What breaks the promise of the database, and what in it contradicts itself.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::Ordering;

use postgres::Row;
use postgres::types::Type;
use pyaltt_durable::engine::{EngineError, Finding, Severity};

use super::PostgresEngine;
use crate::bell::hears_from;
use crate::error::failed;
use crate::hearing::Bell;

/// Settings, and what holds old versions of rows.
const LOOK: &str = "select current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes'),
    current_setting('default_transaction_isolation'), pg_is_in_recovery(),
    (select count(*) from pyaltt.task x where x.state = 2 and not exists (select 1 from pyaltt.owner w where w.owner = x.owner)),
    (select count(*) from pg_stat_activity
      where backend_xmin is not null and pid <> pg_backend_pid() and clock_timestamp() - xact_start > interval '1 min'),
    (select count(*) from pg_replication_slots where not active and coalesce(xmin, catalog_xmin) is not null),
    (select count(*) from pg_prepared_xacts where clock_timestamp() - prepared > interval '1 min'),
    coalesce((select n_dead_tup from pg_stat_all_tables where schemaname = 'pyaltt' and relname = 'task'), 0)";

/// From how many dead versions of rows on they are worth a note.
const MANY_DEAD: i64 = 100_000;

impl PostgresEngine {
    pub(super) fn findings(&mut self) -> Result<Vec<Finding>, EngineError> {
        let looked = self.query_one(LOOK, &[])?;
        let mut found = of_settings(&looked);
        found.extend(of_contents(&looked));
        // Nobody can listen to a standby, whatever is before it.
        let is_standby: bool = looked.get(4);
        let is_known = self.shared.is_pooled.load(Ordering::Relaxed);
        if self.shared.bell == Bell::Listen && !is_standby && (is_known || !self.can_listen()?) {
            self.shared.found_pooled();
            found.push(Finding::new(
                Severity::Note,
                "nobody can listen through this connection, so idle processes poll",
                "a pooler that gives each transaction another session is before the server: connect past it, or set the bell \
                 to `Bell::Poll`, so that no settings of sessions are used either",
            ));
        }
        self.shared.findings.lock().clone_from(&found);
        Ok(found)
    }

    /// Whether another connection hears what is told through this one. That a session listens says nothing: a pooler keeps to
    /// itself what a session hears while its client is idle.
    fn can_listen(&mut self) -> Result<bool, EngineError> {
        let (connector, patience) = (self.shared.connector.clone(), self.shared.io_timeout);
        let mut listener = match connector.connect("pyaltt check", patience, self.shared.has_session()) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::debug!(%error, "whether anybody can listen is not known");
                return Ok(true);
            }
        };
        let word = format!("{:016x}", RandomState::new().hash_one(0));
        let not_sent = |error| EngineError::NotSent(failed(error));
        listener.batch_execute("listen pyaltt_check").map_err(not_sent)?;
        self.query("select pg_notify('pyaltt_check', $1)", &[(&word, Type::TEXT)])?;
        let heard = hears_from(&mut listener, |ring| ring.payload() == word, patience).map_err(not_sent)?;
        // Behind a pooler it is a session of others.
        listener.batch_execute("unlisten pyaltt_check").ok();
        Ok(heard)
    }
}

fn of_settings(looked: &Row) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut breaks = |what: String, advice: &str| found.push(Finding::new(Severity::Breaks, what, advice));
    let text = |index| looked.get::<_, &str>(index);
    if text(0) == "off" {
        breaks(
            "synchronous_commit is off, so a crash loses what was acknowledged in the last moments"
                .to_owned(),
            "set it to on, for the server, the database or the user",
        );
    }
    for (index, setting) in [(1, "fsync"), (2, "full_page_writes")] {
        if text(index) == "off" {
            breaks(format!("{setting} is off, so a power cut can destroy the database"), "set it to on");
        }
    }
    if text(3) != "read committed" {
        breaks(
            format!("the isolation of transactions is {:?} by default, which makes rounds fail", text(3)),
            "set default_transaction_isolation to read committed for the user of the queues",
        );
    }
    if looked.get(4) {
        found.push(Finding::new(
            Severity::Note,
            "the server is a standby or is recovering, so nothing can be put or taken",
            "add target_session_attrs=read-write to the address, with all servers in it",
        ));
    }
    found
}

fn of_contents(looked: &Row) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |index, least: i64, severity, what: &str, advice: &str| {
        let count: i64 = looked.get(index);
        if count >= least {
            found.push(Finding::new(severity, format!("{count} {what}"), advice));
        }
    };
    let cleared = "until it ends no dead rows can be cleared, and queues become slower";
    add(
        5,
        1,
        Severity::Damage,
        "running tasks have no owner",
        "nobody will take them: repair the queue, as with `pyaltt-queue .. check --repair`",
    );
    add(6, 1, Severity::Note, "transactions hold a snapshot for more than a minute", cleared);
    add(7, 1, Severity::Note, "replication slots that nobody reads hold old rows", cleared);
    add(8, 1, Severity::Note, "prepared transactions are older than a minute", cleared);
    add(
        9,
        MANY_DEAD,
        Severity::Note,
        "dead rows are in the table of tasks",
        "look whether autovacuum is on, and for what holds a snapshot",
    );
    found
}
