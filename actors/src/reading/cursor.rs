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

/// What a refusal means for a page behind the first: the provider does not take its own cursor (any more). How long one holds is seldom
/// told, and its list is read from the beginning.
pub fn lost(refusal: &Failure, place: &str) -> Failure {
    let reason = format!("{place}: the next page is not given: it is read from the beginning ({refusal})");
    Failure::Transient { reason }
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
}
