//! `check`: what is wrong with the store.

use pyaltt_durable::{Finding, QueueName, Severity};
use serde::Serialize;

use crate::operator::Operator;
use crate::output::reply::Reply;
use crate::output::text::count;

#[derive(Serialize)]
struct Json<'f> {
    findings: Vec<FindingJson<'f>>,
    /// How many tasks were mended; none if it was not asked for.
    repaired: Option<u64>,
}

#[derive(Serialize)]
struct FindingJson<'f> {
    severity: &'static str,
    what: &'f str,
    advice: &'f str,
}

pub(super) fn run(
    operator: &mut Operator,
    named: Option<&QueueName>,
    repairs: bool,
) -> anyhow::Result<Reply> {
    let choice = operator.any(named)?;
    let repaired = if repairs {
        let mut sum = 0;
        for queue in &choice.queues {
            sum += operator.repair(queue)?;
        }
        Some(sum)
    } else {
        None
    };
    let findings = operator.check()?;
    let is_finding = !findings.is_empty() || repaired > Some(0);
    let json = Json { findings: findings.iter().map(json).collect(), repaired };
    Ok(Reply::new(text(&findings, repaired), &json)?.finding(is_finding).missing(choice.missing))
}

fn text(findings: &[Finding], repaired: Option<u64>) -> String {
    let repaired = repaired.map(|repaired| format!("repaired {}\n", count(repaired, "task")));
    let each = findings.iter().map(|finding| format!("{}: {finding}\n", severity(finding)));
    let total = match findings.len() as u64 {
        0 => "nothing found\n".to_owned(),
        number => format!("{}\n", count(number, "finding")),
    };
    repaired.into_iter().chain(each).chain([total]).collect()
}

fn json(finding: &Finding) -> FindingJson<'_> {
    FindingJson { severity: severity(finding), what: &finding.what, advice: &finding.advice }
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Note => "note",
        Severity::Breaks => "breaks",
        Severity::Damage => "damage",
    }
}
