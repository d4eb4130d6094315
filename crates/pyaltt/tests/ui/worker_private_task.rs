use pyaltt::prelude::*;

struct Private;

#[background_worker(queue)]
pub fn private_task(_task: Private) {}

fn main() {}
