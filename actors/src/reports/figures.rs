//! What the reader of a shape is given beside the lines of a file, and what it makes of them.

use rows::DayRange;

use super::{
    container::Member, dates, row::ReportRow, settings::Reading, sums::Sums, tally::Tally, unit::Unit,
};

/// Where a file lies and what a person said about it.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Its path below what is watched; of an archive, that of the archive.
    pub path: &'a str,
    /// The connection's settings.
    pub reading: &'a Reading,
    /// The period that a person named, for layouts that do not (`--from`, `--to`).
    pub period: Option<DayRange>,
}

/// The names under which a report was found.
#[derive(Debug, Clone)]
pub struct Names {
    /// Its own, without folders and what browsers add (` (1)`) and without endings.
    pub stem: String,
    /// Its own.
    pub file: String,
    /// The nearest of file, folder and archive that says a period.
    pub period: Option<DayRange>,
    /// The folder in which it lies, else its own stem.
    pub folder: String,
}

/// The rows of a report.
#[derive(Debug)]
pub enum Rows {
    /// Lines added up.
    Sums(Box<Sums>),
    /// Lines as they are.
    Plain(Vec<ReportRow>),
}

/// What the reader of a shape made of all lines.
#[derive(Debug)]
pub struct Figures {
    /// Rows.
    pub rows: Rows,
    /// Lines.
    pub tally: Tally,
    /// What it stands for.
    pub unit: Unit,
    /// From the first to the last day.
    pub period: Option<DayRange>,
    /// What a person should know.
    pub notes: Vec<String>,
}

// === impl Names ===

impl Names {
    /// Of a member of the file at hand.
    pub fn new(context: &Context<'_>, member: &Member) -> Self {
        let file = member.file_name().to_owned();
        let parts = |path: &str| path.split(['/', '\\']).map(str::to_owned).collect::<Vec<_>>();
        let mut nearest: Vec<String> = parts(&member.name);
        nearest.reverse();
        let outer: Vec<String> = parts(context.path).into_iter().rev().filter(|part| *part != file).collect();
        nearest.extend(outer);
        let period = nearest.iter().find_map(|name| dates::in_name(name));
        let stem = stem(&file);
        let folder = nearest.get(1).map_or_else(|| stem.clone(), |folder| self::stem(folder));
        Self { stem, file, period, folder }
    }
}

// === impl Rows ===

impl Rows {
    /// How many rows.
    pub fn count(&self) -> usize {
        match self {
            Self::Sums(sums) => sums.len(),
            Self::Plain(rows) => rows.len(),
        }
    }
}

fn stem(file: &str) -> String {
    let mut stem = file;
    for end in [".gz", ".zip", ".csv", ".tsv", ".txt", ".xlsx"] {
        let cut = stem.len().saturating_sub(end.len());
        if stem.get(cut..).is_some_and(|own| own.eq_ignore_ascii_case(end)) {
            stem = &stem[..cut];
        }
    }
    let numbered = stem.rsplit_once(" (").filter(|(_, rest)| {
        rest.strip_suffix(')')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    });
    numbered.map_or(stem, |(before, _)| before).trim().to_owned()
}
