//! What the plots share: the area, its texts and its axes.

use std::ops::Range;

use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::figures::real;

/// The width of all plots; the page scales them to its own.
pub(super) const WIDTH: u32 = 1_000;
const FONT: &str = "sans-serif";
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
pub(super) const FAINT: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws on an area of the given height, and returns the SVG.
pub(super) fn svg(height: u32, draw: impl FnOnce(&Area<'_>) -> anyhow::Result<()>) -> anyhow::Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE).map_err(broken)?;
        draw(&area)?;
        area.present().map_err(broken)?;
    }
    Ok(text)
}

/// Some errors of plotters are not `Sync`, so they are kept as text.
pub(super) fn broken(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("drawing a plot: {error}")
}

pub(super) fn text_style(size: f64, color: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    (FONT, size).into_font().color(&color).pos(Pos::new(horizontal, vertical))
}

/// Whole decades around all values, at least two of them.
pub(super) fn decades(values: impl IntoIterator<Item = f64>) -> Range<f64> {
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for value in values.into_iter().filter(|value| *value > 0.0) {
        (low, high) = (low.min(value), high.max(value));
    }
    if high <= 0.0 {
        return 10.0..1_000.0;
    }
    let (low, high) = (low.log10().floor(), high.log10().ceil());
    10_f64.powf(low)..10_f64.powf(high.max(low + 2.0))
}

/// A range of a logarithmic axis close around all values.
pub(super) fn closely(values: impl IntoIterator<Item = f64> + Clone) -> Range<f64> {
    let around = decades(values.clone());
    let low = values.clone().into_iter().fold(around.end, f64::min).max(around.start);
    let high = values.into_iter().fold(around.start, f64::max);
    low / 1.6..(high * 1.6).max(low * 4.0)
}

/// Less than 10 ns is as good as on time, and would stretch a logarithmic axis.
pub(super) fn visible(nanos: u64) -> f64 {
    real(nanos.max(10))
}

/// The decades of a logarithmic axis.
pub(super) fn powers(range: &Range<f64>) -> Vec<f64> {
    let mut power = range.start;
    let mut all = Vec::new();
    while power <= range.end * 1.001 {
        all.push(power);
        power *= 10.0;
    }
    all
}

/// Moves positions apart until each has `gap` to the next: as little as possible, in their order, and within `range` if
/// they fit.
pub(super) fn spread_out(wanted: &[i32], gap: i32, range: Range<i32>) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| wanted[*index]);
    // Without the gaps the positions must not decrease. Neighbours that do are pooled, and share their mean.
    let mut pools: Vec<(i32, i32)> = Vec::new();
    for (rank, index) in (0..).zip(&order) {
        pools.push((wanted[*index] - rank * gap, 1));
        while let [.., (sum, count), (last_sum, last_count)] = pools[..]
            && sum / count > last_sum / last_count
        {
            pools.pop();
            pools.pop();
            pools.push((sum + last_sum, count + last_count));
        }
    }
    let means = pools.iter().flat_map(|(sum, count)| (0..*count).map(move |_| sum / count));
    let all_gaps = gap * i32::try_from(wanted.len().saturating_sub(1)).unwrap_or(i32::MAX);
    let mut placed = vec![0; wanted.len()];
    for ((rank, index), mean) in (0..).zip(&order).zip(means) {
        placed[*index] = mean.clamp(range.start, (range.end - all_gaps).max(range.start)) + rank * gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_order_and_their_distance() {
        assert_eq!(spread_out(&[50, 10, 52, 51], 10, 0..100), [41, 10, 61, 51]);
        assert_eq!(spread_out(&[95, 99, 98], 10, 0..100), [80, 100, 90]);
        assert_eq!(spread_out(&[], 10, 0..100), Vec::<i32>::new());
    }

    #[test]
    fn axes_cover_whole_decades() {
        assert_eq!(decades([250.0, 40_000.0]), 100.0..100_000.0);
        assert_eq!(decades([0.0]), 10.0..1_000.0);
        assert_eq!(powers(&(10.0..1_000.0)).len(), 3);
    }
}
