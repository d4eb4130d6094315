//! What a command answers.

use serde::Serialize;

use super::print;

/// The answer of a command, for people and for programs.
pub(crate) struct Reply {
    text: String,
    json: String,
    notes: Vec<String>,
    is_finding: bool,
}

impl Reply {
    /// Makes a reply of lines of text, each with its end, and of what is written as JSON.
    pub(crate) fn new(text: impl Into<String>, json: &impl Serialize) -> anyhow::Result<Self> {
        let json = serde_json::to_string(json)? + "\n";
        Ok(Self { text: text.into(), json, notes: Vec::new(), is_finding: false })
    }

    /// Says something beside the answer.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says that something was found, or not found, if it was.
    pub(crate) fn finding(self, is_finding: bool) -> Self {
        Self { is_finding: self.is_finding || is_finding, ..self }
    }

    /// Says that what was named is missing, if it is.
    pub(crate) fn missing(self, missing: Option<String>) -> Self {
        match missing {
            Some(missing) => self.note(missing).finding(true),
            None => self,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// Prints it. Returns whether it is a finding.
    pub(crate) fn print(&self, as_json: bool) -> anyhow::Result<bool> {
        self.print_notes();
        print::out(if as_json { &self.json } else { &self.text })?;
        Ok(self.is_finding)
    }

    pub(crate) fn print_notes(&self) {
        self.notes.iter().for_each(|note| print::note(note));
    }

    pub(crate) fn is_finding(&self) -> bool {
        self.is_finding
    }
}
