//! Who did what to people's data, and when. Lines are only added. Each carries a keyed digest of itself and of the line before
//! (`mac`), and the last one's stands in the key store, too, under the database's own name: whoever changes or removes a line, the
//! last one included, is found by [`People::verify`]. Nothing personal is in it: a person is a keyed digest.

use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use super::{
    People, PeopleError,
    identity::{Anchored, log_name},
};
use crate::{StoreError, sql::Sql};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// What is stored of a person was handed out.
    Export,
    /// A person was shown to whoever asked.
    Show,
    /// A person was erased.
    Erase,
    /// What is stored of a person was corrected.
    Rectify,
    /// It was said which customer a person is, or taken back.
    Link,
    /// A person left.
    Withdraw,
    /// What had been kept for long enough was deleted.
    Purge,
    /// A deletion was put off, or is allowed again.
    Hold,
    /// Keys were sealed anew.
    Rotate,
    /// The record of processing was handed out.
    Records,
    /// A new erasure journal was made in the place of a lost one.
    RebuildJournal,
}

/// One deed, to be noted.
#[derive(Debug, Clone)]
pub struct Deed<'a> {
    /// Who: a program and the account that it ran under, or the name of a token. Never a data subject.
    pub actor: &'a str,
    /// What.
    pub action: Action,
    /// Whose data.
    pub tenant: Option<&'a str>,
    /// About which user, by the id here. Only its keyed digest is noted.
    pub user: Option<&'a str>,
    /// Numbers and names of ours. Nothing personal.
    pub detail: String,
}

/// What a check of the whole log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Lines that are there.
    pub lines: u64,
    /// Of how many databases' logs the key store has the last line.
    pub logs: u64,
    /// What is wrong, the earliest first. Empty when nothing is.
    pub findings: Vec<String>,
}

/// How the names begin under which the key store has each log's last line; alone, that of times when all logs had one name.
pub(super) const ANCHOR: &str = "audit";
/// Key of the PostgreSQL advisory lock that whoever adds a line holds: the letters of `audit`.
const ADVISORY_LOCK: i64 = 0x61_75_64_69_74;
/// Lines that are checked at once.
const LINES_MAX: u64 = 1_000;
/// Findings that are told; one is enough to look into it.
const FINDINGS_MAX: usize = 20;

/// A line as stored.
struct Line {
    seq: i64,
    at: String,
    actor: String,
    action: String,
    tenant: Option<String>,
    subject: Option<Vec<u8>>,
    detail: String,
    prev: Vec<u8>,
    mac: Vec<u8>,
}

// === impl Action ===

impl Action {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Show => "show",
            Self::Erase => "erase",
            Self::Rectify => "rectify",
            Self::Link => "link",
            Self::Withdraw => "withdraw",
            Self::Purge => "purge",
            Self::Hold => "hold",
            Self::Rotate => "rotate",
            Self::Records => "records",
            Self::RebuildJournal => "rebuild_journal",
        }
    }
}

// === impl People ===

impl People {
    /// Adds a line.
    pub async fn note(&self, deed: &Deed<'_>) -> Result<(), PeopleError> {
        let subject = match (deed.tenant, deed.user) {
            (Some(tenant), Some(user)) => Some(self.subject_digest(tenant, user).await?),
            _ => None,
        };
        let identity = self.identity().await?;
        self.claim_log(&identity).await?;
        let log = log_name(&identity);
        let backend = self.backend();
        let tx = self.begin().await?;
        if backend == DbBackend::Postgres {
            tx.execute_raw(
                Sql::new(backend, "SELECT pg_advisory_xact_lock(").bind(ADVISORY_LOCK).text(")").done(),
            )
            .await?;
        }
        let last = tx
            .query_one_raw(
                Sql::new(backend, "SELECT seq, mac FROM audit_log ORDER BY seq DESC LIMIT 1").done(),
            )
            .await?
            .map(|row| {
                Ok::<(i64, Vec<u8>), sea_orm::DbErr>((row.try_get("", "seq")?, row.try_get("", "mac")?))
            })
            .transpose()?;
        // A database that was restored from a backup is behind the key store: the lines that are missing stay visible as a gap.
        let anchor = self.keys.anchor(&log).await?;
        let (before, prev) = last.into_iter().chain(anchor).max_by_key(|(seq, _)| *seq).unwrap_or_default();
        let mut line = Line {
            seq: before + 1,
            at: self.store.clock.0.now().to_string(),
            actor: deed.actor.to_owned(),
            action: deed.action.as_str().to_owned(),
            tenant: deed.tenant.map(str::to_owned),
            subject,
            detail: deed.detail.clone(),
            prev,
            mac: Vec::new(),
        };
        line.mac = self.mac(&line, Some(&identity)).await?;
        tx.execute_raw(line.insert(backend).done()).await?;
        tx.commit().await?;
        self.keys.set_anchor(&log, line.seq, &line.mac).await?;
        Ok(())
    }

    /// Checks every line, whether one is missing, and whether the last one is that of which the key store knows.
    pub async fn verify(&self) -> Result<Verified, PeopleError> {
        let mut verified = Verified::default();
        let (mut seq, mut mac) = (0, Vec::new());
        let identity = self.store.known_identity().await?;
        let mut anchored = Anchored::default();
        if let Some(identity) = &identity {
            anchored = self.anchored(identity).await?;
        } else {
            verified.add("the database's identity was taken out of it (table database_identity)".to_owned());
        }
        let Anchored { last: anchor, stray, .. } = anchored;
        verified.logs = self.keys.anchors(&log_name("")).await?;
        // Lines are numbered from 1.
        let before = "SELECT count(*) AS lines FROM audit_log WHERE seq IS NULL OR seq < 1";
        let before = Sql::new(self.backend(), before).done();
        if let Some(row) = self.store.pools.read.query_one_raw(before).await? {
            let added: i64 = row.try_get("", "lines")?;
            if added > 0 {
                verified.add(format!("{added} lines stand before line 1: they were added"));
            }
        }
        let mut is_older = true;
        'lines: loop {
            let query = Sql::new(self.backend(), "SELECT * FROM audit_log WHERE seq > ")
                .bind(seq)
                .text(&format!(" ORDER BY seq LIMIT {LINES_MAX}"));
            let rows = self.store.pools.read.query_all_raw(query.done()).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let line = match Line::read(row) {
                    Ok(line) => line,
                    // SQLite keeps anything in any column. Lines without a number come last.
                    Err(unread) => {
                        let Ok(at) = row.try_get::<i64>("", "seq") else {
                            verified.add(format!(
                                "a line after line {seq} has no number any more: it was changed ({unread})"
                            ));
                            break 'lines;
                        };
                        verified.add(format!(
                            "line {at}: it was changed after it was written, and cannot be read"
                        ));
                        verified.lines += 1;
                        (seq, mac) = (at, Vec::new());
                        continue;
                    }
                };
                if line.seq != seq + 1 {
                    verified.add(missing(seq + 1, line.seq - 1));
                } else if line.prev != mac {
                    verified.add(format!(
                        "line {}: the line before it is another one than when it was written",
                        line.seq
                    ));
                }
                // Lines from before there were identities name none, and come first.
                let is_named = self.mac(&line, identity.as_deref()).await? == line.mac;
                is_older &= !is_named;
                if !(is_named || is_older && self.mac(&line, None).await? == line.mac) {
                    verified.add(format!(
                        "line {}: it was changed after it was written, or is another database's",
                        line.seq
                    ));
                }
                if anchor.as_ref().is_some_and(|(at, known)| *at == line.seq && *known != line.mac) {
                    verified.add(format!("line {}: it is another one than the key store knows", line.seq));
                }
                verified.lines += 1;
                (seq, mac) = (line.seq, line.mac);
            }
        }
        match anchor {
            Some((at, _)) if at > seq => verified.add(missing(seq + 1, at)),
            // A process may end between the first line and its mark.
            None if verified.lines > 1 => verified.add(
                "the key store knows of no last line: it was taken out, or this is not the key store of this database"
                    .to_owned(),
            ),
            _ => {}
        }
        if let Some(at) = stray {
            verified.add(format!(
                "the key store knows of a line {at} from before databases had identities, which is not in this log: it was \
                 removed; or it is another database's that shares the key store, and will be known as such once that one's worker \
                 is started with this version"
            ));
        }
        Ok(verified)
    }

    async fn mac(&self, line: &Line, identity: Option<&str>) -> Result<Vec<u8>, StoreError> {
        let hex = |bytes: &[u8]| hex::encode(bytes);
        // Nothing differs from empty.
        let said = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| format!("={text}"));
        let (seq, prev) = (line.seq.to_string(), hex(&line.prev));
        let (tenant, subject) = (said(line.tenant.clone()), said(line.subject.as_deref().map(hex)));
        let mut parts =
            vec!["audit", &seq, &prev, &line.at, &line.actor, &line.action, &tenant, &subject, &line.detail];
        parts.extend(identity);
        Ok(self.digests().await?.digest(&parts))
    }
}

fn missing(first: i64, last: i64) -> String {
    let lines =
        if first == last { format!("line {first} is") } else { format!("lines {first} to {last} are") };
    format!("{lines} missing: removed, or the database was restored from a backup made before")
}

// === impl Verified ===

impl Verified {
    fn add(&mut self, finding: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

// === impl Line ===

impl Line {
    fn read(row: &QueryResult) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            seq: row.try_get("", "seq")?,
            at: row.try_get("", "at")?,
            actor: row.try_get("", "actor")?,
            action: row.try_get("", "action")?,
            tenant: row.try_get("", "tenant")?,
            subject: row.try_get("", "subject_hmac")?,
            detail: row.try_get("", "detail")?,
            prev: row.try_get("", "prev")?,
            mac: row.try_get("", "mac")?,
        })
    }

    fn insert(&self, backend: DbBackend) -> Sql {
        Sql::new(
            backend,
            "INSERT INTO audit_log (seq, at, actor, action, tenant, subject_hmac, detail, prev, mac) VALUES (",
        )
        .bind(self.seq)
        .text(", ")
        .bind(self.at.as_str())
        .text(", ")
        .bind(self.actor.as_str())
        .text(", ")
        .bind(self.action.as_str())
        .text(", ")
        .bind(self.tenant.clone())
        .text(", ")
        .bind(self.subject.clone())
        .text(", ")
        .bind(self.detail.as_str())
        .text(", ")
        .bind(self.prev.clone())
        .text(", ")
        .bind(self.mac.clone())
        .text(")")
    }
}

#[cfg(test)]
mod tests;
