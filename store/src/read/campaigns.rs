//! Campaigns as telemetry shows them: what they are, and their sums over four windows of account days.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rows::{
    Currency, Day, DayRange, Micros,
    day::day_at,
    figures::{CampaignFigures, CampaignWindow, Windows},
    markup::Markups,
    money::RawSpend,
    status,
    zone::zone,
};

use super::{
    coverage::{unread, unread_windows},
    displayed,
    sums::{
        Account, CAMPAIGNS, Connection, Reading, SPEND, Sums, connections_named, connections_with,
        objects_of, readings, spend_since, sum, window_of,
    },
};
use crate::{Store, StoreError, entity::ad_campaign, limits};

impl Store {
    /// Campaigns with spend in 28 days or active: of these accounts (connection's name, account), or of all. Those of tenants with
    /// a markup have what their tenant is shown, too.
    pub async fn campaign_windows(
        &self,
        touched: Option<&[(String, String)]>,
        markups: &Markups,
        now: Timestamp,
    ) -> Result<Vec<CampaignFigures>, StoreError> {
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
        let mut charged = Vec::new();
        for key in campaigns {
            let (Some(connection), Some(reading)) = (connections.get(&key.0.0), readings.get(&key.0)) else {
                continue;
            };
            let found = snapshot_of(connection, reading, &key, objects.get(&key), sums.get(&key));
            let Some(mut snapshot) = found else { continue };
            if let Some(first) = whole_life(&snapshot, reading) {
                let spend = spend_since(&self.pools.read, &key.0, &key.1, first).await?;
                snapshot.lifetime_spend = spend.map(|spend| RawSpend(Micros(spend)));
            }
            if let Some(markup) = markups.get(&snapshot.tenant)
                && !displayed::as_is(&mut snapshot, markup, reading.today)
            {
                charged.push((snapshots.len(), key, markup, reading.today));
            }
            snapshots.push(snapshot);
        }
        displayed::by_day(&self.pools.read, &charged, &mut snapshots).await?;
        Ok(snapshots)
    }
}

/// The first day of a campaign with a lifetime budget, when every day since has been read.
fn whole_life(snapshot: &CampaignFigures, reading: &Reading) -> Option<Day> {
    snapshot.lifetime_budget?;
    let zone = zone(&reading.time_zone)?;
    let first = day_at(snapshot.start_at?, &zone);
    let life = DayRange::new(first, reading.today)?;
    unread(&reading.days, life, reading.today, Some(first)).is_none().then_some(first)
}

/// The day on which a campaign began, in its account's zone: when it was made or when it starts, whichever is earlier. None
/// where neither is said, or where it has delivered before, so that neither can be true.
pub fn own_first(object: &ad_campaign::Model, zone_name: &str, first_told: Option<Day>) -> Option<Day> {
    let began = [object.start_at, object.created_at].into_iter().flatten().min()?;
    let first = day_at(Timestamp::from_second(began).ok()?, &zone(zone_name)?);
    first_told.is_none_or(|told| first <= told).then_some(first)
}

/// A budget of nothing is none: networks write 0 where another kind of budget holds.
fn budget(micros: Option<i64>) -> Option<Micros> {
    micros.filter(|micros| *micros > 0).map(Micros)
}

fn snapshot_of(
    connection: &Connection,
    reading: &Reading,
    (account, campaign_id): &(Account, String),
    object: Option<&ad_campaign::Model>,
    sums: Option<&Sums>,
) -> Option<CampaignFigures> {
    let spent = sums.is_some_and(|sums| sums.windows[3].may_be_positive(SPEND));
    // What was asked for counts as well as what happens: a campaign that should run and does not is worth seeing.
    let active = object.is_some_and(is_active);
    if !spent && !active {
        return None;
    }
    let first_told = sums.and_then(|sums| sums.first);
    let own_first = object.and_then(|object| own_first(object, &reading.time_zone, first_told));
    let unread = unread_windows(&reading.days, reading.today, own_first);
    let missing = [unread.today, unread.yesterday, unread.last_7_days, unread.last_28_days];
    let window = |number: usize| {
        missing[number].is_none().then(|| match sums.map(|sums| &sums.windows[number]) {
            Some(told) if told.rows > 0 => window_of(told),
            _ => CampaignWindow::QUIET,
        })
    };
    let instant = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let object_currency = || object.and_then(|object| Currency::parse(object.currency.as_deref()?).ok());
    Some(CampaignFigures {
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
        daily_budget: budget(object.and_then(|object| object.daily_budget_micros)),
        lifetime_budget: budget(object.and_then(|object| object.lifetime_budget_micros)),
        lifetime_spend: None,
        display_spend: Windows::default(),
        learning: object.and_then(|object| object.learning),
        read_at: reading.days.read_at(reading.today),
        start_at: object.and_then(|object| instant(object.start_at)),
        end_at: object.and_then(|object| instant(object.end_at)),
        windows: Windows::of(window),
        unread,
    })
}

/// Whether a campaign runs, or should.
pub fn is_active(object: &ad_campaign::Model) -> bool {
    object.status.as_deref().is_some_and(status::is_active)
        || object.effective_status.as_deref().is_some_and(status::is_delivering)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn object(start_at: Option<&str>, created_at: Option<&str>) -> ad_campaign::Model {
        let seconds = |text: Option<&str>| text.map(|text| text.parse::<Timestamp>().unwrap().as_second());
        ad_campaign::Model {
            connection_id: 1,
            account_id: "1".to_owned(),
            campaign_id: "1".to_owned(),
            name: None,
            status: None,
            effective_status: None,
            objective: None,
            daily_budget_micros: None,
            lifetime_budget_micros: None,
            currency: None,
            start_at: seconds(start_at),
            end_at: None,
            created_at: seconds(created_at),
            updated_at: None,
            learning: None,
            revision: 1,
            observed_at: 0,
        }
    }

    #[test]
    fn a_campaign_begins_when_it_was_made_or_starts() {
        let zone = "America/Los_Angeles";
        let first = |start, created, told| own_first(&object(start, created), zone, told);
        let (made, starts) = (Some("2026-11-10T02:00:00Z"), Some("2026-11-20T12:00:00Z"));
        assert_eq!(first(starts, made, None), Some(date(2026, 11, 9)), "in the account's zone");
        assert_eq!(first(made, starts, None), Some(date(2026, 11, 9)));
        assert_eq!(first(starts, None, None), Some(date(2026, 11, 20)));
        assert_eq!(first(None, None, None), None);
        assert_eq!(first(starts, None, Some(date(2026, 11, 20))), Some(date(2026, 11, 20)));
        assert_eq!(first(starts, None, Some(date(2026, 11, 19))), None, "it has delivered before");
        assert_eq!(own_first(&object(starts, made), "Mars/Base", None), None);
    }

    #[test]
    fn a_budget_of_nothing_is_none() {
        assert_eq!([budget(Some(0)), budget(None), budget(Some(1))], [None, None, Some(Micros(1))]);
    }
}
