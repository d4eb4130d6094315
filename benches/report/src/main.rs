//! `cargo xtask bench`: how exactly we and our peers keep an interval, what handing work over costs, what durable queues
//! cost, and what programs of many members cost, measured in one run.
//!
//! - [`options`] and [`plan`]: what is measured; [`contenders`]: who takes part.
//! - [`measure`]: every run in a process of its own, which is this program again, and its figures.
//! - [`model`]: the data of a report; [`targets`] and [`target`]: the aims that it is held against.
//! - [`report`]: its forms; [`check`]: that it is complete.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

mod check;
mod contenders;
mod figures;
mod left_out;
mod measure;
mod metadata;
mod model;
mod options;
mod plan;
mod policy;
mod report;
mod target;
mod targets;
mod units;

use anyhow::{Context, bail};
use clap::Parser;
use pyaltt_benches::case::Case;
use pyaltt_benches::workload;

use measure::setting::hog;
use measure::{callgrind_is_missing, child};
use model::Report;
use options::{Child, Options};
use plan::Plan;
use report::baseline::{self, Change};
use report::{html, json, page, table};

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    match &options.child {
        Some(Child::Run { job }) => {
            println!("{}", child::run(job)?);
            return Ok(());
        }
        Some(Child::Hog { processor }) => return hog(*processor),
        Some(Child::Play { role }) => return child::play(role),
        None => {}
    }
    if cfg!(debug_assertions) && !options.smoke {
        bail!("this is a debug build, and would measure peers without optimisation: use `cargo xtask bench`");
    }
    run(&options)
}

fn run(options: &Options) -> anyhow::Result<()> {
    // An unreadable baseline must not come to light after an hour.
    let baseline = options.baseline.as_deref().map(json::read).transpose()?;
    let plans = plans(options)?;
    for plan in &plans {
        println!("{plan}");
    }
    let reports = plans.iter().map(measure::all).collect::<anyhow::Result<Vec<Report>>>()?;
    for report in &reports {
        println!("{}", table::terminal(report));
    }

    let out = options.out();
    std::fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    let changes = baseline.map(|baseline| changes(&baseline, &reports));
    let (json, html) = (out.join("report.json"), out.join("report.html"));
    json::write(&reports, &json)?;
    let mut body = String::new();
    for (index, report) in reports.iter().enumerate() {
        body += &html::body(report, changes.as_ref().map(|changes| &*changes[index]))?;
    }
    page::write("pyaltt: the bench report", &body, &html)?;

    let page = page::read(&html)?;
    for (plan, report) in plans.iter().zip(json::read(&json)?) {
        check::written(plan, &report, &page)?;
    }
    println!("report: {}", html.display());

    let Some(changes) = changes else { return Ok(()) };
    let changes = changes.concat();
    println!("{}", baseline::text(&changes));
    if options.fail_on_regression && changes.iter().any(|change| change.is_worse) {
        bail!("some figures became worse than those of the baseline");
    }
    Ok(())
}

/// One plan for each report.
fn plans(options: &Options) -> anyhow::Result<Vec<Plan>> {
    let subjects = options.subjects();
    let mut plans: Vec<Plan> = subjects.iter().filter_map(|subject| Plan::new(options, *subject)).collect();
    if plans.is_empty() {
        let contenders = subjects.iter().flat_map(|subject| contenders::of(*subject));
        let contenders: Vec<_> = contenders.map(|contender| contender.id()).collect();
        let ids = |cases: Vec<Case>| cases.into_iter().map(|case| case.id).collect::<Vec<_>>().join(", ");
        bail!(
            "nothing to measure; the contenders are {}, the cases of messages {}, those of queues {}, and those of groups {}",
            contenders.join(", "),
            ids(workload::cases()),
            ids(workload::durable::cases()),
            ids(workload::group::cases())
        );
    }
    if let Some(reason) = callgrind_is_missing() {
        for plan in &mut plans {
            plan.without_instructions(&reason);
        }
    }
    Ok(plans)
}

/// What changed since the baseline, for each report.
fn changes(before: &[Report], after: &[Report]) -> Vec<Vec<Change>> {
    let compared = after.iter().map(|after| {
        let before = before.iter().find(|before| before.subject == after.subject);
        before.map_or_else(Vec::new, |before| baseline::compare(before, after))
    });
    compared.collect()
}
