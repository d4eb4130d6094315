//! What changed since an earlier report.

use super::Report;
use crate::report::baseline::{Change, rose};

/// All changes of all figures; less is better in all of them.
pub(crate) fn compare(before: &Report, after: &Report) -> Vec<Change> {
    let mut changes = Vec::new();
    for cell in &after.cells {
        let Some(earlier) = before.cell(&cell.id).filter(|earlier| earlier.count == cell.count) else {
            continue;
        };
        for entry in &cell.entries {
            let same = |other: &&super::Entry| other.contender == entry.contender;
            let Some(earlier) = earlier.entries.iter().find(same) else { continue };
            for figure in cell.figures() {
                let both = earlier.figures.get(&figure.key).zip(entry.figures.get(&figure.key));
                let Some((old, new)) = both else { continue };
                if let Some(worse) = rose(old, new, figure.unit.floor()) {
                    changes.push(Change {
                        cell: cell.id.clone(),
                        contender: entry.contender.clone(),
                        metric: figure.label,
                        before: figure.unit.show(old.median),
                        after: figure.unit.show(new.median),
                        worse,
                    });
                }
            }
        }
    }
    changes
}
