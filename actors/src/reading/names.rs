//! What may be repeated of a provider's words: names that it has made, such as those of its errors. Its sentences may not: they
//! quote what was asked or what it keeps, and nobody can tell a person's name in them from any other word.

/// Longest name that is repeated, in bytes: those of providers have less than half of it.
const LENGTH_MAX: usize = 80;

/// A text, if it is a name: a letter, then letters, digits and `signs`, all of them ASCII and not too many.
pub fn name<'a>(text: &'a str, signs: &str) -> Option<&'a str> {
    let is_one = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
    (begins && text.len() <= LENGTH_MAX && text.chars().all(is_one)).then_some(text)
}

/// A number, if it can be a code: those of providers have up to seven digits, telephone numbers have more.
pub fn number(code: i64) -> Option<i64> {
    (code.unsigned_abs() < 100_000_000).then_some(code)
}

/// A numeric code, fit to be shown.
pub fn code(code: i64) -> String {
    number(code).map_or_else(|| "(no code)".to_owned(), |code| code.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_repeated_and_sentences_are_not() {
        for (text, signs) in [
            ("quotaError", ""),
            ("RESOURCE_EXHAUSTED", "_"),
            ("permission_denied", "_"),
            ("Mars/Olympus", "/"),
            ("req_1A", "_"),
        ] {
            assert_eq!(name(text, signs), Some(text));
        }
        for text in [
            "",
            "Ada Lovelace",
            "ada@example.com",
            "+49 151 23456789",
            "4915123456789",
            "_x",
            "Müller",
            "a\u{202e}b",
            "a\nb",
            "a?token=b",
        ] {
            assert_eq!(name(text, "_.-/"), None, "{text}");
        }
        assert_eq!(name(&"x".repeat(LENGTH_MAX + 1), ""), None);
    }

    #[test]
    fn numbers_that_could_be_somebodys_are_not_repeated() {
        for code in [0, -2, 190, 40_001, 2_490_547] {
            assert_eq!(number(code), Some(code));
        }
        for code in [4_915_123_456_789, 123_456_789, -100_000_000, i64::MIN, i64::MAX] {
            assert_eq!(number(code), None);
            assert_eq!(super::code(code), "(no code)");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_one_short_word(text in any::<String>(), signs in "[_./+-]{0,5}") {
            if let Some(name) = name(&text, &signs) {
                prop_assert!(name.len() <= LENGTH_MAX && name.is_ascii());
                prop_assert!(!name.contains(|letter: char| letter.is_whitespace() || letter.is_control()));
            }
        }
    }
}
