//! Rounds: settle, renew, take, in one statement.

use std::collections::BTreeSet;
use std::time::Duration;

use postgres::Row;
use postgres::types::Type;
use pyaltt_core::Lease;
use pyaltt_durable::engine::{Answer, EngineError, ErrorEntry, Fate, RawTask, Round, Settle, span_millis};

use super::PostgresEngine;
use super::lows::Lows;
use super::rows::{lent, storable};

const ROUND: &str = "select what, r_seq, r_token, r_id, r_prio, r_pos, r_attempts, r_max, r_crashes, r_version, r_put_at, \
                     r_headers, r_body from pyaltt.round_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                     $16, $17, $18, $19)";

/// From how many losses on a task runs alone. It is not in the order of the others then.
const ALONE: u32 = 2;

/// What `round_v1` is told of the owner's sleep.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sleeps {
    No = 0,
    IfNothing = 1,
    /// It has marked itself, so whoever puts from now on rings it. What was put before is seen by one more look.
    LooksOnceMore = 2,
}

impl PostgresEngine {
    pub(super) fn take_and_settle(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.limit_to(round.lease)?;
        let sleeps = if round.idle { Sleeps::IfNothing } else { Sleeps::No };
        let (mut answer, mut rings) = self.one_look(round, round.settles, sleeps)?;
        if round.idle && answer.tasks.is_empty() && round.want > 0 && !answer.paused {
            match self.one_look(round, &[], Sleeps::LooksOnceMore) {
                Ok((mut more, rings_more)) => {
                    more.settled = std::mem::take(&mut answer.settled);
                    more.cancelled.append(&mut answer.cancelled);
                    (answer, rings) = (more, rings || rings_more);
                }
                // Tasks may have been lent that nobody knows of. What was settled is settled again, without harm.
                Err(error @ EngineError::NoAnswer(_)) => return Err(error),
                Err(error) => tracing::debug!(%error, "an owner fell asleep without a further look"),
            }
        }
        if rings {
            self.ring_each(round.queue.as_str(), Some(round.kind));
        }
        Ok(answer)
    }

    fn ask(
        &mut self,
        round: &Round<'_>,
        lows: [i64; 4],
        ends: &Ends,
        sleeps: Sleeps,
    ) -> Result<Vec<Row>, EngineError> {
        self.query_often(
            ROUND,
            &[
                (&round.queue.as_str(), Type::TEXT),
                (&round.owner.get(), Type::INT8),
                (&span_millis(round.lease), Type::INT8),
                (&round.kind, Type::TEXT),
                (&i64::from(round.version), Type::INT8),
                (&i64::from(round.want), Type::INT8),
                (&i64::from(round.oldest), Type::INT8),
                (&round.alone, Type::BOOL),
                (&round.due, Type::BOOL),
                (&round.count, Type::BOOL),
                (&(sleeps as i32), Type::INT4),
                (&&lows[..], Type::INT8_ARRAY),
                (&ends.done_seqs, Type::INT8_ARRAY),
                (&ends.done_tokens, Type::INT8_ARRAY),
                (&ends.seqs, Type::INT8_ARRAY),
                (&ends.tokens, Type::INT8_ARRAY),
                (&ends.fates, Type::INT4_ARRAY),
                (&ends.delays, Type::INT8_ARRAY),
                (&ends.texts, Type::TEXT_ARRAY),
            ],
        )
    }

    /// Returns the answer, and whether others are to be rung.
    fn one_look(
        &mut self,
        round: &Round<'_>,
        settles: &[Settle],
        sleeps: Sleeps,
    ) -> Result<(Answer, bool), EngineError> {
        let lows = self.lows.entry(round.owner).or_insert_with(|| Lows::of(round)).next(round);
        let ends = Ends::of(settles);
        let rows = match self.ask(round, lows, &ends, sleeps) {
            Ok(rows) => rows,
            Err(error) => {
                if matches!(error, EngineError::OwnerGone) {
                    self.lows.remove(&round.owner);
                }
                return Err(error);
            }
        };
        let read = Read::of(&rows, round.kind);
        if let Some(lows) = self.lows.get_mut(&round.owner) {
            let in_order = read.lent.iter().filter(|lent| lent.task.crashes < ALONE);
            lows.taken(in_order.map(|lent| (lent.level, lent.pos)));
            if ends.fates.contains(&BACK) {
                lows.forget();
            }
        }
        Ok(read.answer(&ends, settles))
    }
}

/// The number of the fate that hands a task back at once.
const BACK: i32 = 3;

/// Settlements as columns that ascend: those that are done apart from the others.
#[derive(Default)]
struct Ends {
    done_seqs: Vec<i64>,
    done_tokens: Vec<i64>,
    seqs: Vec<i64>,
    tokens: Vec<i64>,
    fates: Vec<i32>,
    delays: Vec<Option<i64>>,
    texts: Vec<Option<String>>,
    /// The places of those that are sent. A claim that comes again is not: it is not valid any more after the first time.
    sent: BTreeSet<usize>,
}

impl Ends {
    fn of(settles: &[Settle]) -> Self {
        let mut ends = Self::default();
        let mut last = None;
        // In the order in which `round_v1` looks them up.
        let mut ascending: Vec<_> = settles.iter().enumerate().collect();
        ascending.sort_by_key(|(_, settle)| (settle.lease.slot(), settle.lease.token()));
        for (index, Settle { lease, fate }) in ascending {
            if last.replace((lease.slot(), lease.token())) == Some((lease.slot(), lease.token())) {
                continue;
            }
            let text = |error: &str| {
                // As long as it is kept.
                let entry = ErrorEntry::new(std::time::SystemTime::UNIX_EPOCH, 0, error);
                Some(storable(&entry.text))
            };
            let (fate, delay, text) = match fate {
                Fate::Done => {
                    ends.done_seqs.push(lease.slot());
                    ends.done_tokens.push(lease.token());
                    ends.sent.insert(index);
                    continue;
                }
                Fate::Retry { after, error } => (1, Some(span_millis(*after)), text(error.as_str())),
                Fate::Dead { error } => (2, None, text(error.as_str())),
                Fate::HandBack { after: None } => (BACK, None, None),
                Fate::HandBack { after: Some(after) } => (4, Some(span_millis(*after)), None),
                // A fate that a later version of the contract knows: the task stays in hand, and the settlement is refused.
                _ => continue,
            };
            ends.sent.insert(index);
            ends.seqs.push(lease.slot());
            ends.tokens.push(lease.token());
            ends.fates.push(fate);
            ends.delays.push(delay);
            ends.texts.push(text);
        }
        ends
    }
}

/// A task with its place. The rows have no order.
struct Lent {
    by_level: bool,
    level: i16,
    pos: i64,
    task: RawTask,
}

/// The rows of a round.
#[derive(Default)]
struct Read {
    settled: BTreeSet<(i64, i64)>,
    cancelled: Vec<Lease>,
    lent: Vec<Lent>,
    ready: Option<u64>,
    next_due: Option<Duration>,
    is_paused: bool,
    rings: bool,
}

impl Read {
    fn of(rows: &[Row], kind: &str) -> Self {
        let mut read = Self::default();
        for row in rows {
            match row.get::<_, i32>(0) {
                0 => _ = read.settled.insert((row.get(1), row.get(2))),
                1 => read.cancelled.push(Lease::new(row.get(1), row.get(2))),
                what @ (2 | 3) => {
                    let (level, pos, task) = (row.get(4), row.get(5), lent(row, kind));
                    read.lent.push(Lent { by_level: what == 3, level, pos, task });
                }
                _ => {
                    let millis = |number: i64| u64::try_from(number).unwrap_or(0);
                    read.ready = row.get::<_, Option<i64>>(1).map(millis);
                    read.next_due =
                        row.get::<_, Option<i64>>(2).map(|due| Duration::from_millis(millis(due)));
                    read.is_paused = row.get::<_, i16>(4) == 1;
                    read.rings = row.get::<_, i32>(6) == 1;
                }
            }
        }
        // The oldest first, and then by level.
        read.lent.sort_unstable_by_key(|lent| {
            (lent.by_level, if lent.by_level { lent.level } else { 0 }, lent.pos)
        });
        read
    }

    fn answer(self, ends: &Ends, settles: &[Settle]) -> (Answer, bool) {
        let took_effect = |(index, settle): (usize, &Settle)| {
            let claim = (settle.lease.slot(), settle.lease.token());
            ends.sent.contains(&index) && self.settled.contains(&claim)
        };
        let mut answer = Answer::default();
        answer.settled = settles.iter().enumerate().map(took_effect).collect();
        answer.tasks = self.lent.into_iter().map(|lent| lent.task).collect();
        answer.cancelled = self.cancelled;
        answer.ready = self.ready;
        answer.next_due = self.next_due;
        answer.paused = self.is_paused;
        (answer, self.rings)
    }
}
