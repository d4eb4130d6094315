//! The page.

use anyhow::Context;

use super::baseline::Change;
use super::page::{self, escape};
use super::{Cell, Entry, METRICS, Report, captions, plots, table, target};
use crate::figures::real;

/// All that is between the ends of the page.
pub(crate) fn body(report: &Report, changes: Option<&[Change]>) -> anyhow::Result<String> {
    let mut page = introduction(report);
    if let Some(changes) = changes {
        page += &page::changed(changes, &|id| report.label(id).to_owned());
    }
    for cell in &report.cells {
        page += &section(report, cell).with_context(|| format!("the section of {}", cell.id))?;
    }
    page += &contenders(report);
    page += &reading();
    let load = ("load".to_owned(), format!("{}, one for each processor", report.load));
    Ok(page + &page::machine(&report.metadata, &[load]))
}

fn introduction(report: &Report) -> String {
    let mut text = format!(
        "<h1>How exactly an interval is kept</h1>\n<p>{} ways to keep an interval on the same grid, each run in a \
         process of its own; medians over {} rounds of {} in shuffled order, each after a warm-up of {}. Measured on \
         {}, kernel {}, commit {}.</p>\n",
        report.contenders.len(),
        report.rounds,
        table::nanos(real(report.measured_ns)),
        table::nanos(real(report.warm_up_ns)),
        escape(report.metadata.fact("date")),
        escape(report.metadata.fact("kernel")),
        escape(report.metadata.fact("commit")),
    );
    if report.metadata.fact("virtualised").starts_with("yes") {
        text += "<p class=\"note\">This machine is virtualised: what its host does shows in every tail. Compare the \
                 contenders of this report with each other, not with reports of other machines.</p>\n";
    }
    if report.cells.len() > 1 {
        text += &overview(report);
    }
    text += &target::html(&report.targets);
    if !report.targets.is_empty() {
        text += "<p class=\"small\">Medians over rounds, all of this run; two figures are of a contender and of what it \
                 is held against.</p>\n";
    }
    text + &page::left_out(&report.left_out)
}

/// All cells at a glance: median and p99 of the lateness, the least p99 of each cell marked.
fn overview(report: &Report) -> String {
    let mut text =
        String::from("<h2>At a glance</h2>\n<div class=\"wide\"><table><thead><tr><th>p50, p99</th>");
    for cell in &report.cells {
        text += &format!("<th><a href=\"#{}\">{}</a></th>", cell.id, cell.id.replace('-', " "));
    }
    text += "</tr></thead><tbody>\n";
    let p99 = |entry: &Entry| entry.median("p99").unwrap_or(f64::INFINITY);
    for named in &report.contenders {
        let class = if named.ours { " class=\"ours\"" } else { "" };
        text += &format!("<tr{class}><th>{}</th>", escape(&named.label));
        for cell in &report.cells {
            let least = cell.entries.iter().map(p99).fold(f64::INFINITY, f64::min);
            let Some(entry) = cell.entries.iter().find(|entry| entry.contender == named.id) else {
                text += "<td>-</td>";
                continue;
            };
            let mark = if p99(entry) <= least { " class=\"least\"" } else { "" };
            let median = entry.median("p50").map_or_else(String::new, table::nanos);
            text += &format!("<td{mark}><small>{median}</small><br>{}</td>", table::nanos(p99(entry)));
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n<p class=\"small\">Small: p50. Framed: the least p99 of a cell.</p>\n"
}

fn section(report: &Report, cell: &Cell) -> anyhow::Result<String> {
    let mut text = format!("<section id=\"{}\"><h2>{}</h2>\n", cell.id, escape(&cell.title()));
    text += &figures(report, cell);
    let mut plot = |title: &str, caption: String, svg: String| {
        text += &page::figure(title, &caption, &svg);
    };
    plot("Distribution", captions::histogram(report, cell), plots::histogram(report, cell)?);
    plot("Percentiles", captions::tail(report, cell), plots::tail(report, cell)?);
    plot("Cost", captions::scatter(report, cell), plots::scatter(report, cell)?);
    plot("Over time", captions::timeline(report, cell), plots::timeline(report, cell)?);
    Ok(text + "</section>\n")
}

/// The tables of a cell.
fn figures(report: &Report, cell: &Cell) -> String {
    const LATENESS: &[&str] = &["N", "p50", "p90", "p99", "p99.9", "max", "p50 ratio", "p99 ratio"];
    let lateness = |heading: &&str| LATENESS.contains(heading);
    let mut text = String::from("<h3>Lateness</h3>\n");
    text += &columns(report, cell, &lateness);
    if let Some(yardstick) = &cell.yardstick {
        let yardstick = escape(report.label(yardstick));
        text += &format!("<p class=\"small\">Ratios are to {yardstick}. Bold rows are ours. Small: the ");
        text += "figure of the best round and that of the worst.</p>\n";
    }
    text += "<h3>Regularity and cost</h3>\n";
    text + &columns(report, cell, &|heading| !lateness(heading))
}

/// A table of some columns, with the spread over rounds below the figures that have one.
fn columns(report: &Report, cell: &Cell, wanted: &dyn Fn(&&str) -> bool) -> String {
    let mut text = String::from("<div class=\"wide\"><table><thead><tr><th>contender</th>");
    for heading in table::headings().into_iter().filter(|heading| wanted(heading)) {
        let meaning =
            METRICS.iter().find(|metric| metric.label == heading).map_or("", |metric| metric.meaning);
        text += &format!("<th title=\"{}\">{}</th>", escape(meaning), escape(heading));
    }
    text += "</tr></thead><tbody>\n";
    for entry in &cell.entries {
        let ours = report.named(&entry.contender).is_some_and(|named| named.ours);
        let class = if ours { " class=\"ours\"" } else { "" };
        text += &format!("<tr{class}><th>{}</th>", escape(report.label(&entry.contender)));
        let figures = table::headings().into_iter().zip(table::figures(entry)).enumerate();
        for (index, (_, figure)) in figures.filter(|(_, (heading, _))| wanted(heading)) {
            text += &format!("<td>{}{}</td>", escape(&figure), spread(entry, index));
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n"
}

fn spread(entry: &Entry, index: usize) -> String {
    let metric = METRICS.get(index).filter(|metric| matches!(metric.key, "p50" | "p99" | "max" | "cpu"));
    let spread =
        metric.and_then(|metric| entry.figures.get(metric.key)).filter(|spread| spread.width() > 0.0);
    let ends = spread.map(|spread| format!("{} – {}", table::nanos(spread.min), table::nanos(spread.max)));
    ends.map_or_else(String::new, |ends| format!("<br><small>{ends}</small>"))
}

fn contenders(report: &Report) -> String {
    let mut text = String::from("<h2>Contenders</h2>\n<div class=\"wide\"><table class=\"words\"><tbody>\n");
    for named in &report.contenders {
        let class = if named.ours { " class=\"ours\"" } else { "" };
        let (label, id, how) = (escape(&named.label), escape(&named.id), escape(&named.how));
        text += &format!("<tr{class}><th>{label}</th><td><code>{id}</code></td><td>{how}</td></tr>\n");
    }
    text + "</tbody></table></div>\n"
}

fn reading() -> String {
    let mut text = String::from("<h2>How to read it</h2>\n<dl>\n");
    for metric in METRICS {
        text += &format!("<dt>{}</dt><dd>{}</dd>\n", escape(metric.label), escape(metric.meaning));
    }
    text += "</dl>\n<p>Slot n of the grid is due n periods after the start. The harness computes every lateness from \
             the times at which a contender woke, and believes no report of its own; cyclictest alone, which tells \
             nothing else, is believed. A wake-up serves the slot that it was waiting for, however late it is; slots \
             that passed meanwhile are missed. The drift of contenders that keep no grid is counted from one wake-up \
             to the next. Stops are measured in separate runs, where a wait can be ended from outside; others, which poll \
             a flag between two waits, have a dash.</p>\n";
    text
}
