//! Every cell, watched by criterion.

use criterion::{Criterion, criterion_group, criterion_main};
use pyaltt_benches::cells;

fn bench(c: &mut Criterion) {
    for mut cell in cells() {
        let mut group = c.benchmark_group(&cell.name);
        group.sample_size(10);
        for contender in &mut cell.contenders {
            group.bench_function(contender.name(), |bencher| {
                bencher.iter_custom(|iterations| {
                    let count = iterations.max(16);
                    let rounds = u32::try_from(iterations).unwrap_or(u32::MAX);
                    contender.run(count) * rounds
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
