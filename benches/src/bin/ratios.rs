//! Runs all contenders of every cell in shuffled rounds and prints the ratios of their medians.
//!
//! `ratios [--rounds N] [PART-OF-A-CELL'S-NAME]`
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::time::Duration;

use pyaltt_benches::{Cell, cells};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rounds = args.iter().position(|arg| arg == "--rounds").and_then(|at| args.get(at + 1)?.parse().ok());
    let filter = args.iter().find(|arg| !arg.starts_with("--") && arg.parse::<u32>().is_err());
    for mut cell in cells() {
        if filter.is_none_or(|part| cell.name.contains(part.as_str())) {
            report(&mut cell, rounds.unwrap_or(15));
        }
    }
}

fn report(cell: &mut Cell, rounds: usize) {
    let mut times = vec![Vec::new(); cell.contenders.len()];
    let mut order: Vec<usize> = (0..cell.contenders.len()).collect();
    for _ in 0..rounds {
        fastrand::shuffle(&mut order);
        for &who in &order {
            times[who].push(cell.contenders[who].run(cell.count));
        }
    }
    println!("{} ({rounds} rounds of {})", cell.name, cell.count);
    let yardstick = quantile(&mut times[0], 0.5);
    for (contender, times) in cell.contenders.iter().zip(&mut times) {
        let [low, mid, high] = [0.25, 0.5, 0.75].map(|q| quantile(times, q));
        let ratio = mid.as_secs_f64() / yardstick.as_secs_f64();
        println!("  {:18} {mid:>10.1?} [{low:.1?} .. {high:.1?}]  {ratio:5.2} x the time", contender.name());
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index into a few rounds"
)]
fn quantile(times: &mut [Duration], q: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * q).round() as usize]
}
