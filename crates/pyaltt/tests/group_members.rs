//! Workers that are statics as members of groups.
#![cfg(feature = "macros")]

use std::time::Duration;

use pyaltt::prelude::*;
use pyaltt::{GroupError, MemberOutcome};

#[background_worker(queue)]
fn mailer(_letter: &'static str) {}

#[background_worker]
fn ticker(cx: &mut Context) {
    let _ = cx.sleep(Duration::MAX);
}

#[background_worker(event)]
fn alarm() {}

#[test]
fn statics_of_all_kinds_are_started_in_order_and_ended_in_reverse() {
    let program = Supervisor::new().add(Child::of(&mailer).drain()).add(&ticker).add(&alarm).start().unwrap();
    let members: Vec<_> = program.members().into_iter().map(|member| member.name).collect();
    assert_eq!(members, ["mailer", "ticker", "alarm"]);
    for letter in ["monday", "tuesday", "wednesday"] {
        mailer.put(letter).unwrap();
    }
    let report = program.stop();
    let MemberOutcome::Stopped(exit) = &report.members[0].outcome else { panic!("{report}") };
    assert_eq!((exit.turns, exit.pending), (3, 0), "it drains, as other queue workers do");
    assert!(!ticker.is_active() && !alarm.is_active());
}

#[background_worker]
fn greeter(name: &String) {
    assert_eq!(name, "Ms Smith");
}

#[test]
fn one_with_parameters_is_started_by_hand_and_then_taken_as_it_is() {
    let error = Supervisor::new().add(&greeter).start().unwrap_err();
    assert!(matches!(&error, GroupError::NotStarted { member, .. } if member == "greeter"));
    assert!(error.to_string().contains("`greeter.start(name)`"), "{error}");
    greeter.start("Ms Smith".to_owned()).unwrap();
    let program = Supervisor::new().add(&greeter).start().unwrap();
    assert_eq!((program.members()[0].name.as_str(), program.is_healthy()), ("greeter", true));
    assert_eq!(program.stop().exit_code(), 0);
}

const NONE: Duration = Duration::ZERO;

#[background_worker(interval = NONE)]
fn hasty() {}

#[test]
fn an_option_that_cannot_be_used_fails_the_start_of_the_group() {
    let io = Supervisor::new().name("io").add(&hasty);
    let error = Supervisor::new().name("gateway").add(&ticker_beside()).add(io).start().unwrap_err();
    let text = error.to_string();
    assert!(matches!(&error, GroupError::NotStarted { member, .. } if member == "io/hasty"), "{text}");
    assert!(text.contains("interval"), "{text}");
}

fn ticker_beside() -> BackgroundWorker {
    looped(|_tick, _cx| ()).name("beside").build().unwrap()
}
