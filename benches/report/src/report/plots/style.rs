//! How each contender looks: ours solid and bold, peers thin and dashed, in the colours of Okabe and Ito, which
//! people with any kind of colour vision can tell apart.

use plotters::prelude::RGBColor;
use plotters::style::{Color, ShapeStyle};

use pyaltt_benches::contender::Kind;

use crate::model::Named;

const BLACK: RGBColor = RGBColor(0, 0, 0);
pub(super) const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub(super) const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
/// Not in the palette; the clones of cyclictest have it.
pub(super) const GREY: RGBColor = RGBColor(0x77, 0x77, 0x77);

#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) color: RGBColor,
    pub(super) width: u32,
    /// The lengths of dash and gap; `None` is solid.
    pub(super) dash: Option<(i32, i32)>,
}

impl Style {
    pub(super) fn of(named: Option<&Named>) -> Self {
        let is_ours = named.is_some_and(|named| named.kind == Kind::Ours);
        let (color, dash) = match named.map_or("", |named| &*named.id) {
            "realtime-tight" => (BLUE, None),
            "realtime-balanced" | "worker-realtime" => (SKY, None),
            "realtime-frugal" => (GREEN, None),
            "realtime-awake" => (BLACK, None),
            "precise" | "worker-precise" => (PURPLE, None),
            "poll" => (ORANGE, None),
            "spin-sleep-hint" => (VERMILLION, Some((9, 3))),
            "spin-sleep-yield" => (VERMILLION, Some((2, 3))),
            "cyclictest" => (BLACK, Some((12, 3))),
            "nanosleep-50us" => (GREY, Some((7, 3))),
            "nanosleep-1ns" => (GREY, Some((2, 3))),
            "std-sleep" => (ORANGE, Some((7, 3))),
            "crossbeam-tick" => (GREEN, Some((7, 3))),
            "crossbeam-select" => (GREEN, Some((2, 3))),
            "rtsc-interval" => (PURPLE, Some((7, 3))),
            _ => (BLUE, Some((4, 4))),
        };
        let width = match named.map_or("", |named| &*named.id) {
            "worker-realtime" | "worker-precise" => 2,
            _ if is_ours => 3,
            _ => 1,
        };
        Self { color, width, dash }
    }

    pub(super) fn stroke(&self) -> ShapeStyle {
        self.color.stroke_width(self.width)
    }

    /// The colour for text, dark enough to be read on white.
    pub(super) fn ink(&self) -> RGBColor {
        let darker = |part: u8| u8::try_from(u16::from(part) * 7 / 10).unwrap_or(part);
        RGBColor(darker(self.color.0), darker(self.color.1), darker(self.color.2))
    }
}
