//! What files stand for, as text, and how what two of them stand for meets.
//!
//! The text begins with the layout's name. Of a set it goes on with `statements` or `transactions` and the names of what is in it, one
//! space before each. A space within a name is written as [`NO_BREAK`]; earlier versions left it as it was, and named no transactions.

use std::{collections::HashSet, fmt};

use super::{FileFacts, FileRecord};
use crate::day::DayRange;

/// Of what a unit is a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOf {
    /// Statements: their months, days, numbers.
    Statements,
    /// Single transactions.
    Transactions,
}

/// What a file stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stands<'a> {
    layout: &'a str,
    unit: &'a str,
    period: Option<DayRange>,
}

/// How what a file stands for meets what another one stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meeting {
    /// They have nothing in common.
    Apart,
    /// It stands for all that the other one stands for.
    Whole,
    /// For a part of it.
    Part(Part),
    /// They speak of the same days, and which transactions the other one has was not kept.
    Unknown,
}

/// What two sets have in common, and what the first one lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    of: SetOf,
    common: Vec<String>,
    lacking: Vec<String>,
}

/// Stands for a space within a name.
const NO_BREAK: &str = "\u{a0}";
/// So many statements are named to a person; the others are counted.
const NAMED_MAX: usize = 3;

// === impl SetOf ===

impl SetOf {
    const ALL: [Self; 2] = [Self::Statements, Self::Transactions];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Statements => "statements",
            Self::Transactions => "transactions",
        }
    }

    /// The text of a unit that is the set of these, without the layout's name.
    pub fn text<T: AsRef<str>>(self, names: impl IntoIterator<Item = T>) -> String {
        let mut text = self.as_str().to_owned();
        for name in names {
            text.push(' ');
            text.push_str(&name.as_ref().replace(' ', NO_BREAK));
        }
        text
    }
}

// === impl Stands ===

impl<'a> Stands<'a> {
    /// A file's that was just read.
    pub fn of_facts(facts: &'a FileFacts) -> Self {
        Self { layout: &facts.layout, unit: &facts.unit, period: facts.period }
    }

    /// A known file's; `None` where it could not be read.
    pub fn of_record(file: &'a FileRecord) -> Option<Self> {
        Some(Self { layout: file.layout.as_deref()?, unit: file.unit.as_deref()?, period: file.period })
    }

    /// How it meets what another file stands for.
    pub fn meets(self, other: Self) -> Meeting {
        if self.layout != other.layout {
            return Meeting::Apart;
        }
        match (self.set(), other.set()) {
            (Some((of, own)), Some((its, names))) if of == its => {
                let nothing_kept = |names: &HashSet<&str>| of == SetOf::Transactions && names.is_empty();
                if nothing_kept(&own) || nothing_kept(&names) {
                    return self.meets_by_days(other);
                }
                if self.unit == other.unit { Meeting::Whole } else { meeting(of, &own, &names) }
            }
            _ if self.unit == other.unit => Meeting::Whole,
            _ => Meeting::Apart,
        }
    }

    /// Its names, where it is a set. What has no name (a blank cell) meets nothing.
    fn set(self) -> Option<(SetOf, HashSet<&'a str>)> {
        let text = self.unit.strip_prefix(self.layout)?.strip_prefix(' ')?;
        SetOf::ALL.into_iter().find_map(|of| {
            let names = text.strip_prefix(of.as_str())?;
            (names.is_empty() || names.starts_with(' '))
                .then(|| (of, names.split(' ').filter(|name| !name.is_empty()).collect()))
        })
    }

    fn meets_by_days(self, other: Self) -> Meeting {
        match self.period.zip(other.period) {
            Some((own, its)) if own.last < its.first || its.last < own.first => Meeting::Apart,
            _ => Meeting::Unknown,
        }
    }
}

fn meeting(of: SetOf, own: &HashSet<&str>, other: &HashSet<&str>) -> Meeting {
    // Earlier versions wrote a name with spaces as several.
    let common: Vec<&str> = own
        .iter()
        .copied()
        .filter(|name| name.split(NO_BREAK).all(|word| other.contains(word)) || other.contains(name))
        .collect();
    if common.is_empty() {
        return Meeting::Apart;
    }
    let held: HashSet<&str> = common.iter().flat_map(|name| name.split(NO_BREAK).chain([*name])).collect();
    let lacking: Vec<&str> = other.iter().copied().filter(|name| !held.contains(name)).collect();
    if lacking.is_empty() {
        return Meeting::Whole;
    }
    let sorted = |names: Vec<&str>| {
        let mut names: Vec<String> = names.into_iter().map(|name| name.replace(NO_BREAK, " ")).collect();
        names.sort_unstable();
        names
    };
    Meeting::Part(Part { of, common: sorted(common), lacking: sorted(lacking) })
}

impl FileRecord {
    /// Whether this file and the other one stand, or may stand, for some of the same.
    pub fn meets(&self, other: &Self) -> bool {
        let both = Stands::of_record(self).zip(Stands::of_record(other));
        both.is_some_and(|(own, its)| own.meets(its) != Meeting::Apart)
    }
}

// === impl Part ===

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (common, lacking) = (&self.common, &self.lacking);
        match self.of {
            SetOf::Statements => write!(
                f,
                "has lines of the statement {}, too, and of {}, of which this one has none",
                some(common),
                some(lacking)
            ),
            SetOf::Transactions => {
                let (held, all) = (common.len(), common.len() + lacking.len());
                write!(f, "has {all} transactions, and this one has only {held} of them")
            }
        }
    }
}

fn some(names: &[String]) -> String {
    let first = names.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED_MAX) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn meets(own: &str, other: &str) -> Meeting {
        let stands = |unit| Stands { layout: "believe", unit, period: None };
        stands(own).meets(stands(other))
    }

    fn part(own: &str, other: &str) -> String {
        match meets(own, other) {
            Meeting::Part(part) => part.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn statements_meet_by_each_of_them() {
        for (own, other, expected) in [
            ("statements 2026-07", "statements 2026-07", Meeting::Whole),
            ("statements 2026-07 2026-08", "statements 2026-08", Meeting::Whole),
            ("statements 2026-07", "statements 2026-08", Meeting::Apart),
            ("statements 2026-07", "statements 2026-07-15", Meeting::Apart),
            ("statements  2026-07", "statements  2026-08", Meeting::Apart),
            ("statements ", "statements ", Meeting::Whole),
            ("lifetime", "lifetime", Meeting::Whole),
            ("lifetime", "statements 2026-07", Meeting::Apart),
        ] {
            assert_eq!(
                meets(&format!("believe {own}"), &format!("believe {other}")),
                expected,
                "{own}, {other}"
            );
        }
        let said = part("believe statements 2026-08", "believe statements 2026-07 2026-08");
        assert!(
            said.contains("statement 2026-08") && said.contains("of 2026-07, of which this one has none"),
            "{said}"
        );
    }

    #[test]
    fn names_with_spaces_are_names() {
        let unit = |names: &[&str]| format!("believe {}", SetOf::Statements.text(names));
        assert_eq!(meets(&unit(&["Run 1"]), &unit(&["Run 2"])), Meeting::Apart);
        assert_eq!(meets(&unit(&["Run 1", "Run 2"]), &unit(&["Run 2"])), Meeting::Whole);
        assert!(part(&unit(&["Run 2"]), &unit(&["Run 1", "Run 2"])).contains("of Run 1, of which"));
        // As earlier versions stored them.
        assert_eq!(meets(&unit(&["Run 1"]), "believe statements Run 1"), Meeting::Whole);
        assert_eq!(meets(&unit(&["Run 1"]), "believe statements Run 2"), Meeting::Apart);
        assert_eq!(meets(&unit(&["Run 1", "Run 2"]), "believe statements Run 1 Run 2"), Meeting::Whole);
    }

    #[test]
    fn transactions_meet_by_each_of_them_and_by_days_where_none_were_kept() {
        let unit = |ids: &[&str]| format!("believe {}", SetOf::Transactions.text(ids));
        assert_eq!(meets(&unit(&["a"]), &unit(&["b"])), Meeting::Apart);
        assert_eq!(meets(&unit(&["a", "b"]), &unit(&["b"])), Meeting::Whole);
        assert!(
            part(&unit(&["a", "b"]), &unit(&["b", "c"]))
                .contains("has 2 transactions, and this one has only 1")
        );
        let june = DayRange::new(date(2026, 6, 1), date(2026, 6, 30));
        let july = DayRange::new(date(2026, 7, 1), date(2026, 7, 31));
        let (kept, before) = (unit(&["a"]), unit(&[]));
        let met = |own, its| {
            let own = Stands { layout: "believe", unit: &kept, period: own };
            own.meets(Stands { layout: "believe", unit: &before, period: its })
        };
        assert_eq!(met(july, june), Meeting::Apart);
        assert_eq!([met(june, june), met(june, None)], [Meeting::Unknown, Meeting::Unknown]);
    }
}
