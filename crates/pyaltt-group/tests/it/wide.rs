//! Deep and wide groups, on the default stack.

use pyaltt::queue;
use pyaltt_group::{EndedBy, Supervisor};

use crate::rig::{Rig, fails, wait_for_run, wait_until};

#[apply(bounded)]
fn s10_a_deep_tree_starts_fails_and_stops() {
    const DEPTH: usize = 100;
    let rig = Rig::new();
    let members: Vec<_> = (0..DEPTH).map(|depth| rig.member(&depth.to_string())).collect();
    let mut tree =
        Supervisor::new().name("g").one_for_all().restart(crate::rig::at_once()).add(&members[DEPTH - 1]);
    for member in members[..DEPTH - 1].iter().rev() {
        tree = Supervisor::new().name("g").one_for_all().restart(crate::rig::at_once()).add(member).add(tree);
    }
    let program = tree.start().unwrap();
    assert_eq!(program.members()[DEPTH - 1].path.matches('/').count(), DEPTH - 1);
    assert_eq!(rig.logged(), (0..DEPTH).map(|depth| format!("+{depth}")).collect::<Vec<_>>());
    // The outermost one takes all with it.
    members[0].put(fails()).unwrap();
    wait_for_run(&members[DEPTH - 1], 2);
    assert!(members.iter().all(|member| member.stats().runs == 2));
    // The innermost one nobody.
    members[DEPTH - 1].put(fails()).unwrap();
    wait_for_run(&members[DEPTH - 1], 3);
    rig.logged();
    assert_eq!(program.stop().exit_code(), 0);
    assert_eq!(rig.logged(), (0..DEPTH).rev().map(|depth| format!("-{depth}")).collect::<Vec<_>>());
}

#[apply(bounded)]
fn s10_a_wide_tree_starts_fails_and_stops() {
    const WIDTH: usize = 10_000;
    let members: Vec<_> = (0..WIDTH)
        .map(|_| {
            let member = queue(|fails: bool, _cx| if fails { Err("no paper") } else { Ok(()) });
            member.on_error(|_| false).stack_size(64 * 1024).build().unwrap()
        })
        .collect();
    let mut plan = Supervisor::new().one_for_all().restart(crate::rig::at_once());
    for member in &members {
        plan = plan.add(member);
    }
    let program = plan.start().unwrap();
    assert!(members.iter().all(|member| member.is_active()));
    members[WIDTH / 2].put(true).unwrap();
    wait_until(|| members[WIDTH - 1].stats().runs == 2 && members[WIDTH - 1].is_active());
    assert!(members.iter().all(|member| member.stats().runs == 2));
    let report = program.stop();
    assert_eq!(
        (report.ended_by.clone(), report.exit_code(), report.members.len()),
        (EndedBy::Asked, 0, WIDTH)
    );
}

#[apply(bounded)]
fn s10_a_deep_plan_can_be_dropped_and_shown() {
    let mut tree = Supervisor::new();
    for _ in 0..100 {
        tree = Supervisor::new().add(tree);
    }
    assert!(!format!("{tree:?}").is_empty());
    drop(tree);
}
