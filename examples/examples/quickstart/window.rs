//! The last few seconds of a measurement.

use std::collections::VecDeque;

/// How many figures a window holds: those of 4 s.
const SIZE: usize = 40;

/// The latest figures, all in percent.
#[derive(Default)]
pub(crate) struct Window {
    figures: VecDeque<f32>,
}

impl Window {
    pub(crate) fn push(&mut self, figure: f32) {
        if self.figures.len() == SIZE {
            self.figures.pop_front();
        }
        self.figures.push_back(figure);
    }

    /// Whether there are enough figures for a meaningful mean.
    pub(crate) fn is_settled(&self) -> bool {
        self.figures.len() >= SIZE / 4
    }

    pub(crate) fn latest(&self) -> f32 {
        self.figures.back().copied().unwrap_or_default()
    }

    #[expect(clippy::cast_precision_loss, reason = "a window is small")]
    pub(crate) fn mean(&self) -> f32 {
        self.figures.iter().sum::<f32>() / self.figures.len().max(1) as f32
    }

    pub(crate) fn peak(&self) -> f32 {
        self.figures.iter().copied().fold(0.0, f32::max)
    }

    /// One bar for each figure, the oldest first.
    pub(crate) fn bars(&self) -> String {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let bar = |figure: &f32| BARS[((figure / 12.5) as usize).min(BARS.len() - 1)];
        self.figures.iter().map(bar).collect()
    }
}
