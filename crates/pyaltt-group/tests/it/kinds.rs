//! Members of all kinds.

use pyaltt::{Flow, Handle, Queue, State, event, looped, queue};
use pyaltt_group::{Child, EndedBy};
use testkit::{LendingQueue, Probe, Turnstile};

use crate::rig::{Rig, fails, wait_for_run, wait_until};

#[apply(bounded)]
fn workers_of_all_kinds_that_run_already_are_taken_as_they_are() {
    let rig = Rig::new();
    let seen = Probe::new();
    let (ticks, tasks, triggers) = (seen.clone(), seen.clone(), seen.clone());
    let beat = looped(move |_tick, cx| {
        if cx.turn_number() == 1 {
            ticks.add("tick");
        }
        let _ = cx.sleep(crate::rig::LONG);
    });
    let beat = beat.name("beat").start().unwrap();
    let mail = queue(move |task: &'static str, _cx| tasks.add(task)).name("mail").start().unwrap();
    let alarm = event(move |_trigger, _cx| triggers.add("trigger")).name("alarm").start().unwrap();
    assert_eq!(seen.next(), "tick");
    let program = rig.plan().add(&beat).add(&mail).add(&alarm).add(&rig.member("d")).start().unwrap();
    assert!([&*beat, &*mail, &*alarm].iter().all(|worker| worker.stats().runs == 1 && worker.is_active()));
    assert_eq!(
        rig.wait_for("d: started"),
        ["beat: started", "mail: started", "alarm: started", "d: started"]
    );
    mail.put("task").unwrap();
    assert_eq!(seen.next(), "task");
    alarm.trigger();
    assert_eq!(seen.next(), "trigger");
    let report = program.stop();
    assert_eq!(report.exit_code(), 0);
    assert!([&*beat, &*mail, &*alarm].iter().all(|worker| worker.state() == State::Stopped));
}

#[apply(bounded)]
fn workers_of_all_kinds_are_restarted_and_started_again_after_the_end() {
    let rig = Rig::new();
    let beat = looped(|_tick, cx| if cx.run_number() < 3 { Err("no beat") } else { Ok(Flow::Stop) });
    let beat = beat.on_error(|_| false).build().unwrap();
    let alarm = event(|_trigger, cx| if cx.run_number() < 3 { Err("no bell") } else { Ok(Flow::Stop) });
    let alarm = alarm.on_error(|_| false).build().unwrap();
    for handle in [Handle::from(&beat), Handle::from(&alarm)] {
        let program = rig.plan().add(&handle).start().unwrap();
        wait_until(|| {
            alarm.trigger();
            handle.state() == State::Stopped
        });
        assert_eq!(program.wait().ended_by, EndedBy::AllEnded);
        assert_eq!(handle.stats().restarts, 2);
    }
    // In another group, as members anew.
    let program = rig.plan().one_for_all().add(Child::of(&beat)).add(Child::of(&alarm)).start().unwrap();
    alarm.trigger();
    let report = program.wait();
    assert_eq!((report.ended_by.clone(), report.exit_code()), (EndedBy::AllEnded, 0));
}

#[apply(bounded)]
fn workers_of_a_leased_queue_lose_no_task_in_a_restart_together() {
    let rig = Rig::new();
    let a = rig.member("a");
    let (tasks, ran, gate) = (LendingQueue::new(), Probe::new(), Turnstile::new());
    let workers = ["first", "second"].map(|name| {
        let (seen, held) = (ran.clone(), gate.clone());
        queue(move |task: u8, _cx| {
            if task == 0 {
                held.pass();
            }
            seen.add(task);
        })
        .name(name)
        .queue(Queue::leased(tasks.clone()))
        .build()
        .unwrap()
    });
    let program = rig
        .plan()
        .one_for_all()
        .add(&a)
        .add(Child::of(&workers[0]).drain())
        .add(Child::of(&workers[1]).drain())
        .start()
        .unwrap();
    workers[0].put(0).unwrap();
    gate.wait();
    a.put(fails()).unwrap();
    wait_until(|| workers[0].state() == State::Stopping || workers[1].state() == State::Stopping);
    for task in 1..=5 {
        workers[0].put(task).unwrap();
    }
    gate.release();
    wait_for_run(&a, 2);
    ran.wait_for(6);
    let report = program.stop();
    assert_eq!(report.exit_code(), 0);
    let mut all = ran.all();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4, 5]);
}

#[apply(bounded)]
fn a_member_of_several_processors_is_told_by_each_group_event_once() {
    let rig = Rig::new();
    let [a, b] = rig.members(["a", "b"]);
    let program = rig.plan().one_for_all().add(&a).add(&b).start().unwrap();
    a.put(fails()).unwrap();
    wait_for_run(&b, 2);
    assert_eq!(program.stop().exit_code(), 0);
    let started = rig.events.all().into_iter().filter(|event| event.ends_with(": started")).count();
    assert_eq!(started, 4);
}
