//! Whom something of a person was told, and who is to be told that it was corrected or erased.

use jiff::{Span, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, prelude::DateTimeUtc};

use super::{
    Category, People, PeopleError, Person, RestsOn,
    audit::{Action, Deed},
    consent,
};
use crate::{
    convert::{json_list, timestamp, utc},
    sql::Sql,
};

/// The recipient of what somebody asked for about themselves.
pub const DATA_SUBJECT: &str = "data_subject";
/// The purpose of that.
pub const ACCESS_REQUEST: &str = "access_request";
/// The purpose for which the operator's own people look at a user.
pub const OPERATION: &str = "operation";

/// Something of a person that leaves, to be recorded before it does.
#[derive(Debug, Clone)]
pub struct NewDisclosure<'a> {
    /// To whom: a configured recipient, [`DATA_SUBJECT`], or who looked.
    pub recipient: &'a str,
    /// What for.
    pub purpose: &'a str,
    /// Which kinds of data.
    pub categories: &'a [Category],
    /// Where the recipient keeps it.
    pub region: Option<&'a str>,
    /// Who hands it out.
    pub actor: &'a str,
    /// Whether the person must have agreed to the purpose.
    pub rests_on_consent: bool,
}

/// A disclosure, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// Its number.
    pub id: i64,
    /// To whom.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Which kinds of data, by name.
    pub categories: Vec<String>,
    /// Where the recipient keeps it.
    pub region: Option<String>,
    /// When.
    pub disclosed_at: Timestamp,
    /// Who handed it out.
    pub actor: String,
    /// Until when the recipient is to be told that something was corrected or erased; none while nothing was.
    pub notify_due_at: Option<Timestamp>,
    /// When the recipient was told.
    pub notified_at: Option<Timestamp>,
}

/// Words that a purpose may not have: nothing of a person is sold.
const SALE: [&str; 5] = ["sell", "selling", "sold", "resell", "reselling"];
/// Nor one that ends like this, such as `resale` and `datasale`.
const SALE_ENDINGS: [&str; 2] = ["sale", "sales"];
/// But these, which are about goods.
const WHOLESALE: [&str; 2] = ["wholesale", "wholesales"];
/// And what is said before it, where it is a till.
const POINT_OF: [&str; 2] = ["point", "of"];

/// Why this may not be a purpose; nothing where it may be one.
pub fn refused_purpose(purpose: &str) -> Option<&'static str> {
    let words = purpose.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    let is_sale = |(place, word): (usize, &String)| {
        let word = word.as_str();
        let ends = SALE_ENDINGS.iter().any(|ending| word.ends_with(ending)) && !WHOLESALE.contains(&word);
        let is_till = SALE_ENDINGS.contains(&word) && words[..place].ends_with(&POINT_OF.map(str::to_owned));
        SALE.contains(&word) || (ends && !is_till)
    };
    words
        .iter()
        .enumerate()
        .any(is_sale)
        .then_some("personal data is not sold: there is no such purpose, and no consent makes one")
}

impl People {
    /// Opens a user for the operator's own people. Whoever looks leaves a trace; what cannot be noted is not shown.
    pub async fn show_to(&self, tenant: &str, id: &str, actor: &str) -> Result<Person, PeopleError> {
        let person = self.show(tenant, id).await?;
        let looked = NewDisclosure {
            recipient: actor,
            purpose: OPERATION,
            categories: &[Category::Identity],
            region: None,
            actor,
            rests_on_consent: false,
        };
        self.disclose(tenant, id, &looked).await?;
        let (tenant, user) = (Some(tenant), Some(id));
        self.note(&Deed { actor, action: Action::Show, tenant, user, detail: String::new() }).await?;
        Ok(person)
    }

    /// Records that something of a user leaves. Before it does: what cannot be recorded does not leave.
    pub async fn disclose(
        &self,
        tenant: &str,
        user: &str,
        disclosure: &NewDisclosure<'_>,
    ) -> Result<(), PeopleError> {
        let subject = self.subject_digest(tenant, user).await?;
        let now = self.store.clock.0.now();
        let tx = self.store.pools.begin().await?;
        self.refuse(&tx, tenant, user, disclosure, true).await?;
        tx.execute_raw(insert(&tx, tenant, subject, disclosure, now).done()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Refuses what may not leave now. [`People::disclose`] looks again.
    pub async fn refuse_disclosure(
        &self,
        tenant: &str,
        user: &str,
        disclosure: &NewDisclosure<'_>,
    ) -> Result<(), PeopleError> {
        self.refuse(&self.store.pools.read, tenant, user, disclosure, false).await
    }

    async fn refuse(
        &self,
        database: &impl ConnectionTrait,
        tenant: &str,
        user: &str,
        disclosure: &NewDisclosure<'_>,
        hold: bool,
    ) -> Result<(), PeopleError> {
        let purpose = disclosure.purpose;
        if let Some(reason) = refused_purpose(purpose) {
            return Err(PeopleError::Refused(format!("purpose {purpose:?}: {reason}")));
        }
        if !disclosure.rests_on_consent {
            return Ok(());
        }
        let on = RestsOn { tenant: tenant.to_owned(), user: user.to_owned(), purpose: purpose.to_owned() };
        match consent::withheld(database, &on, self.store.clock.0.now(), hold).await? {
            Some(reason) => Err(PeopleError::Refused(format!("{reason}: nothing is handed out"))),
            None => Ok(()),
        }
    }

    /// Whom something of a user was told, the earliest first.
    pub async fn disclosures(&self, tenant: &str, user: &str) -> Result<Vec<Disclosure>, PeopleError> {
        let subject = self.subject_digest(tenant, user).await?;
        let query = Sql::new(self.backend(), "SELECT * FROM disclosures WHERE tenant = ")
            .bind(tenant)
            .text(" AND subject_hmac = ")
            .bind(subject)
            .text(" ORDER BY id");
        self.read_disclosures(query).await
    }

    /// Something of a user was corrected or erased: each recipient is to be told within a month, and so is each of `standing`, who
    /// get data by other ways; where it is `about` one category, only who got that. Who looked for the operator is none, nor is the
    /// person. Answers whom, by their latest disclosure.
    pub async fn to_notify(
        &self,
        tenant: &str,
        user: &str,
        about: Option<Category>,
        standing: &[NewDisclosure<'_>],
    ) -> Result<Vec<Disclosure>, PeopleError> {
        let tx = self.store.pools.begin().await?;
        let due = self.notices(&tx, tenant, user, about, standing).await?;
        tx.commit().await?;
        Ok(due)
    }

    /// Whom [`to_notify`](Self::to_notify) would answer. Nothing changes.
    pub(super) async fn would_notify(
        &self,
        tenant: &str,
        user: &str,
        standing: &[NewDisclosure<'_>],
    ) -> Result<Vec<Disclosure>, PeopleError> {
        let tx = self.store.pools.begin().await?;
        let due = self.notices(&tx, tenant, user, None, standing).await?;
        tx.rollback().await?;
        Ok(due)
    }

    /// As [`to_notify`](Self::to_notify), with what else the transaction does.
    pub(super) async fn notices(
        &self,
        tx: &DatabaseTransaction,
        tenant: &str,
        user: &str,
        about: Option<Category>,
        standing: &[NewDisclosure<'_>],
    ) -> Result<Vec<Disclosure>, PeopleError> {
        // Categories are a list of names, in quotes.
        let got = about.map_or_else(|| "%".to_owned(), |about| format!("%\"{}\"%", about.as_str()));
        let subject = self.subject_digest(tenant, user).await?;
        let now = self.store.clock.0.now();
        let concerned =
            standing.iter().filter(|one| about.is_none_or(|about| one.categories.contains(&about)));
        for recipient in concerned {
            let known = Sql::new(self.backend(), "SELECT id FROM disclosures WHERE tenant = ")
                .bind(tenant)
                .text(" AND subject_hmac = ")
                .bind(subject.clone())
                .text(" AND recipient = ")
                .bind(recipient.recipient)
                .text(" AND categories LIKE ")
                .bind(got.as_str())
                .text(" LIMIT 1");
            if tx.query_one_raw(known.done()).await?.is_none() {
                tx.execute_raw(insert(tx, tenant, subject.clone(), recipient, now).done()).await?;
            }
        }
        let due = Sql::new(self.backend(), "UPDATE disclosures SET notified_at = NULL, notify_due_at = ")
            .bind(utc(a_month_after(now)))
            .text(" WHERE id IN (SELECT max(id) FROM disclosures WHERE tenant = ")
            .bind(tenant)
            .text(" AND subject_hmac = ")
            .bind(subject.clone())
            .text(" AND purpose <> ")
            .bind(OPERATION)
            .text(" AND recipient <> ")
            .bind(DATA_SUBJECT)
            .text(" AND recipient IN (SELECT g.recipient FROM disclosures g WHERE g.tenant = ")
            .bind(tenant)
            .text(" AND g.subject_hmac = ")
            .bind(subject.clone())
            .text(" AND g.categories LIKE ")
            .bind(got)
            .text(") GROUP BY recipient)");
        tx.execute_raw(due.done()).await?;
        let due = Sql::new(self.backend(), "SELECT * FROM disclosures WHERE tenant = ")
            .bind(tenant)
            .text(" AND subject_hmac = ")
            .bind(subject)
            .text(" AND notify_due_at IS NOT NULL AND notified_at IS NULL ORDER BY recipient");
        let rows = tx.query_all_raw(due.done()).await?;
        Ok(rows.iter().map(disclosure).collect::<Result<_, DbErr>>()?)
    }

    /// Recipients of a tenant's data that are still to be told, the most urgent first.
    pub async fn notices_due(&self, tenant: &str) -> Result<Vec<Disclosure>, PeopleError> {
        let due = Sql::new(self.backend(), "SELECT * FROM disclosures WHERE tenant = ")
            .bind(tenant)
            .text(" AND notify_due_at IS NOT NULL AND notified_at IS NULL ORDER BY notify_due_at, id");
        self.read_disclosures(due).await
    }

    /// The recipient of this disclosure was told.
    pub async fn notified(&self, tenant: &str, id: i64) -> Result<(), PeopleError> {
        let told = Sql::new(self.backend(), "UPDATE disclosures SET notified_at = ")
            .bind(utc(self.store.clock.0.now()))
            .text(" WHERE notify_due_at IS NOT NULL AND tenant = ")
            .bind(tenant)
            .text(" AND id = ")
            .bind(id);
        if self.store.pools.write.execute_raw(told.done()).await?.rows_affected() == 0 {
            return Err(PeopleError::Unknown(format!(
                "tenant {tenant} has nobody to tell by the number {id}: `dynamoi privacy disclosures --due` shows whom"
            )));
        }
        Ok(())
    }

    async fn read_disclosures(&self, query: Sql) -> Result<Vec<Disclosure>, PeopleError> {
        let rows = self.store.pools.read.query_all_raw(query.done()).await?;
        Ok(rows.iter().map(disclosure).collect::<Result<_, DbErr>>()?)
    }
}

/// The same day of the next month, or its last one.
fn a_month_after(now: Timestamp) -> Timestamp {
    let later = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).checked_add(Span::new().months(1));
    later.map_or(now, |later| later.timestamp())
}

fn insert(
    database: &impl ConnectionTrait,
    tenant: &str,
    subject: Vec<u8>,
    disclosure: &NewDisclosure<'_>,
    now: Timestamp,
) -> Sql {
    let categories: Vec<String> =
        disclosure.categories.iter().map(|category| category.as_str().to_owned()).collect();
    Sql::new(
        database.get_database_backend(),
        "INSERT INTO disclosures (tenant, subject_hmac, recipient, purpose, categories, region, disclosed_at, actor) VALUES (",
    )
    .bind(tenant)
    .text(", ")
    .bind(subject)
    .text(", ")
    .bind(disclosure.recipient)
    .text(", ")
    .bind(disclosure.purpose)
    .text(", ")
    .bind(json_list(&categories))
    .text(", ")
    .bind(disclosure.region.map(str::to_owned))
    .text(", ")
    .bind(utc(now))
    .text(", ")
    .bind(disclosure.actor)
    .text(")")
}

fn disclosure(row: &QueryResult) -> Result<Disclosure, DbErr> {
    let categories: String = row.try_get("", "categories")?;
    let at = |column: &str| row.try_get::<Option<DateTimeUtc>>("", column).map(|at| at.map(timestamp));
    Ok(Disclosure {
        id: row.try_get("", "id")?,
        recipient: row.try_get("", "recipient")?,
        purpose: row.try_get("", "purpose")?,
        categories: serde_json::from_str(&categories).unwrap_or_default(),
        region: row.try_get("", "region")?,
        disclosed_at: timestamp(row.try_get::<DateTimeUtc>("", "disclosed_at")?),
        actor: row.try_get("", "actor")?,
        notify_due_at: at("notify_due_at")?,
        notified_at: at("notified_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sold_by_whatever_word() {
        for purpose in ["sale", "Sale", "data-sale", "re.sell_SELLING", "sold", "resale of lists"]
            .into_iter()
            .chain([
                "sales",
                "Data Sales",
                "datasale",
                "list_datasales",
                "resales",
                "sale-point-of",
                "of sales",
            ])
            .chain(["point-of-sale-and-sales", "point of datasale", "point of sale, sold"])
        {
            assert!(refused_purpose(purpose).is_some(), "{purpose}");
        }
        for purpose in ["ads", "wholesaler-reports", "point-of-sales", "accounting", ""].into_iter().chain([
            "wholesale",
            "Wholesales prices",
            "point of sale",
            "Point_of_Sale receipts",
            "point-of-sale",
            "salesforce",
        ]) {
            assert_eq!(refused_purpose(purpose), None, "{purpose}");
        }
    }

    #[test]
    fn a_month_ends_with_the_month() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(a_month_after(at("2026-11-29T10:00:00Z")), at("2026-12-29T10:00:00Z"));
        assert_eq!(a_month_after(at("2027-01-31T10:00:00Z")), at("2027-02-28T10:00:00Z"));
    }
}
