//! The report of a refusal has the error and what would allow the request.

use std::io::ErrorKind;
use std::time::Duration;

use pyaltt_sched::{RtFeature, RtItem, RtOutcome, RtReport, Sched};

use crate::child::{drop_privileges, in_child, on_a_thread};

fn refused(report: &RtReport, feature: RtFeature) -> &RtItem {
    let item = report.get(feature).unwrap();
    assert_eq!(item.outcome(), RtOutcome::Refused, "{item}");
    item
}

#[test]
fn without_privileges_each_refusal_names_what_would_allow_it() {
    in_child("sched_refused::without_privileges_each_refusal_names_what_would_allow_it", || {
        drop_privileges();
        let report = Sched::fifo(80).cpu(0).lock_memory().nice(-5).apply();
        let policy = refused(&report, RtFeature::Policy);
        assert_eq!(policy.error().unwrap().kind(), ErrorKind::PermissionDenied);
        assert_eq!(policy.actual(), Some("OTHER"));
        assert_eq!(policy.needs(), Some("CAP_SYS_NICE, or an RLIMIT_RTPRIO of at least 80 (now 0)"));
        let line = "policy: asked FIFO 80, refused, has OTHER: Operation not permitted (os error 1); \
                    needs CAP_SYS_NICE, or an RLIMIT_RTPRIO of at least 80 (now 0)";
        assert!(report.to_string().ends_with(line), "{report}");

        let nice = refused(&report, RtFeature::Nice);
        assert_eq!(nice.needs(), Some("CAP_SYS_NICE, or an RLIMIT_NICE of at least 25 (now 0)"));
        let memory = refused(&report, RtFeature::MemoryLock);
        let needs = memory.needs().unwrap();
        assert!(needs.starts_with("CAP_IPC_LOCK, or an RLIMIT_MEMLOCK of more than "), "{needs}");
        assert!(needs.ends_with(" KiB (now 0 KiB)"), "{needs}");
        assert_eq!(
            report.refused().count() + usize::from(report.get(RtFeature::Cpus).unwrap().is_granted()),
            4
        );
    });
}

#[test]
fn what_needs_no_privilege_is_granted_without_any() {
    in_child("sched_refused::what_needs_no_privilege_is_granted_without_any", || {
        drop_privileges();
        let report = on_a_thread(|| Sched::other().nice(10).apply());
        assert!(report.is_complete(), "{report}");
        on_a_thread(|| {
            // Returning to a lower nice value needs a privilege again, and the policy does not ask for that.
            assert!(Sched::new().nice(10).apply().is_complete());
            assert!(Sched::other().apply().is_complete());
        });
    });
}

#[test]
fn a_deadline_needs_a_capability() {
    in_child("sched_refused::a_deadline_needs_a_capability", || {
        drop_privileges();
        let ms = Duration::from_millis;
        let report = Sched::deadline(ms(1), ms(10), ms(10)).apply();
        let policy = refused(&report, RtFeature::Policy);
        assert_eq!(policy.error().unwrap().kind(), ErrorKind::PermissionDenied, "{policy}");
        assert_eq!(policy.needs(), Some("CAP_SYS_NICE"));
    });
}

#[test]
fn a_deadline_that_cannot_be_kept_is_refused_with_the_available_share() {
    let ms = Duration::from_millis;
    // All of one CPU is more than the share of real-time threads, unless the limit was lifted.
    let report = on_a_thread(|| Sched::deadline(ms(10), ms(10), ms(10)).apply());
    let policy = report.get(RtFeature::Policy).unwrap();
    match policy.error().map(std::io::Error::kind) {
        Some(ErrorKind::ResourceBusy) => {
            assert!(policy.needs().unwrap().contains("kernel.sched_rt_runtime_us ("), "{policy}");
        }
        Some(_) => assert!(policy.needs().is_some(), "{policy}"),
        None => assert!(policy.is_granted(), "{policy}"),
    }
}

#[test]
fn a_period_out_of_range_is_refused_with_the_limits() {
    let long = Duration::from_secs(3600);
    let report = on_a_thread(|| Sched::deadline(Duration::from_millis(1), long, long).apply());
    let policy = report.get(RtFeature::Policy).unwrap();
    if policy.error().is_some_and(|error| error.kind() == ErrorKind::InvalidInput) {
        assert!(policy.needs().unwrap().contains("kernel.sched_deadline_period_max_us ("), "{policy}");
    }
}

#[test]
fn unchecked_values_are_refused_without_a_panic() {
    on_a_thread(|| {
        for sched in [Sched::fifo(0), Sched::rr(100), Sched::fifo(255)] {
            refused(&sched.apply(), RtFeature::Policy);
        }
        refused(&Sched::new().cpus([]).apply(), RtFeature::Cpus);
        let ends = Sched::new().nice(127).apply();
        assert_eq!(ends.get(RtFeature::Nice).unwrap().outcome(), RtOutcome::Partial, "{ends}");
        let none = Duration::ZERO;
        refused(&Sched::deadline(none, none, none).apply(), RtFeature::Policy);
        refused(&Sched::deadline(Duration::MAX, Duration::MAX, Duration::MAX).apply(), RtFeature::Policy);
    });
}
