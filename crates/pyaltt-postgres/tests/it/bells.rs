//! Who is rung.

use std::thread;
use std::time::Duration;

use pyaltt_durable::engine::Engine as _;

use testkit::Database;

use crate::support::{HOUR, Process, store_in};

#[apply(bounded)]
fn case_32_of_many_idle_owners_one_is_woken() {
    let Some(database) = Database::new() else { return };
    let store = store_in(&database);
    let mut sleepers: Vec<_> = (0..20).map(|_| Process::of(&store)).collect();
    let bells: Vec<_> =
        sleepers.iter_mut().map(|process| process.engine.bell(process.owner).unwrap()).collect();
    sleepers.iter_mut().for_each(Process::sleep);
    let mut producer = Process::of(&store);
    let mut rung = 0;
    for _ in 0..2 {
        producer.put(1);
        // Until one is heard, and then all once more.
        while rung == 0 {
            rung += bells.iter().filter(|bell| bell.wait(Duration::ZERO).unwrap()).count();
        }
        rung += bells.iter().filter(|bell| bell.wait(Duration::ZERO).unwrap()).count();
        assert_eq!(std::mem::take(&mut rung), 1);
    }
}

#[apply(bounded)]
fn a_dead_sleeper_is_passed_over() {
    let Some(database) = Database::new() else { return };
    let store = store_in(&database);
    let mut dying: Vec<_> = (0..3).map(|_| Process::of(&store)).collect();
    let mut living = Process::of(&store);
    let bells: Vec<_> = dying.iter_mut().map(|process| process.engine.bell(process.owner).unwrap()).collect();
    let bell = living.engine.bell(living.owner).unwrap();
    // Its connection is closed, as by the death of its process. Its lease lasts.
    dying.iter_mut().for_each(Process::sleep);
    drop(bells);
    let locks = "select count(*) from pg_locks where locktype = 'advisory' and database =
                 (select oid from pg_database where datname = current_database())";
    let mut client = database.client();
    assert!(testkit::until(HOUR, || client.query_one(locks, &[]).unwrap().get::<_, i64>(0) == 1));
    living.sleep();
    living.put(1);
    assert!(bell.wait(HOUR).unwrap());
}

#[apply(bounded)]
fn whoever_falls_asleep_waits_for_a_put_that_did_not_see_it() {
    let Some(database) = Database::new() else { return };
    let mut sleeper = Process::of(&store_in(&database));
    let (mut producer, mut watch) = (database.client(), database.client());
    let mut put = producer.transaction().unwrap();
    put.batch_execute(
        "select pyaltt.put_v1('mail', array[gen_random_uuid()], '{2}', '{null}', '{null}', '{null}', '{null}', '{false}',
         '{letter}', '{1}', '{null}', array['{}'::bytea], true)",
    )
    .unwrap();
    let waits =
        "select exists(select 1 from pg_locks where locktype = 'advisory' and not granted and database =
                 (select oid from pg_database where datname = current_database()))";
    let tasks = thread::scope(|scope| {
        let round = scope.spawn(|| sleeper.idle_round().tasks);
        assert!(testkit::until(HOUR, || watch.query_one(waits, &[]).unwrap().get(0)));
        // Nobody rings it: the put began before it was marked.
        put.commit().unwrap();
        round.join().unwrap()
    });
    assert_eq!(tasks.len(), 1);
    // It has given the lock back, so others put while it works.
    sleeper.put(1);
}

#[apply(bounded)]
fn a_bell_outlasts_the_limit_of_idle_sessions() {
    let Some(database) = Database::new() else { return };
    // Its connection is there before the limit, and its bell is not.
    let mut sleeper = Process::of(&store_in(&database));
    let limit = format!("alter database {} set idle_session_timeout = '500 ms'", database.name());
    // It is new in version 14.
    if database.client().batch_execute(&limit).is_err() {
        return;
    }
    let bell = sleeper.engine.bell(sleeper.owner).unwrap();
    assert!(!bell.wait(Duration::from_millis(1_500)).unwrap());
}
