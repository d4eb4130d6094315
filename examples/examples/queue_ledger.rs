//! Tasks outlive their process: three processes deliver the letters of one file, and one of them is killed with a letter in
//! its hand. The ledger at the end accounts for each letter that was put, and says why one ran twice.

use std::env;
use std::path::Path;
use std::time::Duration;

use pyaltt::prelude::*;
use pyaltt_examples::ledger::{self, Ledger};

fn mail(file: &Path) -> Result<Durable<u32>, BoxError> {
    let queue = Sqlite::open(file)?.queue("mail").lease(Duration::from_secs(2));
    Ok(queue.retry(Retry::fixed(Duration::from_millis(1))).build()?)
}

fn main() -> Result<(), BoxError> {
    if let Some(file) = env::args_os().nth(1) {
        return ledger::deliver(mail(Path::new(&file))?); // one of the three
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tasks.db");
    let mut ledger = Ledger::open(mail(&file)?)?;
    ledger.write(&file, |_| Ok(()))?;
    assert_eq!(ledger.close(), 5, "four failed once, and one process was killed");
    Ok(())
}
