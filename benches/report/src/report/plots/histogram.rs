//! The distribution of the lateness: one row for each contender above the same logarithmic axis.

use anyhow::Context;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{FAINT, INK, broken, decades, powers, svg, text_style, visible};
use super::style::Style;
use crate::figures::{real, upper_end};
use crate::model::{Entry, Report, Results};
use crate::units;

const ROW: u32 = 34;
const LABELS: i32 = 190;
const BOTTOM: u32 = 46;

pub(crate) fn histogram(report: &Report, results: &Results) -> anyhow::Result<String> {
    let rows = u32::try_from(results.entries.len()).context("the rows")?;
    let values = results.entries.iter().flat_map(Entry::histogram);
    let range = decades(values.flat_map(|(lower, _)| [visible(*lower), upper_end(visible(*lower))]));
    svg(rows * ROW + BOTTOM + 10, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(10)
            .margin_right(24)
            .x_label_area_size(BOTTOM)
            .y_label_area_size(LABELS)
            .build_cartesian_2d(range.clone().log_scale(), 0.0..f64::from(rows))
            .map_err(broken)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .x_labels(powers(&range).len() + 1)
            .x_label_formatter(&|value| units::nanos(*value))
            .x_label_style(text_style(14.0, INK, HPos::Center, VPos::Top))
            .x_desc("lateness (bars: share of the ticks; line: median; mark: p99)")
            .axis_desc_style(text_style(14.0, INK, HPos::Center, VPos::Top))
            .draw()
            .map_err(broken)?;
        for (row, entry) in (1..).zip(&results.entries) {
            let named = report.named(&entry.contender);
            let style = Style::of(named);
            let floor = f64::from(rows) - f64::from(row);
            let opacity = if style.dash.is_none() { 0.85 } else { 0.5 };
            let most = entry.histogram().iter().map(|bucket| bucket.1).max().unwrap_or(1);
            let bars = entry.histogram().iter().map(|(lower, count)| {
                let (left, height) = (visible(*lower), 0.88 * real(*count) / real(most));
                Rectangle::new(
                    [(left, floor), (upper_end(left), floor + height)],
                    style.color.mix(opacity).filled(),
                )
            });
            chart.draw_series(bars).map_err(broken)?;
            let line =
                |x: f64, top: f64| PathElement::new(vec![(x, floor), (x, floor + top)], INK.stroke_width(2));
            let marks = [("p50", 0.95), ("p99", 0.35)];
            let marks = marks.iter().filter_map(|(key, top)| Some(line(entry.median(key)?.max(10.0), *top)));
            chart.draw_series(marks).map_err(broken)?;
            let base =
                PathElement::new(vec![(range.start, floor), (range.end, floor)], FAINT.stroke_width(1));
            chart.draw_series([base]).map_err(broken)?;

            let (x, y) = chart.backend_coord(&(range.start, floor + 0.35));
            let mut font = text_style(14.0, style.ink(), HPos::Right, VPos::Center);
            if report.is_ours(&entry.contender) {
                font.font = font.font.style(FontStyle::Bold);
            }
            area.draw_text(report.label(&entry.contender), &font, (x - 10, y)).map_err(broken)?;
        }
        Ok(())
    })
}
