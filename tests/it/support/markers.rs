//! Looks for what may be nowhere: in any bytes, in every shape in which it could have got there.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

/// What is looked for: planted texts, each in many shapes, all at once.
pub struct Markers {
    /// Shapes in lower case, with what they are.
    shapes: Vec<(String, Vec<u8>)>,
    /// Shapes by their first two bytes.
    begun: Vec<Vec<u32>>,
}

/// Shapes that are shorter could be there by chance.
const SHAPE_LENGTH_MIN: usize = 6;

// === impl Markers ===

impl Markers {
    /// Of these texts.
    pub fn of(texts: &[&str]) -> Self {
        let mut shapes = Vec::new();
        for text in texts {
            for (shape, bytes) in shapes_of(text) {
                assert!(bytes.len() >= SHAPE_LENGTH_MIN, "{text:?} {shape} could be anything");
                shapes.push((format!("{text:?} {shape}"), bytes.to_ascii_lowercase()));
            }
        }
        let mut begun = vec![Vec::new(); 1 << 16];
        for (number, (_, bytes)) in (0..).zip(&shapes) {
            begun[start(bytes)].push(number);
        }
        Self { shapes, begun }
    }

    /// The first that is there, if any.
    pub fn found(&self, bytes: &[u8]) -> Option<&str> {
        let bytes = bytes.to_ascii_lowercase();
        for (at, pair) in bytes.windows(2).enumerate() {
            for number in &self.begun[start(pair)] {
                let (what, shape) = &self.shapes[*number as usize];
                if bytes[at..].starts_with(shape) {
                    return Some(what);
                }
            }
        }
        None
    }

    /// None of them is in these bytes.
    #[track_caller]
    pub fn expect_none(&self, place: &str, bytes: &[u8]) {
        if let Some(found) = self.found(bytes) {
            panic!("{found} is in {place}");
        }
    }

    /// None of them is in any file below but those of these names. Answers how many were read.
    pub fn expect_none_below(&self, directory: &Path, but: &[&str]) -> usize {
        let mut read = 0;
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read += self.expect_none_below(&path, but);
            } else if !but.iter().any(|name| path.ends_with(name)) {
                // A server's files come and go.
                let Ok(bytes) = fs::read(&path) else { continue };
                self.expect_none(&path.display().to_string(), &bytes);
                read += 1;
            }
        }
        read
    }
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// A text as it may stand somewhere. All is compared in lower case.
fn shapes_of(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let escaped = |space: &str| {
        let letter = |letter: char| match letter {
            ' ' => space.to_owned(),
            letter if letter.is_ascii_alphanumeric() || "-_.~".contains(letter) => letter.to_string(),
            letter => format!("%{:02x}", u32::from(letter)),
        };
        text.chars().map(letter).collect::<String>().into_bytes()
    };
    let mut shapes = vec![
        ("as it is", text.as_bytes().to_vec()),
        ("in UTF-16, little end first", wide(u16::to_le_bytes)),
        ("in UTF-16, big end first", wide(u16::to_be_bytes)),
        ("in hexadecimal digits", hex::encode(text).into_bytes()),
        ("percent-encoded", escaped("%20")),
        ("as in a form", escaped("+")),
    ];
    for spelling in [text.to_owned(), text.to_lowercase()] {
        for before in 0..3 {
            // Within a longer text, it begins at any of three places of a group of four; what its neighbours decide is left out.
            let encoded = STANDARD.encode([vec![0; before], spelling.clone().into_bytes()].concat());
            let whole = (before + spelling.len()) / 3 * 4;
            let first = if before == 0 { 0 } else { before + 1 };
            shapes.push(("in Base64", encoded.as_bytes()[first..whole].to_vec()));
        }
        for (name, digest) in [
            ("SHA-256", Sha256::digest(&spelling).to_vec()),
            ("SHA-1", Sha1::digest(&spelling).to_vec()),
            ("MD5", Md5::digest(&spelling).to_vec()),
        ] {
            shapes.push((name, hex::encode(&digest).into_bytes()));
            shapes.push((name, digest));
        }
    }
    shapes
}

#[test]
fn every_shape_is_found() {
    let markers = Markers::of(&["Zqxmark Ada"]);
    let around = |middle: &[u8]| [b"before ", middle, b" after"].concat();
    for text in ["zqxmark ada", "ZQXMARK ADA", "Zqxmark%20Ada", "zqxmark+ada", "5a71786d61726b20416461"] {
        assert!(markers.found(&around(text.as_bytes())).is_some(), "{text}");
    }
    let wide: Vec<u8> = "Zqxmark Ada".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(markers.found(&around(&wide)).is_some());
    for before in ["", "x", "xy", "xyz"] {
        let encoded = STANDARD.encode(format!("{before}Zqxmark Ada, and more"));
        assert!(markers.found(encoded.as_bytes()).is_some(), "{encoded}");
    }
    assert!(markers.found(hex::encode(Md5::digest("zqxmark ada")).as_bytes()).is_some());
    assert!(markers.found(&Sha1::digest("Zqxmark Ada")).is_some());
    assert!(markers.found(b"Zqxmark, Ada").is_none());
}
