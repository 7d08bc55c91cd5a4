//! Lines of a file, counted: read, left out on purpose, unreadable.

use super::{
    limits::{EXAMPLES_MAX, READABLE_OF},
    refusal::Refusal,
};

/// Counts of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines with figures, those included that could not be read.
    pub lines: u64,
    /// Totals, footers, payouts: what repeats other lines or is no figure.
    pub skipped: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// The first of those.
    pub examples: Vec<Rejected>,
}

/// A line that could not be read. Holds no values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which, counted from 1.
    pub line: u64,
    /// What was expected.
    pub why: String,
}

/// Why a line is not added.
#[derive(Debug)]
pub enum Problem {
    /// It could not be read.
    Line(String),
    /// The file as a whole cannot.
    File(Refusal),
}

// === impl Tally ===

impl Tally {
    /// Counts a line that could not be read.
    pub fn reject(&mut self, line: u64, why: String) {
        self.rejected += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(Rejected { line, why });
        }
    }

    /// Refuses a file without lines, and one of which more than a few could not be read: then it is not what it seems.
    pub fn check(&self, layout: &str) -> Result<(), Refusal> {
        if self.lines == 0 {
            return Err(Refusal::Undecided(
                "it has a header and no lines; no figures are said by that".to_owned(),
            ));
        }
        match self.examples.first() {
            Some(first) if self.rejected.saturating_mul(READABLE_OF) > self.lines => {
                Err(Refusal::TooManyRejected {
                    rejected: self.rejected,
                    lines: self.lines,
                    layout: layout.to_owned(),
                    line: first.line,
                    why: first.why.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::File(refusal)
    }
}
