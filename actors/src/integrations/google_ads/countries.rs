//! What Google numbers, and is no country: several such numbers can stand for one campaign and day, so that their rows are
//! added, and given once all of them have come.

use serde::{Deserialize, Serialize};

use crate::reading::unplaced::Unplaced;

/// Where the reading of a window is, and what of it is still to be given.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The next page.
    pub token: String,
    /// Rows of no country.
    pub unplaced: Unplaced,
}
