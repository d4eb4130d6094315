//! Looks at what was written: every contender is in both or left out with a reason.

use anyhow::bail;

use super::{Named, Report, page};
use crate::plan::Plan;

/// The plots of a cell.
const PLOTS: usize = 4;

pub(crate) fn written(plan: &Plan, report: &Report, page: &str) -> anyhow::Result<()> {
    for cell in &plan.cells {
        let id = cell.id();
        for contender in &plan.contenders {
            let excused = !plan.takes_part(&**contender, cell.policy);
            contains(report, page, &id, &Named::of(&**contender), excused)?;
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
    if excused && reason.is_none_or(|left_out| !page.contains(&page::escape(&left_out.reason))) {
        bail!("the report does not say why {id} is left out of {cell}");
    }
    let start = page.find(&format!("<section id=\"{cell}\">"));
    let section = start.and_then(|start| page[start..].split("</section>").next());
    let Some(section) = section else { bail!("report.html has no section for {cell}") };
    if measured && !section.contains(&page::escape(label)) {
        bail!("report.html lacks {label} in {cell}");
    }
    if section.matches("<svg").count() < PLOTS {
        bail!("report.html lacks plots of {cell}");
    }
    Ok(())
}
