//! Standard codes of recordings and releases, which are the same at every service.

use std::fmt;

/// An International Standard Recording Code (ISO 3901) in upper case, without dashes: `GBDUW0000059`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isrc(String);

/// A release's code on its package, EAN-8 to GTIN-14. Leading zeros belong to it: `0724384960650`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upc(String);

/// A code in upper case, without the dashes and spaces that make it readable. None where nothing is left.
pub fn plain(text: &str) -> Option<String> {
    let letters = text.chars().filter(|letter| *letter != '-' && !letter.is_whitespace());
    let code: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    (!code.is_empty()).then_some(code)
}

// === impl Isrc ===

impl Isrc {
    /// Two letters of a country or agency, three characters of the registrant, two digits of the year, five more; with or
    /// without dashes and spaces, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let code = plain(text)?;
        let bytes = code.as_bytes();
        let is_isrc = bytes.len() == 12
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..5].iter().all(u8::is_ascii_alphanumeric)
            && bytes[5..].iter().all(u8::is_ascii_digit);
        is_isrc.then_some(Self(code))
    }

    /// Twelve letters and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Isrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Upc ===

impl Upc {
    /// 8 to 14 digits, with or without dashes and spaces.
    pub fn parse(text: &str) -> Option<Self> {
        let code = plain(text)?;
        let is_upc = (8..=14).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        is_upc.then_some(Self(code))
    }

    /// Digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Upc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_one_form() {
        for text in ["GBDUW0000059", "gb-duw-00-00059", " GB DUW 00 00059 "] {
            assert_eq!(Isrc::parse(text).unwrap().as_str(), "GBDUW0000059", "{text}");
        }
        assert_eq!(Upc::parse("0 724384 960650").unwrap().as_str(), "0724384960650");
        assert_eq!(plain(" - "), None);
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "GBDUW", "1BDUW0000059", "GBDUW000005X", "GBDUW00000599", "ÄBDUW0000059"] {
            assert_eq!(Isrc::parse(text), None, "{text}");
        }
        for text in ["", "1234567", "123456789012345", "07243849606X0", "٠٧٢٤٣٨٤٩"] {
            assert_eq!(Upc::parse(text), None, "{text}");
        }
    }
}
