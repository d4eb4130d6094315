//! Why a contender is missing.

/// Why a contender does not take part in a case, and what would change that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Why it does not take part.
    pub reason: String,
    /// What would let it take part.
    pub remedy: String,
}

impl Absence {
    /// With a reason and a remedy.
    pub fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }
}
