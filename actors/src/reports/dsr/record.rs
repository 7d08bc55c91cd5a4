//! Records and their cells.

use jiff::Timestamp;
use rows::DayRange;

use crate::reports::{
    codes,
    dates::{self, Format},
    limits::CELLS_MAX,
    numbers::{self, Decimal, Exact},
    refusal::Refusal,
    tally::Problem,
};

/// What the first record says.
pub struct Head {
    /// `SenderPartyId`.
    pub sender: String,
    /// `ServiceDescription`, else `SenderName`, as written.
    pub service: String,
    /// The same, to be read.
    pub store: String,
    /// Days of use.
    pub period: DayRange,
    /// From 1.
    pub file_number: u32,
    /// How many files the set has.
    pub files: u32,
    /// When the message was made.
    pub created_at: Option<Timestamp>,
}

/// The cells of a record, counted from 1 as the standard does.
pub struct Cells<'a>(Vec<&'a str>);

// === impl Head ===

impl Head {
    /// Reads a HEAD record.
    pub fn read(cells: &Cells<'_>) -> Result<Self, Refusal> {
        let day = |cell| {
            let text = cells.text(cell);
            let of_year = || dates::months(text.parse().ok().filter(|_| text.len() == 4)?, 1, 12);
            let range = dates::read(text, &[Format::YearFirst, Format::Month]);
            range.or_else(of_year)
        };
        let period = day(9).zip(day(10)).and_then(|(start, end)| DayRange::new(start.first, end.last));
        let period =
            period.ok_or_else(|| Refusal::Damaged("HEAD does not say the days of use".to_owned()))?;
        let name = if cells.text(13).is_empty() { cells.text(12) } else { cells.text(13) };
        let number = |cell| cells.text(cell).parse::<u32>().unwrap_or(1).max(1);
        Ok(Self {
            sender: cells.text(11).to_owned(),
            service: name.to_owned(),
            store: unescaped(name),
            period,
            file_number: number(7),
            files: number(8),
            created_at: cells.text(6).parse().ok(),
        })
    }
}

// === impl Cells ===

impl<'a> Cells<'a> {
    /// The cells of a line.
    pub fn of(line: &'a str) -> Self {
        Self(line.split('\t').take(CELLS_MAX).collect())
    }

    /// A cell; `""` when there are fewer.
    pub fn text(&self, cell: usize) -> &'a str {
        cell.checked_sub(1).and_then(|index| self.0.get(index)).map_or("", |text| text.trim())
    }

    /// A number, where there is one.
    pub fn optional(&self, cell: usize) -> Result<Option<Exact>, Problem> {
        let text = self.text(cell);
        if numbers::is_blank(text) {
            return Ok(None);
        }
        Exact::parse(text, Decimal::Point)
            .map(Some)
            .map_err(|error| Problem::Line(format!("cell {cell} {error}")))
    }

    /// A number of usages, which must be there.
    pub fn count(&self, cell: usize) -> Result<Exact, Problem> {
        self.optional(cell)?.ok_or_else(|| Problem::Line(format!("cell {cell} says no usages")))
    }
}

/// Of several values in a cell, the first that is an ISRC.
pub fn first_isrc(cell: &str) -> Option<String> {
    cell.split('|').find_map(codes::isrc)
}

/// A text without the `\` that stand before characters with a meaning.
pub fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let (mut plain, mut characters) = (String::with_capacity(text.len()), text.chars());
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    plain
}
