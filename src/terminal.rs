//! Text of others on a terminal: a campaign's name may hold what moves the cursor, rings, hides or rewrites lines.

use std::borrow::Cow;

/// Stands where a character was that does more than show.
const REPLACEMENT: char = '\u{fffd}';

/// As one line: every control character is replaced, ends of lines and tabs too.
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, acts)
}

/// As lines: ends of lines and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |character| acts(character) && !matches!(character, '\n' | '\t'))
}

fn replaced(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.contains(&is_bad) {
        text.chars().map(|character| if is_bad(character) { REPLACEMENT } else { character }).collect()
    } else {
        Cow::Borrowed(text)
    }
}

/// Control characters of both tables, ends of lines of Unicode's own, and what turns the direction of what follows.
fn acts(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_shown_as_unknown() {
        assert_eq!(
            line("Night\u{1b}[2JDrive\u{7}\0\r\n\u{9b}x\u{7f}"),
            "Night\u{fffd}[2JDrive\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}x\u{fffd}"
        );
        assert_eq!(lines("a\tb\nc\u{1b}\r"), "a\tb\nc\u{fffd}\u{fffd}");
        assert_eq!(line("\u{202e}evird"), "\u{fffd}evird");
        for plain in ["", "Für Elise – 夜のドライブ 🎵", "שלום"] {
            assert!(matches!(line(plain), Cow::Borrowed(text) if text == plain));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_acts_is_left(text in any::<String>()) {
            prop_assert!(!line(&text).chars().any(char::is_control));
            prop_assert_eq!(line(&text).chars().count(), text.chars().count());
            prop_assert!(!lines(&text).contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
        }
    }
}
