//! What the report says was granted is what the kernel says about the thread.

use std::fs;
use std::time::Duration;

use pyaltt_sched::{RtFeature, RtOutcome, RtReport, Sched};
use rustix::process::getpriority_process;
use rustix::thread::{CpuSet, current_timer_slack, sched_getaffinity, sched_setaffinity};

use crate::child::{in_child, on_a_thread, skipped};

/// Returns the policy and the priority of the calling thread, from the kernel.
fn policy() -> (u32, u32) {
    let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[38].parse().unwrap(), fields[37].parse().unwrap())
}

fn cpus() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap();
    (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
}

/// Returns whether a feature was granted, and reports when it was not, because then the test shows nothing.
fn granted(report: &RtReport, feature: RtFeature) -> bool {
    let item = report.get(feature).unwrap();
    if !item.is_granted() {
        assert!(item.error().is_some() && item.needs().is_some(), "{item}");
        skipped(item);
    }
    item.is_granted()
}

#[test]
fn fifo_and_rr() {
    for (sched, number, text) in [(Sched::fifo(3), 1, "FIFO 3"), (Sched::rr(2), 2, "RR 2")] {
        on_a_thread(|| {
            let before = policy();
            let report = sched.apply();
            let item = report.get(RtFeature::Policy).unwrap();
            if granted(&report, RtFeature::Policy) {
                assert_eq!((policy().0, item.actual(), item.asked()), (number, Some(text), text));
                assert_eq!(report.to_string(), format!("policy: asked {text}, granted {text}"));
                assert_eq!((item.outcome(), item.needs()), (RtOutcome::Granted, None));
            } else {
                assert_eq!(policy(), before);
            }
        });
    }
}

#[test]
fn the_slack_is_set_before_the_policy() {
    on_a_thread(|| {
        let before = current_timer_slack().unwrap();
        Sched::other().apply();
        assert_eq!(current_timer_slack().unwrap(), before, "an ordinary thread keeps its slack");
        if granted(&Sched::fifo(1).apply(), RtFeature::Policy) {
            // Newer kernels report 0 for a real-time thread, which has no slack at all.
            assert!(current_timer_slack().unwrap() <= 1);
        }
    });
}

/// Counts how often this process has the request's file open.
fn latency_requests() -> usize {
    let open =
        fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    open.filter(|path| path.ends_with("cpu_dma_latency")).count()
}

#[test]
fn a_cpu_latency_request_lives_as_long_as_its_thread() {
    in_child("sched_granted::a_cpu_latency_request_lives_as_long_as_its_thread", || {
        assert_eq!(latency_requests(), 0);
        on_a_thread(|| {
            let sched = Sched::new().cpu_latency(Duration::from_micros(7));
            let report = sched.apply();
            let item = report.get(RtFeature::CpuLatency).unwrap();
            assert_eq!(item.asked(), "7 µs");
            if item.outcome() == RtOutcome::Unsupported {
                skipped(item);
            } else if granted(&report, RtFeature::CpuLatency) {
                // Another process may have asked for less, and the lowest request wins.
                let actual: u32 = item.actual().unwrap().trim_end_matches(" µs").parse().unwrap();
                assert!(actual <= 7, "{item}");
                // A second request replaces the first.
                sched.apply();
                assert_eq!(latency_requests(), 1);
            }
        });
        assert_eq!(latency_requests(), 0);
    });
}

#[test]
fn a_deadline() {
    let ms = Duration::from_millis;
    on_a_thread(|| {
        let report = Sched::deadline(ms(1), ms(50), ms(100)).apply();
        if granted(&report, RtFeature::Policy) {
            assert_eq!(policy().0, 6);
            let text = "policy: asked DEADLINE 1ms within 50ms of every 100ms, granted DEADLINE";
            assert_eq!(report.to_string(), text);
            // The thread can start threads, and they do not inherit the policy.
            assert_eq!(on_a_thread(policy), (0, 0));
        }
    });
}

#[test]
fn the_ordinary_policy_takes_a_thread_out_of_an_inherited_one_and_keeps_its_nice_value() {
    on_a_thread(|| {
        let can_be_fifo = granted(&Sched::fifo(1).nice(7).apply(), RtFeature::Policy);
        on_a_thread(|| {
            assert_eq!(policy().0 == 1, can_be_fifo);
            let report = Sched::other().apply();
            assert!(report.is_complete(), "{report}");
            assert_eq!((policy(), getpriority_process(None).unwrap()), ((0, 0), 7));
        });
    });
}

#[test]
fn every_nice_value_survives_the_ordinary_policy() {
    for nice in -20..=19 {
        on_a_thread(|| {
            let report = Sched::other().nice(nice).apply();
            assert!(report.get(RtFeature::Policy).unwrap().is_granted(), "{report}");
            if report.is_complete() {
                assert_eq!(getpriority_process(None).unwrap(), i32::from(nice));
            }
        });
    }
}

#[test]
fn each_cpu_of_the_thread() {
    for cpu in cpus() {
        on_a_thread(|| {
            let report = Sched::new().cpu(cpu).apply();
            assert!(report.is_complete(), "{report}");
            assert_eq!(cpus(), [cpu]);
            assert_eq!(report.to_string(), format!("CPUs: asked {cpu}, granted {cpu}"));
        });
    }
    on_a_thread(|| {
        let all = cpus();
        assert!(Sched::new().cpus(all.clone()).apply().is_complete());
        assert_eq!(cpus(), all);
    });
}

#[test]
fn the_rest_of_a_list_with_a_missing_cpu_is_granted() {
    let first = cpus()[0];
    for missing in [1023, 1024, usize::MAX] {
        on_a_thread(|| {
            let report = Sched::new().cpus([first, missing]).apply();
            if cpus().contains(&missing) {
                return skipped("this machine has a thousand CPUs");
            }
            let item = report.get(RtFeature::Cpus).unwrap();
            assert_eq!((item.outcome(), item.actual()), (RtOutcome::Partial, Some(&*first.to_string())));
            assert!(item.needs().unwrap().starts_with("CPUs that are online"), "{item}");
            assert!(!report.is_complete());
            assert!(report.to_string().contains(&format!("granted only {first}; needs CPUs")), "{report}");
        });
    }
}

#[test]
fn a_refused_list_leaves_the_thread_where_it_was() {
    on_a_thread(|| {
        let mut only = CpuSet::new();
        only.set(cpus()[0]);
        sched_setaffinity(None, &only).unwrap();
        let before = cpus();
        let report = Sched::new().cpu(1023).apply();
        if report.is_complete() {
            return skipped("this machine has a thousand CPUs");
        }
        let item = report.get(RtFeature::Cpus).unwrap();
        assert_eq!((item.outcome(), cpus()), (RtOutcome::Refused, before));
        assert_eq!(item.error().unwrap().kind(), std::io::ErrorKind::InvalidInput);
    });
}

#[test]
fn locked_memory() {
    in_child("sched_granted::locked_memory", || {
        let report = Sched::new().lock_memory().apply();
        if granted(&report, RtFeature::MemoryLock) {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
            assert_ne!(locked.trim(), "0 kB");
            assert!(report.to_string().contains("KiB locked"), "{report}");
        }
    });
}

#[test]
fn a_stack_of_unknown_or_too_small_size_is_left_alone() {
    let sched = Sched::new().prefault_stack(1 << 40);
    for (report, needs) in
        [(sched.apply(), "a stack known to have"), (sched.apply_on_stack(1 << 20), "a stack of")]
    {
        let item = report.get(RtFeature::Stack).unwrap();
        assert_eq!((item.outcome(), item.error().is_some()), (RtOutcome::Refused, false));
        assert!(item.needs().unwrap().starts_with(needs), "{item}");
    }
}

#[test]
fn an_empty_request_is_complete() {
    let report = Sched::new().apply();
    assert!(report.is_complete() && report.items().is_empty());
    assert_eq!(report.to_string(), "nothing was asked");
}
