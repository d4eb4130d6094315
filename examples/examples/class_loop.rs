//! A worker with a custom loop: it takes whatever is queued, up to four tasks, as one batch.
//! Databases are written like this: one transaction for many rows.

use pyaltt::prelude::*;

#[derive(Default)]
struct Database {
    batches: Vec<Vec<u32>>,
}

impl Worker for Database {
    type Task = u32;

    fn run(&mut self, row: u32, _cx: &mut Context) -> Turn {
        Err(format!("row {row} came alone").into()) // the loop below never calls it
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        while let Some(row) = inbox.next() {
            let mut batch = vec![row];
            while batch.len() < 4
                && let Ok(row) = inbox.try_next()
            {
                batch.push(row);
            }
            println!("commit {batch:?}");
            self.batches.push(batch);
        }
        Ok(())
    }
}

fn main() -> Result<(), BoxError> {
    let database = BackgroundQueueWorker::builder(Database::default()).build()?;
    (1..=10).try_for_each(|row| database.put(row))?;
    database.start()?;
    database.drain()?;

    let batches = database.into_inner::<Database>().map_err(|_| "it still runs")?.batches;
    assert_eq!(batches, [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]);
    Ok(())
}
