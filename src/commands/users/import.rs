//! `dynamoi users import`: records, a line each.

use store::people::{PeopleError, PersonForm};

use super::{Room, input::Lines};
use crate::commands::{Exit, output, privacy};

/// Each line by itself: what is refused is told by its number.
pub async fn all(room: &Room, lines: &mut Lines) -> Result<Exit, PeopleError> {
    let (mut added, mut corrected, mut unchanged, mut refused) = (0, 0, 0, 0);
    for number in 1_u64.. {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(problem) => {
                refused += 1;
                output::complain(format_args!("line {number}: {problem}"));
                break;
            }
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match one(room, &line).await {
            Ok(Became::Added) => added += 1,
            Ok(Became::Corrected) => corrected += 1,
            Ok(Became::Unchanged) => unchanged += 1,
            // What fails for all is told once.
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(error) => {
                refused += 1;
                output::complain(format_args!("line {number}: {error}"));
            }
        }
    }
    let unchanged = if unchanged > 0 { format!(", {unchanged} unchanged") } else { String::new() };
    output::complain(format_args!("{added} added, {corrected} corrected, {refused} refused{unchanged}"));
    Ok(if refused > 0 { Exit::Failed } else { Exit::Done })
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
    if !privacy::rectify(room, &id, form).await? {
        return Ok(Became::Unchanged);
    }
    privacy::to_tell(room, &id).await.map(|_| Became::Corrected)
}
