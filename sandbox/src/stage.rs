//! What every imitation puts between its world and its clients: the time that the world shows, errors that a test has asked
//! for, and credentials that expire or that may not do everything.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;

/// The time whose knowledge a world shows: the clock's, unless it is frozen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShownTime {
    clock: Timestamp,
    frozen: Option<Timestamp>,
}

/// Errors that are answered in place of what the world would answer.
#[derive(Debug)]
pub(crate) struct Script<E> {
    next: Vec<(String, VecDeque<E>)>,
    always: Vec<(String, E)>,
}

/// A key or token, and what it may not do (`P`: the provider's kinds of permission).
#[derive(Debug)]
pub(crate) struct Credential<P> {
    text: String,
    expired: bool,
    forbidden: BTreeSet<P>,
}

/// What a text is that came as a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Valid,
    Expired,
    Unknown,
}

/// The controls of an imitation with a `script` of these errors and a `time` that its world follows.
macro_rules! controls {
    ($imitation:ty, $error:ty) => {
        impl $imitation {
            /// Answers the next requests whose path contains `fragment` with these errors, one each, in this order.
            pub fn fail_next(&mut self, fragment: &str, errors: Vec<$error>) {
                self.script.add(fragment, errors);
            }

            /// Answers every request whose path contains `fragment` with this error; without one, as ever again.
            pub fn refuse(&mut self, fragment: &str, error: Option<$error>) {
                self.script.refuse(fragment, error);
            }

            /// Holds the world at its present time, so that two reads see the same. Tokens expire nevertheless.
            pub fn freeze(&mut self) {
                self.time.freeze();
            }

            /// Lets the world follow the clock again.
            pub fn thaw(&mut self) {
                self.time.thaw();
                self.follow_time();
            }
        }
    };
}
pub(crate) use controls;

// === impl ShownTime ===

impl ShownTime {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { clock: now, frozen: None }
    }

    /// The time that the world shows.
    pub(crate) fn now(self) -> Timestamp {
        self.frozen.unwrap_or(self.clock)
    }

    /// The clock's time, frozen or not.
    pub(crate) fn clock(self) -> Timestamp {
        self.clock
    }

    /// When it was frozen, while it is.
    pub(crate) fn frozen(self) -> Option<Timestamp> {
        self.frozen
    }

    /// Moves the clock, which a frozen world does not show.
    pub(crate) fn set(&mut self, now: Timestamp) {
        self.clock = now;
    }

    pub(crate) fn freeze(&mut self) {
        self.frozen = Some(self.now());
    }

    pub(crate) fn thaw(&mut self) {
        self.frozen = None;
    }
}

// === impl Script ===

impl<E> Default for Script<E> {
    fn default() -> Self {
        Self { next: Vec::new(), always: Vec::new() }
    }
}

impl<E: Clone> Script<E> {
    /// Answers the next requests whose path contains `fragment` with these errors, one each, in this order, after those that
    /// wait for it already.
    pub(crate) fn add(&mut self, fragment: &str, errors: Vec<E>) {
        self.next.push((fragment.to_owned(), errors.into()));
    }

    /// Answers every request whose path contains `fragment` with this error; without one, as ever again.
    pub(crate) fn refuse(&mut self, fragment: &str, error: Option<E>) {
        self.always.retain(|(refused, _)| refused != fragment);
        self.always.extend(error.map(|error| (fragment.to_owned(), error)));
    }

    /// The error that a test has asked for, for this path.
    pub(crate) fn error(&mut self, path: &str) -> Option<E> {
        let mut scenes = self.next.iter_mut();
        let next = scenes.find(|(fragment, errors)| path.contains(fragment.as_str()) && !errors.is_empty());
        if let Some((_, errors)) = next {
            return errors.pop_front();
        }
        let always = self.always.iter().find(|(fragment, _)| path.contains(fragment.as_str()));
        always.map(|(_, error)| error.clone())
    }
}

// === impl Credential ===

impl<P: Ord> Credential<P> {
    /// A credential that may do everything.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), expired: false, forbidden: BTreeSet::new() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.expired
    }

    pub(crate) fn standing(&self, sent: &str) -> Standing {
        match (sent == self.text, self.expired) {
            (false, _) => Standing::Unknown,
            (true, true) => Standing::Expired,
            (true, false) => Standing::Valid,
        }
    }

    pub(crate) fn expire(&mut self) {
        self.expired = true;
    }

    /// Puts another text in its place, with the same permissions.
    pub(crate) fn replace(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.expired = false;
    }

    pub(crate) fn set_forbidden(&mut self, permission: P, forbidden: bool) {
        if forbidden {
            self.forbidden.insert(permission);
        } else {
            self.forbidden.remove(&permission);
        }
    }

    pub(crate) fn permits(&self, permission: &P) -> bool {
        !self.forbidden.contains(permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_time_stands_until_it_is_thawed() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut time = ShownTime::new(at(1));
        time.freeze();
        time.set(at(2));
        time.freeze();
        assert_eq!((time.now(), time.frozen()), (at(1), Some(at(1))));
        time.thaw();
        assert_eq!((time.now(), time.frozen()), (at(2), None));
    }

    #[test]
    fn scripted_errors_come_once_in_order_and_refusals_until_they_are_taken_back() {
        let mut script = Script::default();
        script.refuse("/a", Some(9));
        script.add("/a", vec![1, 3]);
        script.add("", vec![2]);
        script.add("/a", vec![4]);
        let answers = ["/b", "/b", "/x/a", "/a", "/a", "/a"].map(|path| script.error(path));
        assert_eq!(answers, [Some(2), None, Some(1), Some(3), Some(4), Some(9)]);
        script.refuse("/a", None);
        assert_eq!(script.error("/a"), None);
    }

    #[test]
    fn a_replaced_credential_is_fresh_and_keeps_its_permissions() {
        let mut credential = Credential::new("old");
        credential.set_forbidden("read", true);
        credential.expire();
        assert_eq!(
            ["old", "new"].map(|sent| credential.standing(sent)),
            [Standing::Expired, Standing::Unknown]
        );
        credential.replace("new");
        assert_eq!(
            ["old", "new"].map(|sent| credential.standing(sent)),
            [Standing::Unknown, Standing::Valid]
        );
        assert!(!credential.permits(&"read") && credential.permits(&"write"));
        credential.set_forbidden("read", false);
        assert!(credential.permits(&"read"));
    }
}
