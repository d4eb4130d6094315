use pyaltt::prelude::*;

#[background_worker]
fn __pyaltt_start() {}

#[background_worker]
fn __PyalttParameters() {}

mod same_as_module {}

#[background_worker]
fn same_as_module() {}

#[background_worker]
fn server() {}

#[background_worker]
fn same_as_worker(server: &String) {
    println!("{server}");
}

fn main() {}
