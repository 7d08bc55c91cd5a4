//! Accounts, campaigns, ad sets and ads as objects and as lists.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::errors::MetaError;
use super::fields::{
    AD_FIELDS, AD_SET_FIELDS, AD_SET_STATUSES, AD_STATUSES, CAMPAIGN_FIELDS, CAMPAIGN_STATUSES,
};
use super::params::Params;
use super::world::{Account, Ad, AdSet, Budget, Campaign};
use crate::exchange::Request;

/// Which list of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    Campaigns,
    AdSets,
    Ads,
}

impl Edge {
    fn known_fields(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Campaigns => (CAMPAIGN_FIELDS, "Campaign"),
            Self::AdSets => (AD_SET_FIELDS, "AdSet"),
            Self::Ads => (AD_FIELDS, "Ad"),
        }
    }

    fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Campaigns => CAMPAIGN_STATUSES,
            Self::AdSets => AD_SET_STATUSES,
            Self::Ads => AD_STATUSES,
        }
    }

    fn filter_prefix(self) -> &'static str {
        match self {
            Self::Campaigns => "campaign.",
            Self::AdSets => "adset.",
            Self::Ads => "ad.",
        }
    }
}

/// One object below an account.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entity<'w> {
    Campaign(&'w Campaign),
    AdSet(&'w Campaign, &'w AdSet),
    Ad(&'w Campaign, &'w AdSet, &'w Ad),
}

impl<'w> Entity<'w> {
    /// All of an account's objects of one kind.
    pub(crate) fn all(account: &'w Account, edge: Edge) -> Vec<Self> {
        let mut all = Vec::new();
        for campaign in &account.campaigns {
            if edge == Edge::Campaigns {
                all.push(Self::Campaign(campaign));
            }
            for ad_set in &campaign.ad_sets {
                match edge {
                    Edge::Campaigns => {}
                    Edge::AdSets => all.push(Self::AdSet(campaign, ad_set)),
                    Edge::Ads => all.extend(ad_set.ads.iter().map(|ad| Self::Ad(campaign, ad_set, ad))),
                }
            }
        }
        all
    }

    fn edge(self) -> Edge {
        match self {
            Self::Campaign(_) => Edge::Campaigns,
            Self::AdSet(..) => Edge::AdSets,
            Self::Ad(..) => Edge::Ads,
        }
    }

    pub(crate) fn id(self) -> u64 {
        match self {
            Self::Campaign(campaign) => campaign.id,
            Self::AdSet(_, ad_set) => ad_set.id,
            Self::Ad(_, _, ad) => ad.id,
        }
    }

    fn campaign(self) -> &'w Campaign {
        match self {
            Self::Campaign(campaign) | Self::AdSet(campaign, _) | Self::Ad(campaign, ..) => campaign,
        }
    }

    fn effective_status(self) -> &'static str {
        match self {
            Self::Campaign(campaign) => campaign.status.word(),
            Self::AdSet(campaign, _) | Self::Ad(campaign, ..) => campaign.ad_set_status(),
        }
    }

    fn updated(self, account: &Account) -> Timestamp {
        let campaign = self.campaign();
        midday(campaign.last_day.unwrap_or(campaign.first_day), &account.zone)
    }

    /// The object with the fields asked for, and always its id.
    pub(crate) fn render(self, account: &Account, fields: &[String]) -> Value {
        let mut all = self.common(account);
        match self {
            Self::Campaign(campaign) => campaign_fields(&mut all, account, campaign),
            Self::AdSet(campaign, ad_set) => ad_set_fields(&mut all, account, campaign, ad_set),
            Self::Ad(campaign, ad_set, ad) => ad_fields(&mut all, campaign, ad_set, ad),
        }
        all.retain(|name, _| name == "id" || name == "status_hint" || fields.contains(name));
        Value::Object(all)
    }

    fn common(self, account: &Account) -> Map<String, Value> {
        let campaign = self.campaign();
        let own_status = match self {
            Self::Campaign(_) => campaign.status.word(),
            Self::AdSet(..) | Self::Ad(..) => "ACTIVE",
        };
        let created = datetime(
            midday(campaign.first_day.yesterday().unwrap_or(Date::MIN), &account.zone),
            &account.zone,
        );
        let mut all = Map::new();
        let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
        put("id", self.id().to_string().into());
        put("account_id", account.id.to_string().into());
        put("status", own_status.into());
        put("configured_status", own_status.into());
        put("effective_status", self.effective_status().into());
        put("created_time", created.into());
        put("updated_time", datetime(self.updated(account), &account.zone).into());
        if self.id().is_multiple_of(3) {
            put("status_hint", json!({ "since": "a field that no client asked for" }));
        }
        all
    }
}

fn campaign_fields(all: &mut Map<String, Value>, account: &Account, campaign: &Campaign) {
    let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    put("name", campaign.name.clone().into());
    put("objective", campaign.objective.clone().into());
    put("buying_type", "AUCTION".into());
    put("bid_strategy", campaign.bid_strategy.clone().into());
    put("special_ad_categories", json!([]));
    put("start_time", day_start(campaign.first_day, &account.zone).into());
    if let Some(last) = campaign.last_day {
        put("stop_time", day_start(last.tomorrow().unwrap_or(last), &account.zone).into());
    }
    let (name, minor) = match campaign.budget {
        Budget::Daily(minor) => ("daily_budget", minor),
        Budget::Lifetime(minor) => ("lifetime_budget", minor),
    };
    put(name, minor.to_string().into());
    put("budget_remaining", (minor / 2).to_string().into());
}

fn ad_set_fields(all: &mut Map<String, Value>, account: &Account, campaign: &Campaign, ad_set: &AdSet) {
    let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    let countries = campaign.countries.iter().map(|(country, _)| country.as_str()).collect::<Vec<_>>();
    put("name", ad_set.name.clone().into());
    put("campaign_id", campaign.id.to_string().into());
    put("optimization_goal", campaign.optimization_goal.clone().into());
    put("billing_event", "IMPRESSIONS".into());
    put("bid_strategy", campaign.bid_strategy.clone().into());
    put(
        "attribution_spec",
        json!([
            { "event_type": "CLICK_THROUGH", "window_days": 7 },
            { "event_type": "VIEW_THROUGH", "window_days": 1 },
        ]),
    );
    put("destination_type", "WEBSITE".into());
    put("targeting", json!({ "geo_locations": { "countries": countries } }));
    put("start_time", day_start(campaign.first_day, &account.zone).into());
    put(
        "learning_stage_info",
        json!({ "status": if ad_set.id.is_multiple_of(7) { "LEARNING" } else { "SUCCESS" } }),
    );
    if let Some(last) = campaign.last_day {
        put("end_time", day_start(last.tomorrow().unwrap_or(last), &account.zone).into());
    }
}

fn ad_fields(all: &mut Map<String, Value>, campaign: &Campaign, ad_set: &AdSet, ad: &Ad) {
    let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    put("name", ad.name.clone().into());
    put("campaign_id", campaign.id.to_string().into());
    put("adset_id", ad_set.id.to_string().into());
    put("creative", json!({ "id": ad.creative_id.to_string() }));
}

/// An account's list, filtered, one page of it.
pub(crate) fn list(
    account: &Account,
    edge: Edge,
    request: &Request,
    params: &Params,
    cursor_limit: Option<usize>,
) -> Result<Value, MetaError> {
    let (known, node) = edge.known_fields();
    let fields = params.fields(known, node)?;
    let page = params.page(cursor_limit)?;
    let mut entities = Vec::new();
    let conditions = Conditions::read(edge, params)?;
    for entity in Entity::all(account, edge) {
        if conditions.admit(entity, account)? {
            entities.push(entity);
        }
    }
    let rows: Vec<Value> = page.of(&entities).iter().map(|entity| entity.render(account, &fields)).collect();
    Ok(page.envelope(request, &rows, entities.len()))
}

/// One object by itself.
pub(crate) fn node(account: &Account, entity: Entity<'_>, params: &Params) -> Result<Value, MetaError> {
    let (known, node) = entity.edge().known_fields();
    Ok(entity.render(account, &params.fields(known, node)?))
}

/// What a list request filters by.
struct Conditions {
    statuses: Option<Vec<String>>,
    filters: Vec<super::params::Filter>,
    updated_since: Option<i64>,
    prefix: &'static str,
}

impl Conditions {
    fn read(edge: Edge, params: &Params) -> Result<Self, MetaError> {
        let statuses = params.list("effective_status")?;
        if let Some(unknown) =
            statuses.iter().flatten().find(|word| !edge.statuses().contains(&word.as_str()))
        {
            let message = format!("Param effective_status has an element that is not in the list: {unknown}");
            return Err(MetaError::parameter(message));
        }
        let updated_since = match params.get("updated_since") {
            Some(text) if edge != Edge::Campaigns => {
                let since = text.parse();
                Some(
                    since
                        .map_err(|_| MetaError::parameter("Param updated_since must be a unix timestamp"))?,
                )
            }
            _ => None,
        };
        Ok(Self { statuses, filters: params.filters()?, updated_since, prefix: edge.filter_prefix() })
    }

    fn admit(&self, entity: Entity<'_>, account: &Account) -> Result<bool, MetaError> {
        let status = entity.effective_status();
        let updated = entity.updated(account).as_second();
        let mut names_statuses = self.statuses.is_some();
        for filter in &self.filters {
            let field = filter.field.strip_prefix(self.prefix).unwrap_or(&filter.field);
            let admitted = match field {
                "effective_status" => {
                    names_statuses = true;
                    filter.admits(status)
                }
                "id" => filter.admits(&entity.id().to_string()),
                "campaign.id" => filter.admits(&entity.campaign().id.to_string()),
                "updated_time" => filter.admits_number(updated),
                _ => Err(filter.unsupported(&filter.operator)),
            };
            if !admitted? {
                return Ok(false);
            }
        }
        let listed = names_statuses || entity.campaign().status.is_listed();
        let status_fits =
            self.statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|word| word == status));
        Ok(listed && status_fits && self.updated_since.is_none_or(|since| updated > since))
    }
}

/// An account's object; `spent_minor` is asked for only when the field is.
pub(crate) fn account(
    account: &Account,
    fields: &[String],
    now: Timestamp,
    spent_minor: impl Fn() -> u64,
) -> Value {
    let mut all = Map::new();
    let offset = f64::from(account.zone.to_offset(now).seconds()) / 3_600.0;
    for name in fields {
        let value: Value = match name.as_str() {
            "account_id" => account.id.to_string().into(),
            "name" => account.name.clone().into(),
            "account_status" | "timezone_id" => 1.into(),
            "disable_reason" => 0.into(),
            "currency" => account.currency.clone().into(),
            "timezone_name" => account.zone_name.clone().into(),
            "timezone_offset_hours_utc" => offset.into(),
            "amount_spent" => spent_minor().to_string().into(),
            "balance" => "4120".into(),
            "spend_cap" => "0".into(),
            "created_time" => "2019-04-02T10:15:30+0000".into(),
            _ => continue,
        };
        all.insert(name.clone(), value);
    }
    all.insert("id".to_owned(), format!("act_{}", account.id).into());
    Value::Object(all)
}

fn day_start(day: Date, zone: &TimeZone) -> String {
    let start = day.to_zoned_datetime(zone.clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    datetime(start, zone)
}

fn midday(day: Date, zone: &TimeZone) -> Timestamp {
    let start = day.to_zoned_datetime(zone.clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    start.checked_add(12.hours()).unwrap_or(start)
}

/// `2024-03-12T15:02:47-0700`: no colon in the offset.
fn datetime(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%z").to_string()
}
