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
}

/// Records of delimited text. Line ends are CRLF, LF and CR, also mixed.
pub struct Delimited<R> {
    reader: R,
    core: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    read: u64,
    last_byte: u8,
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
    pub fn new(reader: R, delimiter: u8) -> Self {
        Self {
            reader,
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            bytes: vec![0; RECORD_BYTES_MAX],
            ends: vec![0; COLUMNS_MAX],
            read: 0,
            last_byte: b'\n',
        }
    }
}

impl<R: Read + BufRead> Records for Delimited<R> {
    fn advance(&mut self, record: &mut Record) -> Result<bool, Refusal> {
        let (mut written, mut cells) = (0, 0);
        let line = self.read + 1;
        loop {
            let input = self.reader.fill_buf()?;
            let (result, taken, out, ended) =
                self.core.read_record(input, &mut self.bytes[written..], &mut self.ends[cells..]);
            if let Some(last) = taken.checked_sub(1).and_then(|last| input.get(last)) {
                self.last_byte = *last;
            }
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
        record.begin(line);
        record.bytes.extend_from_slice(&self.bytes[..written]);
        record.ends.extend_from_slice(&self.ends[..cells]);
        Ok(true)
    }

    fn ends_open(&self) -> bool {
        !matches!(self.last_byte, b'\n' | b'\r')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, delimiter: u8) -> Result<Vec<Vec<String>>, Refusal> {
        let mut records = Delimited::new(text.as_bytes(), delimiter);
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
    fn ten_million_columns_and_endless_quotes_cost_no_memory() {
        let wide = ",".repeat(10_000_000);
        assert!(all(&wide, b',').unwrap_err().to_string().contains("columns"));
        let open = format!("a,\"{}", "b".repeat(2 << 20));
        assert!(all(&open, b',').unwrap_err().to_string().contains("quotation mark"));
    }
}
