//! Which task is taken when.

use std::time::Duration;

use pyaltt_core::Priority;

use crate::conformance::Subject;
use crate::conformance::client::{Client, ids};
use crate::engine::put::When;
use crate::engine::round::Fate;

pub fn first_in_first_out_within_a_level(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let mut of_level = |priority| [0, 1].map(|_| client.put_one(|put| put.priority = priority).id()).to_vec();
    let normal = of_level(Priority::Normal);
    let low = of_level(Priority::Low);
    let urgent = of_level(Priority::Urgent);
    let high = of_level(Priority::High);
    let tasks = client.take(3);
    assert_eq!(ids(&tasks), [urgent[0], urgent[1], high[0]]);
    assert_eq!(tasks[2].priority, Priority::High);
    assert_eq!(ids(&client.take(10)), [high[1], normal[0], normal[1], low[0], low[1]]);
    assert!(client.take(10).is_empty());
}

pub fn what_becomes_ready_goes_behind_what_is_ready(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let second = Duration::from_secs(1);
    let delayed = client.put_one(|put| put.when = When::In(second)).id();
    let failing = client.put(1)[0];
    let task = client.take_one();
    assert_eq!(task.id, failing);
    client.fail(&task, Duration::from_millis(500));
    let ready = client.put(2);
    subject.pass(second);
    let tasks = client.take(10);
    assert_eq!(ids(&tasks), [ready[0], ready[1], failing, delayed], "by the time at which they were due");
    assert_eq!(tasks.iter().map(|task| task.attempt).collect::<Vec<_>>(), [1, 1, 2, 1]);
}

pub fn queues_do_not_see_each_other(subject: &dyn Subject) {
    let (mut mail, mut fax) = (Client::at(subject, "mail"), Client::at(subject, "fax"));
    let letter = mail.put_one(|put| put.unique = Some("ann".to_owned())).id();
    let fax_id = fax.put_one(|put| put.unique = Some("ann".to_owned())).id();
    assert_ne!(letter, fax_id);
    assert_eq!(ids(&mail.take(10)), [letter]);
    assert!(mail.find(fax_id).is_none());
    assert_eq!(fax.stats().running, 0);
    assert_eq!(ids(&fax.take(10)), [fax_id]);
}

pub fn case_29_the_oldest_are_taken_when_asked_for(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let low: Vec<_> = (0..3).map(|_| client.put_one(|put| put.priority = Priority::Low).id()).collect();
    let urgent: Vec<_> = (0..9).map(|_| client.put_one(|put| put.priority = Priority::Urgent).id()).collect();
    let fair = client.round(|round| (round.want, round.oldest) = (3, 1)).tasks;
    assert_eq!(ids(&fair), [low[0], urgent[0], urgent[1]]);
    let fair = client.round(|round| (round.want, round.oldest) = (1, 1)).tasks;
    assert_eq!(ids(&fair), [low[1]]);
    let strict = client.round(|round| round.want = 7).tasks;
    assert_eq!(ids(&strict), urgent[2..]);
    let rest = client.round(|round| (round.want, round.oldest) = (5, 5)).tasks;
    assert_eq!(ids(&rest), [low[2]]);
}

pub fn case_19_what_is_put_off_is_not_counted(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let put = client.put(3);
    let tasks = client.take(2);
    let second = Duration::from_secs(1);
    assert!(client.settle(tasks[0].lease, Fate::HandBack { after: None }));
    assert!(client.settle(tasks[1].lease, Fate::HandBack { after: Some(second) }));
    let answer = client.round(|round| {
        round.want = 5;
        round.count = true;
    });
    assert_eq!(ids(&answer.tasks), [put[0], put[2]], "the first is back at its old place");
    assert_eq!(answer.tasks[0].attempt, 1);
    assert_ne!(answer.tasks[0].lease, tasks[0].lease);
    assert_eq!(answer.ready, Some(0));
    assert!(answer.next_due.is_some_and(|due| due <= second));
    subject.pass(second);
    let late = client.take_one();
    assert_eq!((late.id, late.attempt), (put[1], 1));
}
