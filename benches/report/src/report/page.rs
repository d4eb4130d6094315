//! The frame of a page, its tables of words, and the check that it is complete.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use super::baseline::Change;
use crate::left_out::LeftOut;
use crate::metadata::Metadata;
use crate::target::{HEADINGS, Target, Verdict};

/// Writes a page that needs nothing from elsewhere and prints well.
pub(crate) fn write(title: &str, body: &str, path: &Path) -> anyhow::Result<()> {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    page += &format!("<title>{}</title>\n<style>{STYLE}</style></head>\n<body>\n", escape(title));
    page += body;
    page += "</body></html>\n";
    fs::write(path, page).with_context(|| format!("writing {}", path.display()))
}

const STYLE: &str = include_str!("style.css");

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A plot with its title, and one line that says what it shows.
pub(crate) fn figure(title: &str, caption: &str, svg: &str) -> String {
    format!(
        "<figure><h3>{}</h3><figcaption>{}</figcaption><div class=\"wide\">{svg}</div></figure>\n",
        escape(title),
        escape(caption)
    )
}

/// What the report does not contain; nothing when it is complete.
pub(crate) fn left_out(all: &[LeftOut]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<h2>Left out</h2>\n<div class=\"wide\"><table class=\"words\"><thead><tr><th>what</th><th>why</th>\
         <th>how to get it</th></tr></thead><tbody>\n",
    );
    for left_out in all {
        let columns = [&left_out.what, &left_out.reason, &left_out.remedy].map(|text| escape(text));
        text += &format!("<tr><td>{}</td></tr>\n", columns.join("</td><td>"));
    }
    text + "</tbody></table></div>\n"
}

/// What changed since the baseline; `label` gives the name of a contender.
pub(crate) fn changed(changes: &[Change], label: &dyn Fn(&str) -> String) -> String {
    let mut text = String::from("<h2>Against the baseline</h2>\n");
    if changes.is_empty() {
        return text + "<p>Nothing changed by more than its spread.</p>\n";
    }
    text += "<div class=\"wide\"><table class=\"words\"><thead><tr><th></th><th>case</th><th>contender</th>\
             <th>figure</th><th>before</th><th>now</th></tr></thead><tbody>\n";
    let (worse, better): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_worse);
    for change in worse.into_iter().chain(better) {
        let word = if change.is_worse { "<strong>worse</strong>" } else { "better" };
        let Change { case, contender, figure, before, after, .. } = change;
        let label = escape(&label(contender));
        text += &format!(
            "<tr><td>{word}</td><td>{case}</td><td>{label}</td><td>{figure}</td><td>{before}</td><td>{after}</td></tr>\n"
        );
    }
    text + "</tbody></table></div>\n"
}

/// The targets, each with its verdict.
pub(crate) fn targets(targets: &[Target]) -> String {
    let mut text =
        String::from("<h2>Targets</h2>\n<div class=\"wide\"><table class=\"words targets\"><thead><tr>");
    for heading in HEADINGS {
        text += &format!("<th>{heading}</th>");
    }
    text += "</tr></thead><tbody>\n";
    for target in targets {
        let class = match target.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NotMeasured(_) => "small",
        };
        let cells = target.row().map(|cell| escape(&cell));
        text += &format!("<tr class=\"{class}\"><td>{}</td></tr>\n", cells.join("</td><td>"));
    }
    text + "</tbody></table></div>\n"
}

/// What the report was measured on.
pub(crate) fn machine(metadata: &Metadata) -> String {
    let mut text =
        String::from("<h2>Machine and versions</h2>\n<div class=\"wide\"><table class=\"words\"><tbody>\n");
    for (name, value) in &metadata.0 {
        text += &format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(name), escape(value));
    }
    text + "</tbody></table></div>\n"
}

/// Reads a page that was written, and fails unless it is complete.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let page = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    is_well_formed(&page).with_context(|| format!("in {}", path.display()))?;
    is_self_contained(&page)?;
    Ok(page)
}

fn is_self_contained(page: &str) -> anyhow::Result<()> {
    for forbidden in ["<script", "<link", "<img", "src=", "href=\"http", "@import", "url("] {
        if page.contains(forbidden) {
            bail!("report.html must need nothing from elsewhere, but has {forbidden}");
        }
    }
    Ok(())
}

/// Every tag is closed, in the right order.
fn is_well_formed(page: &str) -> anyhow::Result<()> {
    if !page.starts_with("<!DOCTYPE html>") {
        bail!("it does not begin as a page");
    }
    let mut open: Vec<&str> = Vec::new();
    for piece in page.split('<').skip(1) {
        let Some((tag, _)) = piece.split_once('>') else { bail!("<{piece:.20} is not closed") };
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        if tag.starts_with('!') || tag.ends_with('/') || matches!(name, "meta" | "br" | "hr") {
            continue;
        }
        if !tag.starts_with('/') {
            open.push(name);
        } else if open.pop() != Some(name) {
            bail!("</{name}> closes what is not open");
        }
    }
    if let Some(name) = open.last() {
        bail!("<{name}> is never closed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_with_open_ends_are_found() {
        assert!(is_well_formed("<!DOCTYPE html><html><meta x><p>a<br/>b</p></html>").is_ok());
        assert!(is_well_formed("<!DOCTYPE html><html><p>a</html>").is_err());
        assert!(is_well_formed("<!DOCTYPE html><html><p>a</p>").is_err());
        assert!(is_well_formed("<html></html>").is_err());
        assert!(is_self_contained("<p>fine</p>").is_ok() && is_self_contained("<script>").is_err());
    }
}
