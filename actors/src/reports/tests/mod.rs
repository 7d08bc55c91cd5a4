//! Files of every layout, whole and hostile, and the rows that they are.

use std::io::{Cursor, Write as _};

use jiff::civil::date;
use rows::{Currency, DayRange};

use super::{
    container::Container,
    figures::Context,
    refusal::Refusal,
    report::{Report, read},
    row::ReportRow,
    settings::Reading,
};

mod drafts;
mod hostile;
mod layouts;
mod learned;
mod mapped;
mod memory;
mod properties;
mod stored;

/// Reads the one report in these bytes.
fn read_bytes(path: &str, bytes: &[u8]) -> Result<Report, Refusal> {
    read_with(path, bytes, &Reading::default(), None)
}

fn read_with(
    path: &str,
    bytes: &[u8],
    reading: &Reading,
    period: Option<DayRange>,
) -> Result<Report, Refusal> {
    let mut container = Container::open(path, Cursor::new(bytes))?;
    let member = container.members()[0].clone();
    read(&mut container, &member, &Context { path, reading, period })
}

fn june() -> Option<DayRange> {
    DayRange::new(date(2026, 6, 1), date(2026, 6, 30))
}

fn euros() -> Reading {
    Reading { currency: Currency::parse("EUR").ok(), ..Reading::default() }
}

/// A zip of these members.
fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The style 1 shows a number as a day.
const STYLES: &str = "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
    <cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";

/// A workbook of one sheet, with this XML of rows.
fn workbook(dimension: &str, rows: &str, shared: &str) -> Vec<u8> {
    let sheet = format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"{dimension}\"/>\
         <sheetData>{rows}</sheetData></worksheet>"
    );
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Statement\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let links = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"rId2\" Type=\"{relations}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let start = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let shared = if shared.is_empty() { "<sst></sst>" } else { shared };
    zipped(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", start.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A row of cells: numbers as numbers, all else as text.
fn sheet_row(number: u32, cells: &[&str]) -> String {
    let cell = |(index, text): (usize, &&str)| {
        let column = char::from(b'A' + u8::try_from(index).unwrap());
        match text.parse::<f64>() {
            Ok(_) => format!("<c r=\"{column}{number}\"><v>{text}</v></c>"),
            Err(_) => format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
        }
    };
    let cells: String = cells.iter().enumerate().map(cell).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

/// Rows as one line each, unknown parts as `-`.
fn shown(report: &Report) -> Vec<String> {
    report.page(0, usize::MAX).iter().map(line).collect()
}

fn or_dash<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn line(row: &ReportRow) -> String {
    let range = |range: DayRange| format!("{}..{}", range.first, range.last);
    match row {
        ReportRow::Royalty(row) => [
            row.service.clone(),
            row.store.clone(),
            row.track_id.clone(),
            row.country.as_str().to_owned(),
            range(row.period),
            row.kind.as_str().to_owned(),
            or_dash(row.currency.as_ref()),
            or_dash(row.quantity.as_ref()),
            or_dash(row.revenue_exact.as_ref()),
            or_dash(row.revenue.map(|revenue| revenue.0).as_ref()),
            or_dash(row.gross.as_ref()),
            or_dash(row.upc.as_ref()),
            or_dash(row.title.as_ref()),
            or_dash(row.artist_name.as_ref()),
            or_dash(row.statement_period.as_ref()),
            row.lines.to_string(),
        ]
        .join(" | "),
        ReportRow::Track(row) => [
            row.service.clone(),
            row.track_id.clone(),
            range(row.period),
            row.granularity.clone(),
            row.country.as_str().to_owned(),
            or_dash(row.streams.as_ref()),
            or_dash(row.listeners.as_ref()),
            or_dash(row.saves.as_ref()),
            or_dash(row.title.as_ref()),
        ]
        .join(" | "),
        ReportRow::Audience(row) => [
            row.service.clone(),
            row.artist_id.clone(),
            row.date.to_string(),
            or_dash(row.streams.as_ref()),
            or_dash(row.listeners.as_ref()),
            or_dash(row.monthly_listeners.as_ref()),
            or_dash(row.monthly_active_listeners.as_ref()),
            or_dash(row.super_listeners.as_ref()),
            or_dash(row.saves.as_ref()),
            or_dash(row.playlist_adds.as_ref()),
            or_dash(row.followers.as_ref()),
        ]
        .join(" | "),
        ReportRow::Placement(row) => [
            row.service.clone(),
            row.playlist_id.clone(),
            range(row.period),
            or_dash(row.streams.as_ref()),
            or_dash(row.listeners.as_ref()),
            or_dash(row.added_on.as_ref()),
            row.playlist_name.clone(),
            or_dash(row.owner_name.as_ref()),
        ]
        .join(" | "),
        ReportRow::Content(row) => [
            row.service.clone(),
            row.content_id.clone(),
            range(row.period),
            row.granularity.clone(),
            or_dash(row.views.as_ref()),
            or_dash(row.watch_seconds.as_ref()),
            or_dash(row.revenue.as_ref()),
            or_dash(row.currency.as_ref()),
            or_dash(row.title.as_ref()),
        ]
        .join(" | "),
        ReportRow::SmartLink(row) => [
            row.link_id.clone(),
            row.dimension.to_owned(),
            row.dimension_value.clone(),
            row.date.to_string(),
            or_dash(row.visits.as_ref()),
            or_dash(row.unique_visitors.as_ref()),
            or_dash(row.clicks.as_ref()),
            or_dash(row.pre_saves.as_ref()),
        ]
        .join(" | "),
    }
}
