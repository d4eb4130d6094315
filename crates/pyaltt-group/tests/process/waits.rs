//! Waiting until a signal: who may, and what ends it.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt_core::looped;
use pyaltt_group::{EndedBy, GroupError, Supervisor};
use rustix::process::Signal;
use testkit::case::Case;

use crate::signals::quiet;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("t4_the_wait_ends_with_the_group", || {
            let once = looped(|_tick, _cx| false).build().unwrap();
            let program = Supervisor::new().add(&once).start().unwrap();
            println!("{}", program.until_signal().unwrap().ended_by);
            let left = testkit::os_thread::list(None);
            assert!(left.iter().all(|thread| !thread.to_string().contains("signals")), "{left:?}");
            // It has ended, so there is nothing to wait for.
            println!("{}", program.until_signal().unwrap().ended_by);
        })
        .prints("all members have ended\nall members have ended\n"),
        Case::new("two_cannot_wait_for_a_signal_at_a_time", || {
            let (first, second) = (quiet("first"), quiet("second"));
            let program = Supervisor::new().name("gateway").add(&first).start().unwrap();
            let waiting = program.clone();
            let wait = testkit::os_thread::spawn_asleep(move || waiting.until_signal());
            let other = Supervisor::new().name("other").add(&second);
            let error = other.run_until_signal().unwrap_err();
            assert!(matches!(&error, GroupError::TwoWaits { group } if group == "other"));
            assert!(!second.is_active(), "nothing was started");
            println!("{error}");
            let _ = program.stop();
            println!("{}", wait.join().unwrap().unwrap().ended_by);
            println!("{}", program.until_signal().unwrap().ended_by);
        })
        .prints(
            "group \"other\" cannot wait for a signal: another call waits for one already\nasked to\nasked to\n",
        ),
        Case::new("a_wait_on_the_thread_of_another_worker_is_cut_by_its_stop", || {
            let member = quiet("member");
            let program = Supervisor::new().add(&member).start().unwrap();
            let (reports, report) = mpsc::channel();
            let waiting = program.clone();
            let (begins, began) = mpsc::channel();
            let page = looped(move |_tick, _cx| {
                begins.send(()).unwrap();
                reports.send(waiting.until_signal().unwrap().ended_by)
            });
            let page = page.start().unwrap();
            began.recv().unwrap();
            page.stop().unwrap();
            assert_eq!(report.recv().unwrap(), EndedBy::NotYet);
            assert!(member.is_active());
            println!("{}", program.stop().ended_by);
        })
        .prints("asked to\n"),
        Case::new("a_start_that_fails_is_an_error_and_the_signals_are_as_before", || {
            let port = looped(|_tick, _cx| ()).name("port").before_start(|_cx| Err("no such device".into()));
            let port = port.build().unwrap();
            let error = Supervisor::new().add(&port).run_until_signal().unwrap_err();
            assert!(matches!(&error, GroupError::NotStarted { member, .. } if member == "port"), "{error}");
            println!("ready");
            std::thread::sleep(Duration::from_secs(60));
        })
        .outside(|child| {
            child.wait_for("ready");
            child.signal(Signal::TERM);
        })
        .prints("ready\n")
        .killed_by(15),
    ]
}
