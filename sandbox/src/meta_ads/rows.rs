//! An insights row in the provider's words: every number a text, zero left out.

use serde_json::{Map, Value, json};

use super::delivery::day_number;
use super::insights::Row;
use super::query::InsightsQuery;
use super::world::major;
use crate::seed::{Seed, share};

/// The custom conversion of the label's pre-save button.
pub const CUSTOM_CONVERSION: &str = "offsite_conversion.custom.702345678901234";

/// Actions that count the same purchase.
const PURCHASE_TYPES: [&str; 4] =
    ["purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase", "onsite_web_purchase"];

/// Once in so many rows there is a field that nobody asked for and nobody documented.
const NEW_FIELD_ONCE_IN: u64 = 17;

/// How a count's attribution is spread over the windows.
#[derive(Clone, Copy)]
enum Attribution {
    /// It happened on the click.
    Click,
    /// Part followed a click, the rest a view; the part in parts per million.
    Mixed(u64),
}

/// The row with the fields asked for.
pub(crate) fn render(row: &Row<'_>, query: &InsightsQuery, seed: Seed) -> Value {
    let mut object = Map::new();
    for field in &query.fields {
        if let Some(value) = dimension(row, field).or_else(|| metric(row, field, &query.windows)) {
            object.insert(field_key(field).to_owned(), value);
        }
    }
    object.insert("date_start".to_owned(), row.since.to_string().into());
    object.insert("date_stop".to_owned(), row.until.to_string().into());
    if let Some(country) = row.country {
        object.insert("country".to_owned(), country.into());
    }
    let id = row.ad.map_or(0, |ad| ad.id) ^ row.campaign.map_or(0, |campaign| campaign.id);
    if seed.at(id).at(day_number(row.since)).once_in(NEW_FIELD_ONCE_IN) {
        object.insert("delivery_estimate_v2".to_owned(), json!({ "ready": true, "bounds": [1, 2.5] }));
    }
    Value::Object(object)
}

/// `objective_results` comes back under another name.
fn field_key(field: &str) -> &str {
    if field == "objective_results" { "results" } else { field }
}

fn dimension(row: &Row<'_>, field: &str) -> Option<Value> {
    let text = match field {
        "account_id" => row.account.id.to_string(),
        "account_name" => row.account.name.clone(),
        "account_currency" => row.account.currency.clone(),
        "campaign_id" => row.campaign?.id.to_string(),
        "campaign_name" => row.campaign?.name.clone(),
        "objective" => row.campaign?.objective.clone(),
        "adset_id" => row.ad_set?.id.to_string(),
        "adset_name" => row.ad_set?.name.clone(),
        "optimization_goal" => row.ad_set.and(row.campaign)?.optimization_goal.clone(),
        "attribution_setting" => row.ad_set.map(|_| "7d_click_1d_view".to_owned())?,
        "ad_id" => row.ad?.id.to_string(),
        "ad_name" => row.ad?.name.clone(),
        _ => return None,
    };
    Some(text.into())
}

fn metric(row: &Row<'_>, field: &str, windows: &[String]) -> Option<Value> {
    let counts = &row.counts;
    let exponent = row.account.exponent;
    let spend = counts.spend_minor;
    let unit = 10_u64.pow(exponent);
    let watched = |count: u64| one_action("video_view", count, Attribution::Mixed(13_000), windows);
    match field {
        "impressions" => number(counts.impressions),
        "reach" => number(counts.reach),
        "clicks" => number(counts.clicks_all),
        "unique_clicks" => number(share(counts.clicks_all, 930_000)),
        "inline_link_clicks" => number(counts.link_clicks),
        "spend" => (spend > 0).then(|| major(spend, exponent).into()),
        "social_spend" => {
            let social = share(spend, 20_000);
            (social > 0).then(|| major(social, exponent).into())
        }
        "frequency" => ratio(counts.impressions, counts.reach),
        "cpm" => ratio(spend * 1_000, counts.impressions * unit),
        "cpc" => ratio(spend, counts.clicks_all * unit),
        "cpp" => ratio(spend * 1_000, counts.reach * unit),
        "ctr" => ratio(counts.clicks_all * 100, counts.impressions),
        "inline_link_click_ctr" => ratio(counts.link_clicks * 100, counts.impressions),
        "cost_per_inline_link_click" => ratio(spend, counts.link_clicks * unit),
        "landing_page_view_per_link_click" => ratio(counts.landing_page_views, counts.link_clicks),
        "outbound_clicks" => one_action("outbound_click", counts.link_clicks, Attribution::Click, windows),
        "actions" => actions(row, windows),
        "action_values" => purchase_values(row, windows),
        "results" | "objective_results" => results(row),
        "purchase_roas" | "website_purchase_roas" => {
            let value = ratio(counts.purchase_value_minor, spend)?;
            let kind = if field == "purchase_roas" { PURCHASE_TYPES[1] } else { PURCHASE_TYPES[2] };
            Some(json!([{ "action_type": kind, "value": value }]))
        }
        "video_play_actions" => watched(counts.video_plays),
        "video_thruplay_watched_actions" => watched(counts.thruplays),
        "video_p25_watched_actions" => watched(counts.video_quartiles[0]),
        "video_p50_watched_actions" => watched(counts.video_quartiles[1]),
        "video_p75_watched_actions" => watched(counts.video_quartiles[2]),
        "video_p95_watched_actions" => watched(counts.video_quartiles[3]),
        "video_p100_watched_actions" => watched(counts.video_quartiles[4]),
        "video_avg_time_watched_actions" => {
            (counts.video_plays > 0).then(|| json!([{ "action_type": "video_view", "value": "5" }]))
        }
        _ => None,
    }
}

fn actions(row: &Row<'_>, windows: &[String]) -> Option<Value> {
    let counts = &row.counts;
    let mut list = vec![
        ("link_click", counts.link_clicks, Attribution::Click),
        ("landing_page_view", counts.landing_page_views, Attribution::Click),
        ("video_view", counts.video_views, Attribution::Mixed(13_000)),
        ("post_engagement", counts.post_engagements, Attribution::Mixed(60_000)),
        ("page_engagement", counts.post_engagements, Attribution::Mixed(60_000)),
        (CUSTOM_CONVERSION, counts.conversions, Attribution::Mixed(940_000)),
    ];
    list.extend(PURCHASE_TYPES.map(|kind| (kind, counts.purchases, Attribution::Mixed(900_000))));
    let text = |count: u64| count.to_string();
    let list = list
        .into_iter()
        .filter_map(|(kind, count, attribution)| action(kind, count, attribution, windows, &text));
    some_list(list.collect())
}

fn purchase_values(row: &Row<'_>, windows: &[String]) -> Option<Value> {
    let text = |minor: u64| shortest(&major(minor, row.account.exponent));
    let value = row.counts.purchase_value_minor;
    let list = PURCHASE_TYPES
        .iter()
        .filter_map(|kind| action(kind, value, Attribution::Mixed(900_000), windows, &text));
    some_list(list.collect())
}

fn one_action(kind: &str, count: u64, attribution: Attribution, windows: &[String]) -> Option<Value> {
    some_list(action(kind, count, attribution, windows, &|count| count.to_string()).into_iter().collect())
}

fn action(
    kind: &str,
    count: u64,
    attribution: Attribution,
    windows: &[String],
    text: &dyn Fn(u64) -> String,
) -> Option<Value> {
    if count == 0 {
        return None;
    }
    let mut object = json!({ "action_type": kind, "value": text(count) });
    for window in windows {
        let part = attributed(count, attribution, window);
        if part > 0 {
            object[window] = text(part).into();
        }
    }
    Some(object)
}

/// The part of a count that one window claims. Windows overlap; 7-day and 28-day views return nothing any more.
fn attributed(count: u64, attribution: Attribution, window: &str) -> u64 {
    let clicked = match attribution {
        Attribution::Click => count,
        Attribution::Mixed(part) => share(count, part),
    };
    match (window, attribution) {
        ("default", _) => count,
        ("7d_click" | "28d_click", _) | ("1d_click", Attribution::Click) => clicked,
        ("1d_click", Attribution::Mixed(_)) => share(clicked, 700_000),
        ("1d_view", Attribution::Mixed(_)) => count - clicked,
        _ => 0,
    }
}

fn results(row: &Row<'_>) -> Option<Value> {
    let campaign = row.campaign?;
    let (indicator, count) = match campaign.objective.as_str() {
        "OUTCOME_SALES" => (CUSTOM_CONVERSION, row.counts.conversions),
        "OUTCOME_ENGAGEMENT" => ("video_thruplay_watched_actions", row.counts.thruplays),
        _ => ("link_click", row.counts.link_clicks),
    };
    let values = json!([{ "value": count.to_string(), "attribution_windows": ["default"] }]);
    (count > 0).then(|| json!([{ "indicator": format!("actions:{indicator}"), "values": values }]))
}

fn some_list(list: Vec<Value>) -> Option<Value> {
    (!list.is_empty()).then_some(Value::Array(list))
}

fn number(count: u64) -> Option<Value> {
    (count > 0).then(|| count.to_string().into())
}

/// A ratio with six decimals, rounded down; absent where it would be zero or has no denominator.
fn ratio(numerator: u64, denominator: u64) -> Option<Value> {
    if numerator == 0 || denominator == 0 {
        return None;
    }
    let millionths = u128::from(numerator) * 1_000_000 / u128::from(denominator);
    Some(format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000).into())
}

/// `12.50` as `12.5`.
fn shortest(decimal: &str) -> String {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        decimal.to_owned()
    }
}
