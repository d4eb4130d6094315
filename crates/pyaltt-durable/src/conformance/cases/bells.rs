//! Who is woken.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::conformance::Subject;
use crate::conformance::client::Client;
use crate::engine::admin::{Admin, Which};
use crate::engine::contract::Bell;
use crate::engine::error::EngineError;
use crate::engine::put::When;
use crate::engine::round::Fate;

/// Longer than any ring takes. Nobody waits for so long.
const LONG: Duration = Duration::from_secs(60);

/// An owner that sleeps.
fn sleeper(subject: &dyn Subject) -> (Client, Arc<dyn Bell>) {
    let mut client = Client::of(subject);
    let bell = client.engine.bell(client.owner).expect("a bell");
    sleep(&mut client);
    (client, bell)
}

fn sleep(client: &mut Client) {
    let answer = client.round(|round| {
        round.want = 1;
        round.idle = true;
    });
    assert!(answer.tasks.is_empty());
}

fn is_rung(bell: &Arc<dyn Bell>, at_most: Duration) -> bool {
    bell.wait(at_most).expect("a bell that works")
}

pub fn a_put_wakes_one_idle_owner(subject: &dyn Subject) {
    let (mut client, bell) = sleeper(subject);
    let mut producer = Client::of(subject);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| is_rung(&bell, LONG));
        producer.put(1);
        assert!(waiting.join().expect("it waits"));
    });
    let task = client.take_one();
    client.done(&task);
    // It did not sleep again, so it is not rung again.
    producer.put(1);
    assert!(!is_rung(&bell, Duration::ZERO));
    assert_eq!(producer.take(10).len(), 1);
    // A ring that comes before the wait ends it.
    sleep(&mut client);
    producer.put(1);
    assert!(is_rung(&bell, LONG));
    assert_eq!(client.take(10).len(), 1);
}

pub fn a_put_wakes_an_owner_that_can_run_it(subject: &dyn Subject) {
    let mut clients: Vec<_> = [("parcel", 1), ("letter", 1), ("letter", 2), ("postcard", 1)]
        .into_iter()
        .map(|(kind, version)| {
            let mut client = Client::of(subject);
            let bell = client.engine.bell(client.owner).expect("a bell");
            (client, bell, kind, version)
        })
        .collect();
    let mut producer = Client::of(subject);
    // Whatever the order in which an engine looks at them, and also for tasks that are not due.
    for when in [When::Now, When::In(Duration::from_secs(60))] {
        for (kind, version, can) in
            [("letter", 2, &[2][..]), ("letter", 1, &[1, 2]), ("parcel", 1, &[0]), ("bill", 1, &[])]
        {
            for (client, _, kind, version) in &mut clients {
                client.round(|round| {
                    (round.kind, round.version, round.idle) = (kind, *version, true);
                });
            }
            let put = producer.put_one(|put| {
                (put.when, put.envelope.kind, put.envelope.version) = (when, kind.to_owned(), version);
            });
            let mut next_heard =
                || (0..clients.len()).find(|number| is_rung(&clients[*number].1, Duration::from_millis(1)));
            let rung = if can.is_empty() {
                next_heard()
            } else {
                std::iter::repeat_with(&mut next_heard).flatten().next()
            };
            assert_eq!(rung.is_some(), !can.is_empty(), "{kind} {version}");
            assert!(rung.is_none_or(|rung| can.contains(&rung)), "{kind} {version}: {rung:?}");
            assert_eq!(next_heard(), None, "one is enough for {kind} {version}");
            producer.admin(Admin::Cancel(put.id()));
        }
    }
}

pub fn whoever_leaves_tasks_passes_the_bell_on(subject: &dyn Subject) {
    let (mut first, first_bell) = sleeper(subject);
    let (mut second, second_bell) = sleeper(subject);
    Client::of(subject).put(2);
    // One put, so one of the two is rung, and takes one of the two tasks.
    let by_first = is_rung(&first_bell, Duration::from_millis(1)) || {
        let by_second = is_rung(&second_bell, Duration::from_millis(1));
        assert!(by_second || is_rung(&first_bell, LONG));
        !by_second
    };
    let (awake, asleep, bell) =
        if by_first { (&mut first, &mut second, second_bell) } else { (&mut second, &mut first, first_bell) };
    awake.take_one();
    assert!(is_rung(&bell, LONG));
    asleep.take_one();
}

pub fn what_goes_back_wakes_an_idle_owner(subject: &dyn Subject) {
    let mut holder = Client::of(subject);
    holder.put(1);
    let mut task = holder.take_one();
    let (mut idle, bell) = sleeper(subject);
    assert!(holder.settle(task.lease, Fate::HandBack { after: None }));
    assert!(is_rung(&bell, LONG));
    let mut again = |holder: &mut Client, idle: &mut Client| {
        task = holder.take_one();
        sleep(idle);
        task.clone()
    };
    again(&mut holder, &mut idle);
    assert_eq!(holder.engine.mine(holder.owner, &[]).expect("it is there"), 1);
    assert!(is_rung(&bell, LONG));
    again(&mut holder, &mut idle);
    holder.engine.farewell(holder.owner).expect("a farewell");
    assert!(is_rung(&bell, LONG));
    holder.register();
    let task = again(&mut holder, &mut idle);
    holder.mark_dead(&task);
    // Rung or not: the settlement that made it dead made nothing ready.
    while is_rung(&bell, Duration::ZERO) {}
    sleep(&mut idle);
    assert_eq!(holder.requeue(Which::All).tasks, 1);
    assert!(is_rung(&bell, LONG));
    holder.admin(Admin::Pause);
    sleep(&mut idle);
    holder.admin(Admin::Resume);
    assert!(is_rung(&bell, LONG));
    idle.take_one();
}

pub fn a_bell_is_woken_from_within(subject: &dyn Subject) {
    let (mut client, bell) = sleeper(subject);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| is_rung(&bell, LONG));
        bell.wake().expect("a bell that works");
        assert!(waiting.join().expect("it waits"));
    });
    assert!(!is_rung(&bell, Duration::ZERO));
    // Whoever waits is woken after the farewell as well.
    client.engine.farewell(client.owner).expect("a farewell");
    bell.wake().expect("a bell that works");
    assert!(is_rung(&bell, LONG));
    assert!(matches!(client.engine.bell(client.owner), Err(EngineError::OwnerGone)));
}
