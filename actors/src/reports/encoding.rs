//! What a text is encoded in, and its bytes as UTF-8.
//!
//! A byte order mark decides; else a text that is UTF-8 from beginning to end is UTF-8; else one whose every second byte is
//! zero is UTF-16; else it is in one of the encodings of old exports, and its layout says in which.

use std::io::{self, BufRead, Read};

use encoding_rs::{
    DecoderResult, Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252,
};
use sha2::{Digest, Sha256};

use super::{limits::HEAD_BYTES, refusal::Refusal};

/// What is known of a text after all its bytes were seen once.
#[derive(Debug, Clone)]
pub struct Survey {
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// How many bytes.
    pub size_bytes: u64,
    /// The first [`HEAD_BYTES`].
    pub head: Vec<u8>,
    utf8: Utf8,
}

/// Counts of what is and what is not UTF-8.
#[derive(Debug, Clone, Default)]
struct Utf8 {
    /// The end of the last chunk, where a character may be cut.
    carry: Vec<u8>,
    characters_beyond_ascii: u64,
    invalid: u64,
    first_invalid: Option<u64>,
    zeros: u64,
    seen: u64,
}

/// Bytes in some encoding, read as UTF-8. What is not in that encoding is a [`Refusal`].
pub struct Decoded<R> {
    reader: R,
    decoder: encoding_rs::Decoder,
    name: &'static str,
    input: Box<[u8]>,
    input_range: std::ops::Range<usize>,
    output: Box<[u8]>,
    output_range: std::ops::Range<usize>,
    taken: u64,
    is_last: bool,
    is_done: bool,
}

const CHUNK: usize = 64 << 10;

/// Reads all bytes once.
pub fn survey(reader: &mut dyn Read) -> Result<Survey, Refusal> {
    let mut hash = Sha256::new();
    let (mut head, mut utf8) = (Vec::new(), Utf8::default());
    let mut chunk = vec![0; CHUNK];
    let mut size_bytes = 0;
    loop {
        let count = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let bytes = &chunk[..count];
        hash.update(bytes);
        head.extend_from_slice(&bytes[..count.min(HEAD_BYTES - head.len())]);
        utf8.see(bytes);
        size_bytes += count as u64;
    }
    utf8.end();
    Ok(Survey { sha256: hex::encode(hash.finalize()), size_bytes, head, utf8 })
}

/// The beginning of a text, decoded as far as it is whole. Unreadable characters are replaced.
pub fn decode_head(head: &[u8], encoding: &'static Encoding) -> String {
    encoding.decode_with_bom_removal(head).0.into_owned()
}

/// The encoding of this name (`utf-8`, `utf-16le`, `iso-8859-1`, `windows-1251`, `shift_jis` …).
pub fn named(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.as_bytes())
}

// === impl Survey ===

impl Survey {
    /// What the text may be encoded in, likeliest first. Several only if it is none of the Unicode ones: then the layout
    /// decides.
    pub fn encodings(&self) -> Result<Vec<&'static Encoding>, Refusal> {
        let bytes_from =
            |first: Option<u64>| first.map_or_else(String::new, |at| format!(", first at byte {at}"));
        match self.head[..] {
            [0xff, 0xfe, ..] => return Ok(vec![UTF_16LE]),
            [0xfe, 0xff, ..] => return Ok(vec![UTF_16BE]),
            [0xef, 0xbb, 0xbf, ..] if self.utf8.invalid > 0 => {
                return Err(Refusal::Encoding(format!(
                    "it begins as UTF-8, but {} places in it are not{}",
                    self.utf8.invalid,
                    bytes_from(self.utf8.first_invalid)
                )));
            }
            _ => {}
        }
        if self.utf8.zeros > 0 {
            return self.unmarked_utf16();
        }
        if self.utf8.invalid == 0 {
            return Ok(vec![UTF_8]);
        }
        // By chance, an old encoding's text holds few sequences that are UTF-8. Where most are, it was UTF-8 and was damaged.
        if self.utf8.characters_beyond_ascii > self.utf8.invalid {
            return Err(Refusal::Encoding(format!(
                "most of it is UTF-8, but {} places are not{}",
                self.utf8.invalid,
                bytes_from(self.utf8.first_invalid)
            )));
        }
        Ok(vec![SHIFT_JIS, WINDOWS_1251, WINDOWS_1252])
    }

    /// Two bytes a character, of which one is nearly always zero.
    fn unmarked_utf16(&self) -> Result<Vec<&'static Encoding>, Refusal> {
        let zeros =
            |parity: usize| self.head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        // Of a few bytes, chance.
        let enough = (self.head.len() / 5).max(3);
        if odd > enough && even == 0 {
            Ok(vec![UTF_16LE])
        } else if even > enough && odd == 0 {
            Ok(vec![UTF_16BE])
        } else {
            Err(Refusal::Encoding("it holds zero bytes, as no text does".to_owned()))
        }
    }
}

// === impl Utf8 ===

impl Utf8 {
    fn see(&mut self, bytes: &[u8]) {
        self.zeros += memchr::memchr_iter(0, bytes).count() as u64;
        if self.carry.is_empty() && bytes.is_ascii() {
            self.seen += bytes.len() as u64;
            return;
        }
        let mut joined = std::mem::take(&mut self.carry);
        joined.extend_from_slice(bytes);
        let mut rest = &joined[..];
        loop {
            match std::str::from_utf8(rest) {
                Ok(_) => {
                    self.count(rest);
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    self.count(valid);
                    let Some(length) = error.error_len() else {
                        self.carry = after.to_vec();
                        break;
                    };
                    self.invalid_here(length);
                    rest = &after[length..];
                }
            }
        }
    }

    fn end(&mut self) {
        if !self.carry.is_empty() {
            self.invalid_here(self.carry.len());
        }
    }

    fn count(&mut self, valid: &[u8]) {
        self.characters_beyond_ascii += valid.iter().filter(|byte| **byte >= 0xc0).count() as u64;
        self.seen += valid.len() as u64;
    }

    fn invalid_here(&mut self, length: usize) {
        self.invalid += 1;
        self.first_invalid.get_or_insert(self.seen);
        self.seen += length as u64;
    }
}

// === impl Decoded ===

impl<R: Read> Decoded<R> {
    /// Reads `reader` as `encoding`, without its byte order mark.
    pub fn new(reader: R, encoding: &'static Encoding) -> Self {
        Self {
            reader,
            decoder: encoding.new_decoder_with_bom_removal(),
            name: encoding.name(),
            input: vec![0; CHUNK].into(),
            input_range: 0..0,
            // Of two or three bytes a character, four remain at most.
            output: vec![0; CHUNK].into(),
            output_range: 0..0,
            taken: 0,
            is_last: false,
            is_done: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.output_range.is_empty() && !self.is_done {
            if self.input_range.is_empty() && !self.is_last {
                let count = match self.reader.read(&mut self.input) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    other => other?,
                };
                self.input_range = 0..count;
                self.is_last = count == 0;
            }
            let input = &self.input[self.input_range.clone()];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(input, &mut self.output, self.is_last);
            self.input_range.start += read;
            self.taken += read as u64;
            self.output_range = 0..written;
            match result {
                DecoderResult::Malformed(..) => {
                    let (name, at) = (self.name, self.taken);
                    let reason = format!("it is not {name} before byte {at}");
                    return Err(Refusal::Encoding(reason).into_io());
                }
                DecoderResult::InputEmpty => self.is_done = self.is_last,
                DecoderResult::OutputFull => {}
            }
        }
        Ok(())
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.refill()?;
        Ok(&self.output[self.output_range.clone()])
    }

    fn consume(&mut self, amount: usize) {
        self.output_range.start = (self.output_range.start + amount).min(self.output_range.end);
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encodings(bytes: &[u8]) -> Result<Vec<&'static str>, Refusal> {
        let names = |all: Vec<&'static Encoding>| all.into_iter().map(Encoding::name).collect();
        survey(&mut &*bytes)?.encodings().map(names)
    }

    fn decoded(bytes: &[u8], encoding: &'static Encoding) -> io::Result<String> {
        io::read_to_string(Decoded::new(bytes, encoding))
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn encodings_are_recognised() {
        let old = ["Shift_JIS", "windows-1251", "windows-1252"];
        assert_eq!(encodings(b"plain").unwrap(), ["UTF-8"]);
        assert_eq!(encodings("\u{feff}Ä".as_bytes()).unwrap(), ["UTF-8"]);
        assert_eq!(encodings("Ärger".as_bytes()).unwrap(), ["UTF-8"]);
        assert_eq!(encodings(&utf16("\u{feff}date,artist")).unwrap(), ["UTF-16LE"]);
        assert_eq!(encodings(&utf16("date,artist")).unwrap(), ["UTF-16LE"]);
        assert_eq!(encodings(b"Beyonc\xe9").unwrap(), old);
        assert_eq!(encodings(&SHIFT_JIS.encode("反映月,実績月").0).unwrap(), old);
        assert_eq!(encodings(&WINDOWS_1251.encode("Страна Итого").0).unwrap(), old);
    }

    #[test]
    fn what_is_damaged_is_not_guessed() {
        let mut cut = "Ä Ö Ü ß é".as_bytes().to_vec();
        cut[0] = b'x';
        assert!(encodings(&cut).unwrap_err().to_string().contains("first at byte 1"));
        let mut marked = "\u{feff}Ä".as_bytes().to_vec();
        marked.push(0xff);
        assert_eq!(encodings(&marked).unwrap_err().word(), "encoding");
        assert_eq!(encodings(b"a\0b").unwrap_err().word(), "encoding");
        let odd = &utf16("\u{feff}ab")[..5];
        assert_eq!(Refusal::from(decoded(odd, UTF_16LE).unwrap_err()).word(), "encoding");
    }

    #[test]
    fn characters_survive_the_borders_of_chunks() {
        let text = "ä反é".repeat(50_000);
        for shift in 0..3 {
            let text = format!("{}{text}", "x".repeat(shift));
            assert_eq!(encodings(text.as_bytes()).unwrap(), ["UTF-8"]);
            assert_eq!(decoded(text.as_bytes(), UTF_8).unwrap(), text);
            assert_eq!(decoded(&utf16(&text), UTF_16LE).unwrap(), text);
            let japanese = "反映月".repeat(40_000);
            assert_eq!(decoded(&SHIFT_JIS.encode(&japanese).0, SHIFT_JIS).unwrap(), japanese);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let found = survey(&mut &bytes[..]).unwrap();
            prop_assert_eq!(found.size_bytes, bytes.len() as u64);
            if let Ok(all) = found.encodings() {
                for encoding in all {
                    let _ = decoded(&bytes, encoding);
                }
            }
            if std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0) {
                prop_assert_eq!(found.encodings().unwrap_or_default()[0].name(), "UTF-8");
            }
        }
    }
}
