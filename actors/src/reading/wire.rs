//! Values as providers write them: numbers as JSON numbers or as texts, ids as either. Digits are taken as they were sent
//! and never pass through a float; an error says what was expected, and nothing of what was found.
//!
//! These types read the raw text of a value, so that they work inside JSON that `serde_json` reads from text or bytes, and
//! nowhere else (no `#[serde(flatten)]`, no untagged enum, no `from_value`).
//!
//! An absent field is the caller's to decide: `Option` where it is unknown, `#[serde(default)]` with [`Asked`] where the
//! contract says that it is zero.

use std::{borrow::Cow, fmt};

pub use rows::decimal::NumberError;
use rows::{Decimal, Micros};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

use super::elements::Unreadable;

/// The text of a JSON string or number, as sent: the answer's own where it holds no escapes, since rows of reports come by
/// the million.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

/// An id that is opaque: a text that is not empty, without white space and `@` (sentences and addresses are no ids), or a whole number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub String);

/// An id that is a whole number, sent as number or text: exactly the digits that were sent, at most [`NumericId::LENGTH_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericId(pub String);

/// A whole number with its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Whole(pub i64);

/// A whole number of at least 0. `12.0` is one; `1e3` is not: what counts in that form has passed through a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count(pub i64);

/// A decimal number: `24.87`, `4.7e-05`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact(pub Decimal);

/// A value of which the provider may say that it does not know it, with `null`, an empty text or a dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dashed<T>(pub Option<T>);

/// A number that the provider hides behind a negative one: unknown, as `null` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masked<T>(pub Option<T>);

/// A field that was asked for, of a provider that leaves out what is zero. Needs `#[serde(default)]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Asked<T> {
    /// Left out: zero.
    #[default]
    Absent,
    /// `null`: unknown.
    Null,
    /// Said.
    Said(T),
}

/// An object of which the id is all that is read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Identified {
    /// Its id.
    pub id: Id,
}

/// What is read from the text of a JSON string or number.
pub trait Scalar: Sized {
    /// What it is, for errors: `a count`.
    const EXPECTED: &'static str;

    /// Reads it.
    fn read(text: &str) -> Result<Self, NumberError>;
}

// === impl Text ===

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'de RawValue>::deserialize(deserializer)?.get();
        match text.as_bytes() {
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
                Ok(Self(Cow::Borrowed(&text[1..text.len() - 1])))
            }
            [b'"', ..] => {
                serde_json::from_str(text).map(|text| Self(Cow::Owned(text))).map_err(D::Error::custom)
            }
            [b'-' | b'0'..=b'9', ..] => Ok(Self(Cow::Borrowed(text))),
            _ => Err(unexpected("a text or a number")),
        }
    }
}

// === impl Id ===

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        let is_text = raw.get().starts_with('"');
        let text: Text<'de> = serde_json::from_str(raw.get()).map_err(|_| unexpected("an id"))?;
        let is_odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '@';
        let is_id = if is_text { !text.0.is_empty() && !text.0.contains(is_odd) } else { is_whole(&text.0) };
        is_id.then(|| Self(text.0.into_owned())).ok_or_else(|| unexpected("an id"))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl NumericId ===

impl NumericId {
    /// Digits of 2^64, and a sign.
    pub const LENGTH_MAX: usize = 21;
}

impl Scalar for NumericId {
    const EXPECTED: &'static str = "an id that is a whole number";

    fn read(text: &str) -> Result<Self, NumberError> {
        if !is_whole(text) {
            return Err(NumberError::NotNumber);
        }
        if text.len() > Self::LENGTH_MAX {
            return Err(NumberError::TooLarge);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for NumericId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Whole ===

impl Scalar for Whole {
    const EXPECTED: &'static str = "a whole number below 2^63";

    fn read(text: &str) -> Result<Self, NumberError> {
        if !is_whole(text) {
            return Err(NumberError::NotNumber);
        }
        text.parse().map(Self).map_err(|_| NumberError::TooLarge)
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl Count ===

impl Scalar for Count {
    const EXPECTED: &'static str = "a whole number of at least 0 and below 2^63";

    fn read(text: &str) -> Result<Self, NumberError> {
        let whole = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0') => {
                whole
            }
            _ => text,
        };
        if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NumberError::NotNumber);
        }
        whole.parse().map(Self).map_err(|_| NumberError::TooLarge)
    }
}

// === impl Exact ===

impl Exact {
    /// The same where it is not below 0, as `field` never is.
    pub const fn not_negative(self, field: &'static str) -> Result<Self, Unreadable> {
        if self.0.is_negative() { Err(Unreadable::Form(field, "number of at least 0")) } else { Ok(self) }
    }

    /// The whole number that it is, however it is written (`512.0`, `1.2E3`); `field` is named where it is none.
    pub fn whole(self, field: &'static str) -> Result<i64, Unreadable> {
        self.0.whole().ok_or(Unreadable::Count(field))
    }

    /// The nearest whole number to so many times the same; `field` is named where it is too large.
    pub fn times(self, count: i64, field: &'static str) -> Result<i64, Unreadable> {
        self.0.times(count).and_then(Decimal::round).ok_or(Unreadable::TooLarge(field))
    }

    /// As an amount; `field` is named where it does not fit.
    pub fn micros(self, field: &'static str) -> Result<Micros, Unreadable> {
        self.0.micros().ok_or(Unreadable::Money(field))
    }
}

impl Scalar for Exact {
    const EXPECTED: &'static str = "a decimal number";

    fn read(text: &str) -> Result<Self, NumberError> {
        Decimal::parse(text).map(Self)
    }
}

// === impl Micros ===

impl Scalar for Micros {
    const EXPECTED: &'static str = "a decimal number that fits 64 bits of millionths";

    fn read(text: &str) -> Result<Self, NumberError> {
        Decimal::parse(text)?.micros().ok_or(NumberError::TooLarge)
    }
}

macro_rules! deserialize_scalars {
    ($($name:ty),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Text::deserialize(deserializer)?;
                Self::read(&text.0).map_err(|_| unexpected(Self::EXPECTED))
            }
        }
    )*};
}

deserialize_scalars!(NumericId, Whole, Count, Exact);

// === impl Dashed ===

impl<T> Default for Dashed<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Dashed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<Text<'de>>::deserialize(deserializer)?;
        let Some(text) = text.as_ref().map(|text| text.0.trim()).filter(|text| !is_dash(text)) else {
            return Ok(Self(None));
        };
        T::read(text).map(|value| Self(Some(value))).map_err(|_| unexpected(T::EXPECTED))
    }
}

// === impl Masked ===

impl<T> Default for Masked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Masked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(text) = Option::<Text<'de>>::deserialize(deserializer)? else { return Ok(Self(None)) };
        if Decimal::parse(&text.0).is_ok_and(Decimal::is_negative) {
            return Ok(Self(None));
        }
        T::read(&text.0).map(|value| Self(Some(value))).map_err(|_| unexpected(T::EXPECTED))
    }
}

// === impl Asked ===

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Asked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Said))
    }
}

impl<T> Asked<T> {
    /// The value; `zero` where it was left out, none where it is unknown.
    pub fn or_zero(self, zero: T) -> Option<T> {
        match self {
            Self::Absent => Some(zero),
            Self::Null => None,
            Self::Said(value) => Some(value),
        }
    }
}

/// A text, of a provider that leaves one empty that is not there.
pub fn not_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Digits, with or without a minus before them.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Nothing at all, or a hyphen or dash, once or twice.
fn is_dash(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, '-' | '–' | '—')) && text.chars().count() <= 2
}

fn unexpected<E: serde::de::Error>(expected: &'static str) -> E {
    E::custom(format_args!("a value of another form, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::DeserializeOwned;

    use super::*;

    fn read<T: DeserializeOwned>(json: &str) -> Option<T> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn an_id_is_a_text_or_a_whole_number() {
        for (json, id) in [
            (r#""ch_3OaBc""#, "ch_3OaBc"),
            ("18446744073709551615", "18446744073709551615"),
            (r#""caf\u00e9""#, "café"),
            (r#""7""#, "7"),
        ] {
            assert_eq!(read::<Id>(json), Some(Id(id.to_owned())), "{json}");
        }
        let sentences = [r#""Ada Lovelace""#, r#""a\tb""#, r#""ada@example.com""#, r#""\u0007""#];
        for json in [r#""""#, "1.5", "1e3", "null", "true", "[1]", "{}"].iter().chain(&sentences) {
            assert_eq!(read::<Id>(json), None, "{json}");
        }
    }

    #[test]
    fn a_numeric_id_keeps_its_digits() {
        for id in ["18446744073709551615", "\"9007199254740993\"", "-9007199254740993"] {
            assert_eq!(read::<NumericId>(id), Some(NumericId(id.trim_matches('"').to_owned())));
        }
        for json in ["1.5", "1e3", "\"\"", "\"1 OR 1\"", "\"+7\"", "\"1234567890123456789012\""] {
            assert_eq!(read::<NumericId>(json), None, "{json}");
        }
    }

    #[test]
    fn whole_numbers_are_exact_in_either_form() {
        assert_eq!(read("9007199254740993"), Some(Whole(9_007_199_254_740_993)));
        assert_eq!(read("\"-9007199254740993\""), Some(Whole(-9_007_199_254_740_993)));
        assert_eq!(read("\"12.00\""), Some(Count(12)));
        for json in ["9223372036854775808", "1.5", "\"seven\"", "1e3", "null"] {
            assert_eq!((read::<Whole>(json), read::<Count>(json)), (None, None), "{json}");
        }
        assert_eq!(read::<Count>("-1"), None);
        assert_eq!(Count::read("18446744073709551615"), Err(NumberError::TooLarge));
        assert_eq!(Count::read(".0"), Err(NumberError::NotNumber));
    }

    #[test]
    fn decimals_are_exact_with_and_without_exponent() {
        for (json, shown) in [("4.7e-05", "0.000047"), ("\"0.000000000001\"", "0.000000000001"), ("25", "25")]
        {
            assert_eq!(read::<Exact>(json).unwrap().0.to_string(), shown, "{json}");
        }
        for json in ["\"abc\"", "{}", "true", "\"\"", "1e999", "[1]", "\"1,5\""] {
            assert_eq!(read::<Exact>(json), None, "{json}");
        }
    }

    #[test]
    fn a_dash_or_null_is_unknown_and_nothing_else_is() {
        for json in ["null", r#""-""#, r#""--""#, r#"" ""#, r#""""#, r#""—""#] {
            assert_eq!(read::<Dashed<Count>>(json), Some(Dashed(None)), "{json}");
        }
        assert_eq!(read::<Dashed<Count>>("\"0\""), Some(Dashed(Some(Count(0)))));
        for json in [r#""n/a""#, r#""-5""#, r#""---""#, "[]"] {
            assert_eq!(read::<Dashed<Count>>(json), None, "{json}");
        }
    }

    #[test]
    fn a_masked_number_is_unknown() {
        assert_eq!(read::<Masked<Count>>("-1"), Some(Masked(None)));
        assert_eq!(read::<Masked<Count>>("null"), Some(Masked(None)));
        assert_eq!(read::<Masked<Exact>>("-0.5"), Some(Masked(None)));
        assert_eq!(read::<Masked<Count>>("0"), Some(Masked(Some(Count(0)))));
        assert_eq!(read::<Masked<Count>>("\"-\""), None);
    }

    #[test]
    fn what_is_left_out_is_told_from_what_is_null() {
        #[derive(Debug, Deserialize)]
        struct Metrics {
            #[serde(default)]
            clicks: Asked<Count>,
        }
        let clicks = |json| read::<Metrics>(json).unwrap().clicks.or_zero(Count(0));
        assert_eq!(clicks("{}"), Some(Count(0)));
        assert_eq!(clicks(r#"{"clicks":null}"#), None);
        assert_eq!(clicks(r#"{"clicks":"7"}"#), Some(Count(7)));
    }

    #[test]
    fn errors_do_not_repeat_what_was_found() {
        let error = serde_json::from_str::<Count>(r#""ada@example.com""#).unwrap_err().to_string();
        assert!(error.contains("expected a whole number") && !error.contains("ada"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[-+0-9.eE]{0,24}|.{0,40}") {
            let json = serde_json::to_string(&text).unwrap();
            let _ = (read::<Id>(&json), read::<NumericId>(&json), read::<Whole>(&json), read::<Count>(&json));
            let _ = (read::<Exact>(&json), read::<Dashed<Count>>(&json), read::<Masked<Exact>>(&json));
        }

        #[test]
        fn any_number_survives_in_both_forms(number in any::<i64>()) {
            prop_assert_eq!(read(&number.to_string()), Some(Whole(number)));
            prop_assert_eq!(read(&format!("\"{number}\"")), Some(Whole(number)));
            prop_assert_eq!(read(&number.to_string()), (number >= 0).then_some(Count(number)));
        }
    }
}
