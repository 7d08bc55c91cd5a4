//! A response's body: collected as it comes, then unpacked in one go, both within one limit of size.
//!
//! Unpacking here, not in the HTTP client, costs half: the client hands out what it unpacks in pieces of 8 kB, each of which
//! is copied again.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

/// What we can unpack: the value of `accept-encoding`.
pub const ACCEPTED: &str = "gzip";

/// Room that is taken on a provider's word for a body's length, packed or not; beyond, it has to send the bytes first.
const TRUSTED_BYTES_MAX: usize = 1024 * 1024;

/// Why a body cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Larger than the limit.
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    /// Packed in a way that we did not ask for.
    #[error("packed as {0:?}, not as gzip")]
    Encoding(String),
    /// Not what a gzip file looks like, or only a part of one.
    #[error("gzip that cannot be unpacked: {0}")]
    Packed(String),
}

/// A body that is still coming.
#[derive(Debug)]
pub struct Collecting {
    bytes: BytesMut,
    limit: usize,
}

// === impl Collecting ===

impl Collecting {
    /// Begins one of `announced` bytes, as far as the answer says, and at most `limit`.
    pub fn new(announced: Option<u64>, limit: usize) -> Self {
        let announced = announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
        Self { bytes: BytesMut::with_capacity(announced.min(TRUSTED_BYTES_MAX).min(limit)), limit }
    }

    /// Takes the next part.
    pub fn push(&mut self, part: &[u8]) -> Result<(), BodyError> {
        if self.bytes.len() + part.len() > self.limit {
            return Err(BodyError::TooLarge(self.limit));
        }
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// The whole body, unpacked if its headers say that it is packed.
    pub fn finish(self, headers: &HeaderMap) -> Result<Bytes, BodyError> {
        let encoding = headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().trim_ascii());
        match encoding {
            None | Some(b"" | b"identity") => Ok(self.bytes.freeze()),
            // An answer without a body (204) may still name an encoding.
            _ if self.bytes.is_empty() => Ok(Bytes::new()),
            Some(name) if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => {
                unpack(&self.bytes, self.limit).map(Bytes::from)
            }
            Some(other) => {
                Err(BodyError::Encoding(String::from_utf8_lossy(other).chars().take(40).collect()))
            }
        }
    }
}

fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut unpacked = Vec::with_capacity(announced_length(packed).min(TRUSTED_BYTES_MAX).min(limit));
    // One byte more tells a body of just the limit from a larger one.
    let mut decoder = MultiGzDecoder::new(packed).take(limit as u64 + 1);
    decoder.read_to_end(&mut unpacked).map_err(|error| BodyError::Packed(error.to_string()))?;
    if unpacked.len() > limit {
        return Err(BodyError::TooLarge(limit));
    }
    Ok(unpacked)
}

/// What gzip's last four bytes say of the length before packing (RFC 1952, ISIZE), and one byte more: the reader asks once
/// after the end, and would double a full buffer for it.
fn announced_length(packed: &[u8]) -> usize {
    packed.last_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(body: &[u8], encoding: Option<&'static str>, limit: usize) -> Result<Bytes, BodyError> {
        let mut headers = HeaderMap::new();
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        let mut collecting = Collecting::new(Some(body.len() as u64), limit);
        for part in body.chunks(1_000) {
            collecting.push(part)?;
        }
        collecting.finish(&headers)
    }

    #[test]
    fn a_body_just_at_the_limit_is_taken_and_one_beyond_is_not() {
        let text = vec![b'x'; 5_000];
        for (body, encoding) in
            [(text.clone(), None), (gzip(&text), Some("gzip")), (gzip(&text), Some("GZIP"))]
        {
            assert_eq!(read(&body, encoding, 5_000).unwrap(), text);
            assert_eq!(read(&body, encoding, 4_999), Err(BodyError::TooLarge(4_999)));
        }
    }

    #[test]
    fn a_small_file_that_unpacks_to_much_is_given_up_at_the_limit() {
        let mut bomb = gzip(&vec![0; 10_000_000]);
        assert!(bomb.len() < 100_000);
        assert_eq!(read(&bomb, Some("gzip"), 100_000), Err(BodyError::TooLarge(100_000)));
        // What it says of its length is only a hint.
        let end = bomb.len() - 4;
        bomb[end..].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(read(&bomb, Some("gzip"), 100_000), Err(BodyError::TooLarge(100_000)));
    }

    #[test]
    fn several_files_in_a_row_are_one_body() {
        let body = [gzip(b"one, "), gzip(b"two")].concat();
        assert_eq!(read(&body, Some("gzip"), 100).unwrap(), "one, two");
    }

    #[test]
    fn a_part_of_a_file_or_no_file_is_an_error() {
        let whole = gzip(b"a text that is packed");
        for length in 1..whole.len() {
            assert!(
                matches!(read(&whole[..length], Some("gzip"), 100), Err(BodyError::Packed(_))),
                "{length}"
            );
        }
        assert!(matches!(read(b"{\"plain\":true}", Some("gzip"), 100), Err(BodyError::Packed(_))));
    }

    #[test]
    fn what_was_not_asked_for_is_named() {
        assert_eq!(read(b"...", Some("br"), 100), Err(BodyError::Encoding("br".to_owned())));
        assert_eq!(read(b"as it is", Some("identity"), 100).unwrap(), "as it is");
        assert_eq!(read(b"", Some("br"), 100).unwrap(), "");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&body, Some("gzip"), 1_000);
        }

        #[test]
        fn packing_and_unpacking_is_the_identity(text in proptest::collection::vec(any::<u8>(), 0..5_000)) {
            prop_assert_eq!(read(&gzip(&text), Some("gzip"), 10_000).unwrap(), text);
        }
    }
}
