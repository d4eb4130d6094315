use pyaltt::prelude::*;

#[background_worker(queue)]
fn no_task() {}

#[background_worker(queue)]
fn lent_task(_task: &String) {}

#[background_worker(queue)]
fn context_first(_cx: &mut Context, _task: u8) {}

#[background_worker(queue)]
fn second_by_value(_task: u8, _value: u8) {}

#[background_worker]
fn task_of_looped(_letter: String) {}

#[background_worker]
fn late_tick(_cx: &mut Context, _tick: Tick) {}

#[background_worker]
fn lent_tick(_tick: &Tick) {}

#[background_worker(event)]
fn lent_trigger(_trigger: &mut Trigger) {}

#[background_worker(event)]
fn tick_of_event(_tick: Tick) {}

#[background_worker]
fn fixed_context(_cx: &Context) {}

#[background_worker]
fn context_by_value(_cx: Context) {}

#[background_worker]
fn two_contexts(_cx: &mut Context, _other: &mut Context) {}

#[background_worker]
fn unknown_trait(_value: &impl Send) {}

#[background_worker]
fn hidden_trait(_value: &Option<impl Send>) {}

#[background_worker(queue)]
fn task_of_a_trait(_task: impl Send) {}

#[background_worker]
fn pattern((_a, _b): &(u8, u8)) {}

#[background_worker(queue)]
fn task_pattern((_task,): (u8,)) {}

#[background_worker]
fn no_name(_: &u8) {}

#[background_worker]
fn lasting(_value: &'static u8) {}

#[background_worker]
fn text(_value: &str) {}

#[background_worker]
fn slice(_value: &[u8]) {}

#[background_worker]
fn object(_value: &dyn Send) {}

#[background_worker]
fn conditional(#[cfg(unix)] _value: &u8) {}

#[background_worker]
fn same(same: &u8) {
    println!("{same}");
}

fn main() {}
