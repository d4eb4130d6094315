//! The schema: who makes it, and who refuses it.

use std::sync::Barrier;
use std::thread;

use pyaltt_postgres::{Postgres, PostgresError};

use testkit::Database;

use crate::support::{queue_in, store_in};

#[apply(bounded)]
fn case_51_nothing_is_made_unless_told() {
    let Some(database) = Database::empty() else { return };
    let error = Postgres::connect(database.url()).unwrap_err();
    assert!(matches!(error, PostgresError::NoQueues), "{error}");
    let mut client = database.client();
    let exists = "select to_regnamespace('pyaltt') is not null";
    assert!(!client.query_one(exists, &[]).unwrap().get::<_, bool>(0));
    let migrated = Postgres::builder(database.url()).migrate(true).connect().unwrap();
    assert_eq!(migrated.layout(), Postgres::LAYOUT);
    assert_eq!(store_in(&database).layout(), Postgres::LAYOUT);
}

#[apply(bounded)]
fn case_51_a_layout_that_is_too_new_is_refused_with_both_numbers() {
    let Some(database) = Database::new() else { return };
    let set = |layout: i64, compat: i64| {
        database
            .client()
            .execute("update pyaltt.meta set layout = $1, compat = $2", &[&layout, &compat])
            .unwrap();
    };
    // Newer and compatible: it works, and a migration takes nothing back.
    set(99, 1);
    assert_eq!(store_in(&database).layout(), 99);
    assert_eq!(Postgres::builder(database.url()).migrate(true).connect().unwrap().layout(), 99);
    set(99, 98);
    for migrates in [false, true] {
        let error = Postgres::builder(database.url()).migrate(migrates).connect().unwrap_err();
        let known = Postgres::LAYOUT;
        assert!(matches!(error, PostgresError::TooNew { layout: 99, compat: 98, .. }), "{error}");
        assert!(
            error.to_string().contains("98") && error.to_string().contains(&known.to_string()),
            "{error}"
        );
    }
    set(0, 0);
    let error = Postgres::connect(database.url()).unwrap_err();
    assert!(matches!(error, PostgresError::TooOld { layout: 0, .. }), "{error}");
}

#[apply(bounded)]
fn case_52_of_many_that_migrate_at_once_one_does_it() {
    let Some(database) = Database::empty() else { return };
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                Postgres::builder(database.url()).migrate(true).connect().unwrap();
            });
        }
    });
    queue_in(&database).put("dear Sir".into()).unwrap();
    // Again, beside what is there.
    Postgres::builder(database.url()).migrate(true).connect().unwrap();
    assert_eq!(queue_in(&database).stats().unwrap().ready.iter().sum::<u64>(), 1);
}

#[apply(bounded)]
fn a_role_migrates_in_a_schema_that_was_made_for_it() {
    let Some(database) = Database::empty() else { return };
    let mut client = database.client();
    client.batch_execute("create role migrator login").unwrap();
    client.batch_execute("create schema pyaltt authorization migrator").unwrap();
    let address = database.url().replace("postgres@", "migrator@");
    assert!(matches!(Postgres::connect(&address), Err(PostgresError::NoQueues)));
    let store = Postgres::builder(&address).migrate(true).connect().unwrap();
    let mail: pyaltt_durable::Durable<u32> = store.queue("mail").build().unwrap();
    mail.put(1).unwrap();
    drop((mail, store));
    client.batch_execute("drop owned by migrator cascade; drop role migrator").unwrap();
}

#[apply(bounded)]
fn the_printed_schema_makes_the_same_database() {
    let (Some(printed), Some(made)) = (Database::empty(), Database::new()) else { return };
    printed.client().batch_execute(&Postgres::schema()).unwrap();
    assert_eq!(store_in(&printed).layout(), Postgres::LAYOUT);
    let all = |database: &Database| {
        let all = "select string_agg(what, ';' order by what) from (
            select format('%s %s %s', table_name, column_name, data_type) what from information_schema.columns
              where table_schema = 'pyaltt' union all
            select indexdef from pg_indexes where schemaname = 'pyaltt' union all
            select pg_get_functiondef(oid) from pg_proc where pronamespace = 'pyaltt'::regnamespace) x";
        database.client().query_one(all, &[]).unwrap().get::<_, String>(0)
    };
    assert_eq!(all(&printed), all(&made));
}
