//! `report.html`: one page that needs nothing from elsewhere, and prints well.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::baseline::Change;
use super::{Cell, Entry, METRICS, Report, captions, plots, table};
use crate::bench::figures::real;

pub(crate) fn write(report: &Report, changes: Option<&[Change]>, path: &Path) -> anyhow::Result<()> {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    page += &format!(
        "<title>pyaltt: how exactly an interval is kept</title>\n<style>{STYLE}</style></head>\n<body>\n"
    );
    page += &introduction(report);
    if let Some(changes) = changes {
        page += &changed(report, changes);
    }
    for cell in &report.cells {
        page += &section(report, cell).with_context(|| format!("the section of {}", cell.id))?;
    }
    page += &contenders(report);
    page += &reading();
    page += &machine(report);
    page += "</body></html>\n";
    fs::write(path, page).with_context(|| format!("writing {}", path.display()))
}

const STYLE: &str = include_str!("style.css");

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn fact<'a>(report: &'a Report, name: &str) -> &'a str {
    report.metadata.0.iter().find(|fact| fact.0 == name).map_or("not known", |fact| &fact.1)
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
        escape(fact(report, "date")),
        escape(fact(report, "kernel")),
        escape(fact(report, "commit")),
    );
    if fact(report, "virtualised").starts_with("yes") {
        text += "<p class=\"note\">This machine is virtualised: what its host does shows in every tail. Compare the \
                 contenders of this report with each other, not with reports of other machines.</p>\n";
    }
    if report.cells.len() > 1 {
        text += &overview(report);
    }
    if !report.left_out.is_empty() {
        text += "<h2>Left out</h2>\n<div class=\"wide\"><table class=\"words\"><thead><tr><th>what</th><th>why</th>\
                 <th>how to get it</th></tr></thead><tbody>\n";
        for left_out in &report.left_out {
            let cells = [&left_out.what, &left_out.reason, &left_out.remedy].map(|text| escape(text));
            text += &format!("<tr><td>{}</td></tr>\n", cells.join("</td><td>"));
        }
        text += "</tbody></table></div>\n";
    }
    text
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

fn changed(report: &Report, changes: &[Change]) -> String {
    let mut text = String::from("<h2>Against the baseline</h2>\n");
    if changes.is_empty() {
        return text + "<p>Nothing changed by more than its spread.</p>\n";
    }
    text += "<div class=\"wide\"><table class=\"words\"><thead><tr><th></th><th>cell</th><th>contender</th>\
             <th>figure</th><th>before</th><th>now</th></tr></thead><tbody>\n";
    let (worse, better): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_worse());
    for change in worse.into_iter().chain(better) {
        let word = if change.is_worse() { "<strong>worse</strong>" } else { "better" };
        let Change { cell, contender, metric, before, after, .. } = change;
        let label = escape(report.label(contender));
        text += &format!(
            "<tr><td>{word}</td><td>{cell}</td><td>{label}</td><td>{metric}</td><td>{before}</td><td>{after}</td></tr>\n"
        );
    }
    text + "</tbody></table></div>\n"
}

fn section(report: &Report, cell: &Cell) -> anyhow::Result<String> {
    let mut text = format!("<section id=\"{}\"><h2>{}</h2>\n", cell.id, escape(&cell.title()));
    text += &figures(report, cell);
    let mut plot = |title: &str, caption: String, svg: String| {
        text += &format!(
            "<figure><h3>{title}</h3><figcaption>{}</figcaption><div class=\"wide\">{svg}</div></figure>\n",
            escape(&caption)
        );
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
             to the next. Stops are measured where a wait can be stopped from outside without a loop of one's own, \
             and in separate runs; others have a dash.</p>\n";
    text
}

fn machine(report: &Report) -> String {
    let mut text =
        String::from("<h2>Machine and versions</h2>\n<div class=\"wide\"><table class=\"words\"><tbody>\n");
    let load = [("load".to_owned(), format!("{}, one for each processor", report.load))];
    for (name, value) in report.metadata.0.iter().chain(&load) {
        text += &format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(name), escape(value));
    }
    text + "</tbody></table></div>\n"
}
