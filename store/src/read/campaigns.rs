//! Campaigns as telemetry shows them: what they are, and their sums over four windows of account days.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rows::{
    Currency, Day, DayRange, Micros,
    day::{day_at, plus_days},
    ledger::DaysProgress,
    money::RawSpend,
    snapshot::{CampaignSnapshot, CampaignWindow, Windows},
    status,
    zone::zone,
};

use super::{
    sums::{
        Account, CAMPAIGNS, Connection, Reading, Sums, connections_named, connections_with, objects_of,
        readings, spend_since, sum,
    },
    window_days,
};
use crate::{Store, StoreError, entity::ad_campaign, limits};

impl Store {
    /// Campaigns with spend in 28 days or active: of these accounts (connection's name, account), or of all.
    pub async fn campaign_windows(
        &self,
        touched: Option<&[(String, String)]>,
        now: Timestamp,
    ) -> Result<Vec<CampaignSnapshot>, StoreError> {
        let connections = match touched {
            Some(touched) => {
                let names = touched.iter().map(|(name, _)| name.as_str()).collect();
                connections_named(&self.pools.read, &names).await?
            }
            None => connections_with(&self.pools.read, &CAMPAIGNS).await?,
        };
        let wanted = touched.map(|touched| {
            let ids: HashMap<&str, i64> =
                connections.values().map(|connection| (&*connection.name, connection.id)).collect();
            let accounts =
                touched.iter().filter_map(|(name, account)| Some((*ids.get(&**name)?, account.clone())));
            accounts.collect::<BTreeSet<Account>>()
        });
        let readings = readings(&self.pools.read, wanted.as_ref(), now).await?;
        let mut sums = HashMap::new();
        // Accounts with the same today are summed together: at any time there are at most three such days on earth.
        let mut by_today: BTreeMap<Day, Vec<&Account>> = BTreeMap::new();
        for (account, reading) in &readings {
            by_today.entry(reading.today).or_default().push(account);
        }
        for (today, accounts) in by_today {
            for accounts in accounts.chunks(limits::KEYS_STATEMENT_MAX) {
                sum(&self.pools.read, today, accounts, &mut sums).await?;
            }
        }
        let accounts: Vec<&Account> = readings.keys().collect();
        let mut objects = HashMap::new();
        for accounts in accounts.chunks(limits::KEYS_STATEMENT_MAX) {
            objects_of(&self.pools.read, accounts, &mut objects).await?;
        }
        let mut campaigns: Vec<(Account, String)> = sums.keys().chain(objects.keys()).cloned().collect();
        campaigns.sort_unstable();
        campaigns.dedup();
        let mut snapshots = Vec::with_capacity(campaigns.len());
        for key in campaigns {
            let (Some(connection), Some(reading)) = (connections.get(&key.0.0), readings.get(&key.0)) else {
                continue;
            };
            let found = snapshot_of(connection, reading, &key, objects.get(&key), sums.get(&key));
            let Some(mut snapshot) = found else { continue };
            if let Some(first) = whole_life(&snapshot, reading) {
                let spend = spend_since(&self.pools.read, &key.0, &key.1, first).await?;
                snapshot.lifetime_spend = Some(RawSpend(Micros(spend.unwrap_or(0))));
            }
            snapshots.push(snapshot);
        }
        Ok(snapshots)
    }
}

/// The first day of a campaign with a lifetime budget, when every day since has been read.
fn whole_life(snapshot: &CampaignSnapshot, reading: &Reading) -> Option<Day> {
    snapshot.lifetime_budget?;
    let zone = zone(&reading.time_zone)?;
    let first = day_at(snapshot.start_at?, &zone);
    let oldest = reading.days.ranges.first()?.days.first;
    let life = DayRange::new(first, reading.today)?;
    (oldest <= first && is_read(&reading.days, life, reading.today)).then_some(first)
}

fn snapshot_of(
    connection: &Connection,
    reading: &Reading,
    (account, campaign_id): &(Account, String),
    object: Option<&ad_campaign::Model>,
    sums: Option<&Sums>,
) -> Option<CampaignSnapshot> {
    let spent = sums.is_some_and(|sums| sums.windows[3].1.spend.is_some_and(|spend| spend.0.0 > 0));
    // What was asked for counts as well as what happens: a campaign that should run and does not is worth seeing.
    let active = object.is_some_and(is_active);
    if !spent && !active {
        return None;
    }
    let days = window_days(reading.today);
    let window = |number: usize| {
        let known = is_read(&reading.days, days[number], reading.today);
        known.then(|| match sums.map(|sums| sums.windows[number]) {
            Some((rows, window)) if rows > 0 => window,
            _ => CampaignWindow::QUIET,
        })
    };
    let instant = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let object_currency = || object.and_then(|object| Currency::parse(object.currency.as_deref()?).ok());
    Some(CampaignSnapshot {
        connection: connection.name.clone(),
        provider: connection.integration.clone(),
        tenant: connection.tenant.clone(),
        account_id: account.1.clone(),
        campaign_id: campaign_id.clone(),
        name: object.and_then(|object| object.name.clone()),
        objective: object.and_then(|object| object.objective.clone()),
        status: object.and_then(|object| object.status.clone()),
        effective_status: object.and_then(|object| object.effective_status.clone()),
        currency: sums.and_then(|sums| sums.currency).or(reading.currency).or_else(object_currency),
        time_zone: reading.time_zone.clone(),
        daily_budget: object.and_then(|object| object.daily_budget_micros).map(Micros),
        lifetime_budget: object.and_then(|object| object.lifetime_budget_micros).map(Micros),
        lifetime_spend: None,
        learning: object.and_then(|object| object.learning),
        read_at: reading.days.read_at(reading.today),
        start_at: object.and_then(|object| instant(object.start_at)),
        end_at: object.and_then(|object| instant(object.end_at)),
        windows: Windows {
            today: window(0),
            yesterday: window(1),
            last_7_days: window(2),
            last_28_days: window(3),
        },
    })
}

/// Whether a campaign runs, or should.
pub fn is_active(object: &ad_campaign::Model) -> bool {
    object.status.as_deref().is_some_and(status::is_active)
        || object.effective_status.as_deref().is_some_and(status::is_delivering)
}

/// Whether the window's days were read. In windows of several days, today may still be missing, and so may days before
/// the oldest one read (the connection's start, or history not yet read); a hole between may not.
pub fn is_read(progress: &DaysProgress, days: DayRange, today: Day) -> bool {
    if days.first == days.last {
        return progress.read_at(days.first).is_some();
    }
    let Some(oldest) = progress.ranges.first() else {
        return false;
    };
    match DayRange::new(days.first.max(oldest.days.first), plus_days(today, -1)) {
        Some(past) => past.days().all(|day| progress.read_at(day).is_some()),
        // Nothing before today was ever read: today is all there is.
        None => progress.read_at(today).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_hole_hides_a_window_and_the_start_does_not() {
        let today = date(2026, 11, 24);
        let [day, yesterday, week, month] = window_days(today);
        let read = |first: i8, last: i8, progress: &mut DaysProgress| {
            let days = DayRange::new(date(2026, 11, first), date(2026, 11, last)).unwrap();
            progress.mark(days, "2026-11-24T00:00:00Z".parse().unwrap());
        };
        let mut progress = DaysProgress::default();
        assert!(!is_read(&progress, week, today));
        read(20, 23, &mut progress);
        assert!(!is_read(&progress, day, today));
        for window in [yesterday, week, month] {
            assert!(is_read(&progress, window, today));
        }
        read(24, 24, &mut progress);
        assert!(is_read(&progress, day, today));
        read(10, 12, &mut progress);
        assert!(!is_read(&progress, month, today));
    }
}
