//! Databases that cannot store each character.

use postgres::{Client, NoTls};
use pyaltt_postgres::{Durable, Postgres, Retry};
use testkit::{PostgresServer, until};

use crate::support::LIMIT;

#[apply(bounded)]
fn an_error_with_characters_that_the_database_lacks_is_kept_as_escapes() {
    let Some(server) = PostgresServer::shared() else { return };
    let mut admin = Client::connect(&server.url("postgres"), NoTls).unwrap();
    admin.batch_execute("create database latin encoding 'LATIN1' template template0").unwrap();
    let address = server.url("latin");
    {
        let store = Postgres::builder(&address).migrate(true).connect().unwrap();
        let mail: Durable<u32> = store.queue("mail").retry(Retry::fixed(LIMIT).attempts(1)).build().unwrap();
        let turn =
            |letter: u32, _: &mut _| if letter == 0 { Ok(()) } else { Err("no route \u{2192} \u{e9}") };
        let worker = pyaltt::queue(turn).queue(mail.clone()).start().unwrap();
        // The one that fails comes last, so that all have run when it is dead.
        mail.put_many(vec![0, 1]).unwrap();
        let mut client = Client::connect(&address, NoTls).unwrap();
        let dead = "select errors -> 0 ->> 'text' from pyaltt.task where state = 3";
        assert!(until(LIMIT, || client.query_opt(dead, &[]).unwrap().is_some()));
        let error: String = client.query_one(dead, &[]).unwrap().get(0);
        assert_eq!(error, r"no route \u{2192} \u{e9}");
        assert_eq!(worker.stop().unwrap().turns, 2);
    }
    admin.batch_execute("drop database latin with (force)").unwrap();
}
