//! The lateness over the time of one round: a small plot for each contender, all with the same axes.

use anyhow::bail;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{FAINT, INK, WIDTH, broken, decades, powers, svg, text_style, visible};
use super::style::Style;
use crate::figures::real;
use crate::model::{Entry, Extent, Report, Results, TimelinePoint};
use crate::units;

const COLUMNS: usize = 3;
const PANEL: u32 = 128;

pub(crate) fn timeline(report: &Report, results: &Results) -> anyhow::Result<String> {
    let rows = results.entries.len().div_ceil(COLUMNS).max(1);
    let points = || results.entries.iter().flat_map(Entry::timeline);
    let range = decades(points().flat_map(|point| [visible(point.median), visible(point.max)]));
    let Extent::Ticks { measured_ns, .. } = report.extent else { bail!("an interval has a length") };
    let seconds = real(measured_ns) / 1e9;
    svg(u32::try_from(rows)? * PANEL + 30, |area| {
        let (panels, below) = area.split_vertically(i32::try_from(rows)? * i32::try_from(PANEL)?);
        for (panel, entry) in panels.split_evenly((rows, COLUMNS)).iter().zip(&results.entries) {
            let named = report.named(&entry.contender);
            let style = Style::of(named);
            let (title, plot) = panel.split_vertically(20);
            let mut font = text_style(14.0, style.ink(), HPos::Left, VPos::Top);
            if report.is_ours(&entry.contender) {
                font.font = font.font.style(FontStyle::Bold);
            }
            title.draw_text(report.label(&entry.contender), &font, (58, 4)).map_err(broken)?;
            let mut chart = ChartBuilder::on(&plot)
                .margin_right(24)
                .x_label_area_size(20)
                .y_label_area_size(56)
                .build_cartesian_2d(0.0..seconds, range.clone().log_scale())
                .map_err(broken)?;
            chart
                .configure_mesh()
                .bold_line_style(FAINT)
                .light_line_style(TRANSPARENT)
                .x_labels(4)
                .y_labels(powers(&range).len().min(5))
                .y_label_formatter(&|value| units::nanos(*value))
                .x_label_formatter(&|seconds| units::nanos(seconds * 1e9))
                .label_style(text_style(12.0, INK, HPos::Center, VPos::Center))
                .draw()
                .map_err(broken)?;
            let at = |pick: fn(&TimelinePoint) -> u64| {
                entry.timeline().iter().map(move |point| (point.seconds, visible(pick(point))))
            };
            let line = LineSeries::new(at(|point| point.max), style.color.stroke_width(1));
            chart.draw_series(line).map_err(broken)?;
            chart
                .draw_series(LineSeries::new(at(|point| point.median), INK.stroke_width(2)))
                .map_err(broken)?;
        }
        let note = "thin and coloured: the latest of each stretch; dark: its median";
        let font = text_style(14.0, INK, HPos::Center, VPos::Top);
        below.draw_text(note, &font, (i32::try_from(WIDTH / 2)?, 8)).map_err(broken)
    })
}
