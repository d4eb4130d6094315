//! Looks at what was written: both files parse, and every contender is in both or left out with a reason.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use super::{Named, Report, html, json};
use crate::bench::plan::Plan;

/// The plots of a cell.
const PLOTS: usize = 4;

pub(crate) fn written(plan: &Plan, out: &Path) -> anyhow::Result<()> {
    let report = json::read(&out.join("report.json"))?;
    let path = out.join("report.html");
    let page = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    is_well_formed(&page).with_context(|| format!("in {}", path.display()))?;
    is_self_contained(&page)?;
    for cell in &plan.cells {
        let id = cell.id();
        for contender in &plan.contenders {
            let excused = !plan.takes_part(&**contender, cell.policy);
            contains(&report, &page, &id, &Named::of(&**contender), excused)?;
        }
    }
    Ok(())
}

/// Whether a contender is in a cell, or is `excused` and the report says why.
fn contains(report: &Report, page: &str, cell: &str, named: &Named, excused: bool) -> anyhow::Result<()> {
    let Named { id, label, .. } = named;
    let written = report.cells.iter().find(|written| written.id == cell);
    let measured = written.is_some_and(|written| written.entries.iter().any(|entry| entry.contender == *id));
    let reason = report.left_out.iter().find(|left_out| left_out.what == *id && !left_out.reason.is_empty());
    if !measured && !excused {
        bail!(
            "{id} has no figures in {cell}: {}",
            reason.map_or("no one knows why", |left_out| &left_out.reason)
        );
    }
    if excused && reason.is_none_or(|left_out| !page.contains(&html::escape(&left_out.reason))) {
        bail!("the report does not say why {id} is left out of {cell}");
    }
    let start = page.find(&format!("<section id=\"{cell}\">"));
    let section = start.and_then(|start| page[start..].split("</section>").next());
    let Some(section) = section else { bail!("report.html has no section for {cell}") };
    if measured && !section.contains(&html::escape(label)) {
        bail!("report.html lacks {label} in {cell}");
    }
    if section.matches("<svg").count() < PLOTS {
        bail!("report.html lacks plots of {cell}");
    }
    Ok(())
}

fn is_self_contained(page: &str) -> anyhow::Result<()> {
    for forbidden in ["<script", "<link", "<img", "src=", "href=\"http", "@import", "url("] {
        if page.contains(forbidden) {
            bail!("report.html is to need nothing from elsewhere, but has {forbidden}");
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
