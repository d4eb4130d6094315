//! The display: a table that is redrawn in place, or plain lines where there is no terminal.

use std::fmt;
use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crossterm::cursor::{Hide, MoveToColumn, MoveUp, Show};
use crossterm::queue;
use crossterm::style::{ContentStyle, Print, PrintStyledContent, Stylize};
use crossterm::terminal::{self, Clear, ClearType};

use crate::window::Window;
use crate::workers::{Picture, Sample};

/// How many alarms stay visible.
const ALARMS: usize = 5;
/// Without a terminal, one sample in this many gets a line: one a second.
const PLAIN_EVERY: u64 = 10;

/// The screen. Two workers share it.
pub(crate) struct Screen {
    began: Instant,
    is_live: bool,
    content: Mutex<Content>,
}

#[derive(Default)]
struct Content {
    table: Vec<String>,
    /// The latest alarms, the oldest first.
    alarms: Vec<String>,
    /// How many lines are on the terminal.
    drawn: u16,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), is_live: stdout().is_terminal(), content: Mutex::default() }
    }

    /// Shows the picture with its latest sample.
    pub(crate) fn show(&self, picture: &Picture, sample: &Sample) {
        if self.is_live {
            self.redraw(|content| {
                content.table = table(picture, sample, self.seconds(sample.tick.scheduled));
            });
        } else if picture.processed % PLAIN_EVERY == 1 {
            let (cpu, memory) = (&picture.cpu, &picture.memory);
            plain_line(format_args!(
                "{:5.1} s  CPU {:5.1} %, mean {:5.1} %, peak {:5.1} %  memory {:5.1} %",
                self.seconds(sample.tick.scheduled),
                cpu.latest(),
                cpu.mean(),
                cpu.peak(),
                memory.latest(),
            ));
        }
    }

    /// Shows the cause of an alarm.
    pub(crate) fn alarm(&self, raised: Instant, found: &str) {
        let line = format!("{:5.1} s  {found}", self.seconds(raised));
        if !self.is_live {
            return plain_line(format_args!("{line}"));
        }
        self.redraw(|content| {
            if content.alarms.len() == ALARMS {
                content.alarms.remove(0);
            }
            content.alarms.push(line);
        });
    }

    /// Restores the terminal, below the last table.
    pub(crate) fn close(&self) {
        if self.is_live {
            let _ = crossterm::execute!(stdout(), Show);
        }
    }

    fn seconds(&self, time: Instant) -> f32 {
        time.saturating_duration_since(self.began).as_secs_f32()
    }

    fn redraw(&self, change: impl FnOnce(&mut Content)) {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut content);
        let _ = content.draw(stdout());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}

impl Content {
    /// Writes all lines over the previous ones, cut to what fits, in one write.
    fn draw(&mut self, mut out: Stdout) -> io::Result<()> {
        let (columns, rows) = terminal::size().unwrap_or((80, 24));
        let mut frame = Vec::new();
        queue!(frame, Hide, MoveToColumn(0))?;
        if self.drawn > 0 {
            queue!(frame, MoveUp(self.drawn))?;
        }
        self.drawn = 0;
        let plain = ContentStyle::new();
        let table = self.table.iter().enumerate();
        let lines = table
            .map(|(row, line)| (if row == 0 { plain.bold() } else { plain }, line))
            .chain(self.alarms.iter().map(|line| (plain.yellow(), line)));
        for (style, line) in lines.take(usize::from(rows).saturating_sub(1)) {
            let line: String = line.chars().take(usize::from(columns).saturating_sub(1)).collect();
            queue!(
                frame,
                PrintStyledContent(style.apply(line)),
                Clear(ClearType::UntilNewLine),
                Print("\r\n")
            )?;
            self.drawn += 1;
        }
        queue!(frame, Clear(ClearType::FromCursorDown))?;
        out.write_all(&frame)?;
        out.flush()
    }
}

/// A closed pipe must not fail a worker, so the error is ignored.
fn plain_line(line: fmt::Arguments<'_>) {
    let _ = writeln!(stdout(), "{line}");
}

fn table(picture: &Picture, sample: &Sample, seconds: f32) -> Vec<String> {
    let row = |name, window: &Window, rest| {
        let (latest, mean, peak) = (window.latest(), window.mean(), window.peak());
        format!("{name:6} {latest:6.1} % {mean:6.1} % {peak:6.1} %   {rest}")
    };
    let memory = format!("{:.1} of {:.1} GiB used", gib(sample.used_memory), gib(sample.total_memory));
    let Picture { processed, missed, alarms, threshold, .. } = picture;
    vec![
        format!("sample {processed} at {seconds:.1} s, {:.1?} late, {missed} missed", sample.tick.late),
        String::new(),
        format!("{:6} {:>8} {:>8} {:>8}   the last 4 s", "", "now", "mean", "peak"),
        row("CPU", &picture.cpu, picture.cpu.bars()),
        row("memory", &picture.memory, memory),
        String::new(),
        format!("alarms: {alarms} (whenever the CPU rises {threshold} points above its mean)"),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "it is rounded to a tenth anyway")]
fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}
