//! Codes of recordings and releases, as far as reports keep them whole.

/// An ISRC: twelve letters and digits, upper case, without dashes. `None` for anything else.
pub fn isrc(text: &str) -> Option<String> {
    if text.len() > 20 {
        return None;
    }
    let code: String =
        text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
    let is_one = code.len() == 12
        && code.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && code.bytes().skip(2).take(3).all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && code.bytes().skip(5).all(|byte| byte.is_ascii_digit());
    is_one.then_some(code)
}

/// A UPC or EAN: 8 to 14 digits as they stand. What a spreadsheet shortened (`7.61E+11`) is unknown; lost zeros at the
/// beginning are not guessed.
pub fn upc(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("empty:").unwrap_or(text).trim();
    let digits = text.strip_suffix(".0").unwrap_or(text);
    let is_one = (8..=14).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_one && digits.bytes().any(|byte| byte != b'0')).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_whole_or_unknown() {
        assert_eq!(isrc("us-ab1-26-00001").as_deref(), Some("USAB12600001"));
        for text in ["", "USAB1260001", "12AB12600001", "USAB126000012", "USAB12600O01", "ÜSAB12600001"] {
            assert_eq!(isrc(text), None, "{text}");
        }
        for (text, expected) in [
            ("0085012345678", Some("0085012345678")),
            ("761234567890.0", Some("761234567890")),
            ("empty:0761234567890", Some("0761234567890")),
            ("7.61E+11", None),
            ("9.99999E+11", None),
            ("", None),
            ("1234567", None),
            ("000000000000", None),
        ] {
            assert_eq!(upc(text).as_deref(), expected, "{text}");
        }
    }
}
