//! Cursors of our own making: where a reading goes on, as JSON.

use serde::{Serialize, de::DeserializeOwned};

use crate::{failure::Failure, page::Next};

/// Where a page was asked to begin; none for the first one.
pub fn read<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Failure> {
    let read = |text| serde_json::from_str(text).map_err(|error| Failure::malformed("cursor", &error));
    cursor.map(read).transpose()
}

/// A position as the engine keeps it.
pub fn write(position: &impl Serialize) -> String {
    serde_json::json!(position).to_string()
}

/// The page at this position; the end where there is none.
pub fn next(position: Option<&impl Serialize>) -> Next {
    position.map_or(Next::End(None), |position| Next::More(write(position)))
}

/// What a failure means where it refuses a `cursor`: how long one holds is seldom told, and the list is read from the beginning.
pub fn lost(failure: Failure, cursor: Option<&str>, place: &str) -> Failure {
    match failure {
        Failure::Gone { .. } | Failure::Permanent { .. } if cursor.is_some() => Failure::Transient {
            reason: format!("{place}: the next page is not given: it is read from the beginning ({failure})"),
        },
        failure => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let position = ("campaigns".to_owned(), 50_u64);
        let Next::More(cursor) = next(Some(&position)) else { panic!("no cursor") };
        assert_eq!(read(Some(&cursor)), Ok(Some(position)));
        assert_eq!((read::<u64>(None), next(None::<&u64>)), (Ok(None), Next::End(None)));
    }

    #[test]
    fn a_cursor_of_another_form_fails_and_is_not_the_beginning() {
        for cursor in ["", "50", "campaigns/50", r#"["campaigns",-1]"#] {
            let failure = read::<(String, u64)>(Some(cursor)).unwrap_err();
            assert_eq!(failure.outcome(), "transient", "{cursor}");
        }
    }

    #[test]
    fn a_cursor_that_is_refused_is_begun_anew_and_what_is_refused_without_one_is_not() {
        let outcome = |failure, cursor| lost(failure, cursor, "/v1/lines").outcome();
        let gone = || Failure::Gone { reason: "expired".to_owned() };
        assert_eq!((outcome(gone(), Some("c")), outcome(gone(), None)), ("transient", "gone"));
        let refused = || Failure::Permanent { reason: "no such".to_owned() };
        assert_eq!((outcome(refused(), Some("c")), outcome(refused(), None)), ("transient", "permanent"));
        let reauth = Failure::NeedsReauth { advice: "anew".to_owned() };
        assert_eq!(outcome(reauth, Some("c")), "needs_reauth");
    }
}
