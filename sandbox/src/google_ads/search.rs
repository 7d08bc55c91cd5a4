//! Carries a query out: which rows there are, and how they are written.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::errors::AdsError;
use super::fields::{Row, resource_of};
use super::gaql::Query;
use super::numbers::{Metrics, Unit};
use super::world::{Customer, World};

/// How far back days are kept, in months.
const MONTHS_KEPT: i64 = 37;

/// A country's numbers by interest, of those by presence, in parts per million: a sum without a filter is too large.
const INTEREST_SHARE: u64 = 300_000;

/// All rows of an answer, in their order.
pub(super) fn rows<'w>(
    world: &'w World,
    customer: &'w Customer,
    query: &Query,
    now: Timestamp,
) -> Result<Vec<Row<'w>>, AdsError> {
    let today = customer.today(now);
    if customer.is_manager && query.metrics().next().is_some() {
        let message = "Metrics cannot be requested for a manager account.";
        return Err(AdsError::new("queryError", "REQUESTED_METRICS_FOR_MANAGER", message));
    }
    let oldest = today.checked_sub(MONTHS_KEPT.months()).unwrap_or(Date::MIN);
    if query.days.is_some_and(|(from, _)| query.is_by_day() && from < oldest) {
        let message = "Metrics with daily segmentation are only available for the last 37 months.";
        return Err(AdsError::new("dateRangeError", "REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED", message));
    }
    let things = things(world, customer, &query.resource).into_iter();
    let mut rows: Vec<Row<'w>> =
        things.flat_map(|thing| measured(world, query, thing, (today, now))).collect();
    rows.retain(|row| query.keeps(row));
    Ok(rows)
}

/// Every thing of a resource, without numbers.
fn things<'w>(world: &'w World, customer: &'w Customer, resource: &str) -> Vec<Row<'w>> {
    let bare = Row {
        customer,
        client: None,
        campaign: None,
        group: None,
        ad: None,
        place: None,
        day: None,
        metrics: Metrics::default(),
    };
    let mut things = Vec::new();
    match resource {
        "customer" => things.push(bare),
        "customer_client" => {
            things.extend(
                world.tree(customer.id).into_iter().map(|client| Row { client: Some(client), ..bare }),
            );
        }
        _ => {}
    }
    for campaign in &customer.campaigns {
        let of_campaign = Row { campaign: Some(campaign), ..bare };
        match resource {
            "campaign" => things.push(of_campaign),
            "geographic_view" => {
                for place in campaign.places {
                    let meant =
                        ["LOCATION_OF_PRESENCE", "AREA_OF_INTEREST"].map(|meant| Some((*place, meant)));
                    things.extend(meant.map(|place| Row { place, ..of_campaign }));
                }
            }
            _ => {}
        }
        for group in &campaign.groups {
            let of_group = Row { group: Some(group), ..of_campaign };
            match resource {
                "ad_group" => things.push(of_group),
                "ad_group_ad" => things.extend(group.ads.iter().map(|ad| Row { ad: Some(ad), ..of_group })),
                _ => {}
            }
        }
    }
    things
}

/// The rows that a thing has: one, or one for each day on which a metric that was asked for is not zero.
fn measured<'w>(
    world: &World,
    query: &Query,
    thing: Row<'w>,
    (today, now): (Date, Timestamp),
) -> Vec<Row<'w>> {
    let born = thing.customer.campaigns.iter().map(|campaign| campaign.first_day).min().unwrap_or(today);
    let (from, to) = query.days.unwrap_or((born, today));
    let days = from.max(born).series(1.day()).take_while(|day| *day <= to.min(today));
    let has_metrics = query.metrics().next().is_some();
    if query.is_by_day() {
        let daily = days
            .map(|day| Row { day: Some(day), metrics: numbers(world, &thing, day, now), ..thing })
            .filter(|row| !has_metrics || query.metrics().any(|metric| row.read(metric).is_some()));
        return daily.collect();
    }
    let mut metrics = Metrics::default();
    for day in days.filter(|_| has_metrics) {
        metrics.add(&numbers(world, &thing, day, now));
    }
    vec![Row { metrics, ..thing }]
}

/// What a thing delivered on a day.
fn numbers(world: &World, thing: &Row<'_>, day: Date, now: Timestamp) -> Metrics {
    let is_chosen = |unit: &Unit| {
        thing.group.is_none_or(|group| unit.ad_group == group.id)
            && thing.ad.is_none_or(|ad| unit.ad == ad.id)
            && thing.campaign.is_none_or(|campaign| unit.campaign == campaign.id)
    };
    let mut sum = Metrics::default();
    for campaign in &thing.customer.campaigns {
        sum.add(&world.campaign_day((thing.customer, campaign), is_chosen, day, now));
    }
    let Some((((criterion, _, share), meant), campaign)) = thing.place.zip(thing.campaign) else {
        return sum;
    };
    let before = campaign.places.iter().take_while(|other| other.0 != criterion);
    let from = before.map(|other| other.2).sum();
    let presence = sum.part(from, from + share);
    if meant == "LOCATION_OF_PRESENCE" { presence } else { presence.part(0, INTEREST_SHARE) }
}

/// A row as JSON: what is selected, and the names of the resources that it comes from.
pub(super) fn written(query: &Query, row: &Row<'_>) -> Value {
    let mut object = Map::new();
    if !query.omits_resource_names {
        let selected = query.select.iter().map(|field| resource_of(field));
        for resource in selected.chain([query.resource.as_str()]) {
            put(&mut object, row, &format!("{resource}.resource_name"));
        }
        if query.select.iter().any(|field| field.starts_with("ad_group_ad.ad.")) {
            put(&mut object, row, "ad_group_ad.ad.resource_name");
        }
    }
    query.select.iter().for_each(|field| put(&mut object, row, field));
    Value::Object(object)
}

/// Puts a field in its place; what is around it is there even where the value is left out.
fn put(object: &mut Map<String, Value>, row: &Row<'_>, field: &str) {
    let path = camel(field);
    let Some((around, name)) = path.rsplit_once('.') else { return };
    let value = row.read(field);
    if value.is_none() && name == "resourceName" {
        return; // segments and metrics have none
    }
    let mut inner = object;
    for part in around.split('.') {
        let Some(next) = inner.entry(part).or_insert_with(|| json!({})).as_object_mut() else { return };
        inner = next;
    }
    inner.extend(value.map(|value| (name.to_owned(), value)));
}

/// `ad_group_ad.ad.id` is `adGroupAd.ad.id`.
pub(super) fn camel(path: &str) -> String {
    let mut words = path.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| camel + &word[..1].to_uppercase() + &word[1..])
}
