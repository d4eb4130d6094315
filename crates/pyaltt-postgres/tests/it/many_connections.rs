//! Many connections at once, and an old snapshot.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use postgres::IsolationLevel;
use pyaltt_durable::engine::{Fate, Settle};
use pyaltt_postgres::Postgres;

use testkit::Database;

use crate::support::{Process, done, store_in};

/// How many connections finish and take at once.
const CONNECTIONS: usize = 64;

const TASKS: usize = 6_400;

/// The token of a task that is in a hand for the first time.
const FIRST_CLAIM: i64 = 1;

#[apply(bounded)]
fn case_35_many_connections_finish_and_take_without_a_deadlock() {
    let Some(database) = Database::new() else { return };
    // What is at stake are locks, not the disk; and a busy machine may take its time.
    database
        .client()
        .batch_execute(&format!("alter database {} set synchronous_commit = off", database.name()))
        .unwrap();
    let store = Postgres::builder(database.url()).io_timeout(Duration::from_secs(60)).connect().unwrap();
    let mut producer = Process::of(&store);
    for _ in 0..TASKS / 100 {
        producer.put(100);
    }
    let run = || {
        let mut process = Process::of(&store);
        let (mut ran, mut settles) = (Vec::new(), Vec::new());
        loop {
            let answer = process.round(&settles, 4).unwrap();
            assert!(answer.settled.iter().all(|settled| *settled), "an update was lost");
            if answer.tasks.is_empty() && ran.len() > 1 {
                break ran;
            }
            // Now and then one goes back, and is taken again by whoever comes. Once only: the last task would go to and fro.
            settles = done(&answer.tasks);
            let goes_back = |first: &&mut Settle| first.lease.token() == FIRST_CLAIM && ran.len() % 7 == 0;
            if let Some(first) = settles.first_mut().filter(goes_back) {
                first.fate = Fate::HandBack { after: None };
            }
            let ended = answer.tasks.iter().zip(&settles).filter(|(_, settle)| settle.fate == Fate::Done);
            ran.extend(ended.map(|(task, _)| task.id));
            if answer.tasks.is_empty() {
                break ran;
            }
        }
    };
    let ran: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    // Whoever was the last may have found nothing while another one had what it then handed back.
    let mut rest = Vec::new();
    loop {
        let tasks = producer.round(&[], 100).unwrap().tasks;
        if tasks.is_empty() {
            break;
        }
        producer.round(&done(&tasks), 0).unwrap();
        rest.extend(tasks.into_iter().map(|task| task.id));
    }
    let all: BTreeSet<_> = ran.iter().chain(&rest).collect();
    assert_eq!((ran.len() + rest.len(), all.len()), (TASKS, TASKS), "each is done once");
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(database.client().query_one(deadlocks, &[]).unwrap().get::<_, i64>(0), 0);
}

/// Puts and takes for a while, and returns how often.
fn load(process: &mut Process, time: Duration) -> u32 {
    let began = Instant::now();
    let (mut rounds, mut settles) = (0, Vec::<Settle>::new());
    while began.elapsed() < time {
        process.put(1);
        settles = done(&process.round(&settles, 1).unwrap().tasks);
        rounds += 1;
    }
    process.round(&settles, 0).unwrap();
    rounds
}

/// How many blocks a round reads that takes one task and looks from these places on.
fn blocks_of_a_round(database: &Database, owner: i64, lows: [i64; 4]) -> i64 {
    // A session of its own, because it counts for the whole of it.
    let mut client = database.client();
    let mut transaction = client.transaction().unwrap();
    let round = "select 1 from pyaltt.round_v1('mail', $1, 3600000, 'letter', 1, 1, 0, false, false, false, 0, $2, '{}', '{}', '{}',
                 '{}', '{}', '{}', '{}') where what = 3";
    assert_eq!(transaction.query(round, &[&owner, &&lows[..]]).unwrap().len(), 1);
    let read = "select sum(pg_stat_get_xact_blocks_fetched(oid))::bigint from pg_class
                where oid in ('pyaltt.task'::regclass, 'pyaltt.task_ready'::regclass)";
    let blocks = transaction.query_one(read, &[]).unwrap().get(0);
    transaction.rollback().unwrap();
    blocks
}

/// `PYALTT_SNAPSHOT_SECONDS=30` makes it longer. The rates are told only: what is asserted is what a round reads, which no load
/// of the machine changes.
#[apply(bounded)]
fn case_36_an_old_snapshot_does_not_slow_rounds_down() {
    let seconds = std::env::var("PYALTT_SNAPSHOT_SECONDS").map_or(1, |seconds| seconds.parse().unwrap());
    let Some(database) = Database::new() else { return };
    let fast = format!("alter database {} set synchronous_commit = off", database.name());
    database.client().batch_execute(&fast).unwrap();
    let mut process = Process::of(&store_in(&database));
    let mut holder = database.client();
    let mut snapshot =
        holder.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start().unwrap();
    snapshot.query_one("select count(*) from pyaltt.task", &[]).unwrap();

    // From the first moment of the snapshot on.
    let part = Duration::from_secs(seconds) / 10;
    let rates: Vec<_> = (0..10).map(|_| load(&mut process, part)).collect();
    let ratio = f64::from(rates[9]) / f64::from(rates[0]);
    println!("rounds in each tenth of {seconds} s: {rates:?}, last to first {ratio:.2}");

    for _ in 0..40 {
        process.put(100);
        let tasks = process.round(&[], 100).unwrap().tasks;
        assert_eq!(tasks.len(), 100);
        process.round(&done(&tasks), 0).unwrap();
    }
    process.put(100);
    let last: i64 = database.client().query_one("select last_value from pyaltt.pos", &[]).unwrap().get(0);
    let from_the_first = blocks_of_a_round(&database, process.owner.get(), [0; 4]);
    let from_the_mark = blocks_of_a_round(&database, process.owner.get(), [last - 1_100; 4]);
    println!("blocks of a round: {from_the_first} from the first on, {from_the_mark} from the mark on");
    assert!(from_the_mark * 2 < from_the_first, "{from_the_mark} of {from_the_first}");
    snapshot.rollback().unwrap();
}
