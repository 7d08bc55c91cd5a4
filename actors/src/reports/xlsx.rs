//! Spreadsheets, cell by cell.
//!
//! All parts are read once before a cell is: their real sizes are counted, and what would take memory or hide something
//! (formulas, declared sizes, single texts without end) refuses the file. A number is the shortest decimal that denotes
//! what the file stores (it stores binary fractions); nothing is computed with it.

use std::io::{Read, Seek, SeekFrom};

use calamine::{DataRef, Reader as _, Xlsx, XlsxCellReader, XlsxError};
use memchr::memmem;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::{
    container::{ReadSeek, guarded, refused},
    limits::{
        COLUMNS_MAX, ENTRIES_MAX, PART_BYTES_MAX, RATIO_FROM_BYTES, RATIO_MAX, RECORD_BYTES_MAX,
        SHARED_TEXTS_MAX, SHEET_BYTES_MAX, SHEETS_MAX,
    },
    records::{Record, Records},
    refusal::Refusal,
};

/// A spreadsheet whose parts were all looked at.
pub struct Workbook<'a> {
    xlsx: Xlsx<Box<dyn ReadSeek + 'a>>,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Bytes of the file.
    pub size_bytes: u64,
}

/// The records of one sheet. Rows without cells do not come.
pub struct Sheet<'w, 'a> {
    cells: XlsxCellReader<'w, Box<dyn ReadSeek + 'a>>,
    ahead: Option<(u32, u32, String)>,
    last_row: Option<u32>,
    /// Asked once more, it would read beyond the sheet.
    is_over: bool,
}

/// Rows of a sheet in the format's own definition.
const SHEET_ROWS_MAX: u32 = 1 << 20;

// === impl Workbook ===

impl<'a> Workbook<'a> {
    /// Looks at all parts, then opens it.
    pub fn open(mut reader: Box<dyn ReadSeek + 'a>) -> Result<Self, Refusal> {
        let (sha256, size_bytes) = digest(&mut reader)?;
        let mut zip = guarded("spreadsheet's", || ZipArchive::new(&mut reader).map_err(refused))?;
        guarded("spreadsheet's", || look_at_parts(&mut zip))?;
        drop(zip);
        reader.seek(SeekFrom::Start(0))?;
        let xlsx = guarded("spreadsheet's", || Xlsx::new(reader).map_err(|error| damaged(&error)))?;
        if xlsx.sheet_names().len() > SHEETS_MAX {
            return Err(Refusal::Excessive(format!("the spreadsheet has more than {SHEETS_MAX} sheets")));
        }
        Ok(Self { xlsx, sha256, size_bytes })
    }

    /// Names of its sheets, in its order.
    pub fn sheet_names(&self) -> Vec<String> {
        self.xlsx.sheet_names()
    }

    /// A sheet, from its beginning.
    pub fn sheet(&mut self, name: &str) -> Result<Sheet<'_, 'a>, Refusal> {
        let xlsx = &mut self.xlsx;
        let cells =
            guarded("spreadsheet's", || xlsx.worksheet_cells_reader(name).map_err(|error| damaged(&error)))?;
        // What is declared may be less than there is, and is never believed; what is absurd is no report.
        let (last_row, last_column) = cells.dimensions().end;
        if last_row >= SHEET_ROWS_MAX || last_column as usize >= COLUMNS_MAX {
            return Err(Refusal::Excessive(format!(
                "sheet {name:?} declares {} rows and {} columns; copy the table into a new spreadsheet, or save it as CSV",
                u64::from(last_row) + 1,
                u64::from(last_column) + 1
            )));
        }
        Ok(Sheet { cells, ahead: None, last_row: None, is_over: false })
    }
}

// === impl Sheet ===

impl Sheet<'_, '_> {
    /// The next cell that holds something: its row and column from 0, and its text.
    fn next_cell(&mut self) -> Result<Option<(u32, u32, String)>, Refusal> {
        if let Some(cell) = self.ahead.take() {
            return Ok(Some(cell));
        }
        while !self.is_over {
            let cells = &mut self.cells;
            let cell = guarded("spreadsheet's", || cells.next_cell().map_err(|error| damaged(&error)))?;
            let Some(cell) = cell else {
                self.is_over = true;
                break;
            };
            let (row, column) = cell.get_position();
            if let Some(text) = text_of(cell.get_value()) {
                return Ok(Some((row, column, text)));
            }
        }
        Ok(None)
    }
}

impl Records for Sheet<'_, '_> {
    fn leaves_out(&self) -> bool {
        true
    }

    fn advance(&mut self, record: &mut Record) -> Result<bool, Refusal> {
        let Some((row, mut column, mut text)) = self.next_cell()? else { return Ok(false) };
        if row >= SHEET_ROWS_MAX || self.last_row.is_some_and(|last| last >= row) {
            return Err(Refusal::Damaged(format!(
                "row {} does not follow the row before",
                u64::from(row) + 1
            )));
        }
        self.last_row = Some(row);
        record.begin(u64::from(row) + 1);
        loop {
            if column as usize >= COLUMNS_MAX {
                return Err(Refusal::Excessive(format!(
                    "row {} has more than {COLUMNS_MAX} columns",
                    row + 1
                )));
            }
            if record.len() > column as usize {
                return Err(Refusal::Damaged(format!("cells of row {} are not in order", row + 1)));
            }
            while record.len() < column as usize {
                record.push("");
            }
            record.push(&text);
            if record.byte_len() > RECORD_BYTES_MAX {
                return Err(Refusal::Excessive(format!(
                    "row {} has more than {RECORD_BYTES_MAX} bytes",
                    row + 1
                )));
            }
            match self.next_cell()? {
                Some((next, at, value)) if next == row => (column, text) = (at, value),
                other => {
                    self.ahead = other;
                    return Ok(true);
                }
            }
        }
    }
}

fn text_of(value: &DataRef<'_>) -> Option<String> {
    match value {
        DataRef::Empty => None,
        DataRef::Int(value) => Some(value.to_string()),
        DataRef::Float(value) => Some(value.to_string()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(text.clone()),
        DataRef::SharedString(text) => Some((*text).to_owned()),
        DataRef::Bool(value) => Some(value.to_string()),
        DataRef::Error(error) => Some(error.to_string()),
        DataRef::DateTime(value) => {
            let (year, month, day, ..) = value.to_ymd_hms_milli();
            Some(format!("{year:04}-{month:02}-{day:02}"))
        }
    }
}

fn damaged(error: &XlsxError) -> Refusal {
    let reason: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    Refusal::Damaged(format!("the spreadsheet is not readable ({reason})"))
}

/// SHA-256 in lower-case hex, and how many bytes; then it stands at its beginning.
pub fn digest(reader: &mut (impl Read + Seek)) -> Result<(String, u64), Refusal> {
    let mut hash = Sha256::new();
    let (mut chunk, mut size) = (vec![0; 64 << 10], 0);
    reader.seek(SeekFrom::Start(0))?;
    loop {
        let count = reader.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        hash.update(&chunk[..count]);
        size += count as u64;
    }
    reader.seek(SeekFrom::Start(0))?;
    Ok((hex::encode(hash.finalize()), size))
}

fn look_at_parts<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<(), Refusal> {
    if zip.len() > ENTRIES_MAX {
        return Err(Refusal::Excessive(format!("the spreadsheet has more than {ENTRIES_MAX} parts")));
    }
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).map_err(refused)?;
        let entry = part.entry();
        let name = entry.name().map_err(refused)?.to_ascii_lowercase();
        let is_sheet = name.starts_with("xl/worksheets/");
        let by_ratio = entry.compressed_size().saturating_mul(RATIO_MAX).max(RATIO_FROM_BYTES);
        let bytes_max = by_ratio.min(if is_sheet { SHEET_BYTES_MAX } else { PART_BYTES_MAX });
        let mut scan = Scan::default();
        let (mut chunk, mut size, mut strings) = (vec![0; 64 << 10], 0, Vec::new());
        loop {
            let count = part.read(&mut chunk)?;
            if count == 0 {
                break;
            }
            size += count as u64;
            if size > bytes_max {
                return Err(Refusal::Excessive(format!(
                    "part {name:?} of the spreadsheet unpacks to more than {bytes_max} bytes"
                )));
            }
            scan.see(&chunk[..count])?;
            if name.ends_with("sharedstrings.xml") {
                strings.extend_from_slice(&chunk[..count]);
            }
        }
        if scan.is_sheet && scan.has_formula {
            return Err(Refusal::Unsafe(
                "the spreadsheet holds formulas, whose results are not stored figures; save it with values only, or as CSV"
                    .to_owned(),
            ));
        }
        few_shared_texts(&strings)?;
    }
    Ok(())
}

/// Memory is reserved for as many texts as the part says that it holds.
fn few_shared_texts(part: &[u8]) -> Result<(), Refusal> {
    const COUNT: &[u8] = b"uniqueCount";
    for at in memmem::find_iter(part, COUNT) {
        let rest = part[at + COUNT.len()..].iter().skip_while(|byte| b" \t\r\n='\"".contains(byte));
        let digits = rest.take_while(|byte| byte.is_ascii_digit());
        let count =
            digits.fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
        if count > SHARED_TEXTS_MAX {
            return Err(Refusal::Excessive(format!("the spreadsheet declares {count} texts")));
        }
    }
    Ok(())
}

/// Looks through XML without understanding it.
#[derive(Default)]
struct Scan {
    /// It has rows: what the workbook may show as a sheet, wherever it lies.
    is_sheet: bool,
    has_formula: bool,
    /// Whether it is markup, whatever its name; told by its first bytes.
    is_markup: Option<bool>,
    /// Bytes since the last `<`: one tag or text is held in memory as a whole.
    run: usize,
    /// The name of the element that begins here, while it is read.
    name: Option<Vec<u8>>,
}

impl Scan {
    fn see(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let first = bytes.trim_ascii_start().first();
        let is_markup = *self.is_markup.get_or_insert(is_wide || matches!(first, Some(b'<' | 0xef | 0)));
        if !is_markup {
            return Ok(());
        }
        if memchr::memchr(0, bytes).is_some() {
            return Err(Refusal::Unsafe("a part of the spreadsheet is not written in UTF-8".to_owned()));
        }
        for byte in bytes {
            if *byte == b'<' {
                (self.run, self.name) = (0, Some(Vec::new()));
                continue;
            }
            self.run += 1;
            if self.run > RECORD_BYTES_MAX {
                return Err(Refusal::Excessive(format!(
                    "a single text of the spreadsheet has more than {RECORD_BYTES_MAX} bytes"
                )));
            }
            let Some(name) = &mut self.name else { continue };
            if byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/') {
                let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
                self.has_formula |= local == b"f";
                self.is_sheet |= local == b"sheetData";
                self.name = None;
            } else if name.len() < 64 {
                name.push(*byte);
            }
        }
        Ok(())
    }
}
