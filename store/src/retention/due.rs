//! Users who left so long ago that they are to be erased.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, prelude::DateTimeUtc};

use super::{By, Purged, Terms, sweep::Sweep};
use crate::{
    Store, StoreError,
    convert::{timestamp, utc},
    people::{AgeStatement, People, erasure::receipt::Receipt},
    sql::Sql,
};

/// A user who is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueUser {
    /// The tenant.
    pub tenant: String,
    /// The user's id here.
    pub user: String,
    /// When the user left.
    pub since: Timestamp,
    /// Whether a legal hold puts it off.
    pub held: bool,
    /// What goes with the user, or has gone; not known without `people`.
    pub tables: Vec<Leaving>,
}

/// Rows of a table that go with a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// The table.
    pub table: String,
    /// Rows that are deleted.
    pub deleted: u64,
    /// Rows of which what tells of the person is emptied.
    pub emptied: u64,
}

// === impl Store ===

impl Store {
    /// Those who left before their time, the earliest first. Who was found to be too young while a legal hold lasted is due when
    /// that ended, however long others are kept.
    pub(super) async fn users_due(&self, terms: &Terms, now: Timestamp) -> Result<Vec<DueUser>, StoreError> {
        let mut query = Sql::new(
            self.backend(),
            "SELECT u.tenant, u.id, u.updated_at, EXISTS (SELECT 1 FROM legal_holds l WHERE l.user_id = u.id \
             AND l.released_at IS NULL) AS held FROM users u WHERE u.status = 'withdrawn' AND (u.age_statement = ",
        )
        .bind(AgeStatement::Under13.as_str())
        .text(" AND u.updated_at <= ")
        .bind(utc(now))
        .text(" AND NOT EXISTS (SELECT 1 FROM legal_holds r WHERE r.user_id = u.id AND r.released_at > ")
        .bind(utc(now))
        .text(")");
        if let Some(cut) = terms.withdrawn_users.cut(now) {
            query = query.text(" OR u.updated_at < ").bind(utc(cut));
        }
        let query = query.text(") ORDER BY u.updated_at, u.id");
        let rows = self.pools.read.query_all_raw(query.done()).await?;
        let due = rows.iter().map(|row| {
            Ok(DueUser {
                tenant: row.try_get("", "tenant")?,
                user: row.try_get("", "id")?,
                since: timestamp(row.try_get::<DateTimeUtc>("", "updated_at")?),
                held: row.try_get("", "held")?,
                tables: Vec::new(),
            })
        });
        Ok(due.collect::<Result<_, sea_orm::DbErr>>()?)
    }
}

/// Tells what would go with those who are due and not held, without what the sweeps take before. No two users have a row in common.
/// Changes nothing.
pub(super) async fn erase_dry(purged: &mut Purged, people: &People, sweeps: &[Sweep]) {
    let swept: Vec<_> = sweeps.iter().map(|sweep| (sweep.table, sweep.free())).collect();
    for due in purged.users.iter_mut().filter(|due| !due.held) {
        match people.erase_dry_after(&due.tenant, &due.user, &swept).await {
            Ok(receipt) => due.tables = leaving(&receipt),
            Err(error) => purged.left.push(format!("user {}: {error}", due.user)),
        }
    }
}

fn leaving(receipt: &Receipt) -> Vec<Leaving> {
    let changed = receipt.tables.iter().filter(|table| table.deleted + table.emptied > 0);
    let leaving = changed.map(|table| Leaving {
        table: table.table.clone(),
        deleted: table.deleted,
        emptied: table.emptied,
    });
    leaving.collect()
}

/// Erases who is due and not held.
pub(super) async fn erase(purged: &mut Purged, by: Option<&By<'_>>) {
    for due in purged.users.iter_mut().filter(|due| !due.held) {
        let left = match by {
            Some(By { people, actor, standing }) => {
                match people.erase(&due.tenant, &due.user, actor, &standing(&due.tenant)).await {
                    Ok(receipt) => {
                        due.tables = leaving(&receipt);
                        purged.erased.push(due.user.clone());
                        if receipt.is_finished() {
                            continue;
                        }
                        "erased, but old bytes are left: its receipt says where".to_owned()
                    }
                    Err(error) => error.to_string(),
                }
            }
            None => "without the key store nobody can be erased".to_owned(),
        };
        purged.left.push(format!("user {}: {left}", due.user));
    }
}
