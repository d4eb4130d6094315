//! Which options contradict each other: one table for all builders and for the options of a start.
//!
//! The tables in the docs of the builders are made from it, and a test compares them.

use std::sync::Arc;

use crate::error::BuildError;

/// The options of a looped worker, of its builder or of a start merged over it.
pub(crate) const LOOPED: &[Rule] = &[
    Rule::one_of(&["delay", "delay_after"], "one of delay and delay_after, which are the same option"),
    Rule::one_of(&["delay", "delay_after", "interval"], "either an interval or a delay_after"),
    Rule::one_of(&["strategy", "poll_delay", "realtime(true)"], "one of strategy, poll_delay and realtime"),
    Rule::needs("missed", &["interval"], "without an interval", "only together with interval"),
    Rule::never("missed(CatchUp { max: 0 })", "Skip, Delay, or CatchUp with a max of at least 1"),
];

/// The options of a queue worker.
pub(crate) const QUEUE: &[Rule] = &[
    Rule::one_of(&["priority", "lifo"], "one of priority and lifo"),
    Rule::not_beside("bounded", "queue", OWN_QUEUE),
    Rule::not_beside("overflow", "queue", OWN_QUEUE),
    Rule::not_beside("on_dropped", "queue", OWN_QUEUE),
    Rule::not_beside("priority", "queue", OWN_QUEUE),
    Rule::not_beside("lifo", "queue", OWN_QUEUE),
    Rule::needs("overflow", &["bounded"], "on a queue without a bound", "only together with bounded"),
    Rule::needs("on_dropped", &["bounded"], "on a queue without a bound", "only together with bounded"),
    Rule::needs(
        "on_dropped",
        &["overflow(DropOldest)", "overflow(DropNewest)"],
        "on a queue that drops nothing",
        "only together with overflow(DropOldest) or overflow(DropNewest)",
    ),
];

const OWN_QUEUE: &str = "only on a queue of the worker's own";

/// One row of the table. An option is written by its name alone, or with one of its values: `realtime(true)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    relation: Relation,
    /// What is allowed, in words.
    allowed: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Relation {
    /// At most one of these may be given. The error names the one that was given last.
    OneOf(&'static [&'static str]),
    /// The first cannot be given beside the second.
    NotBeside(&'static str, &'static str),
    /// The option can be given only beside one of the others. The last field says what is missing, in words.
    Needs(&'static str, &'static [&'static str], &'static str),
    /// No effect is possible.
    Never(&'static str),
}

impl Rule {
    const fn one_of(options: &'static [&'static str], allowed: &'static str) -> Self {
        Self { relation: Relation::OneOf(options), allowed }
    }

    const fn not_beside(option: &'static str, other: &'static str, allowed: &'static str) -> Self {
        Self { relation: Relation::NotBeside(option, other), allowed }
    }

    const fn needs(
        option: &'static str,
        others: &'static [&'static str],
        missing: &'static str,
        allowed: &'static str,
    ) -> Self {
        Self { relation: Relation::Needs(option, others, missing), allowed }
    }

    const fn never(option: &'static str, allowed: &'static str) -> Self {
        Self { relation: Relation::Never(option), allowed }
    }

    /// Returns the option that breaks this rule, and what was given, in words.
    fn broken(&self, given: &[Given]) -> Option<(&'static str, String)> {
        let find = |option: &str| given.iter().find(|given| given.is(option));
        match self.relation {
            Relation::OneOf(options) => {
                let mut found = given.iter().filter(|given| options.iter().any(|option| given.is(option)));
                let (first, second) = (found.next()?, found.next()?);
                Some((second.option, format!("{} beside {}", second.text, first.beside)))
            }
            Relation::NotBeside(option, other) => {
                let (option, other) = (find(option)?, find(other)?);
                Some((option.option, format!("{} beside {}", option.text, other.beside)))
            }
            Relation::Needs(option, others, missing) => {
                let option = find(option)?;
                let is_alone = others.iter().all(|other| find(other).is_none());
                is_alone.then(|| (option.option, format!("{} {missing}", option.text)))
            }
            Relation::Never(option) => find(option).map(|given| (given.option, given.text.clone())),
        }
    }
}

/// An option that was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    option: &'static str,
    value: String,
    /// What was given, as the error about this option says it.
    text: String,
    /// What was given, as the error about another option says it.
    beside: String,
}

impl Given {
    /// An option whose value says nothing, or cannot be shown.
    pub(crate) fn set(option: &'static str) -> Self {
        Self { option, value: String::new(), text: "set".to_owned(), beside: option.to_owned() }
    }

    /// An option whose value is shown.
    pub(crate) fn value(option: &'static str, value: String) -> Self {
        Self { text: value.clone(), value, ..Self::set(option) }
    }

    /// An option whose value matters to the table.
    pub(crate) fn set_to(option: &'static str, value: String) -> Self {
        Self { value, ..Self::set(option) }
    }

    /// Sets what an error about another option calls this one.
    pub(crate) fn called(self, beside: String) -> Self {
        Self { beside, ..self }
    }

    /// Whether this is the option of a rule: by its name, or by its name and value.
    fn is(&self, option: &str) -> bool {
        let value = option.strip_prefix(self.option);
        value.is_some_and(|value| {
            let in_parentheses = value.strip_prefix('(').and_then(|value| value.strip_suffix(')'));
            value.is_empty() || in_parentheses == Some(&self.value)
        })
    }
}

/// Checks options, in the order in which they were given, against a table.
pub(crate) fn check(rules: &[Rule], worker: &Arc<str>, given: &[Given]) -> Result<(), BuildError> {
    for rule in rules {
        if let Some((option, given)) = rule.broken(given) {
            return Err(BuildError::new(worker, option, given, rule.allowed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every rule as a row of the docs.
    fn table(rules: &[Rule]) -> String {
        let all = |options: &[&str], word: &str| {
            options.iter().map(|option| format!("`{option}`")).collect::<Vec<_>>().join(word)
        };
        let row = |Rule { relation, allowed }: &Rule| {
            let (options, rule) = match relation {
                Relation::OneOf(options) => (all(options, ", "), "at most one of them".to_owned()),
                Relation::NotBeside(option, other) => (all(&[option], ""), format!("not beside `{other}`")),
                Relation::Needs(option, others, _) => {
                    (all(&[option], ""), format!("only beside {}", all(others, " or ")))
                }
                Relation::Never(option) => (all(&[option], ""), "never".to_owned()),
            };
            format!("| {options} | {rule} | `{allowed}` |")
        };
        let head = ["| options | rule | allowed, as the error says it |", "| --- | --- | --- |"];
        let rows = head.into_iter().map(str::to_owned).chain(rules.iter().map(row));
        rows.map(|row| row + "\n").collect()
    }

    /// Number 14: what the docs say is what the builders check.
    #[test]
    fn the_tables_in_the_docs_are_these() {
        assert_eq!(include_str!("looped.md"), table(LOOPED), "looped.md: write the second text");
        assert_eq!(include_str!("queue.md"), table(QUEUE), "queue.md: write the second text");
    }

    #[test]
    fn a_rule_names_an_option_by_its_name_or_by_its_value_and_no_other() {
        let max = Given::value("missed", "CatchUp { max: 0 }".to_owned());
        assert!(max.is("missed") && max.is("missed(CatchUp { max: 0 })"));
        assert!(!max.is("missed(Skip)") && !max.is("miss") && !max.is("missed_too"));
        let delay = Given::set("delay");
        assert!(delay.is("delay") && !delay.is("delay_after"));
    }

    #[test]
    fn one_option_alone_breaks_no_rule_but_those_that_need_another() {
        let worker = "w".into();
        for rule in LOOPED.iter().chain(QUEUE) {
            let (option, broken) = match rule.relation {
                Relation::OneOf(options) => (options[0], false),
                Relation::NotBeside(option, _) => (option, false),
                Relation::Needs(option, _, _) | Relation::Never(option) => (option, true),
            };
            let name: &'static str = option.split('(').next().unwrap_or(option);
            let value = option.strip_prefix(name).unwrap_or("").trim_matches(['(', ')']);
            let given = [Given::set_to(name, value.to_owned())];
            assert_eq!(check(&[*rule], &worker, &given).is_err(), broken, "{rule:?}");
        }
    }
}
