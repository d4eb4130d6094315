use pyaltt::prelude::*;

#[background_worker]
async fn waits() {}

#[background_worker]
unsafe fn dangerous() {}

#[background_worker]
extern "C" fn foreign() {}

#[background_worker]
fn generic<T>(_value: &T) {}

#[background_worker]
fn sized<const N: usize>(_value: &[u8; N]) {}

#[background_worker]
fn lent<'a>(_value: &'a u8) {}

#[background_worker]
fn bounds()
where
    u8: Copy,
{
}

#[background_worker]
fn never() -> ! {
    panic!()
}

struct Blink;

impl Blink {
    #[background_worker]
    fn method(&self) {}
}

#[background_worker]
#[background_worker(queue)]
fn twice(_task: u8) {}

fn main() {}
