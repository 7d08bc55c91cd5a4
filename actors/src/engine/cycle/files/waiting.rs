//! What waits, for people.

use crate::limits;

/// Files that could not be loaded, and why.
#[derive(Debug, Default)]
pub struct Waiting {
    named: Vec<String>,
    others: usize,
}

impl Waiting {
    /// One more.
    pub fn add(&mut self, path: &str, member: Option<&str>, reason: &str) {
        if self.named.len() < limits::FILES_NAMED_MAX {
            self.named.push(format!("{}: {reason}", shown(path, member)));
        } else {
            self.others += 1;
        }
    }

    /// All of it in one line; none where nothing waits.
    pub fn said(mut self) -> Option<String> {
        if self.others > 0 {
            self.named.push(format!("and {} more: `dynamoi files list`", self.others));
        }
        (!self.named.is_empty()).then(|| self.named.join("; "))
    }
}

/// A report's name.
pub fn shown(path: &str, member: Option<&str>) -> String {
    member.map_or_else(|| path.to_owned(), |member| format!("{member} in {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_are_named_and_the_others_counted() {
        assert_eq!(Waiting::default().said(), None);
        let mut waiting = Waiting::default();
        waiting.add("a.zip", Some("b.csv"), "of no known layout");
        assert_eq!(Waiting::said(waiting).unwrap(), "b.csv in a.zip: of no known layout");
        let mut waiting = Waiting::default();
        for number in 0..limits::FILES_NAMED_MAX + 2 {
            waiting.add(&number.to_string(), None, "why");
        }
        assert_eq!(waiting.said().unwrap(), "0: why; 1: why; 2: why; and 2 more: `dynamoi files list`");
    }
}
