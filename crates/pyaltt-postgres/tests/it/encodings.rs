//! Databases that cannot store each character.

use std::time::Duration;

use postgres::{Client, NoTls};
use pyaltt::leased::ErrorText;
use pyaltt_durable::engine::{Fate, Settle};
use pyaltt_postgres::Postgres;
use testkit::PostgresServer;

use crate::support::Process;

#[apply(bounded)]
fn an_error_with_characters_that_the_database_lacks_is_kept_as_escapes() {
    let Some(server) = PostgresServer::shared() else { return };
    let mut admin = Client::connect(&server.url("postgres"), NoTls).unwrap();
    admin.batch_execute("create database latin encoding 'LATIN1' template template0").unwrap();
    let address = server.url("latin");
    {
        let mut process = Process::of(&Postgres::builder(&address).migrate(true).connect().unwrap());
        process.put(2);
        let tasks = process.round(&[], 2).unwrap().tasks;
        let fate = |error: &str| Fate::Retry { after: Duration::ZERO, error: ErrorText::new(error) };
        let settles = [
            Settle::new(tasks[0].lease, fate("no route \u{2192} \u{e9}")),
            Settle::new(tasks[1].lease, Fate::Done),
        ];
        assert_eq!(process.round(&settles, 0).unwrap().settled, [true, true]);
        let error = "select errors -> 0 ->> 'text' from pyaltt.task";
        let mut client = Client::connect(&address, NoTls).unwrap();
        let error: String = client.query_one(error, &[]).unwrap().get(0);
        assert_eq!(error, r"no route \u{2192} \u{e9}");
    }
    admin.batch_execute("drop database latin with (force)").unwrap();
}
