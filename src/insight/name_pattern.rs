//! Which network campaigns belong to a marketing campaign, by name.

/// A pattern for campaign names: `*` stands for any text, `?` for one character, everything else for itself. Brackets
/// have no meaning, because names such as `[US] Night Drive` are full of them. Letters must match in case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(Vec<char>);

// === impl NamePattern ===

impl NamePattern {
    /// Every text is a pattern.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.chars().collect())
    }

    /// Whether the whole name fits. Takes at most pattern length × name length steps.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (&self.0, name.chars().collect::<Vec<_>>());
        let (mut at, mut position) = (0, 0);
        // Where the last `*` stood and how far into the name it reaches: where to go on when a guess was wrong.
        let mut star: Option<(usize, usize)> = None;
        while position < name.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, position));
                    at += 1;
                }
                Some(&one) if one == '?' || one == name[position] => {
                    at += 1;
                    position += 1;
                }
                _ => {
                    let Some((star_at, reach)) = star else { return false };
                    star = Some((star_at, reach + 1));
                    at = star_at + 1;
                    position = reach + 1;
                }
            }
        }
        pattern[at..].iter().all(|&rest| rest == '*')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, slow and plain.
    fn fits(pattern: &[char], name: &[char]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => fits(rest, name),
            (Some(('*', rest)), Some((_, tail))) => fits(rest, name) || fits(pattern, tail),
            (Some((one, rest)), Some((other, tail))) => (*one == '?' || one == other) && fits(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn patterns_by_hand() {
        for (pattern, name, expected) in [
            ("Night Drive*", "Night Drive / US", true),
            ("Night Drive*", "Night Drive", true),
            ("Night Drive*", "A Night Drive", false),
            ("[US] *", "[US] Night Drive", true),
            ("[US] *", "U Night Drive", false),
            ("*drive", "night drive", true),
            ("n?ght", "nïght", true),
            ("", "", true),
            ("", "x", false),
            ("**", "", true),
        ] {
            assert_eq!(NamePattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(pattern in "[ab*?]{0,8}", name in "[ab]{0,10}") {
            let expected = fits(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>());
            prop_assert_eq!(NamePattern::new(&pattern).matches(&name), expected);
        }
    }
}
