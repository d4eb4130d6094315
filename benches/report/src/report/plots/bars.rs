//! The plot of a case: a bar for each contender, the least first, with the spread over rounds.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use pyaltt_benches::contender::Kind;

use super::canvas::{Area, FAINT, INK, WIDTH, broken, svg, text_style};
use super::style::{BLUE, GREEN, GREY, ORANGE, SKY};
use crate::figures::Spread;
use crate::model::{Report, Results};
use crate::units::{share, show};

const ROW: i32 = 26;
const TOP: i32 = 34;
const BOTTOM: i32 = 34;
/// Where the bars begin, and where the longest ends.
const LEFT: i32 = 190;
const RIGHT: i32 = 790;

/// If the values are further apart than this, the scale is logarithmic.
const WIDE: f64 = 12.0;

pub(crate) fn bars(report: &Report, results: &Results) -> anyhow::Result<String> {
    let Some((main, ranked)) = results.ranked().filter(|ranked| !ranked.1.is_empty()) else {
        return svg(60, |area| {
            let style = text_style(14.0, INK, HPos::Left, VPos::Center);
            area.draw_text("nothing was measured", &style, (20, 30)).map_err(broken)
        });
    };
    let rows = i32::try_from(ranked.len()).unwrap_or(i32::MAX);
    let height = TOP + rows * ROW + BOTTOM;
    let scale = Scale::of(ranked.iter().map(|(_, spread)| spread));
    svg(height.unsigned_abs(), |area| {
        let kinds: Vec<_> = ranked.iter().map(|(entry, _)| report.kind(&entry.contender)).collect();
        legend(area, &kinds)?;
        for tick in scale.ticks() {
            let x = scale.x(tick);
            let line = PathElement::new(vec![(x, TOP), (x, height - BOTTOM)], FAINT);
            area.draw(&line).map_err(broken)?;
            let style = text_style(13.0, INK, HPos::Center, VPos::Top);
            area.draw_text(&show(main.unit, tick), &style, (x, height - BOTTOM + 6)).map_err(broken)?;
        }
        for (row, (entry, spread)) in (0..).zip(&ranked) {
            let (top, middle) = (TOP + row * ROW + 4, TOP + row * ROW + ROW / 2);
            let kind = report.kind(&entry.contender);
            let mut name = text_style(14.0, INK, HPos::Right, VPos::Center);
            if kind == Kind::Ours {
                name.font = name.font.style(FontStyle::Bold);
            }
            area.draw_text(report.label(&entry.contender), &name, (LEFT - 8, middle)).map_err(broken)?;
            let end = scale.x(spread.median).max(LEFT + 1);
            let bar = Rectangle::new([(LEFT, top), (end, top + ROW - 8)], color(kind).filled());
            area.draw(&bar).map_err(broken)?;
            whisker(area, &scale, spread, middle)?;
            let ratio = entry
                .ratios
                .get(&main.key)
                .map_or_else(String::new, |ratio| format!("   {} x", share(*ratio)));
            let value = format!("{}{ratio}", show(main.unit, spread.median));
            let mut style = text_style(13.0, INK, HPos::Left, VPos::Center);
            if kind == Kind::Ours {
                style.font = style.font.style(FontStyle::Bold);
            }
            let beside = scale.x(spread.max).max(end) + 8;
            area.draw_text(&value, &style, (beside, middle)).map_err(broken)?;
        }
        let scale = if scale.logarithmic { "logarithmic scale" } else { "linear scale from zero" };
        let style = text_style(12.0, INK, HPos::Right, VPos::Top);
        area.draw_text(scale, &style, (WIDTH.cast_signed() - 10, height - BOTTOM + 7)).map_err(broken)
    })
}

/// The best and the worst round.
fn whisker(area: &Area<'_>, scale: &Scale, spread: &Spread, middle: i32) -> anyhow::Result<()> {
    let (low, high) = (scale.x(spread.min), scale.x(spread.max));
    if high - low < 2 {
        return Ok(());
    }
    let ends = [low, high].map(|x| vec![(x, middle - 5), (x, middle + 5)]);
    for line in ends.into_iter().chain([vec![(low, middle), (high, middle)]]) {
        area.draw(&PathElement::new(line, INK.stroke_width(1))).map_err(broken)?;
    }
    Ok(())
}

/// The colours of the kinds that the plot shows.
fn legend(area: &Area<'_>, shown: &[Kind]) -> anyhow::Result<()> {
    let kinds = [
        (Kind::Ours, "ours"),
        (Kind::Channel, "channels"),
        (Kind::Actor, "actors"),
        (Kind::Jobs, "other queues"),
        (Kind::Group, "other programs"),
        (Kind::Bare, "system and its libraries"),
    ];
    let kinds = kinds.into_iter().filter(|(kind, _)| shown.contains(kind));
    for ((kind, name), x) in kinds.zip([0, 90, 200, 300].map(|x| LEFT + x)) {
        area.draw(&Rectangle::new([(x, 8), (x + 14, 22)], color(kind).filled())).map_err(broken)?;
        let style = text_style(13.0, INK, HPos::Left, VPos::Center);
        area.draw_text(name, &style, (x + 20, 15)).map_err(broken)?;
    }
    Ok(())
}

fn color(kind: Kind) -> RGBColor {
    match kind {
        Kind::Ours => BLUE,
        Kind::Channel => SKY,
        Kind::Actor => ORANGE,
        Kind::Timer | Kind::Jobs | Kind::Group => GREEN,
        Kind::Bare => GREY,
    }
}

/// Maps a value to its place.
struct Scale {
    logarithmic: bool,
    low: f64,
    high: f64,
}

impl Scale {
    fn of<'a>(spreads: impl Iterator<Item = &'a Spread> + Clone) -> Self {
        let high = spreads.clone().map(|spread| spread.max).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let medians = spreads.map(|spread| spread.median).filter(|median| *median > 0.0);
        let least = medians.fold(high, f64::min);
        let logarithmic = high / least > WIDE;
        // Even the shortest bar must look like a bar, so it takes a part of the width.
        Self { logarithmic, low: if logarithmic { least / 2.0 } else { 0.0 }, high }
    }

    fn x(&self, value: f64) -> i32 {
        let part = if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            value / self.high
        };
        LEFT + whole(part.clamp(0.0, 1.0) * f64::from(RIGHT - LEFT))
    }

    /// Round values along the axis.
    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let first = self.low.log10().ceil();
            let decades = (0..20).map(|step| 10_f64.powf(first + f64::from(step)));
            return decades.take_while(|tick| *tick <= self.high).collect();
        }
        let rough = self.high / 5.0;
        let decade = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|n| n * decade >= rough).unwrap_or(10.0) * decade;
        (0..=10).map(|n| f64::from(n) * step).take_while(|tick| *tick <= self.high).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place within the plot")]
fn whole(x: f64) -> i32 {
    x.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(values: &[f64]) -> Scale {
        let spreads: Vec<_> = values.iter().map(|&v| Spread { median: v, min: v, max: v }).collect();
        Scale::of(spreads.iter())
    }

    #[test]
    fn the_largest_value_ends_at_the_right_and_order_is_kept() {
        for values in [[10.0, 20.0, 40.0], [1.0, 30.0, 900.0]] {
            let scale = scale(&values);
            assert_eq!(scale.x(values[2]), RIGHT);
            assert!(LEFT < scale.x(values[0]) && scale.x(values[0]) < scale.x(values[1]));
            let ticks = scale.ticks();
            assert!((2..=11).contains(&ticks.len()), "{ticks:?}");
        }
    }

    #[test]
    fn a_linear_scale_begins_at_zero() {
        assert_eq!(scale(&[10.0, 20.0]).x(0.0), LEFT);
        assert!(!scale(&[10.0, 20.0]).logarithmic && scale(&[10.0, 2_000.0]).logarithmic);
    }
}
