//! A file's report: validated as a whole, then given out row by row.

use std::io::{Read, Seek};

use encoding_rs::{Encoding, UTF_8};
use rows::{Currency, DayRange};

use super::{
    container::{Container, Form, IS_PDF, Member, PDF},
    dsr,
    encoding::{self, Decoded, Survey},
    figures::{Context, Figures, Names, Rows},
    layout::Shape,
    limits::{HEAD_BYTES, HEADER_WITHIN},
    numbers::Decimal,
    recognise::{self, Found, Recognised},
    records::{Delimited, Record, Records},
    refusal::Refusal,
    row::ReportRow,
    statement,
    sums::Total,
    tally::Tally,
    timeline,
    unit::Unit,
    xlsx::{self, Workbook},
};

/// What is known of a file when all of it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// SHA-256 of the report, unpacked, lower-case hex.
    pub sha256: String,
    /// Bytes of the report, unpacked.
    pub size_bytes: u64,
    /// The layout's name.
    pub layout: String,
    /// What its text was encoded in; of a spreadsheet, `xlsx`.
    pub encoding: &'static str,
    /// What it stands for.
    pub unit: Unit,
    /// From the first to the last day of all lines; `None` when it has none.
    pub period: Option<DayRange>,
    /// Its one statement; `None` for none or several.
    pub statement_period: Option<String>,
    /// How many rows it makes.
    pub rows: usize,
    /// Lines, counted.
    pub tally: Tally,
    /// All amounts, by currency.
    pub totals: Vec<(Option<Currency>, Total)>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// A report that is whole and makes sense.
#[derive(Debug)]
pub struct Report {
    /// What is known of it.
    pub facts: Facts,
    rows: Rows,
}

/// SHA-256 (lower-case hex) and bytes of a member, unpacked: by these it is known whether it was read before, and under
/// these it is kept when it is refused.
pub fn digest<R: Read + Seek>(
    container: &mut Container<R>,
    member: &Member,
) -> Result<(String, u64), Refusal> {
    if member.form == Form::Spreadsheet {
        return xlsx::digest(&mut container.spreadsheet(member)?);
    }
    let survey = encoding::survey(&mut container.text(member)?)?;
    Ok((survey.sha256, survey.size_bytes))
}

/// Reads one member of a file: all of it, before a row is given out.
pub fn read<R: Read + Seek>(
    container: &mut Container<R>,
    member: &Member,
    context: &Context<'_>,
) -> Result<Report, Refusal> {
    match member.form {
        Form::Spreadsheet => read_spreadsheet(container, member, context),
        Form::Text | Form::Gzip => read_text(container, member, context),
    }
}

fn read_text<R: Read + Seek>(
    container: &mut Container<R>,
    member: &Member,
    context: &Context<'_>,
) -> Result<Report, Refusal> {
    let survey = encoding::survey(&mut container.text(member)?)?;
    if survey.size_bytes == 0 {
        return Err(Refusal::Truncated("it is empty".to_owned()));
    }
    if survey.head.starts_with(b"PK\x03\x04") {
        return Err(Refusal::Excessive("an archive within an archive; unpack the outer one".to_owned()));
    }
    // Archives of statements often hold the same as a document to print.
    if survey.head.starts_with(PDF) {
        return Err(Refusal::NoReport(IS_PDF));
    }
    let names = Names::new(context, member);
    let encodings = candidates(&survey, context)?;
    if dsr::is_one(&encoding::decode_head(&survey.head, encodings[0])) {
        if encodings[0] != UTF_8 {
            return Err(Refusal::Encoding("a DSR file is UTF-8, and this one is not".to_owned()));
        }
        let found = dsr::read(Decoded::new(container.text(member)?, UTF_8), context)?;
        return Ok(report(survey.sha256, survey.size_bytes, "dsr", UTF_8.name(), found));
    }
    let (recognised, encoding) = recognise_text(&survey, &encodings, context)?;
    let text = Decoded::new(container.text(member)?, encoding);
    let mut records = Delimited::new(text, recognised.dialect);
    records.set_width(recognised.bound.width);
    let found = read_table(&mut records, &recognised, context, &names)?;
    Ok(report(survey.sha256, survey.size_bytes, &recognised.layout.name, encoding.name(), found))
}

/// What the text may be encoded in; of old encodings, also those that the settings teach. Never empty.
fn candidates(survey: &Survey, context: &Context<'_>) -> Result<Vec<&'static Encoding>, Refusal> {
    let mut encodings = survey.encodings()?;
    if encodings.len() > 1 {
        let taught = context.reading.taught.iter().filter_map(|layout| layout.encoding.as_deref());
        encodings.splice(0..0, taught.filter_map(encoding::named));
    }
    Ok(encodings)
}

/// Of text in an old encoding, the one whose header is known and whose layout has it.
fn recognise_text(
    survey: &Survey,
    encodings: &[&'static Encoding],
    context: &Context<'_>,
) -> Result<(Recognised, &'static Encoding), Refusal> {
    let is_whole = survey.size_bytes <= HEAD_BYTES as u64;
    let mut header = Vec::new();
    let is_certain = encodings.len() == 1;
    let mut fallback = None;
    for encoding in encodings {
        let head = encoding::decode_head(&survey.head, encoding);
        match recognise::text(&head, is_whole, context.reading)? {
            Found::Layout(found) => {
                let own = found.layout.encoding.as_deref().and_then(encoding::named);
                if is_certain || own == Some(*encoding) {
                    return Ok((*found, encoding));
                }
                if own.is_none() {
                    fallback = Some((*found, *encoding));
                }
            }
            Found::Nothing(line) => header = line,
        }
    }
    // Layouts that say nothing: Western, the last that is tried.
    fallback.ok_or_else(|| recognise::unknown(&header, context.reading))
}

fn read_spreadsheet<R: Read + Seek>(
    container: &mut Container<R>,
    member: &Member,
    context: &Context<'_>,
) -> Result<Report, Refusal> {
    let names = Names::new(context, member);
    let mut workbook = Workbook::open(container.spreadsheet(member)?)?;
    let mut header = Vec::new();
    for name in workbook.sheet_names() {
        let first = first_records(&mut workbook.sheet(&name)?)?;
        match recognise::rows(&first, context.reading, None)? {
            Found::Layout(mut recognised) => {
                // A spreadsheet stores numbers, not their form.
                recognised.decimal = Decimal::Point;
                let found = read_table(&mut workbook.sheet(&name)?, &recognised, context, &names)?;
                let Workbook { sha256, size_bytes, .. } = workbook;
                return Ok(report(sha256, size_bytes, &recognised.layout.name, "xlsx", found));
            }
            Found::Nothing(line) if line.len() > header.len() => header = line,
            Found::Nothing(_) => {}
        }
    }
    Err(recognise::unknown(&header, context.reading))
}

fn first_records(records: &mut dyn Records) -> Result<Vec<Vec<String>>, Refusal> {
    let (mut record, mut first) = (Record::default(), Vec::new());
    while first.len() < HEADER_WITHIN && records.advance(&mut record)? {
        first.push(record.cells().map(str::to_owned).collect());
    }
    Ok(first)
}

fn read_table(
    records: &mut dyn Records,
    recognised: &Recognised,
    context: &Context<'_>,
    names: &Names,
) -> Result<Figures, Refusal> {
    let mut record = Record::default();
    for _ in 0..=recognised.before_header {
        records.advance(&mut record)?;
    }
    match recognised.layout.shape {
        Shape::Statement => statement::read(records, recognised, context, names),
        _ => timeline::read(records, recognised, context, names),
    }
}

fn report(sha256: String, size_bytes: u64, layout: &str, encoding: &'static str, found: Figures) -> Report {
    let (mut totals, mut statement_period) = (Vec::new(), None);
    if let Rows::Sums(sums) = &found.rows {
        totals = sums.totals().iter().map(|(currency, total)| (*currency, *total)).collect();
        if let [one] = sums.statements() {
            statement_period = Some(one.clone());
        }
    }
    let facts = Facts {
        sha256,
        size_bytes,
        layout: layout.to_owned(),
        encoding,
        unit: found.unit,
        period: found.period,
        statement_period,
        rows: found.rows.count(),
        tally: found.tally,
        totals,
        notes: found.notes,
    };
    Report { facts, rows: found.rows }
}

// === impl Report ===

impl Report {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.count()
    }

    /// Without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// At most `count` rows from the row `first`, always in the same order: a load that was interrupted goes on.
    pub fn page(&self, first: usize, count: usize) -> Vec<ReportRow> {
        let last = first.saturating_add(count).min(self.len());
        match &self.rows {
            Rows::Sums(sums) => {
                (first..last).filter_map(|index| sums.row(index).map(ReportRow::Royalty)).collect()
            }
            Rows::Plain(rows) => rows.get(first..last).unwrap_or_default().to_vec(),
        }
    }
}
