//! The page of one report.

use anyhow::Context;
use pyaltt_benches::case::Figure;

use super::baseline::Change;
use super::page::{self, escape};
use super::table::{self, Column};
use super::{captions, plots};
use crate::figures::real;
use crate::model::{Entry, Extent, Report, Results, Subject};
use crate::units;

/// Everything between the ends of the page.
pub(crate) fn body(report: &Report, changes: Option<&[Change]>) -> anyhow::Result<String> {
    let mut page = introduction(report);
    if let Some(changes) = changes {
        page += &page::changed(changes, &|id| report.label(id).to_owned());
    }
    for results in &report.results {
        page += &section(report, results).with_context(|| format!("the section of {}", results.case.id))?;
    }
    page += &contenders(report);
    page += &reading(report);
    Ok(page + &page::machine(&report.metadata))
}

fn introduction(report: &Report) -> String {
    let (title, what) = match report.subject {
        Subject::Timing => ("How exactly an interval is kept", "ways to keep an interval on the same grid"),
        Subject::Messages => ("What it costs to hand work to a thread", "contenders at the same work"),
        Subject::Queues => ("What durable queues cost", "contenders at the same work"),
        Subject::Groups => ("What programs of many members cost", "contenders at the same work"),
    };
    let [length, part] = match report.extent {
        Extent::Ticks { warm_up_ns, measured_ns } => {
            let warm_up = units::nanos(real(warm_up_ns));
            [
                format!(" of {}", units::nanos(real(measured_ns))),
                format!(", each after a warm-up of {warm_up}"),
            ]
        }
        Extent::OneIn(1) => [String::new(), String::new()],
        Extent::OneIn(part) => [String::new(), format!(". Each run did one in {part} of its full work")],
    };
    let mut text = format!(
        "<h1>{title}</h1>\n<p>{} {what}, each run in a process of its own; medians over {} rounds{length} in shuffled \
         order{part}. Measured on {}, kernel {}, commit {}.</p>\n",
        report.contenders.len(),
        report.rounds,
        escape(report.metadata.fact("date")),
        escape(report.metadata.fact("kernel")),
        escape(report.metadata.fact("commit")),
    );
    if report.metadata.fact("virtualised").starts_with("yes") {
        let effect = match report.subject {
            Subject::Timing => "what its host does shows in every tail",
            Subject::Messages | Subject::Groups => "its host takes part in every wake-up",
            Subject::Queues => "its host takes part in every wake-up and in every write",
        };
        text += &format!(
            "<p class=\"note\">This machine is virtualised: {effect}. Compare the contenders of this report with each \
             other, not with reports of other machines.</p>\n"
        );
    }
    if report.subject == Subject::Timing && report.results.len() > 1 {
        text += &overview(report);
    }
    text += &page::targets(&report.targets);
    text += "<p class=\"small\">Medians over rounds, all of this run; two figures are those of a contender and of what \
             it is compared with.</p>\n";
    text + &page::left_out(&report.left_out)
}

/// All cases at a glance: median and p99 of the lateness, the least p99 of each case marked.
fn overview(report: &Report) -> String {
    let mut text =
        String::from("<h2>At a glance</h2>\n<div class=\"wide\"><table><thead><tr><th>p50, p99</th>");
    for Results { case, .. } in &report.results {
        text += &format!("<th><a href=\"#{}\">{}</a></th>", case.id, case.id.replace('-', " "));
    }
    text += "</tr></thead><tbody>\n";
    let p99 = |entry: &Entry| entry.median("p99").unwrap_or(f64::INFINITY);
    for named in &report.contenders {
        text += &row(report, &named.id, &named.label);
        for results in &report.results {
            let least = results.entries.iter().map(p99).fold(f64::INFINITY, f64::min);
            let Some(entry) = results.entry(&named.id) else {
                text += "<td>-</td>";
                continue;
            };
            let mark = if p99(entry) <= least { " class=\"least\"" } else { "" };
            let median = entry.median("p50").map_or_else(String::new, units::nanos);
            text += &format!("<td{mark}><small>{median}</small><br>{}</td>", units::nanos(p99(entry)));
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n<p class=\"small\">Small: p50. Framed: the least p99 of a case.</p>\n"
}

/// The beginning of a row.
fn row(report: &Report, id: &str, label: &str) -> String {
    let class = if report.is_ours(id) { " class=\"ours\"" } else { "" };
    format!("<tr{class}><th>{}</th>", escape(label))
}

fn section(report: &Report, results: &Results) -> anyhow::Result<String> {
    let case = &results.case;
    let mut text = format!("<section id=\"{}\"><h2>{}</h2>\n", case.id, escape(&case.title));
    if !case.how.is_empty() {
        text += &format!("<p class=\"small\">{}</p>\n", escape(&case.how));
    }
    if results.is_interval() {
        text += &tables(report, results);
        let plots = [
            ("Distribution", captions::histogram(report, results), plots::histogram(report, results)?),
            ("Percentiles", captions::tail(report, results), plots::tail(report, results)?),
            ("Cost", captions::scatter(report, results), plots::scatter(report, results)?),
            ("Over time", captions::timeline(report, results), plots::timeline(report, results)?),
        ];
        text.extend(plots.map(|(title, caption, svg)| page::figure(title, &caption, &svg)));
    } else {
        let main = capitalised(case.figures.first().map_or("", |figure| &figure.label));
        text += &page::figure(&main, &captions::bars(report, results), &plots::bars(report, results)?);
        text += &tables(report, results);
    }
    Ok(text + "</section>\n")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The tables of a case, and how they are read.
fn tables(report: &Report, results: &Results) -> String {
    let mut names: Vec<&str> = results.case.figures.iter().map(|figure| &*figure.table).collect();
    names.dedup();
    let mut text = String::new();
    for (index, name) in names.into_iter().enumerate() {
        if !name.is_empty() {
            text += &format!("<h3>{}</h3>\n", escape(name));
        }
        text += &one_table(report, results, name);
        if let (0, Some(yardstick)) = (index, &results.yardstick) {
            let yardstick = escape(report.label(yardstick));
            text += &format!("<p class=\"small\">Ratios are to {yardstick}. Bold rows are ours. Small: the ");
            text += "figure of the best round and that of the worst.</p>\n";
        }
    }
    text
}

fn one_table(report: &Report, results: &Results, name: &str) -> String {
    let columns = table::columns(&results.case).into_iter().filter(|column| column.figure.table == name);
    let columns: Vec<Column> = columns.collect();
    let mut text = String::from("<div class=\"wide\"><table><thead><tr><th>contender</th>");
    for column in &columns {
        let meaning = &column.figure.meaning;
        let title =
            if meaning.is_empty() { String::new() } else { format!(" title=\"{}\"", escape(meaning)) };
        text += &format!("<th{title}>{}</th>", escape(&column.heading()));
    }
    text += "</tr></thead><tbody>\n";
    for entry in &results.entries {
        text += &row(report, &entry.contender, report.label(&entry.contender));
        for column in &columns {
            let spread = column.spread(entry).map(|spread| format!("<br><small>{}</small>", escape(&spread)));
            text += &format!("<td>{}{}</td>", escape(&column.cell(entry)), spread.unwrap_or_default());
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n"
}

fn contenders(report: &Report) -> String {
    let mut text = String::from("<h2>Contenders</h2>\n<div class=\"wide\"><table class=\"words\"><tbody>\n");
    for named in &report.contenders {
        text += &row(report, &named.id, &named.label);
        text += &format!("<td><code>{}</code></td><td>{}</td></tr>\n", escape(&named.id), escape(&named.how));
    }
    text + "</tbody></table></div>\n"
}

fn reading(report: &Report) -> String {
    let mut text = String::from("<h2>How to read it</h2>\n");
    let figures = report.results.iter().flat_map(|results| &results.case.figures);
    let mut explained: Vec<&Figure> = Vec::new();
    for figure in figures.filter(|figure| !figure.meaning.is_empty()) {
        if explained.iter().all(|known| known.key != figure.key) {
            explained.push(figure);
        }
    }
    if !explained.is_empty() {
        text += "<dl>\n";
        for Figure { label, meaning, .. } in explained {
            text += &format!("<dt>{}</dt><dd>{}</dd>\n", escape(label), escape(meaning));
        }
        text += "</dl>\n";
    }
    text += match report.subject {
        Subject::Timing => TIMING,
        Subject::Messages => MESSAGES,
        Subject::Queues => QUEUES,
        Subject::Groups => GROUPS,
    };
    text
}

const TIMING: &str = "<p>Slot n of the grid is due n periods after the start. The report computes every lateness from \
                      the times at which a contender woke, and believes no figure of the contender itself; only \
                      cyclictest, which gives nothing else, is believed. A wake-up serves the slot that it was waiting \
                      for, however late it is; slots that passed meanwhile are missed. The drift of contenders that \
                      keep no grid is counted from one wake-up to the next. Stops are measured in separate runs, where \
                      a wait can be ended from outside; contenders that poll a flag between two waits have a dash.</p>\n";

const MESSAGES: &str = "<p>Bars are medians over rounds, whiskers the best round and the worst. Every run is checked: \
                        each task was handled once, by count and sum; each answer was right. No contender batches or \
                        acknowledges here: a handler gets one task at a time, and only a request waits for its result. \
                        On one processor all threads of a run are pinned to the first one of this machine; beside hogs \
                        each processor also has a process that never sleeps, which is started and killed with the run. \
                        Plain threads put the tasks, because that is what pyaltt is for; from within an async runtime \
                        its peers may well be faster than they are here.</p>\n";

const QUEUES: &str = "<p>Bars are medians over rounds, whiskers the best round and the worst. Every run has files of its own, or an \
                      empty database, and is checked: what is stored or handled is counted and added up. All contenders \
                      sync each transaction. One PostgreSQL server serves all runs; its settings are its defaults, but for \
                      those that are listed with the machine. CPU on PostgreSQL is that of the program without the server's. \
                      Ratios of targets are taken within each round, where both ran one after the other, and \
                      the target is held against their median; the least and the largest stand beside it. The disk of this \
                      machine decides the times, so only ratios tell something about other machines.</p>\n";

const GROUPS: &str = "<p>Bars are medians over rounds, whiskers the best round and the worst. Every run is checked: members \
                      began in order and ended in reverse, and each of a group began again once. Members of ours and bare \
                      threads have a thread each; actors and subsystems are tasks on a runtime, which start and stop for less \
                      and cannot hang without holding a thread of it. A stop in which members hang is judged by what it \
                      leaves: when it returns, how many others ended in order, and whether it says who hangs. Ratios of \
                      targets are taken within each round, where both ran one after the other, and the target is held against \
                      their median; the least and the largest stand beside it. Bytes and wake-ups of idle members are \
                      those of the bench groups of pyaltt-benches.</p>\n";
