use pyaltt::{FunctionCollection, collect, collection};

collection! { static SHUTDOWN: FunctionCollection<()>; }

#[collect]
fn without_arguments() {}

#[collect()]
fn with_empty_arguments() {}

#[collect(name = "x")]
fn without_static() {}

#[collect("SHUTDOWN")]
fn with_text() {}

#[collect(5)]
fn with_number() {}

fn main() {}
