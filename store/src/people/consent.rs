//! What people agreed to, and what rests on it. Consents are only ever added to: of each purpose the latest one holds.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use parking_lot::RwLock;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, prelude::DateTimeUtc};

use super::{People, PeopleError, PersonStatus, form::check_source};
use crate::{
    Store,
    convert::{timestamp, utc},
    sql::Sql,
};

/// The source of what an erasure takes back.
pub(super) const ERASED: &str = "erased";

/// A word about a purpose, to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConsent {
    /// By which version; the one that holds now unless named.
    pub version: Option<String>,
    /// To what.
    pub purpose: String,
    /// Agreed, or taken back.
    pub granted: bool,
    /// Where it was said: a form, a letter.
    pub source: String,
}

/// A word about a purpose, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// By which version.
    pub version: String,
    /// To what.
    pub purpose: String,
    /// Agreed, or taken back.
    pub granted: bool,
    /// When.
    pub given_at: Timestamp,
    /// Where it was said.
    pub source: String,
}

/// A user's consent, without which a connection is not polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestsOn {
    /// The connection's tenant, whose user it must be.
    pub tenant: String,
    /// The user's id here.
    pub user: String,
    /// To what.
    pub purpose: String,
}

/// What rests on a consent, by connection; it can change.
pub(crate) type Rests = Arc<RwLock<Arc<BTreeMap<String, RestsOn>>>>;

impl Store {
    /// From now on these connections rest on consents, and no others.
    pub fn use_consents(&self, rests: BTreeMap<String, RestsOn>) {
        *self.rests.write() = Arc::new(rests);
    }

    /// Why nothing of this connection may be stored now; asked within the transaction that would, and held until it ends.
    pub(crate) async fn withheld_in(
        &self,
        tx: &impl ConnectionTrait,
        connection: &str,
    ) -> Result<Option<String>, DbErr> {
        let rests = Arc::clone(&self.rests.read());
        match rests.get(connection) {
            Some(on) => withheld(tx, on, self.clock.0.now(), true).await,
            None => Ok(None),
        }
    }

    /// Why nothing of these connections may be read now, by connection.
    pub(crate) async fn all_withheld(
        &self,
        database: &impl ConnectionTrait,
    ) -> Result<BTreeMap<String, String>, DbErr> {
        let rests = Arc::clone(&self.rests.read());
        let mut found = BTreeMap::new();
        for (connection, on) in &*rests {
            if let Some(reason) = withheld(database, on, self.clock.0.now(), false).await? {
                found.insert(connection.clone(), reason);
            }
        }
        Ok(found)
    }

    /// Whether there is such a user, whatever became of them.
    pub async fn has_user(&self, on: &RestsOn) -> Result<bool, crate::StoreError> {
        let query = Sql::new(self.backend(), "SELECT 1 AS one FROM users WHERE id = ")
            .bind(on.user.as_str())
            .text(" AND tenant = ")
            .bind(on.tenant.as_str());
        Ok(self.pools.read.query_one_raw(query.done()).await?.is_some())
    }

    /// Why this is withheld now; nothing where the consent holds.
    pub async fn withheld(&self, on: &RestsOn) -> Result<Option<String>, crate::StoreError> {
        Ok(withheld(&self.pools.read, on, self.clock.0.now(), false).await?)
    }
}

/// Why what rests on this consent is withheld; nothing where the consent holds. With `hold`, it holds until the transaction
/// ends: whoever takes it back meanwhile waits for that.
pub(crate) async fn withheld(
    database: &impl ConnectionTrait,
    on: &RestsOn,
    now: Timestamp,
    hold: bool,
) -> Result<Option<String>, DbErr> {
    let backend = database.get_database_backend();
    if hold && backend == DbBackend::Postgres {
        let lock = Sql::new(backend, "SELECT id FROM users WHERE id = ").bind(on.user.as_str());
        database.query_one_raw(lock.text(" FOR SHARE").done()).await?;
    }
    let query = Sql::new(
        backend,
        "SELECT u.status AS status, c.granted AS granted, c.policy_version AS version, \
         (SELECT min(n.version) FROM policy_versions n JOIN policy_versions o ON o.tenant = n.tenant \
         AND o.version = c.policy_version AND n.effective_at > o.effective_at \
         WHERE n.tenant = u.tenant AND n.requires_consent AND n.effective_at <= ",
    )
    .bind(utc(now))
    .text(
        ") AS demanded FROM users u LEFT JOIN consents c ON c.id = \
         (SELECT max(l.id) FROM consents l WHERE l.user_id = u.id AND l.purpose = ",
    )
    .bind(on.purpose.as_str())
    .text(") WHERE u.id = ")
    .bind(on.user.as_str())
    .text(" AND u.tenant = ")
    .bind(on.tenant.as_str());
    let RestsOn { user, purpose, tenant } = on;
    let Some(row) = database.query_one_raw(query.done()).await? else {
        return Ok(Some(format!("consent: tenant {tenant} has no user {user}")));
    };
    let status: String = row.try_get("", "status")?;
    let granted: Option<bool> = row.try_get("", "granted")?;
    let demanded: Option<String> = row.try_get("", "demanded")?;
    Ok(match (status == PersonStatus::Active.as_str(), granted, demanded) {
        (false, ..) => Some(format!("consent: user {user} is {status}")),
        (true, None, _) => Some(format!("consent: user {user} has not agreed to {purpose:?}")),
        (true, Some(false), _) => {
            Some(format!("consent: user {user} has taken back what was agreed to {purpose:?}"))
        }
        (true, Some(true), Some(version)) => Some(format!(
            "consent: policy version {version:?} demands that user {user} agrees anew to {purpose:?}"
        )),
        (true, Some(true), None) => None,
    })
}

/// Takes back everything that a user agreed to and has not taken back.
pub(super) async fn take_all_back(
    tx: &impl ConnectionTrait,
    user: &str,
    source: &str,
    now: Timestamp,
) -> Result<(), DbErr> {
    let statement = Sql::new(
        tx.get_database_backend(),
        "INSERT INTO consents (user_id, policy_version, purpose, granted, given_at, source) \
         SELECT c.user_id, c.policy_version, c.purpose, false, ",
    )
    .bind(utc(now))
    .text(", ")
    .bind(source)
    .text(" FROM consents c WHERE c.user_id = ")
    .bind(user)
    .text(
        " AND c.granted AND c.id = (SELECT max(l.id) FROM consents l WHERE l.user_id = c.user_id \
         AND l.purpose = c.purpose)",
    );
    tx.execute_raw(statement.done()).await.map(drop)
}

impl People {
    /// Adds a user's word about a purpose. Answers by which version.
    pub async fn consent(&self, tenant: &str, user: &str, word: &NewConsent) -> Result<String, PeopleError> {
        check_source(&word.source)?;
        let policies = self.policies(tenant).await?;
        let policy = match &word.version {
            Some(version) => policies.iter().find(|policy| policy.version == *version).cloned().ok_or_else(|| {
                PeopleError::Unknown(format!(
                    "tenant {tenant} has no policy version {version:?}: `dynamoi users policy list` shows all"
                ))
            })?,
            None => self.policy_now(tenant).await?.ok_or_else(|| {
                PeopleError::Unknown(format!(
                    "no policy version of tenant {tenant} holds yet: `dynamoi users policy add` adds one"
                ))
            })?,
        };
        // What was agreed to once can always be taken back, whatever a later version names.
        let mut named = policies.iter().filter(|one| !word.granted || one.version == policy.version);
        if !named.any(|one| one.purposes.contains(&word.purpose)) {
            return Err(PeopleError::Refused(format!(
                "policy version {:?} names no purpose {:?}, only {}",
                policy.version,
                word.purpose,
                policy.purposes.join(", ")
            )));
        }
        let tx = self.store.pools.begin().await?;
        let person = self.show_locked(&tx, tenant, user).await?;
        if word.granted && person.status != PersonStatus::Active {
            return Err(PeopleError::Refused(format!(
                "user {user} is {}: nobody can agree to anything any more",
                person.status.as_str()
            )));
        }
        let insert = Sql::new(
            self.backend(),
            "INSERT INTO consents (user_id, policy_version, purpose, granted, given_at, source) VALUES (",
        )
        .bind(user)
        .text(", ")
        .bind(policy.version.as_str())
        .text(", ")
        .bind(word.purpose.as_str())
        .text(", ")
        .bind(word.granted)
        .text(", ")
        .bind(utc(self.store.clock.0.now()))
        .text(", ")
        .bind(word.source.as_str())
        .text(")");
        tx.execute_raw(insert.done()).await?;
        tx.commit().await?;
        Ok(policy.version)
    }

    /// Everything that a user ever said about purposes, the earliest first.
    pub async fn consents(&self, tenant: &str, user: &str) -> Result<Vec<Consent>, PeopleError> {
        let query = Sql::new(
            self.backend(),
            "SELECT c.* FROM consents c JOIN users u ON u.id = c.user_id WHERE u.tenant = ",
        )
        .bind(tenant)
        .text(" AND u.id = ")
        .bind(user)
        .text(" ORDER BY c.id");
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        let consent = |row: &sea_orm::QueryResult| {
            Ok(Consent {
                version: row.try_get("", "policy_version")?,
                purpose: row.try_get("", "purpose")?,
                granted: row.try_get("", "granted")?,
                given_at: timestamp(row.try_get::<DateTimeUtc>("", "given_at")?),
                source: row.try_get("", "source")?,
            })
        };
        rows.iter().map(consent).collect()
    }
}
