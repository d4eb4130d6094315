//! Where a process has to abort and no library can help: it aborts at once, with the message of the standard library,
//! and no worker holds it up.

use std::hint::black_box;

use pyaltt_core::{looped, queue};
use testkit::OnDrop;

use crate::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("a_second_panic_while_a_turn_unwinds_aborts", second_panic).aborts(),
        Case::new("a_stack_overflow_in_a_turn_aborts", stack_overflow).aborts(),
        Case::new("a_thread_local_whose_destructor_panics_aborts", thread_local).aborts(),
        Case::new("a_panic_hook_that_panics_aborts", panicking_hook).aborts(),
    ]
}

fn second_panic() {
    let worker = looped(|_tick, _cx| {
        let _bomb = OnDrop::new(|| panic!("a destructor panics"));
        panic!("the first");
    });
    worker.daemon(false).on_error(|_| ()).start().unwrap().wait().unwrap();
}

fn stack_overflow() {
    fn deeper(depth: u64) -> u64 {
        let here = black_box([depth; 512]);
        if depth == 0 { 0 } else { deeper(depth - 1) + here[7] }
    }
    let worker = queue(|depth: u64, _cx| black_box(deeper(depth)) == 0).start().unwrap();
    worker.put(u64::MAX).unwrap();
    worker.wait().unwrap();
}

fn thread_local() {
    type Bomb = OnDrop<fn()>;
    std::thread_local! {
        static BOMB: std::cell::RefCell<Option<Bomb>> = const { std::cell::RefCell::new(None) };
    }
    let worker = looped(|_tick, _cx| {
        BOMB.set(Some(OnDrop::new(|| panic!("a destructor panics"))));
        false
    });
    worker.start().unwrap().wait().unwrap();
}

fn panicking_hook() {
    std::panic::set_hook(Box::new(|_| panic!("the hook panics")));
    let worker = looped(|_tick, _cx| panic!("a turn panics"));
    worker.start().unwrap().wait().unwrap();
}
