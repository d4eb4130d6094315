//! What is run when the members have ended.

use pyaltt::{FunctionCollection, State};
use pyaltt_group::{EndedBy, Supervisor};
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics};

use crate::rig::{LONG, MILLIS, Rig, finishes};

#[apply(bounded)]
fn t18_what_the_functions_came_to_is_in_the_report() {
    silence_expected_panics();
    let rig = Rig::new();
    let (a, seen) = (rig.member("a"), Probe::new());
    let (states, state) = (seen.clone(), a.clone());
    let first = FunctionCollection::new();
    first.add("flush", move || states.add(state.state())).unwrap();
    first.add_result("sync", || Err::<(), _>("disk full")).unwrap();
    let second = FunctionCollection::<()>::new();
    second.add("bell", || -> () { panic!("{EXPECTED}no bell") }).unwrap();
    let program = rig.plan().add(&a).on_shutdown(&first).on_shutdown(&second).start().unwrap();
    let report = program.stop();
    assert_eq!(seen.all(), [State::Stopped], "after the members, once");
    let names: Vec<_> = report.shutdown.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["flush", "sync", "bell"]);
    assert_eq!(report.shutdown[0].1, Ok(()));
    assert!(report.shutdown[1].1.as_ref().unwrap_err().contains("disk full"), "{report}");
    assert!(report.shutdown[2].1.as_ref().unwrap_err().contains("no bell"), "{report}");
    assert!(report.to_string().contains("shutdown: flush\n"), "{report}");
    assert!(report.to_string().contains("shutdown: sync failed: "), "{report}");
}

#[apply(bounded)]
fn t18_functions_that_hang_are_left_alone_when_the_total_is_over() {
    let rig = Rig::new();
    let gate = Turnstile::new();
    let held = gate.clone();
    let (first, second) = (FunctionCollection::new(), FunctionCollection::new());
    first.add("hangs", move || held.pass()).unwrap();
    second.add("never", || ()).unwrap();
    let program = rig
        .plan()
        .stop_within(20 * MILLIS)
        .add(&rig.member("a"))
        .on_shutdown(&first)
        .on_shutdown(&second)
        .start()
        .unwrap();
    let report = program.stop();
    assert!(report.took < LONG / 2);
    let errors: Vec<_> = report.shutdown.iter().map(|(_, result)| result.clone().unwrap_err()).collect();
    assert_eq!(errors.len(), 2);
    assert!(errors.iter().all(|error| error.starts_with("not done within")), "{errors:?}");
    gate.release();
}

#[apply(bounded)]
fn t18_functions_run_also_when_the_group_ends_by_itself_and_only_those_of_the_outermost() {
    let (rig, ran) = (Rig::new(), Probe::new());
    let a = rig.member("a");
    a.put(finishes()).unwrap();
    let [outer, inner] = ["outer", "inner"].map(|name| {
        let (seen, at_the_end) = (ran.clone(), FunctionCollection::new());
        at_the_end.add(name, move || seen.add(name)).unwrap();
        at_the_end
    });
    let report =
        rig.plan().add(Supervisor::new().add(&a).on_shutdown(&inner)).on_shutdown(&outer).run().unwrap();
    assert_eq!((report.ended_by.clone(), ran.all()), (EndedBy::AllEnded, vec!["outer"]));
    assert_eq!(report.shutdown, [("outer".to_owned(), Ok(()))]);
}
