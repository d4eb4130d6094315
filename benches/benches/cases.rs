//! Our own contenders in the cases of the messages report, watched by criterion over time.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use pyaltt_benches::case::{Case, Work};
use pyaltt_benches::contender::Part;
use pyaltt_benches::ours;
use pyaltt_benches::setting::Setting;
use pyaltt_benches::workload::ask::ASLEEP;
use pyaltt_benches::workload::backlog::STOP_WITH_BACKLOG;
use pyaltt_benches::workload::cases;

fn bench(c: &mut Criterion) {
    for case in cases().into_iter().filter(has_a_time) {
        let mut group = c.benchmark_group(case.id.clone());
        group.sample_size(10);
        for contender in ours::messages() {
            if contender.part(&case, false) != Part::Full {
                continue;
            }
            group.bench_function(contender.id(), |bencher| {
                bencher.iter_custom(|iterations| {
                    let count = usize::try_from(iterations).unwrap_or(usize::MAX).max(16);
                    let measured = contender.repeat(&case.id, count).expect("every task is handled");
                    let rounds = u32::try_from(iterations).unwrap_or(u32::MAX);
                    Duration::from_secs_f64(measured.figures["ns"] / 1e9) * rounds
                });
            });
        }
        group.finish();
    }
}

/// Whether its main figure is the time of one of many, on free processors. The other cases are for the report alone.
fn has_a_time(case: &Case) -> bool {
    let is_repeated = matches!(case.work, Work::Repeat(_)) && case.setting == Setting::Free;
    is_repeated && case.figures[0].key == "ns" && ![ASLEEP, STOP_WITH_BACKLOG].contains(&&*case.id)
}

criterion_group!(benches, bench);
criterion_main!(benches);
