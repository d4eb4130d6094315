//! Members that their group holds, against all that can end or start them, and a group whose member hangs.

use std::sync::Arc;

use super::support::{AnyMoment, Log, check, mute, on_thread};
use crate::control::state::State;
use crate::error::StartError;
use crate::event::builder::EventBuilder;
use crate::event::function::event;
use crate::event::handle::BackgroundEventWorker;
use crate::exit::{Exit, Then};
use crate::layer::Member;
use crate::restart::Restart;
use crate::run::membership::{Membership, News};
use crate::sync::thread;

/// What a group is told of a member, in the log with the member's number in front.
const ACTIVE: u32 = 1;
const HELD: u32 = 2;
const ENDED: u32 = 3;
const GONE: u32 = 4;

/// A group in which a member that fails waits for the others.
struct Group {
    log: Log,
    member: u32,
    policy: Restart,
}

impl Membership for Group {
    fn group(&self) -> &'static str {
        "group"
    }

    fn policy<'a>(&'a self, _own: Option<&'a Restart>) -> Option<&'a Restart> {
        Some(&self.policy)
    }

    fn verdict(&self, _exit: &Exit, planned: Then) -> Then {
        if let Then::Again { .. } = planned { Then::Held } else { planned }
    }

    fn told(&self, news: News) {
        let what = match news {
            News::Active { .. } => ACTIVE,
            News::Ended(exit) if exit.then == Then::Held => HELD,
            News::Ended(_) => ENDED,
            News::Gone => GONE,
        };
        self.log.add(10 * self.member + what);
    }
}

/// A member of this number, whose turns wait for triggers. What it is told goes to the log.
fn member(
    log: &Log,
    number: u32,
    build: impl FnOnce(EventBuilder) -> EventBuilder,
) -> (BackgroundEventWorker, Member) {
    mute();
    let worker = build(event(|_trigger, _cx| ())).build().unwrap();
    let group = Group { log: log.clone(), member: number, policy: Restart::on_failure() };
    let Ok(member) = Member::join((&worker).into(), Arc::new(group)) else { panic!("it is in no group") };
    (worker, member)
}

/// What happened to the member of this number, in order.
fn of(log: &Log, number: u32) -> Vec<u32> {
    log.all().into_iter().filter(|entry| entry / 10 == number).map(|entry| entry % 10).collect()
}

/// However a hold and a word for the end meet, the life ends, and everybody is told once.
#[test]
fn a_hold_against_a_word_for_the_end() {
    let ends: [fn(&BackgroundEventWorker); 3] =
        [|worker| drop(worker.stop()), |worker| worker.signal_stop(), |worker| worker.terminate()];
    check(move || {
        for end in ends {
            let log = Log::default();
            let (worker, member) = member(&log, 0, |builder| builder);
            worker.start().unwrap();
            let holder = on_thread(&member, Member::hold);
            let waiter = on_thread(&worker, |worker| worker.wait());
            end(&worker);
            holder.join().unwrap();
            waiter.join().unwrap().unwrap();
            assert_eq!(worker.state(), State::Stopped);
            log.wait_for_entry(GONE);
            let story = of(&log, 0);
            assert!(
                [vec![ACTIVE, ENDED, GONE], vec![ACTIVE, HELD, ENDED, GONE]].contains(&story),
                "{story:?}"
            );
            assert_eq!((worker.last_exit().run, worker.last_exit().then), (1, Then::Rest));
        }
    });
}

/// The drop of the last handle ends the life of one that is being held.
#[test]
fn a_hold_against_the_drop_of_the_last_handle() {
    check(|| {
        let log = Log::default();
        let (worker, member) = member(&log, 0, |builder| builder);
        worker.start().unwrap();
        let holder = thread::spawn(move || member.hold().0);
        drop(worker);
        holder.join().unwrap();
        log.wait_for_entry(GONE);
        assert!(of(&log, 0).ends_with(&[ENDED, GONE]));
    });
}

/// A hold during the start. It takes no turn then, and waits for its group.
#[test]
fn a_hold_against_a_start() {
    check(|| {
        let log = Log::default();
        let (worker, member) = member(&log, 0, |builder| builder);
        let starter = on_thread(&worker, |worker| worker.start());
        let (was, _) = member.hold();
        starter.join().unwrap().unwrap();
        if was == State::Stopped {
            assert!(worker.is_active());
            assert_eq!(member.hold().0, State::Active);
        }
        log.wait_for_entry(HELD);
        assert_eq!(worker.state(), State::Waiting);
        worker.start().unwrap();
        assert!(worker.is_active());
        assert_eq!(worker.stop().unwrap().restarts, 1);
    });
}

/// The group and somebody else start one that is held, while a third one stops it: one of the starts counts, or the life
/// has ended.
#[test]
fn starts_and_a_stop_against_one_that_is_held() {
    check(|| {
        for stops in [false, true] {
            let log = Log::default();
            let (worker, member) = member(&log, 0, |builder| builder);
            worker.start().unwrap();
            member.hold();
            log.wait_for_entry(HELD);
            let answers = Log::default();
            let told = answers.clone();
            let group =
                thread::spawn(move || member.start(move |result| told.add(u32::from(result.is_ok()))));
            let stopper = on_thread(&worker, move |worker| {
                if stops {
                    worker.signal_stop();
                }
            });
            let own = worker.start();
            let started = group.join().unwrap().map(|_| ());
            stopper.join().unwrap();
            if started.is_ok() {
                answers.wait_for(1);
            }
            let refused = [&started, &own]
                .into_iter()
                .filter(|start| matches!(start, Err(StartError::AlreadyRunning { .. })))
                .count();
            assert!(stops || refused == 1, "{started:?} {own:?}");
            worker.stop().unwrap();
            let runs = u64::from(started.is_ok()) + u64::from(own.is_ok());
            assert_eq!(worker.stats().runs, 1 + runs);
        }
    });
}

/// A hold against a run that fails, its backoff and the run after it: it comes to rest, and runs again when it is told to.
#[test]
fn a_hold_against_a_failure_and_its_restart() {
    struct Alone(Log);

    // A group that leaves the restarts to its member.
    impl Membership for Alone {
        fn group(&self) -> &'static str {
            "group"
        }

        fn policy<'a>(&'a self, own: Option<&'a Restart>) -> Option<&'a Restart> {
            own
        }

        fn verdict(&self, _exit: &Exit, planned: Then) -> Then {
            planned
        }

        fn told(&self, news: News) {
            if let News::Ended(exit) = news
                && exit.then == Then::Held
            {
                self.0.add(HELD);
            }
        }
    }

    check(|| {
        mute();
        let log = Log::default();
        let policy = Restart::on_failure().backoff(AnyMoment::STEP).jitter(0.0);
        let worker = event(|_trigger, cx| if cx.run_number() == 1 { Err("no paper") } else { Ok(()) })
            .on_error(|_| false)
            .restart(policy)
            .clock(AnyMoment::default())
            .start()
            .unwrap();
        let member = Member::join((&worker).into(), Arc::new(Alone(log.clone()))).ok().unwrap();
        worker.trigger();
        if member.hold().0 != State::Waiting {
            log.wait_for_entry(HELD);
        }
        assert_eq!(worker.state(), State::Waiting);
        let runs = worker.stats().runs;
        // However long it takes.
        thread::yield_now();
        assert_eq!((worker.state(), worker.stats().runs), (State::Waiting, runs));
        worker.start().unwrap();
        worker.stop().unwrap();
        assert_eq!(worker.stats().runs, runs + 1);
    });
}

/// A group restart with a member that hangs. The group waits for it as long as the schedule likes. If it has ended by then,
/// both are started again, in order. If not, the group gives up: nothing is started beside itself, and all comes to its end.
#[test]
fn a_group_is_held_with_a_member_that_hangs() {
    check(|| {
        let (log, gate, turns) = (Log::default(), Log::default(), Log::default());
        let (hangs, taken) = (gate.clone(), turns.clone());
        let (first, first_member) = member(&log, 1, |builder| builder);
        mute();
        let hung = event(move |_trigger, _cx| {
            taken.add(1);
            hangs.wait_for(1);
        });
        let hung = hung.build().unwrap();
        let group = Group { log: log.clone(), member: 2, policy: Restart::on_failure() };
        let hung_member = Member::join((&hung).into(), Arc::new(group)).ok().unwrap();
        let ends = Log::default();
        for worker in [&first, &hung] {
            worker.start().unwrap();
        }
        let waiters = [&first, &hung].map(|worker| {
            let ends = ends.clone();
            on_thread(worker, move |worker| {
                worker.wait().unwrap();
                ends.add(1);
            })
        });
        hung.trigger();
        turns.wait_for(1);
        // In reverse: the one that hangs is told first.
        assert_eq!(hung_member.hold().0, State::Active);
        let releaser = thread::spawn(move || gate.add(1));
        thread::yield_now();
        if of(&log, 2).contains(&HELD) {
            first_member.hold();
            log.wait_for_entry(10 + HELD);
            for (number, member) in [(1, &first_member), (2, &hung_member)] {
                let answers = log.clone();
                member
                    .start(move |result| answers.add(10 * number + 5 + u32::from(result.is_err())))
                    .unwrap();
                log.wait_for_entry(10 * number + 5);
            }
            assert_eq!((first.state(), hung.state()), (State::Active, State::Active));
            assert_eq!(of(&log, 2), [ACTIVE, HELD, ACTIVE, 5]);
        } else {
            hung_member.handle().terminate();
        }
        assert!(ends.all().is_empty() || hung.stats().runs == 1);
        first.signal_stop();
        hung.signal_stop();
        releaser.join().unwrap();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        for number in [1, 2] {
            log.wait_for_entry(10 * number + GONE);
            assert!(of(&log, number).ends_with(&[ENDED, GONE]), "{:?}", log.all());
        }
        assert_eq!((first.state(), hung.state()), (State::Stopped, State::Stopped));
        assert_eq!(ends.all(), [1, 1]);
        assert_eq!(first.stats().runs, hung.stats().runs);
    });
}
