//! PostgreSQL itself.

use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::{Client, NoTls, Statement};
use pyaltt_benches::contender::Contender;
use pyaltt_benches::workload::actor::say;
use pyaltt_benches::workload::durable::engine::Engine;
use pyaltt_benches::workload::durable::letter::Letter;
use pyaltt_benches::workload::durable::place::Place;
use pyaltt_benches::workload::durable::wake::{PutOne, Tell};
use uuid::Uuid;

use super::raw::{Table, listen, put_at, text};

/// Inserts as many rows as there are ids.
const INSERT: &str = "insert into pyaltt.task(id, queue, state, prio, kind, lane, version, put_at, body) \
                      select id, 'letters', 0, 2, 'task', 1, 1, clock_timestamp(), $2 from unnest($1::uuid[]) as given(id)";

/// The same for one.
const INSERT_ONE: &str = "insert into pyaltt.task(id, queue, state, prio, kind, lane, version, put_at, body) \
                          values($1, 'letters', 0, 2, 'task', 1, 1, clock_timestamp(), $2)";

/// Inserts one and tells whoever listens, in one transaction.
const INSERT_AND_NOTIFY: &str = "with inserted as (insert into pyaltt.task(id, queue, state, prio, kind, lane, version, put_at, body) \
     values($1, 'letters', 0, 2, 'task', 1, 1, clock_timestamp(), $2)) select pg_notify('bell', $3)";

/// The tables in a database.
pub(super) struct Database {
    client: Client,
    insert_one: Statement,
    insert: Statement,
    body: Vec<u8>,
}

impl Table for Database {
    const ENGINE: Engine = Engine::Postgres;
    const IDS: [&str; 3] = ["postgres", "postgres-100", "postgres-two-commits"];
    const LABELS: [&str; 3] =
        ["PostgreSQL, a row a commit", "PostgreSQL, 100 rows a commit", "PostgreSQL, two commits"];
    const HOW: &str =
        "the crate postgres: the rows that our queue inserts, into the same tables, by prepared statements";

    fn open(place: &Place) -> Result<Self, String> {
        let mut client = Client::connect(place.address()?, NoTls).map_err(text)?;
        let exists = "select to_regclass('pyaltt.task') is not null";
        if !client.query_one(exists, &[]).map_err(text)?.get::<_, bool>(0) {
            client
                .batch_execute(include_str!("../../../../crates/pyaltt-postgres/src/sql/layout_1.sql"))
                .map_err(text)?;
        }
        let (insert_one, insert) =
            (client.prepare(INSERT_ONE).map_err(text)?, client.prepare(INSERT).map_err(text)?);
        Ok(Self { client, insert_one, insert, body: Letter::new(0).to_json()? })
    }

    fn insert(&mut self, rows: usize) -> Result<(), String> {
        let Self { client, insert_one, insert, body } = self;
        let inserted = if rows == 1 {
            client.execute(insert_one, &[&Uuid::now_v7(), body])
        } else {
            let ids: Vec<_> = (0..rows).map(|_| Uuid::now_v7()).collect();
            client.execute(insert, &[&ids, body])
        };
        inserted.map(drop).map_err(text)
    }

    fn wakes_elsewhere(contender: Contender, commits: usize) -> Contender {
        contender.rouses_elsewhere(
            Self::ENGINE,
            |place| {
                let mut table = Self::open(place)?;
                let notify = table.client.prepare(INSERT_AND_NOTIFY).map_err(text)?;
                let put: PutOne = Box::new(move |letter| {
                    let stamp = letter.stamp.to_string();
                    let insert = table.client.execute(&notify, &[&Uuid::now_v7(), &table.body, &stamp]);
                    insert.map(drop).map_err(text)
                });
                Ok(put)
            },
            move |place| {
                let mut table = Self::open(place)?;
                table.client.batch_execute("listen bell").map_err(text)?;
                say("ready")?;
                let tell: Tell = Box::new(|age| _ = say(&age.to_string()));
                listen(&mut table, commits, &tell, |table| {
                    let rung = table.client.notifications().blocking_iter().next().ok()??;
                    rung.payload().parse().ok().map(put_at)
                });
                Ok(())
            },
        )
    }
}
