//! What a platform hands over of a user, as JSON. What is wrong with it is told without repeating any of it.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};
use rows::personal::Personal;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{AgeStatement, BirthDate, Person};
use crate::limits::{PERSON_BYTES_MAX, PERSON_RECORD_BYTES_MAX, UNSEALED_CHARS_MAX};

/// What is wrong with a record, by field; never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: nothing was stored")]
pub struct FormError(String);

/// A field that may be left as it is, emptied, or set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// It is not named.
    #[default]
    Kept,
    /// It is `null`.
    Emptied,
    /// It has a value.
    Set(T),
}

/// A user's record: fields that are not named stay as they are, `null` empties one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonForm {
    external_id: Field<String>,
    name: Field<Personal>,
    email: Field<Personal>,
    account: Field<Personal>,
    birth_date: Field<BirthDate>,
    age_statement: Field<AgeStatement>,
}

const FIELDS: [&str; 6] = ["external_id", "name", "email", "account", "birth_date", "age_statement"];

// === impl PersonForm ===

impl PersonForm {
    /// Reads a JSON object.
    pub fn read(bytes: &[u8]) -> Result<Self, FormError> {
        if bytes.len() > PERSON_RECORD_BYTES_MAX {
            return Err(FormError(format!("a user's record has at most {PERSON_RECORD_BYTES_MAX} bytes")));
        }
        // The parser's own words may quote what it read.
        let Ok(Value::Object(fields)) = serde_json::from_slice(bytes) else {
            return Err(FormError("a user's record is a JSON object, and this is none".to_owned()));
        };
        if serde_json::from_slice::<Once>(bytes).is_err() {
            return Err(FormError("a field stands there twice".to_owned()));
        }
        if fields.keys().any(|name| !FIELDS.contains(&name.as_str())) {
            return Err(FormError(format!("a field that is not known; expected {}", FIELDS.join(", "))));
        }
        Ok(Self {
            external_id: external_id(&fields)?,
            name: personal(&fields, "name")?,
            email: email(&fields)?,
            account: personal(&fields, "account")?,
            birth_date: field(&fields, "birth_date", "a day such as 1990-12-31", BirthDate::parse)?,
            age_statement: field(
                &fields,
                "age_statement",
                "at_least_13, at_least_16, at_least_18 or under_13",
                AgeStatement::parse,
            )?,
        })
    }

    /// The user's id at the tenant, where it names one.
    pub const fn external_id(&self) -> Option<&String> {
        match &self.external_id {
            Field::Set(id) => Some(id),
            _ => None,
        }
    }

    /// Lays it over what is known of a person.
    pub(super) fn over(self, person: &mut Person) {
        self.external_id.over(&mut person.external_id);
        self.name.over(&mut person.name);
        self.email.over(&mut person.email);
        self.account.over(&mut person.account);
        self.birth_date.over(&mut person.birth_date);
        self.age_statement.over(&mut person.age_statement);
    }
}

/// The fields again, each once: of two values nobody knows which is meant.
#[derive(Deserialize)]
struct Once {
    #[serde(rename = "external_id")]
    _external_id: Option<IgnoredAny>,
    #[serde(rename = "name")]
    _name: Option<IgnoredAny>,
    #[serde(rename = "email")]
    _email: Option<IgnoredAny>,
    #[serde(rename = "account")]
    _account: Option<IgnoredAny>,
    #[serde(rename = "birth_date")]
    _birth_date: Option<IgnoredAny>,
    #[serde(rename = "age_statement")]
    _age_statement: Option<IgnoredAny>,
}

// === impl Field ===

impl<T> Field<T> {
    fn over(self, place: &mut Option<T>) {
        match self {
            Self::Kept => {}
            Self::Emptied => *place = None,
            Self::Set(value) => *place = Some(value),
        }
    }
}

fn field<T>(
    fields: &Map<String, Value>,
    name: &str,
    expected: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Field<T>, FormError> {
    let wrong = || FormError(format!("{name} is not what is expected: {expected}, in quotes"));
    match fields.get(name) {
        None => Ok(Field::Kept),
        Some(Value::Null) => Ok(Field::Emptied),
        Some(Value::String(text)) => read(text).map(Field::Set).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

/// It is kept in the clear, so that nothing that tells of a person may stand in it.
fn external_id(fields: &Map<String, Value>) -> Result<Field<String>, FormError> {
    const LENGTH_MAX: usize = 128;
    let is_usable = |text: &str| {
        (1..=LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    let expected =
        "up to 128 letters, digits, `-`, `_`, `.` and `:`, no address or name, since it is not sealed";
    field(fields, "external_id", expected, |text| is_usable(text).then(|| text.to_owned()))
}

fn personal(fields: &Map<String, Value>, name: &str) -> Result<Field<Personal>, FormError> {
    let expected = format!("text of at most {PERSON_BYTES_MAX} bytes without control characters");
    let found = field(fields, name, &expected, |text| is_plain(text).then(|| Personal::of(text)))?;
    // Blank is empty.
    Ok(match found {
        Field::Set(Some(value)) => Field::Set(value),
        Field::Set(None) | Field::Emptied => Field::Emptied,
        Field::Kept => Field::Kept,
    })
}

/// The one letter that is blank by its shape alone, and no white space.
const BRAILLE_BLANK: char = '\u{2800}';

fn email(fields: &Map<String, Value>) -> Result<Field<Personal>, FormError> {
    let read = |text: &str| {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let is_address = !local.is_empty() && !domain.is_empty() && !text.contains(is_unseen);
        Personal::of(text).filter(|_| is_address && is_plain(text))
    };
    field(fields, "email", "an e-mail address", read)
}

/// White space, and what changes nothing that is seen: with it, an address would be another one, and look the same.
fn is_unseen(letter: char) -> bool {
    let is_ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter);
    let category = CodePointMapData::<GeneralCategory>::new().get(letter);
    letter.is_whitespace() || is_ignorable || category == GeneralCategory::Format || letter == BRAILLE_BLANK
}

/// Whether a text may be kept as it is: nothing in it looks like an address.
pub(super) fn is_unsealed(text: &str) -> bool {
    text.chars().count() <= UNSEALED_CHARS_MAX
        && !text.contains(|letter: char| letter.is_control() || letter == '@')
}

/// Where somebody said something: a form, a letter.
pub(super) fn check_source(source: &str) -> Result<(), FormError> {
    if is_unsealed(source) {
        return Ok(());
    }
    Err(FormError(format!(
        "source is kept as it is: expected up to {UNSEALED_CHARS_MAX} characters such as `sign-up form`, no name, no address"
    )))
}

fn is_plain(text: &str) -> bool {
    text.len() <= PERSON_BYTES_MAX && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<PersonForm, FormError> {
        PersonForm::read(text.as_bytes())
    }

    #[test]
    fn fields_are_kept_emptied_or_set() {
        let form = read(r#"{"name":" Ada ","email":null,"account":"  ","birth_date":"1990-12-31"}"#).unwrap();
        assert_eq!(form.name, Field::Set(Personal::of("Ada").unwrap()));
        assert_eq!((&form.email, &form.account), (&Field::Emptied, &Field::Emptied));
        assert_eq!(form.external_id, Field::Kept);
        assert!(!format!("{form:?}").contains("Ada") && !format!("{form:?}").contains("1990"));
    }

    #[test]
    fn what_is_wrong_is_told_without_its_value() {
        let long = format!(r#"{{"name":"{}"}}"#, "marker".repeat(200));
        for text in [
            r#"{"marker":1}"#,
            r#"{"name":["marker"]}"#,
            r#"{"email":"marker"}"#,
            r#"{"email":"mar ker@example.com"}"#,
            "{\"email\":\"\u{200e}marker@example.com\"}",
            "{\"email\":\"mar\u{200b}ker@example.com\"}",
            "{\"email\":\"mar\u{3164}ker@example.com\"}",
            "{\"email\":\"mar\u{34f}ker@example.com\"}",
            "{\"email\":\"marker\u{fe0f}@example.com\"}",
            "{\"email\":\"marker@example\u{2800}.com\"}",
            r#"{"external_id":"marker@example.com"}"#,
            r#"{"birth_date":"marker"}"#,
            r#"{"birth_date":"1990-12-31T00:00:00"}"#,
            r#"{"age_statement":"marker"}"#,
            r#"{"name":"mar\u0000ker"}"#,
            r#""marker""#,
            "{marker",
            r#"{"age_statement":"under_13","age_statement":"at_least_18","name":"marker"}"#,
            &long,
        ] {
            let error = read(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("marker"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = PersonForm::read(&bytes);
        }

        #[test]
        fn any_text_in_any_field_is_kept_or_refused(which in 0_usize..6, text in ".{0,40}") {
            let record = serde_json::json!({ FIELDS[which]: text }).to_string();
            if let Err(error) = read(&record) {
                prop_assert!(text.len() < 12 || !error.to_string().contains(&text));
            }
        }
    }
}
