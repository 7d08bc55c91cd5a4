//! Aggregate reports: what is asked for, which rows there are, and how they are written.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Number, Value, json};

use super::SpotifyAds;
use super::errors::AdsError;
use super::numbers::Numbers;
use super::routes::page_limit;
use super::world::{Account, Entity, Level, days, today};
use crate::exchange::Request;

/// Days that a report by day spans at most, from its first midnight to its last.
const SPAN_DAYS: i64 = 90;
/// Ids that a report is narrowed to at most.
const IDS: usize = 50;
const BILLION: u64 = 1_000_000_000;

/// Every field of the specification. Those that the world knows nothing of are 0.
const FIELDS: [&str; 48] = [
    "CLICKS",
    "COMPLETES",
    "COMPLETION_RATE",
    "CONVERSION_RATE",
    "CTR",
    "E_CPCL",
    "FIRST_QUARTILES",
    "FREQUENCY",
    "IMPRESSIONS",
    "INTENT_RATE",
    "LISTENERS",
    "MIDPOINTS",
    "NEW_LISTENERS",
    "NEW_LISTENER_CONVERSION_RATE",
    "NEW_LISTENER_STREAMS",
    "OFF_SPOTIFY_IMPRESSIONS",
    "PAID_LISTENS",
    "PAID_LISTENS_FREQUENCY",
    "PAID_LISTENS_REACH",
    "REACH",
    "SKIPS",
    "SPEND",
    "STARTS",
    "STREAMS",
    "STREAMS_PER_NEW_LISTENER",
    "STREAMS_PER_USER",
    "THIRD_QUARTILES",
    "VIDEO_VIEWS",
    "VIDEO_EXPANDS",
    "VIDEO_EXPAND_RATE",
    "UNMUTES",
    "PAGE_VIEWS",
    "LEADS",
    "ADD_TO_CART",
    "PURCHASES",
    "REVENUE",
    "AVERAGE_ORDER_VALUE",
    "RETURN_ON_AD_SPEND",
    "CUSTOMER_ACQUISITION_COST",
    "COST_PER_LEAD",
    "START_CHECKOUT",
    "PRODUCTS",
    "SIGN_UPS",
    "CUSTOM_EVENT_1",
    "CUSTOM_EVENT_2",
    "CUSTOM_EVENT_3",
    "CUSTOM_EVENT_4",
    "CUSTOM_EVENT_5",
];

/// What a report is asked for.
struct Plan {
    level: Level,
    fields: Vec<String>,
    /// The days, both included; none over the whole life.
    span: Option<(Date, Date)>,
    ids: Vec<String>,
    with_parents: bool,
    limit: usize,
}

/// Where a report goes on: further pages show the world of the first.
struct Place {
    offset: usize,
    as_of: Timestamp,
    query: Vec<(String, String)>,
}

impl SpotifyAds {
    pub(super) fn report(&self, request: &Request, account: &Account) -> Result<Value, AdsError> {
        let token = request.param("continuation_token").filter(|token| !token.is_empty());
        let place = match token {
            Some(token) => self.place(token, account)?,
            None => Place { offset: 0, as_of: self.time.now(), query: request.query.clone() },
        };
        let warnings = (token.is_some() && request.query.len() > 1)
            .then_some("Parameters other than continuation_token are ignored.");
        let plan = Plan::parse(&place.query)?;
        let rows = self.rows(account, &plan, place.as_of);
        let end = place.offset.saturating_add(plan.limit.min(self.page_length)).min(rows.len());
        let midnight = |day: Option<Date>| day.map(|day| format!("{day}T00:00:00Z"));
        let mut body = json!({
            "report_start": midnight(plan.span.map(|(from, _)| from)),
            "report_end": midnight(plan.span.map(|(_, to)| to)),
            "granularity": if plan.span.is_some() { "DAY" } else { "LIFETIME" },
            "rows": rows.get(place.offset..end).unwrap_or_default(),
            "warnings": warnings.into_iter().collect::<Vec<_>>(),
        });
        match self.answered % 3 {
            _ if end < rows.len() => {
                body["continuation_token"] = self.token(&Place { offset: end, ..place }, account).into();
            }
            0 => body["continuation_token"] = Value::Null,
            1 => body["continuation_token"] = "".into(),
            _ => {}
        }
        Ok(body)
    }

    fn rows(&self, account: &Account, plan: &Plan, now: Timestamp) -> Vec<Value> {
        let mut rows = Vec::new();
        for entity in account.entities(plan.level) {
            if !plan.ids.is_empty() && !plan.ids.iter().any(|id| id == entity.id()) {
                continue;
            }
            let born = account.first_day().unwrap_or_default();
            let (from, to) = plan.span.unwrap_or((born, today(now)));
            let told = days(from.max(born), to)
                .filter_map(|day| Some((day, self.world.day(entity, day, now)?)))
                .collect::<Vec<_>>();
            if plan.span.is_some() {
                rows.extend(told.iter().map(|(day, numbers)| row(plan, &entity, (*day, *day), numbers)));
            } else if let Some(sum) = told.iter().map(|(_, numbers)| *numbers).reduce(Numbers::plus) {
                rows.push(row(plan, &entity, (from, to), &sum));
            }
        }
        rows
    }

    fn token(&self, place: &Place, account: &Account) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&place.query).finish();
        hex::encode(format!("{}|{}|{}|{}|{query}", self.generation, place.offset, place.as_of, account.id))
    }

    /// Reads a continuation token, which goes with its own account only.
    fn place(&self, token: &str, account: &Account) -> Result<Place, AdsError> {
        let read = || {
            let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
            let [generation, offset, as_of, owner, query] = text.splitn(5, '|').collect::<Vec<_>>()[..]
            else {
                return None;
            };
            let is_good = generation.parse() == Ok(self.generation) && owner == account.id;
            let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            let place = Place { offset: offset.parse().ok()?, as_of: as_of.parse().ok()?, query };
            is_good.then_some(place)
        };
        read().ok_or_else(|| AdsError::bad_request("The continuation token is invalid or has expired."))
    }
}

impl Plan {
    fn parse(query: &[(String, String)]) -> Result<Self, AdsError> {
        let all = |name: &str| -> Vec<String> {
            query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
        };
        let one = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let wrong = |what: &str| AdsError::bad_request(format!("Invalid parameter: {what}."));
        let level = match one("entity_type") {
            Some("AD_ACCOUNT") => Level::AdAccount,
            Some("CAMPAIGN") => Level::Campaign,
            Some("AD_SET") => Level::AdSet,
            Some("AD") => Level::Ad,
            _ => return Err(wrong("entity_type")),
        };
        let fields = all("fields");
        // A list with commas is one field, which nobody knows.
        let is_known = |field: &String| FIELDS.contains(&field.as_str()) || field == "STREAMED_IMPRESSIONS";
        if fields.is_empty() || !fields.iter().all(is_known) {
            return Err(wrong("fields"));
        }
        let span = match one("granularity") {
            Some("DAY") => {
                let (from, to) = (midnight(one("report_start")), midnight(one("report_end")));
                let span = from.zip(to).filter(|(from, to)| from <= to);
                let (from, to) = span.ok_or_else(|| wrong("report_start and report_end"))?;
                if from.checked_add(SPAN_DAYS.days()).is_ok_and(|last| last < to) {
                    return Err(wrong("report_start and report_end must be within 90 days of each other"));
                }
                Some((from, to))
            }
            None | Some("LIFETIME") if one("report_start").or(one("report_end")).is_none() => None,
            // Not imitated.
            Some("HOUR") => return Err(AdsError::unprocessable("ILLEGAL.AGGREGATE_REPORT.NOT_IMITATED")),
            _ => return Err(wrong("granularity")),
        };
        let ids = all("entity_ids");
        let goes_with_ids = one("entity_ids_type") == one("entity_type") && level != Level::AdAccount;
        if ids.len() > IDS || (!ids.is_empty() && !goes_with_ids) {
            return Err(wrong("entity_ids"));
        }
        let with_parents = one("include_parent_entity") == Some("true");
        if with_parents && matches!(level, Level::AdAccount | Level::Campaign) {
            return Err(wrong("include_parent_entity"));
        }
        Ok(Self { level, fields, span, ids, with_parents, limit: page_limit(one("limit"))? })
    }
}

/// The day that begins at a time, if one does.
fn midnight(text: Option<&str>) -> Option<Date> {
    let time = text?.parse::<Timestamp>().ok()?.to_zoned_datetime(TimeZone::UTC);
    (time.time() == Time::midnight()).then(|| time.date())
}

fn row(plan: &Plan, entity: &Entity<'_>, (from, to): (Date, Date), numbers: &Numbers) -> Value {
    let after = to.tomorrow().unwrap_or(to);
    // Floats are written as such now and then.
    let is_float = from.day() % 3 == 0;
    let stats = plan.fields.iter().filter_map(|field| {
        let value = value(field, numbers, is_float)?;
        Some(json!({ "field_type": field, "field_value": value }))
    });
    let mut row = json!({
        "entity_type": match plan.level {
            Level::AdAccount => "AD_ACCOUNT",
            Level::Campaign => "CAMPAIGN",
            Level::AdSet => "AD_SET",
            Level::Ad => "AD",
        },
        "entity_id": entity.id(),
        "entity_name": entity.name(),
        // A report has fewer words than the object itself.
        "entity_status": match entity.status() {
            "ACTIVE_RESTRICTED" => "ACTIVE",
            other => other,
        },
        "start_time": format!("{from}T00:00:00Z"),
        "end_time": format!("{after}T00:00:00Z"),
        "stats": stats.collect::<Vec<_>>(),
    });
    if plan.with_parents {
        let parent = entity.parent();
        row["parent_entity"] = json!({ "id": parent.id(), "name": parent.name(), "status": parent.status() });
    }
    row
}

/// A field's number; none where the row leaves it out.
fn value(field: &str, numbers: &Numbers, is_float: bool) -> Option<Value> {
    let ratio = |part: u64, whole: u64| decimal(part * BILLION / whole.max(1));
    let count = |count: u64| {
        if is_float { format!("{count}.0").parse().ok().map(Value::Number) } else { Some(count.into()) }
    };
    // Fewer than five people are not counted aloud.
    let masked = |people: u64| if (1..5).contains(&people) { Some(Value::from(-5)) } else { count(people) };
    match field {
        "IMPRESSIONS" | "STREAMED_IMPRESSIONS" => count(numbers.impressions),
        "CLICKS" => count(numbers.clicks),
        "SPEND" => decimal(numbers.spend_nanos),
        "STARTS" => count(numbers.starts),
        "COMPLETES" => count(numbers.completes),
        "VIDEO_VIEWS" => count(numbers.video_views?),
        "REACH" | "LISTENERS" => count(numbers.reach),
        "STREAMS" => count(numbers.streams),
        "NEW_LISTENERS" => count(numbers.new_listeners),
        "PURCHASES" => masked(numbers.purchases),
        "LEADS" => masked(numbers.leads),
        "SIGN_UPS" => masked(numbers.sign_ups),
        "REVENUE" => decimal(numbers.revenue_nanos),
        "CTR" => ratio(numbers.clicks, numbers.impressions),
        "COMPLETION_RATE" => ratio(numbers.completes, numbers.starts),
        "FREQUENCY" => ratio(numbers.impressions, numbers.reach),
        _ => count(0),
    }
}

/// Billionths as a number with a point: as many digits as a double holds.
fn decimal(nanos: u64) -> Option<Value> {
    let text = format!("{}.{:09}", nanos / BILLION, nanos % BILLION);
    text.parse::<Number>().ok().map(Value::Number)
}
