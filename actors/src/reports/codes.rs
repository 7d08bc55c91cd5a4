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

/// An ISRC, a UPC or a number in eight bytes: half a million of them are held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(u64);

/// What a [`Code`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// No code.
    None,
    /// An ISRC.
    Isrc(String),
    /// A UPC.
    Upc(String),
    /// A number.
    Number(u32),
}

// === impl Code ===

impl Code {
    /// No code.
    pub const NONE: Self = Self(0);
    const ISRC: u64 = 1 << 62;
    const UPC: u64 = 2 << 62;
    const NUMBER: u64 = 3 << 62;
    const TAG: u64 = 3 << 62;
    /// A UPC's length, because zeros at its beginning count.
    const LENGTH: u32 = 56;

    /// Packs what [`isrc`] gives.
    pub fn isrc(code: &str) -> Self {
        let (letters, digits) = code.split_at_checked(5).unwrap_or_default();
        let value =
            letters.chars().filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| sum * 36 + u64::from(digit));
        let value = digits
            .chars()
            .filter_map(|c| c.to_digit(10))
            .fold(value, |sum, digit| sum * 10 + u64::from(digit));
        Self(Self::ISRC | value)
    }

    /// Packs what [`upc`] gives.
    pub fn upc(code: &str) -> Self {
        let value =
            code.chars().filter_map(|c| c.to_digit(10)).fold(0, |sum, digit| sum * 10 + u64::from(digit));
        Self(Self::UPC | (code.len() as u64) << Self::LENGTH | value)
    }

    /// Packs a number.
    pub fn number(value: u32) -> Self {
        Self(Self::NUMBER | u64::from(value))
    }

    /// What was packed.
    pub fn held(self) -> Held {
        let value = self.0 & !Self::TAG;
        match self.0 & Self::TAG {
            Self::ISRC => {
                let (mut letters, digits) = (value / 10_000_000, value % 10_000_000);
                let mut code = [b'0'; 5];
                for place in code.iter_mut().rev() {
                    *place =
                        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[usize::try_from(letters % 36).unwrap_or(0)];
                    letters /= 36;
                }
                Held::Isrc(format!("{}{digits:07}", String::from_utf8_lossy(&code)))
            }
            Self::UPC => {
                let width = usize::try_from(value >> Self::LENGTH).unwrap_or(0);
                Held::Upc(format!("{:0width$}", value & ((1 << Self::LENGTH) - 1)))
            }
            Self::NUMBER => u32::try_from(value).map_or(Held::None, Held::Number),
            _ => Held::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn what_is_packed_comes_back(code in "[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", upc in "[0-9]{8,14}", number in any::<u32>()) {
            prop_assert_eq!(Code::isrc(&code).held(), Held::Isrc(code));
            prop_assert_eq!(Code::upc(&upc).held(), Held::Upc(upc));
            prop_assert_eq!(Code::number(number).held(), Held::Number(number));
            prop_assert_eq!(Code::NONE.held(), Held::None);
        }
    }
}
