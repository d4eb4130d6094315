//! What a worker asks of the system: granted and read back, or refused and explained. Each test passes for a user without
//! any privileges, and says so if it could not show what it is for.
#![expect(clippy::print_stderr, reason = "a test that could not show anything says so")]

use std::fs;
use std::thread;

use pyaltt_core::{
    BackgroundWorker, Context, Exit, ExitReason, Flow, RtFeature, RtOutcome, Sched, StartError, State, Tick,
    Turn, Worker, event, looped, queue,
};
use rustix::thread::{CapabilitySet, CapabilitySets, CpuSet, sched_getaffinity, set_capabilities};
use testkit::Probe;

/// No machine has this processor, and asking for it needs no privilege.
const NO_CPU: usize = 100_000;

/// The scheduling policy of the calling thread, as the kernel reports it.
fn policy() -> u32 {
    let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(38).unwrap().parse().unwrap()
}

fn cpus() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap();
    (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
}

/// Logs its hooks, with the policy and the processors that its thread has in each.
struct Watched(Probe<String>);

impl Worker for Watched {
    type Task = Tick;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), pyaltt_core::BoxError> {
        self.0.add(format!("before_start {} {:?}", policy(), cpus()));
        Ok(())
    }

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        self.0.add(format!("run {} {:?}", policy(), cpus()));
        Ok(Flow::Stop)
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.0.note("after_stop");
    }
}

#[apply(bounded)]
fn it_is_applied_before_before_start_in_each_run_and_on_no_other_thread() {
    let (log, here) = (Probe::<String>::new(), (policy(), cpus()));
    let cpu = here.1[0];
    let worker =
        BackgroundWorker::builder(Watched(log.clone())).sched(Sched::fifo(1).cpu(cpu)).build().unwrap();
    assert!(worker.rt_report().is_none());
    for _ in 0..2 {
        worker.start().unwrap();
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        let report = worker.rt_report().unwrap();
        assert!(report.get(RtFeature::Cpus).unwrap().is_granted(), "{report}");
        let granted = report.get(RtFeature::Policy).unwrap();
        if !granted.is_granted() {
            eprintln!("skipped: {granted}");
        }
        let has = if granted.is_granted() { 1 } else { here.0 };
        let want = [format!("before_start {has} [{cpu}]"), format!("run {has} [{cpu}]"), "after_stop".into()];
        assert_eq!(log.all(), want);
    }
    assert_eq!((policy(), cpus()), here);
}

#[apply(bounded)]
fn what_is_required_and_refused_fails_the_start_and_leaves_the_worker_as_it_was() {
    let log = Probe::<String>::new();
    let sched = Sched::new().cpu(NO_CPU).nice(0).require();
    let worker = BackgroundWorker::builder(Watched(log.clone())).name("pinned").sched(sched).build().unwrap();
    for _ in 0..2 {
        let error = worker.start().unwrap_err();
        let text = error.to_string();
        let StartError::Sched { report, .. } = error else { panic!("{error:?}") };
        assert_eq!(report.get(RtFeature::Cpus).unwrap().outcome(), RtOutcome::Refused);
        assert!(
            text.starts_with(
                "the system did not grant what worker \"pinned\" requires\nCPUs: asked 100000, refused"
            ),
            "{text}"
        );
        assert!(text.contains("; needs CPUs that are online"), "{text}");
        assert!(!text.contains("nice"), "the error does not mention what was granted: {text}");
        assert_eq!((worker.state(), worker.last_exit().reason), (State::Stopped, ExitReason::NeverStarted));
        assert_eq!(worker.rt_report().unwrap().to_string(), report.to_string());
    }
    assert!(log.all().is_empty(), "no hook was called");
    assert!(worker.into_inner::<Watched>().is_ok());
}

#[apply(bounded)]
fn what_is_preferred_and_refused_stands_in_the_report_and_the_worker_runs() {
    let sink = Probe::new();
    let tasks = sink.clone();
    let worker = queue(move |task: u8, _cx| tasks.add(task)).sched(Sched::new().cpu(NO_CPU)).start().unwrap();
    worker.put(7).unwrap();
    assert_eq!(sink.next(), 7);
    assert!(!worker.rt_report().unwrap().is_complete());
    worker.stop().unwrap();
    assert!(worker.rt_report().is_some(), "the report outlives the run");
}

#[apply(bounded)]
fn tasks_that_were_put_outlive_a_start_that_was_refused() {
    let worker = queue(|_task: u8, _cx| ()).sched(Sched::new().cpu(NO_CPU).require()).build().unwrap();
    worker.put(1).unwrap();
    assert!(matches!(worker.start(), Err(StartError::Sched { .. })));
    worker.put(2).unwrap();
    assert_eq!(worker.take_pending(), [1, 2]);
}

#[apply(bounded)]
fn every_kind_of_worker_has_it_and_none_has_a_report_without() {
    let worker = event(|_, _| ()).sched(Sched::new().nice(5)).start().unwrap();
    let report = worker.rt_report().unwrap();
    assert_eq!(report.to_string(), "nice: asked 5, granted 5");
    worker.stop().unwrap();
    let worker = looped(|_, _| ()).start().unwrap();
    assert!(worker.rt_report().is_none());
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_worker_without_rights_is_told_what_would_allow_fifo() {
    // Capabilities belong to a thread, and threads that it starts have no more than it has.
    let start = || {
        let none = CapabilitySet::empty();
        set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
            .unwrap();
        looped(|_, _| false).sched(Sched::fifo(99).require()).start().map(|worker| worker.wait())
    };
    match thread::spawn(start).join().unwrap() {
        Err(StartError::Sched { report, .. }) => {
            let needs = "CAP_SYS_NICE, or an RLIMIT_RTPRIO of at least 99 (now ";
            assert!(report.get(RtFeature::Policy).unwrap().needs().unwrap().starts_with(needs), "{report}");
        }
        Ok(_) => eprintln!("skipped: the limit of this user allows it without a capability"),
        Err(other) => panic!("{other}"),
    }
}

#[apply(bounded)]
fn a_prefaulted_stack_gets_a_stack_that_it_fits_on() {
    for bytes in [1, 64 * 1024, 8 * 1024 * 1024] {
        let worker =
            looped(|_, _| false).sched(Sched::new().prefault_stack(bytes).require()).start().unwrap();
        worker.wait().unwrap();
        assert!(worker.rt_report().unwrap().is_complete());
    }
}

#[apply(bounded)]
fn values_that_cannot_be_used() {
    for (sched, given, allowed) in [
        (Sched::fifo(0), "FIFO 0", "a priority from 1 to 99"),
        (Sched::rr(100), "RR 100", "a priority from 1 to 99"),
        (Sched::new().nice(20), "nice 20", "a nice value from -20 to 19"),
        (Sched::new().cpus([]), "an empty list of CPUs", "a list of at least one CPU"),
    ] {
        let error = looped(|_, _| ()).name("w").sched(sched.clone()).start().unwrap_err();
        let StartError::Option(error) = error else { panic!("{error}") };
        assert_eq!((error.worker(), error.option()), ("w", "sched"));
        assert_eq!((error.given(), error.allowed()), (given, allowed));
        assert!(matches!(queue(|_: u8, _| ()).sched(sched.clone()).start(), Err(StartError::Option(_))));
        assert!(matches!(event(|_, _| ()).sched(sched).start(), Err(StartError::Option(_))));
    }
    let small =
        looped(|_, _| ()).name("w").stack_size(65536).sched(Sched::new().prefault_stack(65536)).start();
    assert_eq!(
        small.unwrap_err().to_string(),
        "worker \"w\": option `sched` is a prefaulted stack beside a stack_size of 65536 bytes; \
         allowed: a stack_size of 196608 bytes and more"
    );
}
