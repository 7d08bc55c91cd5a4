//! Many users at once, a record a line.

use schemars::JsonSchema;
use serde::Serialize;
use store::people::{PeopleError, PersonForm};

use super::desk::Room;

/// Refused lines that are told one by one; the rest are counted.
const TOLD_MAX: usize = 100;
/// What some programs write before the first letter of a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What became of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Imported {
    /// New users.
    added: usize,
    /// Users whose `external_id` was known, and of whom something is different now.
    corrected: usize,
    /// Those of whom nothing is.
    unchanged: usize,
    /// Lines that were refused.
    refused: usize,
    /// The first hundred of those.
    refusals: Vec<RefusedLine>,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
struct RefusedLine {
    /// From 1.
    line: usize,
    /// What is wrong with it, by field and never by value.
    error: String,
}

/// Each line by itself: one that is refused takes no other with it. What fails for all ends it; what was stored by then stays, and
/// the same lines once more change nothing.
pub async fn all(room: &Room, body: &[u8]) -> Result<Imported, PeopleError> {
    let mut imported = Imported::default();
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    for (place, line) in body.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match one(room, line).await {
            Ok(Became::Added) => imported.added += 1,
            Ok(Became::Corrected) => imported.corrected += 1,
            Ok(Became::Unchanged) => imported.unchanged += 1,
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(error) => {
                imported.refused += 1;
                if imported.refusals.len() < TOLD_MAX {
                    imported.refusals.push(RefusedLine { line: place + 1, error: error.to_string() });
                }
            }
        }
    }
    Ok(imported)
}

/// What a record made of a user.
enum Became {
    Added,
    Corrected,
    Unchanged,
}

async fn one(room: &Room, line: &[u8]) -> Result<Became, PeopleError> {
    let form = PersonForm::read(line)?;
    let known = match form.external_id() {
        Some(id) => room.people.find_external(&room.tenant, id).await?,
        None => None,
    };
    let Some(id) = known else {
        return room.people.add(&room.tenant, form).await.map(|_| Became::Added);
    };
    let is_different = room.rectify(&id, form).await?;
    Ok(if is_different { Became::Corrected } else { Became::Unchanged })
}
