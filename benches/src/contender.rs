//! Contenders: who takes part in which cases.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::absence::Absence;
use crate::case::{Case, Work};
use crate::measured::Measured;
use crate::pacing::Pacing;
use crate::workload::actor::Role;
use crate::workload::durable::place::Place;

/// What a contender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A worker or a ticker of pyaltt.
    Ours,
    /// A channel, with a plain thread behind it.
    Channel,
    /// An actor of another library.
    Actor,
    /// A timer of another library.
    Timer,
    /// A durable queue of another library.
    Jobs,
    /// A library that ends programs in order.
    Group,
    /// A primitive of the system or of the standard library, or a tool of the system.
    Bare,
}

/// Does the work of a case this many times.
type Repeat = Box<dyn Fn(usize) -> Result<Measured, String>>;

/// Plays a part in a process of its own, with a place and a number.
type Play = Box<dyn Fn(&Place, u64) -> Result<(), String>>;

/// Sees to what a contender needs, fetched if that is allowed, and says what is missing.
type Need = Box<dyn Fn(bool) -> Option<Absence>>;

/// One way to do the work of some cases.
///
/// It knows no workload: the module of each workload adds a method that makes a contender take part in it.
pub struct Contender {
    id: &'static str,
    label: &'static str,
    kind: Kind,
    how: String,
    repeats: Vec<(String, Repeat)>,
    parts: Vec<(String, Play)>,
    pacing: Option<Box<dyn Pacing>>,
    absences: Vec<(String, Absence)>,
    need: Option<Need>,
}

/// The part that a contender takes in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It takes part.
    Full,
    /// It might be expected to take part, and does not.
    Absent(Absence),
    /// The case is not for it.
    None,
}

impl Contender {
    /// A contender that does not take part in anything yet.
    pub fn new(kind: Kind, id: &'static str, label: &'static str, how: impl Into<String>) -> Self {
        let (repeats, parts, absences) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, label, kind, how: how.into(), repeats, parts, pacing: None, absences, need: None }
    }

    /// Takes part in one case.
    #[must_use]
    pub fn does(
        mut self,
        case: impl Into<String>,
        repeat: impl Fn(usize) -> Result<Measured, String> + 'static,
    ) -> Self {
        self.repeats.push((case.into(), Box::new(repeat)));
        self
    }

    /// Plays a part in further processes of its runs.
    #[must_use]
    pub fn plays(
        mut self,
        part: impl Into<String>,
        play: impl Fn(&Place, u64) -> Result<(), String> + 'static,
    ) -> Self {
        self.parts.push((part.into(), Box::new(play)));
        self
    }

    /// Takes part in all cases that keep an interval.
    #[must_use]
    pub fn paces(mut self, pacing: impl Pacing + 'static) -> Self {
        self.pacing = Some(Box::new(pacing));
        self
    }

    /// Does not take part in one case, and says why.
    #[must_use]
    pub fn not(mut self, case: impl Into<String>, reason: &str) -> Self {
        self.absences.push((case.into(), Absence::new(reason, "none: this is how it is made")));
        self
    }

    /// Takes part only if it has what it needs. `need`: sees to that, fetches it if it is told that it may, and says what is
    /// missing.
    #[must_use]
    pub fn needs(mut self, need: impl Fn(bool) -> Option<Absence> + 'static) -> Self {
        self.need = Some(Box::new(need));
        self
    }

    /// Its name on the command line and in `report.json`.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Its name in tables and plots.
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How it is used here, in a line or two.
    pub fn how(&self) -> &str {
        &self.how
    }

    /// How it keeps an interval, if it does.
    pub fn pacing(&self) -> Option<&dyn Pacing> {
        self.pacing.as_deref()
    }

    /// The part that it takes in a case, found out by trying where it depends on the machine. `may_fetch`: whether what it needs
    /// may be fetched from the network.
    pub fn part(&self, case: &Case, may_fetch: bool) -> Part {
        let absence = match (case.work, &self.pacing) {
            (Work::Interval(conditions), Some(pacing)) => match pacing.absence(conditions.policy) {
                None => return Part::Full,
                absence => absence,
            },
            _ if self.repeats.iter().any(|(id, _)| *id == case.id) => {
                match self.need.as_ref().and_then(|need| need(may_fetch)) {
                    None => return Part::Full,
                    absence => absence,
                }
            }
            _ => self.absences.iter().find(|(id, _)| *id == case.id).map(|(_, absence)| absence.clone()),
        };
        absence.map_or(Part::None, Part::Absent)
    }

    /// Does the work of a case `count` times.
    ///
    /// # Errors
    ///
    /// When it does not take part in this case, and when not every task was handled exactly once.
    pub fn repeat(&self, case: &str, count: usize) -> Result<Measured, String> {
        let found = self.repeats.iter().find(|(id, _)| id == case);
        let (_, repeat) = found.ok_or_else(|| format!("{} does not take part in {case}", self.id))?;
        repeat(count)
    }

    /// Whether it has this part.
    pub fn has_part(&self, part: &str) -> bool {
        self.parts.iter().any(|(known, _)| known == part)
    }

    /// Plays a part, in a process that was started for it.
    ///
    /// # Errors
    ///
    /// When it has no such part, and when it cannot play it.
    pub fn play(&self, role: &Role) -> Result<(), String> {
        let found = self.parts.iter().find(|(part, _)| *part == role.part);
        let (_, play) = found.ok_or_else(|| format!("{} has no part {}", self.id, role.part))?;
        play(&role.place, role.number)
    }
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contender_takes_part_is_absent_or_has_nothing_to_do_with_a_case() {
        let contender = Contender::new(Kind::Bare, "one", "One", "")
            .does("first", |count| Ok(Measured::of("ns", if count == 7 { 1.0 } else { 2.0 })))
            .not("second", "it cannot");
        let part = |id: &str| contender.part(&Case::new(id, "", "", Work::Repeat(1)), false);
        assert_eq!((part("first"), part("third")), (Part::Full, Part::None));
        assert!(matches!(part("second"), Part::Absent(absence) if absence.reason == "it cannot"));
        assert_eq!(contender.repeat("first", 7), Ok(Measured::of("ns", 1.0)));
        assert!(contender.repeat("second", 7).is_err());
    }
}
