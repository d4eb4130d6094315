//! Questions that a worker keeps which is made anew for each run.

use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, Context, Flow, ReplyTo, Restart, Turn, Worker};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, Probe, silence_expected_panics};

use super::{Task, finishes, kind, new_clerk, started, wait_asleep};

/// 2. What it has kept goes with it, and the next run, which could have answered, does not know of it.
#[apply(bounded)]
fn a2_a_restart_without_the_worker_thatkept_the_question_is_no_reply() {
    for waits in [false, true] {
        let (builder, _) = new_clerk();
        let clerk = builder.restart(Restart::on_failure().backoff(Duration::ZERO)).start().unwrap();
        let kept = clerk.ask(Task::Keep).unwrap();
        let answer = if waits {
            let waiter = wait_asleep(kept);
            clerk.put(Task::Fail).unwrap();
            waiter.join().unwrap()
        } else {
            clerk.put(Task::Fail).unwrap();
            assert_eq!(clerk.ask(Task::Answer).unwrap().wait().unwrap(), 2);
            kept.wait()
        };
        assert_eq!(kind(answer), "no reply");
        clerk.stop().unwrap();
    }
}

/// 3. As long as another worker reads the queue, there is no end that the question could end with.
#[apply(bounded)]
fn a3_the_end_of_one_of_several_readers_is_no_reply_to_what_it_has_kept() {
    let (builder, _) = new_clerk();
    let clerk = builder.start().unwrap();
    let kept = clerk.ask(Task::Keep).unwrap();
    // The other one begins when nothing is left that it could take.
    while clerk.stats().turns == 0 {
        std::thread::yield_now();
    }
    let (other, _) = new_clerk();
    let other = other.queue(clerk.queue().clone()).start().unwrap();
    let waiter = wait_asleep(kept);
    clerk.stop().unwrap();
    assert_eq!(kind(waiter.join().unwrap()), "no reply");
    other.stop().unwrap();
}

/// Keeps questions, and logs its own drop. A destructor that panics comes before that of what is kept.
struct Keeper {
    log: Probe<&'static str>,
    panics: bool,
    kept: Vec<ReplyTo<u64>>,
}

impl Worker for Keeper {
    type Task = ReplyTo<u64>;

    fn run(&mut self, to: ReplyTo<u64>, _cx: &mut Context) -> Turn {
        self.kept.push(to);
        Ok(Flow::Stop)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.log.add("dropped");
        assert!(!self.panics, "{EXPECTED}in the destructor");
    }
}

/// The worker is dropped, the end is published, `on_exit` is called, and then the askers are told. A panic in the
/// destructor changes nothing of that.
#[apply(bounded)]
fn a3_the_askers_of_a_worker_that_goes_are_told_when_its_end_is_published() {
    silence_expected_panics();
    for panics in [false, true] {
        let log = Probe::new();
        let (drops, exits) = (log.clone(), log.clone());
        let make = move || Keeper { log: drops.clone(), panics, kept: Vec::new() };
        let worker = BackgroundQueueWorker::factory(make)
            .on_exit(move |_| exits.add("on_exit"))
            .paused(true)
            .start()
            .unwrap();
        let reply = worker.ask(|to| to).unwrap();
        let (told, other) = (log.clone(), worker.clone());
        let waiter = spawn_asleep(move || {
            let answer = reply.wait();
            told.add("told");
            // By now it can be started again.
            assert_eq!(other.last_exit().run, 1);
            other.start().unwrap();
            answer
        });
        worker.resume();
        assert_eq!(kind(waiter.join().unwrap()), "ended, finished");
        assert_eq!(log.all(), ["dropped", "on_exit", "told"]);
        worker.stop().unwrap();
    }
}

/// 5. What is dropped after the end of the life has ended with that, also for an asker that looks only now.
#[apply(bounded)]
fn a5_a_question_that_is_dropped_after_the_end_has_ended() {
    let (clerk, turnstile) = started();
    let [kept, pending] = [clerk.ask(Task::Keep).unwrap(), {
        let hand = clerk.ask(|to| Task::HoldAnd(to, finishes)).unwrap();
        turnstile.wait();
        let pending = clerk.ask(Task::Answer).unwrap();
        turnstile.release();
        assert_eq!(kind(hand.wait()), "no reply");
        pending
    }];
    clerk.wait().unwrap();
    drop(clerk.take_pending());
    drop(clerk);
    assert_eq!([kept, pending].map(|reply| kind(reply.wait())), ["ended, finished"; 2]);
}
