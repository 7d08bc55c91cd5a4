//! Whose rows a legal hold keeps: found in the places that hold something of a person.

use sea_orm::DbBackend;

use super::{condition::Condition, sweep::one_of};
use crate::{
    long_keys,
    people::places::{Found, PLACES, Place, Through},
    tables::{Entities, storage},
};

/// Who is held.
#[derive(Debug)]
pub(crate) enum Holds {
    /// Nobody.
    Nobody,
    /// These, by their keyed digests.
    Known(Vec<Vec<u8>>),
    /// Somebody, and there are no keys to tell by which digest.
    Unknown,
}

/// Held customers: connection and customer, as it stands in keys and whole.
fn customers(backend: DbBackend) -> String {
    format!(
        "SELECT c.id AS connection_id, c.name AS connection, n.customer_id AS customer_id, {} AS whole \
         FROM legal_holds l JOIN user_links n ON n.user_id = l.user_id JOIN connections c ON c.name = n.connection \
         WHERE l.released_at IS NULL",
        long_keys::whole(backend, "n.customer_id")
    )
}

// === impl Holds ===

impl Holds {
    /// Which rows of this table, `t`, are held; nothing where none can be. An error where it cannot be told.
    pub(super) fn of(&self, table: &str, backend: DbBackend) -> Result<Option<Condition>, Untold> {
        let Some(place) = PLACES.iter().find(|place| place.table == table) else { return Ok(None) };
        let digests = match self {
            Self::Nobody => return Ok(None),
            Self::Known(digests) => Some(&**digests),
            Self::Unknown => None,
        };
        Whose { digests, backend }.rows(place, "t").map(Some)
    }
}

/// It cannot be told whose rows these are.
#[derive(Debug)]
pub(super) struct Untold;

struct Whose<'a> {
    digests: Option<&'a [Vec<u8>]>,
    backend: DbBackend,
}

// === impl Whose ===

impl Whose<'_> {
    /// The condition on the rows of a place, which are called `alias`.
    fn rows(&self, place: &Place, alias: &str) -> Result<Condition, Untold> {
        let held = customers(self.backend);
        let customer =
            |which: String| Condition::new(format!("EXISTS (SELECT 1 FROM ({held}) h WHERE {which})"));
        Ok(match place.found {
            Found::User(column) => Condition::new(format!(
                "EXISTS (SELECT 1 FROM legal_holds l WHERE l.user_id = {alias}.{column} AND l.released_at IS NULL)"
            )),
            Found::Subject(column) => {
                one_of(&format!("{alias}.{column}"), self.digests.ok_or(Untold)?.iter().cloned())
            }
            Found::Customer(column) => customer(format!(
                "h.connection_id = {alias}.connection_id AND {alias}.{column} IN (h.customer_id, h.whole)"
            )),
            Found::Named(column) => {
                // As JSON has it.
                let (position, quoted) = match self.backend {
                    DbBackend::Postgres => ("strpos", "to_json(h.whole)::text"),
                    _ => ("instr", "json_quote(h.whole)"),
                };
                customer(format!(
                    "h.connection = {alias}.connection AND {position}({alias}.{column}, {quoted}) > 0"
                ))
            }
            Found::Through(ways) => match entities_of(place.table) {
                // What leads on stands with the entities that facts speak of.
                Some(entities) => Condition::new(format!(
                    "EXISTS (SELECT 1 FROM {entities} {alias}e WHERE {alias}e.id = {alias}.entity_id AND "
                ))
                .then(self.through(ways, &format!("{alias}e"))?)
                .text(")"),
                None => self.through(ways, alias)?,
            },
        })
    }

    fn through(&self, ways: &[Through], from: &str) -> Result<Condition, Untold> {
        let mut condition = Condition::new("(");
        for (number, Through { column, place, key }) in ways.iter().enumerate() {
            let to = format!("{from}{number}");
            condition = condition
                .text(if number > 0 { " OR " } else { "" })
                .text(format!(
                    "EXISTS (SELECT 1 FROM {} {to} WHERE {to}.connection_id = {from}.connection_id \
                     AND {to}.{key} = {from}.{column} AND ",
                    place.table
                ))
                .then(self.rows(place, &to)?)
                .text(")");
        }
        Ok(condition.text(")"))
    }
}

/// The entities of a table of facts.
fn entities_of(table: &str) -> Option<&'static str> {
    let stored = rows::Table::ALL.iter().map(|table| storage(*table));
    let Entities { table, .. } = stored.into_iter().find(|stored| stored.rows == table)?.entities?;
    Some(table)
}
