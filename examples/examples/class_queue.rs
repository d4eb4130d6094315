//! Queue workers as a type: each value is a worker, with its own state and queue.
//! The hook `before_stop` runs when a stop takes effect, after the last task.

use pyaltt::prelude::*;

struct Account {
    balance: i64,
}

impl Worker for Account {
    type Task = i64;

    fn run(&mut self, amount: i64, cx: &mut Context) -> Turn {
        if self.balance + amount < 0 {
            return Err(format!("{} has only {}", cx.name(), self.balance).into());
        }
        self.balance += amount;
        Ok(Flow::Continue)
    }

    fn before_stop(&mut self, cx: &mut Context) {
        println!("{} closes with {}", cx.name(), self.balance);
    }

    fn on_error(&mut self, error: &WorkerError, _cx: &mut Context) -> Flow {
        println!("refused: {error}");
        Flow::Continue
    }
}

fn main() -> Result<(), BoxError> {
    let anna = BackgroundQueueWorker::builder(Account { balance: 0 }).name("Anna").start()?;
    let bert = BackgroundQueueWorker::builder(Account { balance: 50 }).name("Bert").start()?;
    for amount in [100, -30, -200] {
        anna.put(amount)?;
        bert.put(amount)?;
    }

    let (a, b) = (anna.drain()?, bert.drain()?);
    assert_eq!((a.turns, a.errors, b.turns, b.errors), (3, 1, 3, 1));
    let balances = [anna, bert].map(|account| account.into_inner::<Account>().map(|account| account.balance));
    assert_eq!(balances, [Ok(70), Ok(120)]);
    Ok(())
}
