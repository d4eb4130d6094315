//! Threads that the system refuses.

use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, ExitReason, StartError, State, queue};
use rustix::process::{Resource, Rlimit, Uid, getrlimit, getuid, setrlimit};
use rustix::thread::set_thread_res_uid;

use crate::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("a_start_without_a_thread_is_an_error_and_works_when_there_is_one", no_thread)
            .prints("Resource temporarily unavailable (os error 11)\n[1, 2]\n"),
        Case::new("ten_thousand_workers_work_and_one_too_many_is_refused", too_many)
            .prints("refused\nstarted again\nended\n")
            .within(Duration::from_secs(120)),
    ]
}

/// The user of this process may have one thread, and later more.
fn no_thread() {
    if getuid().is_root() {
        // The limit does not hold for the superuser.
        let nobody = Uid::from_raw(65_534);
        set_thread_res_uid(nobody, nobody, nobody).unwrap();
    }
    let before = getrlimit(Resource::Nproc);
    let (ran, tasks) = std::sync::mpsc::channel();
    let worker = queue(move |task: u32, _cx| ran.send(task)).daemon(false).build().unwrap();
    worker.put(1).unwrap();

    setrlimit(Resource::Nproc, Rlimit { current: Some(1), ..before }).unwrap();
    for _ in 0..3 {
        match worker.start() {
            Err(StartError::Spawn { error, .. }) if worker.len() == 1 => drop(error),
            other => panic!("{other:?}"),
        }
    }
    let Err(StartError::Spawn { error, .. }) = worker.start() else { panic!("it has a thread") };
    println!("{error}");
    assert_eq!((worker.state(), worker.last_exit().reason), (State::Stopped, ExitReason::NeverStarted));
    worker.put(2).unwrap();

    setrlimit(Resource::Nproc, before).unwrap();
    worker.start().unwrap();
    let exit = worker.drain().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 2));
    println!("{:?}", tasks.try_iter().collect::<Vec<_>>());
}

/// Starts workers until one is refused. With the default limits that happens for lack of memory maps, past 16,000; a
/// system that allows fewer threads may refuse the thread itself, but only long before that.
fn too_many() {
    let (ran, turns) = std::sync::mpsc::channel();
    let make = || {
        let ran = ran.clone();
        queue(move |_task: u8, _cx| ran.send(())).stack_size(64 * 1024).build().unwrap()
    };
    let mut workers = Vec::new();
    let (one_too_many, error) = loop {
        let worker = make();
        match worker.start() {
            Ok(()) => workers.push(worker),
            Err(StartError::Spawn { error, .. }) => break (worker, error),
            Err(error) => panic!("{error}"),
        }
    };
    let refusal = error.to_string();
    let by_maps = refusal.contains("stop other workers, or raise vm.max_map_count with sysctl");
    let maps = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    let all_but_the_last = maps.trim().parse::<usize>().unwrap() / 4 / 16 * 15;
    assert!(by_maps || workers.len() < all_but_the_last, "{refusal} after {} workers", workers.len());
    assert!(workers.len() > 10_000, "{refusal} after {} workers", workers.len());
    println!("refused");

    // All started workers work, and the refused one can be started once others are gone.
    for worker in &workers {
        worker.put(1).unwrap();
    }
    turns.iter().take(workers.len()).for_each(drop);
    end(&workers.split_off(workers.len() - 1_000));
    one_too_many.start().unwrap();
    workers.push(one_too_many);
    println!("started again");
    end(&workers);
    println!("ended");
}

fn end(workers: &[BackgroundQueueWorker<u8>]) {
    for worker in workers {
        worker.signal_stop();
    }
    for worker in workers {
        assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
    }
}
