//! The cost of exactness: processor time of a tick against the tail of the lateness.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{FAINT, INK, WIDTH, broken, closely, svg, text_style};
use super::style::Style;
use crate::model::{Report, Results};
use crate::units;

const HEIGHT: u32 = 460;
const LINE: i32 = 17;

pub(crate) fn scatter(report: &Report, results: &Results) -> anyhow::Result<String> {
    let points: Vec<_> = results
        .entries
        .iter()
        .filter_map(|entry| Some((entry, entry.median("cpu")?.max(10.0), entry.median("p99")?.max(10.0))))
        .collect();
    let (x_range, y_range) = (closely(points.iter().map(|p| p.1)), closely(points.iter().map(|p| p.2)));
    svg(HEIGHT, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(12)
            .margin_right(40)
            .x_label_area_size(48)
            .y_label_area_size(70)
            .build_cartesian_2d(x_range.clone().log_scale(), y_range.clone().log_scale())
            .map_err(broken)?;
        chart
            .configure_mesh()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .x_labels(8)
            .y_labels(8)
            .x_label_formatter(&|value| units::nanos(*value))
            .y_label_formatter(&|value| units::nanos(*value))
            .label_style(text_style(14.0, INK, HPos::Center, VPos::Center))
            .axis_desc_style(text_style(14.0, INK, HPos::Center, VPos::Center))
            .x_desc("processor time a tick")
            .y_desc("p99 of the lateness")
            .draw()
            .map_err(broken)?;
        let centers: Vec<_> = points.iter().map(|p| chart.backend_coord(&(p.1, p.2))).collect();
        let mut taken: Vec<Area> = centers.iter().map(|center| Area::around(*center)).collect();
        for ((entry, ..), center) in points.iter().zip(&centers) {
            let named = report.named(&entry.contender);
            let ours = report.is_ours(&entry.contender);
            let style = Style::of(named);
            let shape = if ours { style.color.filled() } else { style.color.stroke_width(2) };
            area.draw(&Circle::new(*center, if ours { 6 } else { 5 }, shape)).map_err(broken)?;

            let label = report.label(&entry.contender);
            let place = place(*center, label, &taken);
            taken.push(place);
            // The text begins, or ends, at the side of its point, because its width is only estimated.
            let (side, x) =
                if place.left > center.0 { (HPos::Left, place.left) } else { (HPos::Right, place.right) };
            let mut font = text_style(13.0, style.ink(), side, VPos::Center);
            if ours {
                font.font = font.font.style(FontStyle::Bold);
            }
            let middle = i32::midpoint(place.top, place.bottom);
            if (middle - center.1).abs() > LINE / 2 {
                area.draw(&PathElement::new(vec![*center, (x, middle)], style.color.mix(0.6)))
                    .map_err(broken)?;
            }
            area.draw_text(label, &font, (x, middle)).map_err(broken)?;
        }
        Ok(())
    })
}

/// A rectangle that a label or a point takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Area {
    fn around((x, y): (i32, i32)) -> Self {
        Self { left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn fits(&self) -> bool {
        let (width, height) = (WIDTH.cast_signed(), HEIGHT.cast_signed());
        self.left > 72 && self.right < width && self.top > 2 && self.bottom < height - 52
    }
}

/// The nearest free place for a label: right of its point, left of it, and then further and further away.
fn place(center: (i32, i32), label: &str, taken: &[Area]) -> Area {
    let width = i32::try_from(label.chars().count()).unwrap_or(20) * 15 / 2 + 4;
    let at = |left: i32, middle: i32| Area {
        left,
        right: left + width,
        top: middle - LINE / 2,
        bottom: middle + LINE - LINE / 2,
    };
    let steps = (0..16).flat_map(|step| [step * LINE / 2, -step * LINE / 2]);
    let places =
        steps.flat_map(|dy| [at(center.0 + 9, center.1 + dy), at(center.0 - 9 - width, center.1 + dy)]);
    let free = |place: &Area| place.fits() && !taken.iter().any(|other| other.overlaps(place));
    places
        .clone()
        .find(free)
        .or_else(|| places.into_iter().find(Area::fits))
        .unwrap_or(at(center.0 + 9, center.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_points_at_one_place_do_not_overlap() {
        let mut taken = vec![Area::around((400, 200))];
        for label in ["one", "another", "a third one", "a fourth", "a fifth"] {
            let place = place((400, 200), label, &taken);
            assert!(place.fits() && !taken.iter().any(|other| other.overlaps(&place)), "{label}: {place:?}");
            taken.push(place);
        }
    }
}
