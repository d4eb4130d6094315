//! The command line.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use pyaltt_core::{Priority, TaskId};
use pyaltt_durable::{QueueName, TaskState, Which};

use crate::output::print;
use crate::output::time::parse_span;

/// Shows and changes the durable queues of pyaltt programs.
///
/// It may be used while they run: it takes no tasks, and makes no files and tables unless told.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[arg(
        value_name = "URL",
        help = "Where the queues are, such as sqlite:tasks.db or postgres://me@host/tasks"
    )]
    pub(crate) url: String,

    /// The queue; by default the only one of the store, or all where that makes sense
    #[arg(long, short, global = true, value_name = "NAME")]
    pub(crate) queue: Option<QueueName>,

    /// Print JSON, in one line
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Args {
    /// Reads the command line. If it is wrong, or asks for help, the process ends with what is to be said.
    pub(crate) fn read() -> Self {
        let words: Vec<_> = std::env::args_os().collect();
        Self::try_parse_from(&words).unwrap_or_else(|error| {
            let told = error.to_string();
            let masked = words.iter().fold(told.clone(), |told, word| mask(&told, &word.to_string_lossy()));
            if masked == told {
                error.exit();
            }
            print::err(&masked);
            std::process::exit(error.exit_code());
        })
    }
}

/// Takes what a word has of a URL out of a text: there may be a password in it. A URL in the place of another argument is
/// repeated by whoever refuses it.
fn mask(text: &str, word: &str) -> String {
    let Some(start) = word.find("://") else { return text.to_owned() };
    // As it is, and as it stands in quotes.
    let quoted = format!("{:?}", &word[start..]);
    text.replace(&word[start..], "://..").replace(quoted.trim_matches('"'), "://..")
}

const AFTER_HELP: &str = "\
Without --queue, stats and owners show all queues, and a task that is named by its id is found in
any. Other commands are for one queue: it has to be named if there are several.

Times are written as 500ms, 10s, 1h30m or 7d.

Exit codes:
  0  fine
  1  findings: a check found something, or what was named is not there
  2  trouble: the store cannot be reached or used, or the command line is wrong";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Count the tasks of each state
    Stats(StatsArgs),
    /// List the tasks of a queue, the oldest first
    List(ListArgs),
    /// Show all that is known of a task
    Show {
        /// The task
        id: TaskId,
    },
    /// Put a task into a queue
    Put(PutArgs),
    /// Remove tasks that wait or are dead, and tell the workers of those that run
    Cancel {
        /// The tasks
        #[arg(required = true, value_name = "ID")]
        ids: Vec<TaskId>,
    },
    /// List, requeue or purge the tasks that have failed for good
    #[command(subcommand)]
    Dead(DeadCommand),
    /// Let no process take tasks of a queue any more; what runs goes on
    Pause {
        /// Pause also a queue that has no tasks and no workers yet
        #[arg(long)]
        new: bool,
    },
    /// End a pause
    Resume,
    /// Check the settings and the consistency of the store
    Check {
        /// Make tasks ready that are in the hands of an owner that is not there; nothing else can be repaired
        #[arg(long)]
        repair: bool,
    },
    /// Print what makes the tables of a new store
    Schema,
    /// Bring the store to the layout of this version; in PostgreSQL, also make the queues
    Migrate,
    /// List the processes that take tasks
    Owners,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct StatsArgs {
    /// Show the counts again and again, until Ctrl-C
    #[arg(long, short)]
    pub(crate) watch: bool,
    /// How often to show them
    #[arg(long, requires = "watch", default_value = "1s", value_name = "TIME", value_parser = parse_pause)]
    pub(crate) every: Duration,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ListArgs {
    /// Only the tasks of this state
    #[arg(long)]
    pub(crate) state: Option<State>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
}

#[derive(ClapArgs, Clone, Copy, Debug)]
pub(crate) struct PageArgs {
    /// How many tasks at most
    #[arg(long, short = 'n', default_value_t = 50, value_name = "COUNT")]
    pub(crate) limit: u32,
    /// Only the tasks after this one
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<TaskId>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct PutArgs {
    /// What the task is: workers take only the kind of their queue, which is `task` unless the program says
    pub(crate) kind: String,
    /// The payload; - reads it from the standard input
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    pub(crate) payload: String,
    /// How long it waits before it is ready
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub(crate) delay: Option<Duration>,
    /// How urgent it is
    #[arg(long, default_value = "normal")]
    pub(crate) priority: Level,
    /// A key: while a task with it waits or runs, no other one is stored
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Let a waiting task with the same key take over this payload and these options
    #[arg(long, requires = "key")]
    pub(crate) replace: bool,
    /// The version of the kind; workers take no version that is newer than theirs
    #[arg(long, default_value_t = 1)]
    pub(crate) version: u32,
    /// How many attempts it has; by default as many as its worker says
    #[arg(long, value_name = "COUNT")]
    pub(crate) attempts: Option<NonZeroU32>,
    /// Something that goes with the task; may be given many times
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = parse_header)]
    pub(crate) headers: Vec<(String, String)>,
    /// The id of a put that got no answer, to repeat it
    #[arg(long)]
    pub(crate) id: Option<TaskId>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List dead tasks with their last error
    List {
        #[command(flatten)]
        page: PageArgs,
    },
    /// Make dead tasks ready, with all their attempts
    Requeue(WhichArgs),
    /// Remove dead tasks
    Purge(WhichArgs),
}

#[derive(ClapArgs, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct WhichArgs {
    /// These tasks
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<TaskId>,
    /// All dead tasks of the queue
    #[arg(long)]
    all: bool,
    /// Those that died at least so long ago
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    older_than: Option<Duration>,
    /// Those of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
}

impl WhichArgs {
    /// Which tasks are meant, if they are not named by their ids.
    pub(crate) fn which(&self) -> Which {
        match (&self.kind, self.older_than) {
            (Some(kind), _) => Which::Kind(kind.clone()),
            (None, Some(age)) => Which::OlderThan(age),
            (None, None) => Which::All,
        }
    }

    /// Whether something was named, so that it is a finding if nothing matches.
    pub(crate) fn is_named(&self) -> bool {
        self.kind.is_some()
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum State {
    Ready,
    Delayed,
    Running,
    Dead,
}

impl State {
    pub(crate) fn task_state(self) -> TaskState {
        match self {
            Self::Ready => TaskState::Ready,
            Self::Delayed => TaskState::Delayed,
            Self::Running => TaskState::Running,
            Self::Dead => TaskState::Dead,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Level {
    Low,
    Normal,
    High,
    Urgent,
}

impl Level {
    pub(crate) fn priority(self) -> Priority {
        match self {
            Self::Low => Priority::Low,
            Self::Normal => Priority::Normal,
            Self::High => Priority::High,
            Self::Urgent => Priority::Urgent,
        }
    }
}

/// The shortest time between two looks: a store has other things to do.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

fn parse_pause(text: &str) -> Result<Duration, String> {
    let pause = parse_span(text)?;
    if pause < SHORTEST_PAUSE { Err(format!("at least {SHORTEST_PAUSE:?}")) } else { Ok(pause) }
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a header is NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
        for command in [
            "stats --watch --every 2s",
            "list --state dead -n 7 --after 0190a0b0c0d07e0f8a1b2c3d4e5f6071",
            "show 0190a0b0c0d07e0f8a1b2c3d4e5f6071",
            "put task -5 --delay 1h30m --priority high --key k --replace --version 2 --attempts 3 --header a=b=c",
            "cancel 0190a0b0c0d07e0f8a1b2c3d4e5f6071",
            "dead list",
            "dead requeue --all",
            "dead purge --older-than 7d",
            "pause --new",
            "resume",
            "check --repair",
            "schema",
            "migrate",
            "owners",
        ] {
            let line = format!("pyaltt-queue sqlite:tasks.db {command} --json --queue mail");
            let args = Args::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{error}"));
            assert!(args.json && args.queue.is_some(), "{command}");
        }
    }

    #[test]
    fn a_url_in_a_wrong_place_is_not_repeated() {
        let url = "postgres://me:se\"cret@host/db";
        for line in [["stats", url].as_slice(), &["sqlite:a", "-q", url, "stats"], &["sqlite:a", "show", url]]
        {
            let words = ["pyaltt-queue"].iter().chain(line);
            let told = Args::try_parse_from(words.clone()).unwrap_err().to_string();
            let masked = words.fold(told.clone(), |told, word| mask(&told, word));
            assert!(told.contains("cret@host") && masked.contains("postgres://.."), "{masked}");
            assert!(!masked.contains("cret@host"), "{masked}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for command in [
            "stats --every 2s",
            "stats --watch --every 0s",
            "show 17",
            "put task 1 --attempts 0",
            "put task 1 --replace",
            "put task 1 --header =b",
            "put task 1 --delay 10",
            "dead purge",
            "dead purge --all --kind letter",
            "dead requeue 0190a0b0c0d07e0f8a1b2c3d4e5f6071 --all",
            "cancel",
            "list --queue a/b",
        ] {
            let line = format!("pyaltt-queue sqlite:tasks.db {command}");
            assert!(Args::try_parse_from(line.split(' ')).is_err(), "{command}");
        }
    }
}
