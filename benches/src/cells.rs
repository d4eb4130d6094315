//! The cells of the report: which contenders do the same work.

use crate::Contender;
use crate::workload::{start_stop, throughput, wake_up};

/// One workload, and who does it. The first contender is the yardstick.
pub struct Cell {
    /// What the report calls it.
    pub name: String,
    /// How often the work is done in one round.
    pub count: u64,
    /// The yardstick, and those who are compared with it.
    pub contenders: Vec<Box<dyn Contender>>,
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.contenders.iter().map(|contender| contender.name()).collect();
        f.debug_struct("Cell").field("name", &self.name).field("contenders", &names).finish_non_exhaustive()
    }
}

/// All cells.
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for bound in [None, Some(1024)] {
        for producers in [1, 4] {
            let kind = bound.map_or_else(|| "unbounded".to_owned(), |bound| format!("bounded {bound}"));
            cells.push(Cell {
                name: format!("throughput, {kind}, {producers} producers"),
                count: 1_000_000,
                contenders: vec![
                    Box::new(throughput::RawChannel::new(producers, bound)),
                    Box::new(throughput::QueueWorker::new(producers, bound)),
                ],
            });
        }
    }
    cells.push(Cell {
        name: "trigger to run".to_owned(),
        count: 300,
        contenders: vec![
            Box::new(wake_up::ParkerThread::new()),
            Box::new(wake_up::SelectThread::new()),
            Box::new(wake_up::EventWorker::new()),
            Box::new(wake_up::QueueWorker::new()),
        ],
    });
    cells.push(Cell {
        name: "start + stop".to_owned(),
        count: 300,
        contenders: vec![Box::new(start_stop::SpawnJoin), Box::new(start_stop::StartStop::new())],
    });
    cells
}
