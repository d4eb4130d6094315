use pyaltt::{FunctionCollection, collect, collection};

collection! { static SHUTDOWN: FunctionCollection<()>; }

#[collect(SHUTDOWN)]
async fn asynchronous() {}

#[collect(SHUTDOWN)]
unsafe fn not_safe() {}

#[collect(SHUTDOWN)]
fn generic<T>() {}

#[collect(SHUTDOWN)]
fn clause()
where
    u8: Copy,
{
}

#[collect(SHUTDOWN)]
fn parameters(_a: u8, _b: u8) {}

#[collect(SHUTDOWN)]
fn never() -> ! {
    loop {}
}

#[collect(SHUTDOWN)]
fn opaque() -> impl Sized {}

struct Port;

impl Port {
    #[collect(SHUTDOWN)]
    fn close(&self) {}
}

#[collect(SHUTDOWN)]
struct NoFunction;

#[collect(SHUTDOWN)]
mod no_function {}

fn main() {}
