//! Looks at what was written: every contender is in its cells, or is left out with a reason.

use anyhow::bail;
use pyaltt_benches::contender::Kind;
use pyaltt_benches::protocol::Described;

use super::Report;
use crate::messages::Plan;
use crate::report::page::escape;

pub(crate) fn written(plan: &Plan, report: &Report, page: &str) -> anyhow::Result<()> {
    for cell in &plan.cells {
        let id = cell.to_string();
        let start = page.find(&format!("<section id=\"{id}\">"));
        let Some(section) = start.and_then(|start| page[start..].split("</section>").next()) else {
            bail!("report.html has no section for {id}");
        };
        if !section.contains("<svg") {
            bail!("report.html lacks the plot of {id}");
        }
        for contender in plan.contenders.iter().filter(|contender| Plan::takes_part(contender, *cell)) {
            let excused = report.left_out.iter().find(|left_out| left_out.what == about(contender, &id));
            match excused {
                // At full length a peer may take longer than it is given. In smoke mode all have next to nothing to do.
                Some(left_out) if contender.kind != Kind::Ours && !plan.is_smoke() => {
                    if !page.contains(&escape(&left_out.reason)) {
                        bail!("report.html does not say why {} is left out", left_out.what);
                    }
                }
                _ => contains(report, section, &id, contender)?,
            }
        }
    }
    for left_out in &plan.left_out {
        if !page.contains(&escape(&left_out.reason)) {
            bail!("report.html does not say why {} is left out", left_out.what);
        }
    }
    if report.targets.is_empty() || !page.contains("<h2>Targets</h2>") {
        bail!("report.html lacks the targets");
    }
    Ok(())
}

fn contains(report: &Report, section: &str, cell: &str, contender: &Described) -> anyhow::Result<()> {
    let Described { id, label, .. } = contender;
    let entry = report.cell(cell).and_then(|cell| cell.entries.iter().find(|entry| entry.contender == *id));
    if entry
        .is_none_or(|entry| entry.figures.is_empty() || entry.ratio.is_some_and(|ratio| !ratio.is_finite()))
    {
        let why = report.left_out.iter().find(|left_out| left_out.what == about(contender, cell));
        bail!("{id} has no figures in {cell}: {}", why.map_or("no one knows why", |why| &why.reason));
    }
    if !section.contains(&escape(label)) {
        bail!("report.html lacks {label} in {cell}");
    }
    Ok(())
}

/// What an entry on a failed run is about.
fn about(contender: &Described, cell: &str) -> String {
    format!("{}: {cell}", contender.label)
}
