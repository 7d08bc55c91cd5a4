//! Versions of a tenant's policy: what people are asked to agree to. A version never changes once it is there.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, QueryResult, prelude::DateTimeUtc};

use super::{People, PeopleError, refused_purpose};
use crate::{
    StoreError,
    convert::{json_list, timestamp, utc},
    sql::Sql,
};

/// A version that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPolicy {
    /// The tenant's name for it.
    pub version: String,
    /// SHA-256 of the text that people see, in hexadecimal digits.
    pub text_sha256: String,
    /// What it names data for.
    pub purposes: Vec<String>,
    /// From when it holds, to the second.
    pub effective_at: Timestamp,
    /// Whether who agreed to an earlier one must agree anew.
    pub requires_consent: bool,
}

/// A version, as stored.
pub type Policy = NewPolicy;

impl People {
    /// Adds a version. The same once more changes nothing; another one under its name, or at its instant, is refused.
    pub async fn add_policy(&self, tenant: &str, policy: &NewPolicy) -> Result<(), PeopleError> {
        if let Some((purpose, reason)) =
            policy.purposes.iter().find_map(|purpose| Some((purpose, refused_purpose(purpose)?)))
        {
            return Err(PeopleError::Refused(format!("purpose {purpose:?}: {reason}")));
        }
        self.time_zone(tenant).await?;
        let known = self.policies(tenant).await?;
        if known.iter().any(|one| one == policy) {
            return Ok(());
        }
        if known.iter().any(|one| one.version == policy.version) {
            return Err(PeopleError::Refused(format!(
                "there is a version {:?} with another text, other purposes or another date, and people agreed to what it \
                 was: name the new one otherwise",
                policy.version
            )));
        }
        if let Some(other) = known.iter().find(|one| one.effective_at == policy.effective_at) {
            return Err(PeopleError::Refused(format!(
                "version {:?} is effective at the same instant: which of them holds would not be known",
                other.version
            )));
        }
        let insert = Sql::new(
            self.backend(),
            "INSERT INTO policy_versions (tenant, version, text_sha256, purposes, effective_at, requires_consent) VALUES (",
        )
        .bind(tenant)
        .text(", ")
        .bind(policy.version.as_str())
        .text(", ")
        .bind(policy.text_sha256.as_str())
        .text(", ")
        .bind(json_list(&policy.purposes))
        .text(", ")
        .bind(utc(policy.effective_at))
        .text(", ")
        .bind(policy.requires_consent)
        .text(")");
        self.store.pools.write.execute_raw(insert.done()).await?;
        Ok(())
    }

    /// Every version of a tenant, the earliest first.
    pub async fn policies(&self, tenant: &str) -> Result<Vec<Policy>, PeopleError> {
        let query = Sql::new(self.backend(), "SELECT * FROM policy_versions WHERE tenant = ")
            .bind(tenant)
            .text(" ORDER BY effective_at");
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        rows.iter().map(policy).collect()
    }

    /// The version that holds now: the latest that is effective.
    pub async fn policy_now(&self, tenant: &str) -> Result<Option<Policy>, PeopleError> {
        let now = self.store.clock.0.now();
        let effective = |policy: &Policy| policy.effective_at <= now;
        Ok(self.policies(tenant).await?.into_iter().rfind(effective))
    }
}

fn policy(row: &QueryResult) -> Result<Policy, PeopleError> {
    let purposes: String = row.try_get("", "purposes")?;
    let purposes = serde_json::from_str(&purposes).map_err(|_| {
        StoreError::Unreadable("purposes of a policy version are no list of texts".to_owned())
    })?;
    Ok(Policy {
        version: row.try_get("", "version")?,
        text_sha256: row.try_get("", "text_sha256")?,
        purposes,
        effective_at: timestamp(row.try_get::<DateTimeUtc>("", "effective_at")?),
        requires_consent: row.try_get("", "requires_consent")?,
    })
}
