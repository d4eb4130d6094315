//! Attempts: what fails, what is tried again, what dies.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pyaltt::{BoxError, Priority, done, give_up, later, retry_after};
use pyaltt_durable::{Durable, MemoryStore, Page, Put, Retry, TaskState, Verdict};
use testkit::{OnDrop, silence_expected_panics, until};

use crate::support::{LIMIT, state_of, wait_until_done, worker};

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);

#[apply(bounded)]
fn case_17_a_task_that_fails_five_times_is_dead_with_its_errors_in_order() {
    let mail: Durable<String> =
        MemoryStore::default().queue("mail").retry(Retry::exponential(MS)).build().unwrap();
    let id = mail.put("dear Sir".into()).unwrap();
    let (worker, seen) = worker(&mail, |_, cx| Err(format!("error {}", cx.task().unwrap().attempt).into()));
    wait_until_done(&mail);
    let dead = mail.dead().list(Page::default()).unwrap().remove(0);
    assert_eq!((dead.info.id, dead.info.attempt, dead.task.unwrap()), (id, 5, "dear Sir".into()));
    let errors: Vec<_> = dead.errors.iter().map(|error| (error.attempt, &*error.text)).collect();
    assert_eq!(errors, [(1, "error 1"), (2, "error 2"), (3, "error 3"), (4, "error 4"), (5, "error 5")]);
    worker.stop().unwrap();
    assert_eq!(seen.try_iter().map(|(_, info)| info.attempt).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[apply(bounded)]
fn case_18_tasks_that_fail_at_once_come_again_spread_over_the_jitter() {
    let retry = Retry::fixed(HOUR).jitter(0.25);
    let mail: Durable<String> = MemoryStore::default().queue("mail").retry(retry).build().unwrap();
    let ids = mail.put_many((0..100).map(|n| n.to_string()).collect()).unwrap();
    let (worker, _seen) = worker(&mail, |_, _| Err("all at once".into()));
    assert!(until(LIMIT, || mail.stats().unwrap().delayed == 100));
    let mut due: Vec<_> = ids.iter().map(|id| mail.find(*id).unwrap().unwrap().due_at.unwrap()).collect();
    due.sort_unstable();
    let spread = due[99].duration_since(due[0]).unwrap();
    assert!(spread > HOUR / 5 && spread < HOUR, "they are due within {spread:?}");
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_19_a_turn_says_itself_what_becomes_of_its_task() {
    silence_expected_panics();
    let mail: Durable<String> = MemoryStore::default().queue("mail").build().unwrap();
    let put = |letter: &str| mail.put(letter.into()).unwrap();
    let ids = ["give up", "in an hour", "later", "panic"].map(put);
    let (worker, seen) = worker(&mail, |letter, _| match letter {
        "give up" => Err(give_up("no address")),
        "in an hour" => Err(retry_after(HOUR, "busy")),
        "later" => Err(later(HOUR)),
        "panic" => panic!("{}", testkit::EXPECTED),
        _ => done(),
    });
    for _ in ids {
        seen.recv().unwrap();
    }
    assert!(until(LIMIT, || mail.stats().unwrap().running == 0));
    let [given_up, in_an_hour, put_off, panicked] = ids.map(|id| mail.find(id).unwrap().unwrap());
    let error = |task: &pyaltt_durable::TaskView| task.errors.first().map(|error| error.text.clone());
    assert_eq!((given_up.state, given_up.attempt), (TaskState::Dead, 1));
    assert_eq!(error(&given_up).as_deref(), Some("no address"));
    assert_eq!((in_an_hour.state, in_an_hour.attempt), (TaskState::Delayed, 1));
    assert_eq!(error(&in_an_hour).as_deref(), Some("busy"));
    assert_eq!((put_off.state, put_off.attempt, error(&put_off)), (TaskState::Delayed, 0, None));
    assert_eq!((panicked.state, panicked.attempt), (TaskState::Delayed, 1));
    assert!(error(&panicked).unwrap().contains(testkit::EXPECTED));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_20_a_task_is_settled_as_failed_although_its_error_handler_panics() {
    silence_expected_panics();
    let mail: Durable<String> = MemoryStore::default().queue("mail").retry(Retry::none()).build().unwrap();
    let id = mail.put("dear Sir".into()).unwrap();
    let worker = pyaltt::queue(|_: String, _: &mut pyaltt::Context| {
        let _bomb = OnDrop::new(|| panic!("{}", testkit::EXPECTED));
        Err::<(), _>("no address")
    })
    .on_error(|_| -> pyaltt::Flow { panic!("{}", testkit::EXPECTED) })
    .queue(mail.clone())
    .start()
    .unwrap();
    worker.wait().unwrap_err();
    assert!(until(LIMIT, || state_of(&mail, id) == Some(TaskState::Dead)));
}

#[apply(bounded)]
fn the_policy_sees_the_error_itself() {
    let retry = Retry::fixed(HOUR).when(|error, _| match error.to_string() {
        text if text.contains("bad") => Verdict::Dead,
        text if text.contains("again") => Verdict::Again,
        _ => Verdict::After(2 * HOUR),
    });
    let mail: Durable<String> = MemoryStore::default().queue("mail").retry(retry).build().unwrap();
    let ids = ["bad", "again", "other"].map(|letter| mail.put(letter.into()).unwrap());
    let first = AtomicU32::new(0);
    let (worker, seen) = worker(&mail, move |letter, _| {
        if letter == "again" && first.fetch_add(1, Ordering::SeqCst) > 0 {
            return done();
        }
        Err(BoxError::from(letter.to_owned()))
    });
    assert!(until(LIMIT, || mail.stats().unwrap().running == 0 && mail.find(ids[1]).unwrap().is_none()));
    assert!(until(LIMIT, || state_of(&mail, ids[2]) == Some(TaskState::Delayed)));
    assert_eq!(state_of(&mail, ids[0]), Some(TaskState::Dead));
    worker.stop().unwrap();
    let attempts: Vec<_> =
        seen.try_iter().filter(|(letter, _)| letter == "again").map(|(_, info)| info.attempt).collect();
    assert_eq!(attempts, [1, 1], "uncounted");
}

#[apply(bounded)]
fn case_26_a_delay_far_longer_than_a_lease_keeps_a_task_in_the_engine() {
    let store = MemoryStore::default();
    let mail: Durable<String> = store.queue("mail").lease(100 * MS).build().unwrap();
    let id = mail.put_with("in an hour".into(), Put::new().delay(HOUR)).unwrap().id();
    let (worker, seen) = worker(&mail, |_, _| done());
    // The process is alive and looks for tasks.
    for _ in 0..3 {
        mail.put("now".into()).unwrap();
        assert_eq!(seen.recv().unwrap().0, "now");
    }
    let task = mail.find(id).unwrap().unwrap();
    assert_eq!((task.state, task.attempt, task.owner), (TaskState::Delayed, 0, None));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_delayed_task_runs_when_it_is_due() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").build().unwrap();
    let (worker, seen) = worker(&mail, |_, _| done());
    mail.put("now".into()).unwrap();
    seen.recv().unwrap();
    mail.put_with("soon".into(), Put::new().delay(20 * MS)).unwrap();
    assert_eq!(seen.recv().unwrap().0, "soon");
    worker.stop().unwrap();
}

/// How many urgent tasks run before the low one.
fn urgent_before_low(fair_share: u32) -> usize {
    let mail: Durable<String> = MemoryStore::default().queue("mail").fair_share(fair_share).build().unwrap();
    mail.put_with("low".into(), Put::new().priority(Priority::Low)).unwrap();
    for n in 0..100 {
        mail.put_with(format!("urgent {n}"), Put::new().priority(Priority::Urgent)).unwrap();
    }
    let (worker, seen) = worker(&mail, |_, _| done());
    let before = seen.iter().position(|(letter, _)| letter == "low").unwrap();
    worker.stop().unwrap();
    before
}

#[apply(bounded)]
fn case_29_a_flood_of_urgent_tasks_starves_no_low_one_but_where_levels_are_strict() {
    assert_eq!(urgent_before_low(16), 15);
    assert_eq!(urgent_before_low(0), 100);
}
