//! Many users at once, a record a line.

use schemars::JsonSchema;
use serde::Serialize;
use store::people::{
    PeopleError,
    import::{Import, Tally},
};
use tokio::time::Instant;

use super::desk::Room;

/// Refused lines that are told one by one; the rest are counted.
const TOLD_MAX: usize = 100;
/// What some programs write before the first letter of a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What became of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Imported {
    /// New users.
    added: u64,
    /// Users whose `external_id` was known, and of whom something is different now.
    corrected: u64,
    /// Those of whom nothing is.
    unchanged: u64,
    /// Lines that were refused.
    refused: u64,
    /// The first hundred of those.
    refusals: Vec<RefusedLine>,
    /// The first line that was not reached in the time of one request, from 1: send it and what follows again. `null` when all
    /// were reached.
    next_line: Option<u64>,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
struct RefusedLine {
    /// From 1.
    line: u64,
    /// What is wrong with it, by field and never by value.
    error: String,
}

/// Each line by itself: one that is refused takes no other with it. What fails for all ends it; what was stored by then stays, and
/// the same lines once more change nothing, where they have an `external_id`. No line is begun from `until` on.
pub async fn all(room: &Room, body: &[u8], until: Instant) -> Result<Imported, PeopleError> {
    let standing = room.privacy.standing(&room.tenant, &room.actor);
    let mut import = Import::new(&room.people, &room.tenant, &room.actor, &standing);
    let (mut refused, mut next_line) = (Vec::new(), None);
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    for (line, record) in (1..).zip(body.split(|byte| *byte == b'\n')) {
        if record.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if Instant::now() >= until {
            next_line = Some(line);
            break;
        }
        refused.extend(import.take(line, record).await?);
        refused.truncate(TOLD_MAX);
    }
    refused.extend(import.flush().await?);
    refused.truncate(TOLD_MAX);
    let told = |(line, why): (u64, PeopleError)| RefusedLine { line, error: why.to_string() };
    let refusals = refused.into_iter().map(told).collect();
    let Tally { added, corrected, unchanged, refused } = import.tally();
    Ok(Imported { added, corrected, unchanged, refused, refusals, next_line })
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use store::{
        Access, Store, StoreOptions,
        cipher::{Keyring, generate_key},
        people::{Journal, KeyStore, People, Tenant},
    };

    use super::*;
    use crate::settings::Privacy;

    #[tokio::test]
    async fn what_is_not_reached_in_time_is_named_and_can_be_sent_again() {
        let directory = tempfile::tempdir().unwrap();
        let beside = |name: &str| directory.path().join(name).display().to_string();
        let url = format!("sqlite://{}", beside("dynamoi.db"));
        let clock = Arc::new(rows::clock::SystemClock::new());
        let store = Store::connect(&url, StoreOptions::default(), clock).await.unwrap();
        store.migrate_up().await.unwrap();
        store.use_keys(Some(Keyring::parse(&generate_key().unwrap()).unwrap()));
        let tenant = Tenant { id: "label-a".into(), name: "A".into(), data_region: None, time_zone: None };
        store.sync_tenants(&[tenant]).await.unwrap();
        let keys = KeyStore::open(&beside("keys"), Access::Make).await.unwrap();
        let journal = Journal::open(&beside("erasures"), Access::Make).await.unwrap();
        let room = Room {
            people: People::open(&store, keys, journal).unwrap(),
            tenant: "label-a".to_owned(),
            actor: "test".to_owned(),
            privacy: Privacy::default(),
        };
        let record = |id: u32| {
            format!(r#"{{"external_id":"app-{id}","name":"Somebody","age_statement":"at_least_18"}}"#)
        };
        let body = format!("\u{feff}\n{}\n{}\n", record(1), record(2));
        let soon = || Instant::now() + Duration::from_mins(10);

        let none = all(&room, body.as_bytes(), Instant::now()).await.unwrap();
        // Lines with nothing on them cost no time.
        assert_eq!(none, Imported { next_line: Some(2), ..Imported::default() });
        let rest = all(&room, body.as_bytes(), soon()).await.unwrap();
        assert_eq!(rest, Imported { added: 2, ..Imported::default() });
        let again = all(&room, body.as_bytes(), soon()).await.unwrap();
        assert_eq!(again, Imported { unchanged: 2, ..Imported::default() });
        room.people.close().await;
        store.close().await;
    }
}
