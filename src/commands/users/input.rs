//! Records from stdin or a file, bounded.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
};

use zeroize::Zeroizing;

use super::Record;

/// Most bytes of one record: what somebody pipes in by mistake must not fill memory.
const RECORD_BYTES_MAX: u64 = 64 << 10;

/// What some programs write before the first letter of a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Records, a line each.
pub struct Lines {
    input: Box<dyn BufRead>,
    /// Whether the next one is the first.
    is_first: bool,
}

/// Everything that is there, as one record.
pub fn record(record: &Record) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = open(record)?.take(RECORD_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("the record cannot be read: {error}"))?;
    if bytes.len() as u64 > RECORD_BYTES_MAX {
        return Err(format!("a record has at most {RECORD_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

fn open(record: &Record) -> Result<Box<dyn BufRead>, String> {
    match &record.file {
        None => Ok(Box::new(BufReader::new(io::stdin()))),
        Some(path) => {
            let file =
                File::open(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            Ok(Box::new(BufReader::new(file)))
        }
    }
}

// === impl Lines ===

impl Lines {
    /// Of stdin or a file.
    pub fn open(record: &Record) -> Result<Self, String> {
        Ok(Self { input: open(record)?, is_first: true })
    }

    /// The next one; nothing at the end.
    pub fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let mut line = Zeroizing::new(Vec::new());
        let is_first = std::mem::take(&mut self.is_first);
        let read = self.input.by_ref().take(RECORD_BYTES_MAX + 1).read_until(b'\n', &mut line);
        match read.map_err(|error| format!("it cannot be read: {error}"))? {
            0 => Ok(None),
            bytes if bytes as u64 > RECORD_BYTES_MAX => {
                Err(format!("a record has at most {RECORD_BYTES_MAX} bytes: nothing after this one was read"))
            }
            _ => {
                if is_first && line.starts_with(BYTE_ORDER_MARK) {
                    line.drain(..BYTE_ORDER_MARK.len());
                }
                Ok(Some(line))
            }
        }
    }
}
