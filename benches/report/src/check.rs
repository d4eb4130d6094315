//! Checks what was written: every contender is in its cases, or is left out with a reason.

use anyhow::bail;
use pyaltt_benches::contender::{Contender, Kind};

use crate::left_out::LeftOut;
use crate::model::{Report, Results};
use crate::plan::Plan;
use crate::report::page::escape;

pub(crate) fn written(plan: &Plan, report: &Report, page: &str) -> anyhow::Result<()> {
    for (index, case) in plan.measured() {
        let start = page.find(&format!("<section id=\"{}\">", case.id));
        let section = start.and_then(|start| page[start..].split("</section>").next());
        let (Some(section), Some(results)) = (section, report.results(&case.id)) else {
            bail!("the report has no section for {}", case.id);
        };
        let plots = if results.is_interval() { 4 } else { 1 };
        if section.matches("<svg").count() < plots {
            bail!("report.html lacks plots of {}", case.id);
        }
        for (_, contender) in plan.in_case(index) {
            contains(plan, report, results, section, contender)?;
        }
    }
    // Also every failure is here: `report.left_out` begins with what the plan leaves out.
    for LeftOut { what, reason, .. } in &report.left_out {
        if reason.is_empty() || !page.contains(&escape(reason)) {
            bail!("report.html does not say why {what} is left out");
        }
    }
    if report.targets.is_empty() || !page.contains("<h2>Targets</h2>") {
        bail!("report.html lacks the targets");
    }
    Ok(())
}

fn contains(
    plan: &Plan,
    report: &Report,
    results: &Results,
    section: &str,
    contender: &Contender,
) -> anyhow::Result<()> {
    let (id, label, case) = (contender.id(), contender.label(), &results.case.id);
    let entry = results
        .entry(id)
        .filter(|entry| !entry.figures.is_empty() && entry.ratios.values().all(|ratio| ratio.is_finite()));
    if entry.is_some() {
        if !section.contains(&escape(label)) {
            bail!("report.html lacks {label} in {case}");
        }
        return Ok(());
    }
    let about = format!("{label}: {case}");
    let failure = report.left_out.iter().find(|left_out| left_out.what == about);
    match failure {
        // At full length a peer may take longer than it gets. In smoke mode all have next to nothing to do.
        Some(_) if contender.kind() != Kind::Ours && !plan.is_smoke => Ok(()),
        Some(failure) => bail!("{id} has no figures in {case}: {}", failure.reason),
        None => bail!("{id} has no figures in {case}, for no known reason"),
    }
}
