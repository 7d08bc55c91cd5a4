//! Which layout a table has: by the columns of its header, wherever the header stands among the first lines.

use super::{
    layout::{Bound, Field, Layout, plain},
    limits::{HEADER_WITHIN, SHOWN_BYTES},
    numbers::Decimal,
    records::{Delimited, Dialect, Record, Records},
    refusal::Refusal,
    settings::Reading,
    shipped::FOREIGN,
};

/// A layout that was recognised.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// It.
    pub layout: Layout,
    /// Where its columns stand.
    pub bound: Bound,
    /// How numbers are written.
    pub decimal: Decimal,
    /// How cells are separated; of no meaning in spreadsheets.
    pub dialect: Dialect,
    /// How many records stand before the header.
    pub before_header: usize,
    /// Those records.
    pub preamble: Vec<Vec<String>>,
}

/// What the beginning of a table turned out to be.
#[derive(Debug, Clone)]
pub enum Found {
    /// A layout.
    Layout(Box<Recognised>),
    /// None: this line looks most like a header.
    Nothing(Vec<String>),
}

// === impl Recognised ===

impl Recognised {
    /// Why a record is too short to be read: it ends before a column that the layout needs. `leaves_out`: empty cells at
    /// its end are not stored.
    pub fn short(&self, record: &Record, leaves_out: bool) -> Option<String> {
        let is_short = record.len() <= self.bound.last_required && !leaves_out && !self.layout.is_ragged;
        is_short.then(|| format!("it has {} cells, and the header {}", record.len(), self.bound.width))
    }

    /// Why a table is incomplete: its last record has no line end and lacks cells, or ends within quotation marks or behind a
    /// decimal sign. Of layouts whose lines may be shorter, cells that the layout needs.
    pub fn cut(&self, records: &dyn Records, last: &Record) -> Result<(), Refusal> {
        if !records.ends_open() || last.line == 0 {
            return Ok(());
        }
        let cells_min = if self.layout.is_ragged { self.bound.last_required + 1 } else { self.bound.width };
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'));
        let last_cell = last.cells().last().unwrap_or_default();
        let digits = last_cell.trim_end_matches(['.', ',']);
        let is_broken = digits.len() < last_cell.len()
            && is_number(digits)
            && !digits.contains(|c: char| c.is_alphabetic() || c.is_whitespace());
        if last.len() < cells_min || is_broken || records.ends_quoted() {
            return Err(Refusal::Truncated(format!("line {} ends in the middle", last.line)));
        }
        Ok(())
    }
}

/// Delimiters that are tried.
const DELIMITERS: [u8; 4] = [b'\t', b',', b';', b'|'];
/// Records from which the form of numbers is told.
const SAMPLE: usize = 200;

/// Recognises text by its beginning. `is_whole`: there is no more of it.
pub fn text(head: &str, is_whole: bool, reading: &Reading) -> Result<Found, Refusal> {
    let (mut best, mut unread): (Option<Recognised>, _) = (None, None);
    let mut header: Vec<String> = Vec::new();
    let own = reading.taught.iter().filter_map(|layout| layout.delimiter);
    for delimiter in DELIMITERS.into_iter().chain(own) {
        // What is no table with this delimiter may be one with another.
        let records = match sample(head, is_whole, delimiter) {
            Ok(records) => records,
            Err(refusal) => {
                unread = Some(refusal);
                continue;
            }
        };
        match rows(&records, reading, Some(delimiter))? {
            Found::Layout(mut found) => {
                // Tables with tabs that do not quote their header quote no title either.
                let mut lines = head.split(['\r', '\n']).filter(|line| !line.is_empty());
                let is_plain = lines.nth(found.before_header).is_some_and(|header| !header.contains('"'));
                found.dialect.is_quoted = delimiter != b'\t' || !is_plain;
                let is_better = |than: &Recognised| {
                    (found.layout.is_taught, found.bound.matched)
                        > (than.layout.is_taught, than.bound.matched)
                };
                if best.as_ref().is_none_or(is_better) {
                    best = Some(*found);
                }
            }
            Found::Nothing(line) if line.len() > header.len() => header = line,
            Found::Nothing(_) => {}
        }
    }
    match (best, unread) {
        (Some(found), _) => Ok(Found::Layout(Box::new(found))),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => Ok(Found::Nothing(header)),
    }
}

/// Recognises a table by its first records. `delimiter` is `None` in spreadsheets.
pub fn rows(records: &[Vec<String>], reading: &Reading, delimiter: Option<u8>) -> Result<Found, Refusal> {
    let mut widest: &[String] = &[];
    for (index, record) in records.iter().take(HEADER_WITHIN).enumerate() {
        let header: Vec<String> = record.iter().map(|cell| plain(cell)).collect();
        if let Some((layout, bound)) = fitting(&header, reading, delimiter)? {
            let delimiter = delimiter.unwrap_or(b',');
            let data = records.get(index + 1..).unwrap_or_default();
            let decimal = layout.decimal.unwrap_or_else(|| written(data, &bound, delimiter));
            return Ok(Found::Layout(Box::new(Recognised {
                layout: layout.clone(),
                bound,
                decimal,
                dialect: Dialect { delimiter, is_quoted: true },
                before_header: index,
                preamble: records[..index].to_vec(),
            })));
        }
        foreign(&header)?;
        let named = |cells: &[String]| cells.iter().filter(|cell| !cell.is_empty()).count();
        if named(record) > named(widest) {
            widest = record;
        }
    }
    Ok(Found::Nothing(widest.to_vec()))
}

/// The layout that knows most columns; those that were taught go first.
fn fitting<'a>(
    header: &[String],
    reading: &'a Reading,
    delimiter: Option<u8>,
) -> Result<Option<(&'a Layout, Bound)>, Refusal> {
    for layouts in [&reading.taught[..], (reading.known.layouts)()] {
        let right = |layout: &&Layout| match (layout.delimiter, delimiter) {
            (Some(own), Some(tried)) => own == tried,
            _ => true,
        };
        let bound = layouts.iter().filter(right).filter_map(|layout| Some((layout, layout.bind(header)?)));
        let mut bound: Vec<_> = bound.collect();
        bound.sort_by_key(|(_, bound)| std::cmp::Reverse(bound.matched));
        if let [(first, best), (second, other), ..] = &bound[..]
            && best.matched == other.matched
        {
            return Err(Refusal::Ambiguous { first: first.name.clone(), second: second.name.clone() });
        }
        if let Some((layout, bound)) = bound.into_iter().next() {
            if let Some(header) = &bound.twice {
                return Err(Refusal::Undecided(format!(
                    "its header has more than one column {header:?} (as {}), and nothing tells which of them counts: remove the \
                     others",
                    layout.name
                )));
            }
            return Ok(Some((layout, bound)));
        }
    }
    Ok(None)
}

fn foreign(header: &[String]) -> Result<(), Refusal> {
    let has = |mark: &&str| header.iter().any(|cell| cell.starts_with(*mark));
    match FOREIGN.iter().find(|(.., marks)| marks.iter().all(has)) {
        Some((of, instead, _)) => Err(Refusal::Foreign { of, instead }),
        None => Ok(()),
    }
}

/// The refusal of a header that nobody knows, or that only a layout has which waits to be named.
pub fn unknown(header: &[String], reading: &Reading) -> Refusal {
    if let Some(draft) = reading.known.drafts.iter().find(|draft| draft.fits(header)) {
        return Refusal::Unverified(draft.name);
    }
    let mut header = header.join(" | ");
    header.truncate(header.floor_char_boundary(SHOWN_BYTES));
    Refusal::UnknownLayout { header: header.chars().filter(|c| !c.is_control()).collect() }
}

fn sample(head: &str, is_whole: bool, delimiter: u8) -> Result<Vec<Vec<String>>, Refusal> {
    let mut reader = Delimited::new(head.as_bytes(), Dialect { delimiter, is_quoted: true });
    let (mut record, mut all) = (Record::default(), Vec::new());
    while all.len() < SAMPLE && reader.advance(&mut record)? {
        all.push(record.cells().map(str::to_owned).collect::<Vec<_>>());
    }
    // The last one may be cut off.
    if !is_whole && all.len() < SAMPLE && all.len() > 1 {
        all.pop();
    }
    Ok(all)
}

/// How the amounts are written. A sign that is not followed by three digits is no sign of thousands; of two different
/// ones the last is the decimal one. Where no amount tells, it is what files with this delimiter have.
fn written(data: &[Vec<String>], bound: &Bound, delimiter: u8) -> Decimal {
    let columns = [Field::Revenue, Field::Gross, Field::Quantity].map(|field| bound.column(field));
    for cell in data.iter().flat_map(|row| columns.iter().flatten().filter_map(|at| row.get(*at))) {
        let digits = cell.trim_end_matches(|c: char| !c.is_ascii_digit());
        let Some(last) = digits.rfind([',', '.']) else { continue };
        let (before, after) = digits.split_at(last);
        let is_comma = after.starts_with(',');
        if after.len() != 4 || before.contains(if is_comma { '.' } else { ',' }) || before == "0" {
            return if is_comma { Decimal::Comma } else { Decimal::Point };
        }
    }
    if delimiter == b';' { Decimal::Comma } else { Decimal::Point }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_numbers_is_told_by_what_no_thousands_can_be() {
        let told = |amounts: &[&str], delimiter| {
            let header = "code,units,eur".split(',').map(str::to_owned).collect::<Vec<_>>();
            let columns = [("isrc", 0), ("quantity", 1), ("revenue", 2)];
            let map: serde_json::Value = columns
                .iter()
                .map(|(field, at)| ((*field).to_owned(), header[*at].clone().into()))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let map: crate::reports::column_map::ColumnMap =
                serde_json::from_value(serde_json::json!({ "columns": map })).unwrap();
            let bound = map.layout("own").unwrap().bind(&header).unwrap();
            let data: Vec<Vec<String>> = amounts
                .iter()
                .map(|amount| vec!["x".to_owned(), "1".to_owned(), (*amount).to_owned()])
                .collect();
            written(&data, &bound, delimiter)
        };
        for (amounts, delimiter, expected) in [
            (&["1,234", "0,5"][..], b',', Decimal::Comma),
            (&["1.234", "0.5"], b';', Decimal::Point),
            (&["1.234,567"], b',', Decimal::Comma),
            (&["1,234.567"], b';', Decimal::Point),
            (&["0,123"], b',', Decimal::Comma),
            (&["1,234"], b';', Decimal::Comma),
            (&["1,234"], b'\t', Decimal::Point),
            (&["1.204", "4,123"], b';', Decimal::Comma),
            (&["(1.23)"], b';', Decimal::Point),
            (&[], b',', Decimal::Point),
        ] {
            assert_eq!(told(amounts, delimiter), expected, "{amounts:?}");
        }
    }
}
