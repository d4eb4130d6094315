//! Our own contenders in the cells of messages, watched by criterion over time.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use pyaltt_benches::cell::Cell;
use pyaltt_benches::ours;

fn bench(c: &mut Criterion) {
    for cell in Cell::all() {
        let mut group = c.benchmark_group(cell.to_string());
        group.sample_size(10);
        for contender in ours::contenders() {
            if !contender.described().cells.contains(&cell.to_string()) || !has_a_time(cell) {
                continue;
            }
            group.bench_function(contender.id(), |bencher| {
                bencher.iter_custom(|iterations| {
                    let count = usize::try_from(iterations).unwrap_or(usize::MAX).max(16);
                    let measured = contender.run(cell, count).expect("every task is handled");
                    let rounds = u32::try_from(iterations).unwrap_or(u32::MAX);
                    Duration::from_secs_f64(measured.figures["ns"] / 1e9) * rounds
                });
            });
        }
        group.finish();
    }
}

/// Whether its figure is the time of one of many: the others are for the report alone.
fn has_a_time(cell: Cell) -> bool {
    !matches!(cell, Cell::Idle { .. } | Cell::Growth | Cell::Instructions | Cell::Backlog)
}

criterion_group!(benches, bench);
criterion_main!(benches);
