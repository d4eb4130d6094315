//! The commands, a file each.

mod cancel;
mod check;
mod dead;
mod layout;
mod list;
mod owners;
mod pause;
mod put;
mod show;
mod stats;
mod watch;

use crate::args::{Args, Command, DeadCommand};
use crate::operator::Operator;
use crate::store;

/// Does what the command line says. Returns whether something was found.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let store = store::at(&args.url)?;
    let queue = args.queue.as_ref();
    let reply = match &args.command {
        // These do not need a store that can be used.
        Command::Schema => layout::schema(&*store)?,
        Command::Migrate => layout::migrate(&*store)?,
        command => {
            let mut operator = Operator::new(store.engine()?);
            let operator = &mut operator;
            match command {
                Command::Stats(stats) if stats.watch => {
                    return watch::run(stats.every, args.json, || stats::run(operator, queue));
                }
                Command::Stats(_) => stats::run(operator, queue)?,
                Command::List(list) => list::run(operator, queue, list)?,
                Command::Show { id } => show::run(operator, queue, *id)?,
                Command::Put(put) => put::run(operator, queue, put)?,
                Command::Cancel { ids } => cancel::run(operator, queue, ids)?,
                Command::Dead(DeadCommand::List { page }) => list::dead(operator, queue, *page)?,
                Command::Dead(DeadCommand::Requeue(which)) => dead::requeue(operator, queue, which)?,
                Command::Dead(DeadCommand::Purge(which)) => dead::purge(operator, queue, which)?,
                Command::Pause { new } => pause::pause(operator, queue, *new)?,
                Command::Resume => pause::resume(operator, queue)?,
                Command::Check { repair } => check::run(operator, queue, *repair)?,
                Command::Owners => owners::run(operator, queue)?,
                Command::Schema | Command::Migrate => unreachable!("they are matched above"),
            }
        }
    };
    reply.print(args.json)
}
