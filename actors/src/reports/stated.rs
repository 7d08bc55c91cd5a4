//! What a statement says of itself: one row that adds up the amounts of all lines. It is held to their sum where nothing else could be
//! meant by it.

use rows::Currency;

use super::{
    numbers::{Decimal, Exact},
    records::Record,
    refusal::Refusal,
};

/// The amounts of all lines as they are written, and the row that adds them up.
#[derive(Debug, Clone, Copy)]
pub struct Stated {
    /// `None`: a line is not as the row may have counted it.
    sum: Option<Exact>,
    lines: i64,
    /// The most digits that an amount is written with behind the point.
    decimals: u8,
    total: Total,
}

#[derive(Debug, Clone, Copy)]
enum Total {
    Absent,
    /// After all lines so far.
    Said {
        line: u64,
        amount: Exact,
        decimals: u8,
    },
    /// Several, one between lines, one of a group: it may be of some lines only.
    Unsure,
}

/// The first cells of rows that add up all lines, and no group of them.
const ALL: &[&str] = &["total", "totals", "grand total", "итого", "всего", "合計"];
/// Spreadsheets and people round sums to so many digits behind the point.
const ROUNDED_DECIMALS: u8 = 2;

impl Default for Stated {
    fn default() -> Self {
        Self { sum: Some(Exact::ZERO), lines: 0, decimals: 0, total: Total::Absent }
    }
}

// === impl Stated ===

impl Stated {
    /// Adds a line's amount, as its cell has it. A line without one is no part of the sum.
    pub fn add(&mut self, text: &str, decimal: Decimal, amount: Option<Exact>) {
        if matches!(self.total, Total::Said { .. }) {
            self.total = Total::Unsure;
        }
        if let Some(amount) = amount {
            self.lines += 1;
            self.decimals = self.decimals.max(decimals(text, decimal)).max(amount.decimals());
            self.sum = self.sum.and_then(|sum| sum.checked_add(amount));
        }
    }

    /// A line that is left out, or counts otherwise than it is written: the row may count it as well.
    pub fn forget(&mut self) {
        self.sum = None;
    }

    /// A row of totals, with its amount as the cell of that column has it.
    pub fn total(&mut self, record: &Record, text: &str, decimal: Decimal) {
        let mut said = record.cells().filter(|cell| !cell.is_empty());
        let first = said.next().unwrap_or_default().trim_end_matches(':').trim_end().to_lowercase();
        let is_of_all = ALL.contains(&first.as_str())
            && said.all(|cell| Exact::parse(cell, decimal).is_ok() || Currency::parse(cell).is_ok());
        let Ok(amount) = Exact::parse(text, decimal) else { return };
        self.total = match self.total {
            Total::Absent if is_of_all => {
                Total::Said { line: record.line, amount, decimals: decimals(text, decimal) }
            }
            // A row of a group, before the one of all.
            Total::Absent => Total::Absent,
            _ => Total::Unsure,
        };
    }

    /// Refuses a file whose row of totals is not the sum of its lines. Each of them may be rounded at its last digit.
    pub fn check(&self) -> Result<(), Refusal> {
        let (Total::Said { line, amount: said, decimals }, Some(sum)) = (self.total, self.sum) else {
            return Ok(());
        };
        let rounded = Exact::last_place(decimals.min(ROUNDED_DECIMALS));
        let by_lines = Exact::last_place(self.decimals).checked_mul(self.lines);
        let tolerance = by_lines.and_then(|by_lines| by_lines.checked_add(rounded));
        let apart = sum.checked_add(said.minus()).map(Exact::negative);
        // Too many digits to be sure.
        let Some(left) = tolerance.zip(apart).and_then(|(tolerance, apart)| tolerance.checked_add(apart))
        else {
            return Ok(());
        };
        if left.is_negative() {
            return Err(Refusal::Contradiction(format!(
                "the total in line {line} is {said}, and its lines add up to {sum}"
            )));
        }
        Ok(())
    }
}

/// How many digits stand behind the point.
fn decimals(text: &str, decimal: Decimal) -> u8 {
    let point = if decimal == Decimal::Point { '.' } else { ',' };
    let digits = text.rsplit_once(point).map_or("", |(_, behind)| behind);
    u8::try_from(digits.bytes().take_while(u8::is_ascii_digit).count()).unwrap_or(u8::MAX)
}
