use pyaltt::prelude::*;

#[background_worker(intervall = "100ms")]
fn misspelt() {}

#[background_worker(colour = "red")]
fn unknown() {}

#[background_worker(q)]
fn as_in_python(_task: u8) {}

#[background_worker(e = true)]
fn event_as_in_python() {}

#[background_worker("mailer")]
fn no_option() {}

#[background_worker(queue(64))]
fn wrong_brackets(_task: u8) {}

#[background_worker(daemon realtime)]
fn no_comma() {}

#[background_worker(realtime, daemon, realtime)]
fn twice() {}

#[background_worker(name)]
fn without_value() {}

#[background_worker(interval = )]
fn value_forgotten() {}

#[background_worker(name = 5)]
fn name_that_is_no_text() {}

#[background_worker(name = "")]
fn name_without_a_letter() {}

#[background_worker(daemon = "yes")]
fn daemon_that_is_no_bool() {}

#[background_worker(on_error = "report")]
fn on_error_that_is_no_code() {}

#[background_worker(stack_size = "2MiB")]
fn stack_size_that_is_no_number() {}

#[background_worker(looped = true)]
fn looped_with_value() {}

#[background_worker(queue = true)]
fn queue_that_is_none(_task: u8) {}

#[background_worker(event = 5)]
fn event_that_is_none() {}

#[background_worker(queue, bounded = 0)]
fn bounded_to_nothing(_task: u8) {}

#[background_worker(queue, bounded = -1)]
fn bounded_to_less(_task: u8) {}

#[background_worker(queue, bounded = 5u8)]
fn bound_of_a_type(_task: u8) {}

#[background_worker(queue, bounded = 10_000_000_000_000_000_000)]
fn bounded_to_more_than_there_is(_task: u8) {}

#[background_worker(queue, lifo = true)]
fn lifo_with_value(_task: u8) {}

#[background_worker(queue, priority = 5)]
fn priority_with_value(_task: u8) {}

#[background_worker(missed = "skip")]
fn missed_as_text() {}

#[background_worker(sched = "fifo")]
fn sched_as_text() {}

#[background_worker(restart = "always")]
fn restart_as_text() {}

#[background_worker(restart)]
fn restart_without_policy() {}

#[background_worker(on_exit = 5)]
fn on_exit_that_is_no_code() {}

#[background_worker(clock)]
fn clock_without_value() {}

fn main() {
    // The uses of what has a wrong option do not fail as well.
    misspelt.start().unwrap();
    bounded_to_nothing.put(5).unwrap();
    event_that_is_none.trigger();
}
