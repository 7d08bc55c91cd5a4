//! A campaign's spend day by day: what a chart shows.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use rows::{Day, DayRange, Micros, day::plus_days, money::RawSpend};
use sea_orm::{ConnectionTrait, DbErr, Value, sea_query::ArrayType};

use super::sums::{Account, Reading, connections_named, readings};
use crate::{
    Store, StoreError,
    convert::{chrono_day, day},
    limits,
    sql::Sql,
};

/// Days of a series, today included.
pub const DAYS: i64 = 28;
/// The columns that name a campaign, and their types.
const CAMPAIGN_KEY: [&str; 3] = ["connection_id", "account_id", "campaign_id"];
const CAMPAIGN_KINDS: [ArrayType; 3] = [ArrayType::BigInt, ArrayType::String, ArrayType::String];

/// Which campaign.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CampaignKey {
    /// The connection's configured name.
    pub connection: String,
    /// The account at the provider.
    pub account_id: String,
    /// The network's id of the campaign.
    pub campaign_id: String,
}

/// Spend of a campaign on each of the last 28 days of its account, of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignDays<M = RawSpend> {
    /// The days; the last is the account's today.
    pub days: DayRange,
    /// Spend by day, in their order, in the campaign's currency; nothing for a day that was not read, or of which the
    /// source says nothing.
    pub spend: Vec<Option<M>>,
    /// The last day whose numbers are final, if any is.
    pub settled_through: Option<Day>,
}

/// A campaign by its connection's id.
pub type Key = (Account, String);

impl Store {
    /// The series of these campaigns; those of accounts that were never read are left out.
    pub async fn campaign_days(
        &self,
        campaigns: &[CampaignKey],
        now: Timestamp,
    ) -> Result<HashMap<CampaignKey, CampaignDays>, StoreError> {
        let database = &self.pools.read;
        let names = campaigns.iter().map(|key| key.connection.as_str()).collect();
        let connections = connections_named(database, &names).await?;
        let ids: HashMap<&str, i64> =
            connections.values().map(|connection| (&*connection.name, connection.id)).collect();
        let wanted: Vec<(&CampaignKey, Key)> = campaigns
            .iter()
            .filter_map(|key| {
                let account = (*ids.get(&*key.connection)?, key.account_id.clone());
                Some((key, (account, key.campaign_id.clone())))
            })
            .collect();
        let accounts: BTreeSet<Account> = wanted.iter().map(|(_, (account, _))| account.clone()).collect();
        let readings = readings(database, Some(&accounts), now).await?;
        let Some(first) = readings.values().map(|reading| reading.today).min() else {
            return Ok(HashMap::new());
        };
        let mut stored = HashMap::new();
        let keys: Vec<&Key> = wanted.iter().map(|(_, key)| key).collect();
        for keys in keys.chunks(limits::KEYS_STATEMENT_MAX) {
            spend_by_day(database, keys, plus_days(first, 1 - DAYS), &mut stored).await?;
        }
        let series = wanted.into_iter().filter_map(|(key, id)| {
            let reading = readings.get(&id.0)?;
            Some((key.clone(), days_of(reading, stored.get(&id))))
        });
        Ok(series.collect())
    }
}

/// By day: what the source says, which may be nothing.
pub type Spent = HashMap<Day, Option<i64>>;

fn days_of(reading: &Reading, stored: Option<&Spent>) -> CampaignDays {
    let days = DayRange { first: plus_days(reading.today, 1 - DAYS), last: reading.today };
    let spend = days.days().map(|day| {
        let told = stored.and_then(|stored| stored.get(&day));
        match told {
            Some(spend) => spend.map(|spend| RawSpend(Micros(spend))),
            // A source leaves out what was not delivered: a day that was read and has no row is a day of zeros.
            None => reading.days.read_at(day).map(|_| RawSpend(Micros::ZERO)),
        }
    });
    CampaignDays { spend: spend.collect(), days, settled_through: reading.settled_through }
}

/// Adds what the rows of these campaigns say, from a day on.
pub async fn spend_by_day(
    database: &impl ConnectionTrait,
    campaigns: &[&Key],
    since: Day,
    stored: &mut HashMap<Key, Spent>,
) -> Result<(), DbErr> {
    let keys = campaigns.iter().map(|((connection, account), campaign)| {
        vec![Value::from(*connection), Value::from(account.as_str()), Value::from(campaign.as_str())]
    });
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT e.connection_id, e.account_id, e.campaign_id, f.date, f.spend_micros",
    )
    .reading_keys(
        &CAMPAIGN_KEY,
        &CAMPAIGN_KINDS,
        keys.collect(),
        "ad_entities e",
        "e.connection_id = i.connection_id AND e.account_id = i.account_id AND e.campaign_id = i.campaign_id \
         AND e.level = 'campaign'",
    )
    .text(" JOIN ad_performance_rows f ON f.entity_id = e.id WHERE f.date >= ")
    .bind(chrono_day(since))
    .done();
    for row in database.query_all_raw(statement).await? {
        let account = (row.try_get("", "connection_id")?, row.try_get("", "account_id")?);
        let campaign = row.try_get("", "campaign_id")?;
        if let Some(date) = day(row.try_get("", "date")?) {
            let of_campaign = stored.entry((account, campaign)).or_default();
            of_campaign.insert(date, row.try_get("", "spend_micros")?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rows::checkpoint::DaysProgress;

    use super::*;

    #[test]
    fn a_day_that_was_not_read_is_unknown_and_a_quiet_one_is_zero() {
        let today = date(2026, 11, 24);
        let mut days = DaysProgress::default();
        let read = DayRange::new(date(2026, 11, 22), date(2026, 11, 24)).unwrap();
        days.mark(read, "2026-11-24T06:00:00Z".parse().unwrap());
        let settled_through = Some(date(2026, 11, 21));
        let reading = Reading { time_zone: "UTC".to_owned(), currency: None, today, days, settled_through };
        let stored = Spent::from([(today, Some(7)), (date(2026, 11, 23), None)]);
        let series = days_of(&reading, Some(&stored));
        assert_eq!(series.days.first, date(2026, 10, 28));
        assert_eq!(series.spend.len(), 28);
        let spend = |micros| Some(RawSpend(Micros(micros)));
        assert_eq!(series.spend[24..], [None, spend(0), None, spend(7)]);
    }
}
