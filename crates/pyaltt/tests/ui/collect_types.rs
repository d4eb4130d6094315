use pyaltt::{FunctionCollection, collect, collection};

collection! { static SHUTDOWN: FunctionCollection<()>; }

static NUMBER: u8 = 5;

#[collect(SHUTDOWM)]
fn unknown_static() {}

#[collect(NUMBER)]
fn not_a_collection() {}

#[collect(SHUTDOWN)]
fn wrong_value() -> u8 {
    5
}

#[collect(SHUTDOWN)]
fn wrong_value_in_result() -> Result<u8, String> {
    Ok(5)
}

#[collect(SHUTDOWN)]
fn wrong_error() -> Result<(), u8> {
    Ok(())
}

fn main() {}
