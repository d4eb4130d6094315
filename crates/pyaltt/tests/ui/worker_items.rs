use pyaltt::prelude::*;

#[background_worker]
struct Worker;

#[background_worker(queue)]
static WORKER: u8 = 5;

trait Work {
    #[background_worker]
    fn work();
}

fn main() {}
