//! The options of `#[background_worker]`: their names, the kinds of worker that have them, the values that they take.

/// A kind of worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Looped,
    Queue,
    Event,
}

/// An option. The builder's method has the same name.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) name: &'static str,
    /// The kind of worker that has it; `None` for every kind.
    pub(crate) kind: Option<Kind>,
    pub(crate) takes: Takes,
    /// The values that it takes, in words.
    pub(crate) allowed: &'static str,
}

/// The values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// No value.
    Nothing,
    /// No value, or an expression.
    NothingOrCode,
    /// No value, a bool, or an expression of that type.
    Flag,
    /// A non-empty string.
    Text,
    /// A time as a string, or an expression of that type.
    Time,
    /// A number above zero, or an expression of that type.
    Count,
    /// An expression, never a literal.
    Code,
    /// Any expression.
    Value,
}

impl Kind {
    /// Returns the name with its article, as in "this is a looped worker".
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Looped => "a looped",
            Self::Queue => "a queue",
            Self::Event => "an event",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Looped => "looped",
            Self::Queue => "queue",
            Self::Event => "event",
        }
    }

    /// Returns the kind that a word asks for.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Looped, Self::Queue, Self::Event].into_iter().find(|kind| kind.name() == word)
    }

    /// Lists all options of this kind of worker, in words.
    pub(crate) fn options(self) -> String {
        let names: Vec<_> = WORDS
            .iter()
            .filter(|word| word.kind.is_none_or(|kind| kind == self) && Self::of_word(word.name).is_none())
            .map(|word| format!("`{}`", word.name))
            .collect();
        match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// Returns the option with this name.
pub(crate) fn find(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}

/// Returns the option that was probably meant.
pub(crate) fn nearest(unknown: &str) -> Option<&'static str> {
    // The names of the options in the Python library.
    match unknown {
        "q" => return Some("queue"),
        "e" => return Some("event"),
        _ => {}
    }
    let (distance, word) =
        WORDS.iter().map(|word| (distance(unknown, word.name), word)).min_by_key(|m| m.0)?;
    (distance * 3 <= word.name.len().max(unknown.len())).then_some(word.name)
}

/// Counts the letters to insert, delete or replace to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.pop().unwrap_or_default()
}

const fn word(name: &'static str, kind: Option<Kind>, takes: Takes, allowed: &'static str) -> Word {
    Word { name, kind, takes, allowed }
}

const LOOPED: Option<Kind> = Some(Kind::Looped);
const QUEUE: Option<Kind> = Some(Kind::Queue);
const EVENT: Option<Kind> = Some(Kind::Event);

const TIME: &str = "a time above zero in h, m, s, ms, us or ns, such as \"1.5s\", or an expression of type \
    `Duration`";

const WITH_CONTEXT: &str =
    "a function or closure that takes a `&mut Context`, such as `|cx| println!(\"{}\", cx.name())`";

/// All options, each once: the words of the attribute are the methods of the builders, and a test compares the two.
const WORDS: [Word; 31] = [
    word("looped", LOOPED, Takes::Nothing, "no value: write `looped`, or omit it"),
    word(
        "queue",
        QUEUE,
        Takes::NothingOrCode,
        "no value, or a queue to take the tasks from: write `queue`, or `queue = LETTERS.clone()`",
    ),
    word(
        "event",
        EVENT,
        Takes::NothingOrCode,
        "no value, or an event to wait for: write `event`, or `event = DOOR.clone()`",
    ),
    word("name", None, Takes::Text, "a non-empty string: `name = \"mailer\"`"),
    word("daemon", None, Takes::Flag, "no value or a bool: `daemon = false`"),
    word("paused", None, Takes::Flag, "no value or a bool: `paused = true`"),
    word("o", None, Takes::Value, "a value: `o = Settings::default()`"),
    word(
        "on_error",
        None,
        Takes::Code,
        "a function or closure that takes a `&WorkerError`: `on_error = |error| eprintln!(\"{error}\")`",
    ),
    word(
        "on_error_with",
        None,
        Takes::Code,
        "a function or closure that takes a `&WorkerError` and a `&mut Context`: \
         `on_error_with = |error, cx| cx.stats().errors < 3`",
    ),
    word(
        "before_start",
        None,
        Takes::Code,
        "a function or closure that takes a `&mut Context` and returns `Result<(), BoxError>`: \
         `before_start = |_cx| Ok(())`",
    ),
    word("after_start", None, Takes::Code, WITH_CONTEXT),
    word("before_stop", None, Takes::Code, WITH_CONTEXT),
    word(
        "after_stop",
        None,
        Takes::Code,
        "a function or closure that takes an `&Exit`: `after_stop = |exit| println!(\"{exit:?}\")`",
    ),
    word("restart", None, Takes::Code, "a `Restart`: `restart = Restart::on_failure()`"),
    word(
        "on_exit",
        None,
        Takes::Code,
        "a function or closure that takes an `&Exit`: `on_exit = |exit| println!(\"{exit:?}\")`",
    ),
    word("stack_size", None, Takes::Count, "a number of bytes above zero: `stack_size = 65_536`"),
    word("clock", None, Takes::Code, "a clock: `clock = CLOCK.clone()`"),
    word("sched", None, Takes::Code, "a `Sched`: `sched = Sched::fifo(80)`"),
    word("delay_before", LOOPED, Takes::Time, TIME),
    word("delay_after", LOOPED, Takes::Time, TIME),
    word("delay", LOOPED, Takes::Time, TIME),
    word("interval", LOOPED, Takes::Time, TIME),
    word("poll_delay", LOOPED, Takes::Time, TIME),
    word("realtime", LOOPED, Takes::Flag, "no value or a bool: `realtime = true`"),
    word("strategy", LOOPED, Takes::Code, "a strategy: `strategy = Precise`"),
    word("missed", LOOPED, Takes::Code, "a `MissedTick`: `missed = MissedTick::Skip`"),
    word("bounded", QUEUE, Takes::Count, "a number of tasks above zero: `bounded = 64`"),
    word("overflow", QUEUE, Takes::Code, "an `Overflow`: `overflow = Overflow::DropOldest`"),
    word(
        "on_dropped",
        QUEUE,
        Takes::Code,
        "a function or closure that takes a task: `on_dropped = |task| eprintln!(\"{task}\")`",
    ),
    word("priority", QUEUE, Takes::Nothing, "no value: write `priority`, or omit it"),
    word("lifo", QUEUE, Takes::Nothing, "no value: write `lifo`, or omit it"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn distances_are_counted_in_letters() {
        for (from, to, count) in [
            ("", "lifo", 4),
            ("lifo", "", 4),
            ("lifo", "lifo", 0),
            ("fifo", "lifo", 1),
            ("delays", "delay", 1),
        ] {
            assert_eq!(distance(from, to), count, "{from} to {to}");
        }
    }

    #[test]
    fn a_typo_is_recognized_and_an_unrelated_word_is_not() {
        for (unknown, meant) in [
            ("intervall", Some("interval")),
            ("dameon", Some("daemon")),
            ("on_err", Some("on_error")),
            ("q", Some("queue")),
            ("e", Some("event")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(unknown), meant, "{unknown}");
        }
    }

    #[test]
    fn a_kind_lists_its_own_options_and_the_common_ones() {
        let event = "`name`, `daemon`, `paused`, `o`, `on_error`, `on_error_with`, `before_start`, `after_start`, `before_stop`, \
            `after_stop`, `restart`, `on_exit`, `stack_size`, `clock` and `sched`";
        assert_eq!(Kind::Event.options(), event);
        assert!(Kind::Queue.options().ends_with("`priority` and `lifo`"));
    }
    /// The methods of builders that set an option, from the files of the crate that defines them.
    fn setters(files: &[&str]) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pyaltt-core/src");
        let text =
            |file: &&str| fs::read_to_string(folder.join(file)).expect("the core is beside this crate");
        let texts: Vec<_> = files.iter().map(text).collect();
        let methods = texts.iter().flat_map(|text| text.split("\n    pub fn ").skip(1));
        let signatures = methods.filter_map(|method| method.split_once('{')).map(|(signature, _)| signature);
        // A setter takes the builder and returns it.
        let setters = signatures.filter(|signature| {
            let taken = signature.contains("(self") || signature.contains("(mut self");
            taken && signature.contains("-> Self")
        });
        setters.filter_map(|setter| setter.split(['(', '<']).next()).map(str::to_owned).collect()
    }

    /// Number 15 of issue 11: `sched` was missing.
    #[test]
    fn the_options_are_those_of_the_builders() {
        for (kind, files) in [
            (None, &["handle/builder.rs", "handle/hooks.rs", "handle/restarting.rs", "handle/sched.rs"][..]),
            (LOOPED, &["looped/builder.rs"]),
            (QUEUE, &["queue/builder.rs"]),
            (EVENT, &["event/builder.rs"]),
        ] {
            let words = WORDS.iter().filter(|word| word.kind == kind && word.name != "looped");
            let words: BTreeSet<_> = words.map(|word| word.name.to_owned()).collect();
            assert_eq!(words, setters(files), "{kind:?}");
        }
    }

    #[test]
    fn every_option_is_in_the_table_of_the_attribute() {
        let rows = include_str!("lib.rs").lines().filter(|line| line.starts_with("/// | `"));
        let first: String = rows.filter_map(|row| row.split(" | ").nth(1)).collect();
        for word in &WORDS {
            let named = |quote: &str| first.contains(&format!("`{}{quote}", word.name));
            assert!(named("`") || named(" ="), "{}", word.name);
        }
    }
}
