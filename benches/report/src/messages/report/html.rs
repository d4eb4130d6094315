//! The page.

use anyhow::Context;
use pyaltt_benches::contender::Kind;

use super::{Cell, Entry, Report, bars, table};
use crate::report::baseline::Change;
use crate::report::page::{self, escape};
use crate::report::table::share;
use crate::report::target;

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
    page += READING;
    Ok(page + &page::machine(&report.metadata, &[]))
}

fn introduction(report: &Report) -> String {
    let part = if report.one_in == 1 {
        String::new()
    } else {
        format!(" Each run did one in {} of its full work.", report.one_in)
    };
    let mut text = format!(
        "<h1>What it costs to hand work to a thread</h1>\n<p>{} contenders at the same work, each run in a process of \
         its own; medians over {} rounds in shuffled order.{part} Measured on {}, kernel {}, commit {}.</p>\n",
        report.contenders.len(),
        report.rounds,
        escape(report.metadata.fact("date")),
        escape(report.metadata.fact("kernel")),
        escape(report.metadata.fact("commit")),
    );
    if report.metadata.fact("virtualised").starts_with("yes") {
        text += "<p class=\"note\">This machine is virtualised: its host takes part in every wake-up. Compare the \
                 contenders of this report with each other, not with reports of other machines.</p>\n";
    }
    text += &target::html(&report.targets);
    text += "<p class=\"small\">Medians over rounds, all of this run; two figures are of ours and of what it is held \
             against.</p>\n";
    text + &page::left_out(&report.left_out)
}

fn section(report: &Report, cell: &Cell) -> anyhow::Result<String> {
    let mut text = format!("<section id=\"{}\"><h2>{}</h2>\n", cell.id, escape(&cell.title()));
    text += &format!("<p class=\"small\">{}</p>\n", escape(cell.how()));
    let main = cell.figures().into_iter().next().map_or_else(String::new, |figure| figure.label);
    text += &page::figure(&capitalised(&main), &caption(report, cell), &bars::bars(report, cell)?);
    text += &figures(report, cell);
    Ok(text + "</section>\n")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// One line that says what to see, computed from what was measured.
fn caption(report: &Report, cell: &Cell) -> String {
    let Some((main, ranked)) = cell.ranked() else { return String::new() };
    let first = |kind: Kind| ranked.iter().find(|(entry, _)| report.kind(&entry.contender) == kind);
    let named = |entry: &Entry| report.label(&entry.contender).to_owned();
    let mut text = String::from("Shorter is better.");
    let ours = first(Kind::Ours);
    if let Some((entry, spread)) = ours {
        text += &format!(" Ours, {}: {}.", named(entry), main.unit.show(spread.median));
    }
    for (kind, what) in
        [(Kind::Channel, "best channel"), (Kind::Actor, "best actor"), (Kind::Bare, "least of the system")]
    {
        let Some((entry, spread)) = first(kind) else { continue };
        text += &format!(" The {what}, {}: {}", named(entry), main.unit.show(spread.median));
        let of_ours = ours.filter(|(_, ours)| ours.median > 0.0).map(|(_, ours)| spread.median / ours.median);
        text += &of_ours.map_or_else(|| ".".to_owned(), |ratio| format!(", {} x ours.", share(ratio)));
    }
    text
}

/// The table of a cell, with the best and the worst round below each figure.
fn figures(report: &Report, cell: &Cell) -> String {
    let mut text = String::from("<div class=\"wide\"><table><thead><tr><th>contender</th>");
    for heading in table::headings(cell) {
        text += &format!("<th>{}</th>", escape(&heading));
    }
    text += "</tr></thead><tbody>\n";
    for (entry, _) in cell.ranked().map_or_else(Vec::new, |ranked| ranked.1) {
        let class = if report.kind(&entry.contender) == Kind::Ours { " class=\"ours\"" } else { "" };
        text += &format!("<tr{class}><th>{}</th>", escape(report.label(&entry.contender)));
        let spreads = cell.figures().into_iter().map(|figure| {
            let spread = entry.figures.get(&figure.key).filter(|spread| spread.width() > 0.0)?;
            Some(format!(
                "<br><small>{} – {}</small>",
                escape(&figure.unit.show(spread.min)),
                escape(&figure.unit.show(spread.max))
            ))
        });
        for (figure, spread) in table::figures(cell, entry).iter().zip(spreads.chain([None])) {
            text += &format!("<td>{}{}</td>", escape(figure), spread.unwrap_or_default());
        }
        text += "</tr>\n";
    }
    text += "</tbody></table></div>\n";
    text + "<p class=\"small\">Ratios are to the first of ours. Small: the best round and the worst.</p>\n"
}

fn contenders(report: &Report) -> String {
    let mut text = String::from("<h2>Contenders</h2>\n<div class=\"wide\"><table class=\"words\"><tbody>\n");
    for named in &report.contenders {
        let class = if named.kind == Kind::Ours { " class=\"ours\"" } else { "" };
        let (label, id, how) = (escape(&named.label), escape(&named.id), escape(&named.how));
        text += &format!("<tr{class}><th>{label}</th><td><code>{id}</code></td><td>{how}</td></tr>\n");
    }
    text + "</tbody></table></div>\n"
}

const READING: &str = "<h2>How to read it</h2>\n<p>Bars are medians over rounds, whiskers the best round and the worst. \
                       Every run is checked: each task was handled once, by count and sum; each answer was right. \
                       Nobody batches or acknowledges here: a handler gets one task at a time, and only a request \
                       waits for what it did. Tasks are put by plain threads, which is what pyaltt is for; from \
                       within an async runtime its peers may well be faster than they are here.</p>\n";
