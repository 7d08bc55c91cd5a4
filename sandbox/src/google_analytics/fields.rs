//! Dimensions and metrics that the imitation knows, and their values. The API has many more; a request that names one of those is
//! refused as one that names none.

use serde_json::{Value, json};

use super::GOALS;
use super::controls::Notes;
use super::world::{Numbers, Origin};

/// Dimensions by their names for people.
pub(super) const DIMENSIONS: [(&str, &str); 5] = [
    ("date", "Date"),
    ("sessionCampaignName", "Session campaign"),
    ("sessionSource", "Session source"),
    ("sessionMedium", "Session medium"),
    ("sessionSourceMedium", "Session source / medium"),
];

/// Metrics by type. Those of advertising go with no other field.
const METRICS: [(&str, &str); 8] = [
    ("sessions", "TYPE_INTEGER"),
    ("screenPageViews", "TYPE_INTEGER"),
    ("averageSessionDuration", "TYPE_SECONDS"),
    ("totalUsers", "TYPE_INTEGER"),
    ("keyEvents", "TYPE_FLOAT"),
    ("sessionKeyEventRate", "TYPE_FLOAT"),
    ("purchaseRevenue", "TYPE_CURRENCY"),
    (AD_COST, "TYPE_CURRENCY"),
];

/// What imported advertising cost.
const AD_COST: &str = "advertiserAdCost";

/// The name of what is blocked for those who may not see money.
const REVENUE: &str = "purchaseRevenue";

/// A metric of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metric {
    /// As it was asked for.
    pub(super) name: String,
    pub(super) kind: &'static str,
    base: &'static str,
    /// A place in [`GOALS`], for metrics of one key event.
    goal: Option<usize>,
}

impl Metric {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (base, goal) = match name.split_once(':') {
            None => (name, None),
            Some((base @ ("keyEvents" | "sessionKeyEventRate"), goal)) => {
                (base, Some(GOALS.iter().position(|known| *known == goal)?))
            }
            Some(_) => return None,
        };
        let (base, kind) = METRICS.into_iter().find(|(known, _)| *known == base)?;
        Some(Self { name: name.to_owned(), kind, base, goal })
    }

    /// All that there are.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let of_goal = GOALS
            .into_iter()
            .flat_map(|goal| [format!("keyEvents:{goal}"), format!("sessionKeyEventRate:{goal}")]);
        METRICS
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .chain(of_goal)
            .filter_map(|name| Self::parse(&name))
    }

    /// Whether it can stand in a report with dimensions or other metrics.
    pub(super) fn is_compatible(&self) -> bool {
        self.base != AD_COST
    }

    pub(super) fn is_blocked(&self, notes: Notes) -> bool {
        notes.revenue_is_blocked && self.base == REVENUE
    }

    /// Its value, and the text of it.
    pub(super) fn read(&self, numbers: &Numbers, notes: Notes) -> (f64, String) {
        if self.is_blocked(notes) {
            return (0.0, "0".to_owned());
        }
        let goals =
            numbers.goals.iter().enumerate().filter(|(place, _)| self.goal.is_none_or(|goal| goal == *place));
        let whole = |number: u64| (float(number), number.to_string());
        match self.base {
            "sessions" => whole(numbers.sessions),
            "screenPageViews" => whole(numbers.page_views),
            "totalUsers" => whole(numbers.users),
            "averageSessionDuration" => double(ratio(numbers.seconds, numbers.sessions)),
            "keyEvents" => double(float(goals.map(|(_, goal)| goal.events_millionths).sum()) / 1e6),
            "sessionKeyEventRate" => {
                double(ratio(goals.map(|(_, goal)| goal.sessions).max().unwrap_or(0), numbers.sessions))
            }
            _ => double(float(numbers.revenue_micros) / 1e6),
        }
    }

    pub(super) fn metadata(&self, notes: Notes) -> Value {
        let mut metadata =
            json!({ "apiName": self.name, "uiName": self.name, "type": self.kind, "category": "Session" });
        if self.is_blocked(notes) {
            metadata["blockedReasons"] = json!(["NO_REVENUE_METRICS"]);
        }
        metadata
    }
}

/// A dimension's value.
pub(super) fn dimension(name: &str, day: &str, (campaign, source, medium): Origin) -> String {
    match name {
        "date" => day.to_owned(),
        "sessionCampaignName" => campaign.to_owned(),
        "sessionSource" => source.to_owned(),
        "sessionMedium" => medium.to_owned(),
        _ => format!("{source} / {medium}"),
    }
}

pub(super) fn dimension_metadata((name, title): (&str, &str)) -> Value {
    json!({ "apiName": name, "uiName": title, "category": "Traffic source" })
}

/// A double, as the provider writes it: small ones with an exponent.
fn double(value: f64) -> (f64, String) {
    let text = if value != 0.0 && value < 1e-3 { format!("{value:E}") } else { value.to_string() };
    (value, text)
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "the provider's own numbers are doubles")]
fn float(number: u64) -> f64 {
    number as f64
}
