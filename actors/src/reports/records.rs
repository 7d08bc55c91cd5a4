//! A table's records, one after the other, in memory of a fixed size.

use std::io::{BufRead, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{
    limits::{COLUMNS_MAX, RECORD_BYTES_MAX},
    refusal::Refusal,
};

/// One record: its cells, and which one it is.
#[derive(Debug, Clone, Default)]
pub struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Counted from 1, header and preamble included. In a table without blank lines, this is the line.
    pub line: u64,
}

/// Where records come from.
pub trait Records {
    /// Reads the next record into `record`; false at the end.
    fn advance(&mut self, record: &mut Record) -> Result<bool, Refusal>;

    /// After the last record: whether it ended where a record may be cut off.
    fn ends_open(&self) -> bool {
        false
    }

    /// After the last record: whether a quotation mark in it is certainly not closed.
    fn ends_quoted(&self) -> bool {
        false
    }

    /// Whether records without their last cells are usual, because empty cells are not stored.
    fn leaves_out(&self) -> bool {
        false
    }
}

/// How cells of text are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Between cells.
    pub delimiter: u8,
    /// Whether `"` encloses cells; else it is a character as any other.
    pub is_quoted: bool,
}

/// Records of delimited text. Line ends are CRLF, LF and CR, also mixed.
pub struct Delimited<R> {
    reader: R,
    core: Reader,
    dialect: Dialect,
    width: usize,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    read: u64,
    last_byte: u8,
    is_unclosed: bool,
}

// === impl Record ===

impl Record {
    /// A cell, `""` when there are fewer. Without the formula `="…"` that keeps spreadsheets from changing digits, and
    /// without white space around it.
    pub fn get(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let cell = self.bytes.get(start..*end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let cell = cell.unwrap_or_default().trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell)
    }

    /// The bytes of all cells.
    fn raw_cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.bytes.get(start..*end))
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Without any text.
    pub fn is_empty(&self) -> bool {
        (0..self.len()).all(|index| self.get(index).is_empty())
    }

    /// All cells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Without cells, for the record of this number.
    pub(super) fn begin(&mut self, line: u64) {
        self.bytes.clear();
        self.ends.clear();
        self.line = line;
    }

    /// Adds a cell behind the others.
    pub(super) fn push(&mut self, cell: &str) {
        self.bytes.extend_from_slice(cell.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// Bytes of all cells together.
    pub(super) fn byte_len(&self) -> usize {
        self.bytes.len()
    }
}

// === impl Delimited ===

impl<R: Read + BufRead> Delimited<R> {
    /// Reads `reader`, which gives UTF-8.
    pub fn new(reader: R, dialect: Dialect) -> Self {
        let Dialect { delimiter, is_quoted } = dialect;
        Self {
            reader,
            core: ReaderBuilder::new().delimiter(delimiter).quoting(is_quoted).build(),
            dialect,
            width: 0,
            bytes: vec![0; RECORD_BYTES_MAX],
            ends: vec![0; COLUMNS_MAX],
            read: 0,
            last_byte: b'\n',
            is_unclosed: false,
        }
    }

    /// From here on, records have so many cells.
    pub fn set_width(&mut self, width: usize) {
        self.width = width;
    }

    /// Whether a cell of several lines holds as many delimiters as a record has: an honest one is a remark.
    fn holds_records(&self, record: &Record) -> bool {
        memchr::memchr2(b'\r', b'\n', &record.bytes).is_some()
            && record.raw_cells().any(|cell| {
                memchr::memchr2(b'\r', b'\n', cell).is_some()
                    && memchr::memchr_iter(self.dialect.delimiter, cell).count() + 1 >= self.width
            })
    }
}

impl<R: Read + BufRead> Records for Delimited<R> {
    fn advance(&mut self, record: &mut Record) -> Result<bool, Refusal> {
        let (mut written, mut cells, mut quotes) = (0, 0, 0);
        let line = self.read + 1;
        loop {
            let input = self.reader.fill_buf()?;
            let (result, taken, out, ended) =
                self.core.read_record(input, &mut self.bytes[written..], &mut self.ends[cells..]);
            if let Some(last) = taken.checked_sub(1).and_then(|last| input.get(last)) {
                self.last_byte = *last;
            }
            quotes += memchr::memchr_iter(b'"', input.get(..taken).unwrap_or_default()).count();
            self.reader.consume(taken);
            written += out;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(false),
                ReadRecordResult::OutputFull => {
                    return Err(Refusal::Excessive(format!(
                        "record {line} has more than {RECORD_BYTES_MAX} bytes; a quotation mark may be missing"
                    )));
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(Refusal::Excessive(format!(
                        "record {line} has more than {COLUMNS_MAX} columns"
                    )));
                }
            }
        }
        self.read = line;
        // Marks that are no part of a cell come in pairs.
        self.is_unclosed = self.dialect.is_quoted
            && quotes % 2 == 1
            && memchr::memchr(b'"', &self.bytes[..written]).is_none();
        record.begin(line);
        record.bytes.extend_from_slice(&self.bytes[..written]);
        record.ends.extend_from_slice(&self.ends[..cells]);
        if self.width > 1 && self.holds_records(record) {
            return Err(Refusal::Damaged(format!(
                "a quotation mark in record {line} is not closed, so that it holds the records behind it"
            )));
        }
        Ok(true)
    }

    fn ends_open(&self) -> bool {
        !matches!(self.last_byte, b'\n' | b'\r')
    }

    fn ends_quoted(&self) -> bool {
        self.is_unclosed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, delimiter: u8) -> Result<Vec<Vec<String>>, Refusal> {
        let mut records = Delimited::new(text.as_bytes(), Dialect { delimiter, is_quoted: true });
        let (mut record, mut all) = (Record::default(), Vec::new());
        while records.advance(&mut record)? {
            all.push(record.cells().map(str::to_owned).collect());
        }
        Ok(all)
    }

    #[test]
    fn line_ends_of_all_kinds_end_records() {
        for text in ["a,b\nc,d\n", "a,b\r\nc,d\r\n", "a,b\rc,d\r", "a,b\rc,d\n", "a,b\n\n\r\nc,d"] {
            assert_eq!(all(text, b',').unwrap(), [["a", "b"], ["c", "d"]], "{text:?}");
        }
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        assert_eq!(all("\"a;\r\n\"\"b\"\"\";c\n", b';').unwrap(), [["a;\r\n\"b\"", "c"]]);
        assert_eq!(all("=\"0085\",x\n", b',').unwrap(), [["0085", "x"]]);
        assert_eq!(all("\"=\"\"0085\"\"\",x\n", b',').unwrap(), [["0085", "x"]]);
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_swallows_no_records() {
        let read = |text: &str, is_quoted| {
            let mut records = Delimited::new(text.as_bytes(), Dialect { delimiter: b'\t', is_quoted });
            records.set_width(3);
            let (mut record, mut all) = (Record::default(), Vec::new());
            while records.advance(&mut record)? {
                all.push(record.cells().map(str::to_owned).collect::<Vec<_>>());
            }
            Ok::<_, Refusal>(all)
        };
        let text = "1\t\"Heroes\t5\n2\tOther\t6\n3\t\"Third\"\t7\n";
        assert_eq!(read(text, true).unwrap_err().word(), "damaged");
        assert_eq!(
            read(text, false).unwrap(),
            [["1", "\"Heroes", "5"], ["2", "Other", "6"], ["3", "\"Third\"", "7"]]
        );
        assert_eq!(read("1\t\"a\nremark\"\t5\n", true).unwrap(), [["1", "a\nremark", "5"]]);
    }

    #[test]
    fn ten_million_columns_and_endless_quotes_cost_no_memory() {
        let wide = ",".repeat(10_000_000);
        assert!(all(&wide, b',').unwrap_err().to_string().contains("columns"));
        let open = format!("a,\"{}", "b".repeat(2 << 20));
        assert!(all(&open, b',').unwrap_err().to_string().contains("quotation mark"));
    }
}
