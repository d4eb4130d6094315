//! The percentiles: the lateness that a shrinking share of the ticks exceeds.
//!
//! The share runs to the right and the lateness upwards, so that every line ends at the right, at a height of its own,
//! where there is room for its name.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{FAINT, INK, broken, decades, powers, spread_out, svg, text_style, visible};
use super::style::Style;
use crate::model::{Entry, Report, Results};
use crate::units;

const HEIGHT: i32 = 520;
const LABELS: u32 = 210;

pub(crate) fn tail(report: &Report, results: &Results) -> anyhow::Result<String> {
    // The most punctual tenth is left to the histogram: it would take a third of the height.
    let in_plot = |point: &&(u64, f64)| point.1 <= 0.9;
    let values = results.entries.iter().flat_map(Entry::tail).filter(in_plot);
    let range = decades(values.clone().map(|point| visible(point.0)));
    // Shares shrink to the right: the axis counts decades of "one in".
    let ends = 1.0..values.map(|point| 1.0 / point.1).fold(100.0, f64::max);
    svg(HEIGHT.unsigned_abs(), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(12)
            .margin_right(LABELS)
            .x_label_area_size(48)
            .y_label_area_size(70)
            .build_cartesian_2d(ends.clone().log_scale(), range.clone().log_scale())
            .map_err(broken)?;
        chart
            .configure_mesh()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .x_labels(powers(&ends).len() + 1)
            .y_labels(powers(&range).len() + 1)
            .x_label_formatter(&|one_in| share(*one_in))
            .y_label_formatter(&|value| units::nanos(*value))
            .label_style(text_style(14.0, INK, HPos::Center, VPos::Center))
            .axis_desc_style(text_style(14.0, INK, HPos::Center, VPos::Center))
            .x_desc("share of the ticks that come later (logarithmic)")
            .y_desc("lateness")
            .draw()
            .map_err(broken)?;
        let mut ends_of_lines = Vec::new();
        for entry in &results.entries {
            let style = Style::of(report.named(&entry.contender));
            let points: Vec<_> = entry
                .tail()
                .iter()
                .filter(in_plot)
                .map(|(late, share)| (1.0 / share, visible(*late)))
                .collect();
            if let Some(last) = points.last() {
                ends_of_lines.push((entry, style, chart.backend_coord(last)));
            }
            match style.dash {
                None => chart.draw_series(LineSeries::new(points, style.stroke())).map(|_| ()),
                Some((dash, gap)) => {
                    chart.draw_series(DashedLineSeries::new(points, dash, gap, style.stroke())).map(|_| ())
                }
            }
            .map_err(broken)?;
        }
        let heights: Vec<i32> = ends_of_lines.iter().map(|end| end.2.1).collect();
        let right = chart.backend_coord(&(ends.end, range.start)).0;
        for ((entry, style, (x, y)), label_y) in
            ends_of_lines.iter().zip(spread_out(&heights, 17, 14..HEIGHT - 60))
        {
            let mut font = text_style(14.0, style.ink(), HPos::Left, VPos::Center);
            if report.is_ours(&entry.contender) {
                font.font = font.font.style(FontStyle::Bold);
            }
            let leader = PathElement::new(
                vec![(*x, *y), (right + 2, *y), (right + 16, label_y)],
                style.color.mix(0.6),
            );
            area.draw(&leader).map_err(broken)?;
            area.draw_text(report.label(&entry.contender), &font, (right + 20, label_y)).map_err(broken)?;
        }
        Ok(())
    })
}

fn share(one_in: f64) -> String {
    match one_in {
        all if all < 1.5 => "all".to_owned(),
        one_in if one_in < 99.0 => format!("{:.0} %", 100.0 / one_in),
        one_in => format!("{} %", 100.0 / one_in.round()),
    }
}
