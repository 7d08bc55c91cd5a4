//! What Google numbers, and is no country: several such numbers can stand for one campaign and day, so that their rows are
//! added, and given once all of them have come.

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, reading::unplaced::Unplaced};

/// Where the reading of a window is, and what of it is still to be given.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The next page.
    pub token: String,
    /// Rows of no country.
    pub unplaced: Unplaced,
}

// === impl Position ===

impl Position {
    /// Of our own cursor.
    pub fn parse(cursor: Option<&str>) -> Result<Self, Failure> {
        let parse =
            |cursor| serde_json::from_str(cursor).map_err(|error| Failure::malformed("cursor", &error));
        cursor.map_or_else(|| Ok(Self::default()), parse)
    }

    /// As a cursor.
    pub fn cursor(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_our_own() {
        let position = Position { token: "next".to_owned(), ..Position::default() };
        assert_eq!(Position::parse(Some(&position.cursor())), Ok(position));
        assert_eq!(Position::parse(None), Ok(Position::default()));
        assert_eq!(Position::parse(Some("next")).unwrap_err().outcome(), "transient");
    }
}
