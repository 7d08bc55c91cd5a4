//! What Meta sends: only the fields that are read. Unknown fields are ignored; enumerations are text.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

/// The text of a JSON string or number, as sent: ids are strings, metrics are decimal strings, and where a number
/// comes as a number it is not read through a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar(pub String);

/// As [`Scalar`], but the page's own text where it holds no escapes: rows of insights come by the million.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

/// A page of an edge: `{"data": […], "paging": {…}}`.
#[derive(Debug, Deserialize)]
pub struct Listing<T> {
    /// Objects or rows.
    pub data: Vec<T>,
    /// Where the page ends.
    pub paging: Option<Paging>,
}

/// Where a page ends.
#[derive(Debug, Deserialize)]
pub struct Paging {
    /// Opaque positions; `after` is there on the last page, too.
    pub cursors: Option<Cursors>,
    /// Address of the next page. Present = there is one. It may carry the token, so its text is not even kept.
    #[serde(default, deserialize_with = "is_present")]
    pub next: bool,
}

/// Opaque, short-lived positions.
#[derive(Debug, Deserialize)]
pub struct Cursors {
    /// After the page's last element.
    pub after: Option<String>,
}

/// `AdAccount`.
#[derive(Debug, Deserialize)]
pub struct AdAccount {
    /// Without `act_`.
    pub account_id: Scalar,
    pub name: Option<String>,
    /// 1 = ACTIVE, 2 = DISABLED …
    pub account_status: Option<Scalar>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// IANA.
    pub timezone_name: Option<String>,
}

/// `Campaign`.
#[derive(Debug, Deserialize)]
pub struct Campaign {
    pub id: Scalar,
    pub name: Option<String>,
    pub objective: Option<String>,
    pub status: Option<String>,
    pub effective_status: Option<String>,
    /// Minor units.
    pub daily_budget: Option<Scalar>,
    /// Minor units.
    pub lifetime_budget: Option<Scalar>,
    pub start_time: Option<String>,
    pub stop_time: Option<String>,
    pub created_time: Option<String>,
    pub updated_time: Option<String>,
}

/// `AdSet`.
#[derive(Debug, Deserialize)]
pub struct AdSet {
    pub id: Scalar,
    pub campaign_id: Scalar,
    pub name: Option<String>,
    pub status: Option<String>,
    pub effective_status: Option<String>,
    pub optimization_goal: Option<String>,
    pub billing_event: Option<String>,
    /// Minor units.
    pub daily_budget: Option<Scalar>,
    /// Minor units.
    pub lifetime_budget: Option<Scalar>,
    pub start_time: Option<String>,
    pub end_time: Option<String>,
    pub created_time: Option<String>,
    pub updated_time: Option<String>,
}

/// `Ad`.
#[derive(Debug, Deserialize)]
pub struct Ad {
    pub id: Scalar,
    pub campaign_id: Scalar,
    pub adset_id: Scalar,
    pub name: Option<String>,
    pub status: Option<String>,
    pub effective_status: Option<String>,
    pub creative: Option<Creative>,
    pub created_time: Option<String>,
    pub updated_time: Option<String>,
}

/// `creative{id}`.
#[derive(Debug, Deserialize)]
pub struct Creative {
    pub id: Scalar,
}

/// A row of `/insights`.
#[derive(Debug, Deserialize)]
pub struct Insights<'a> {
    #[serde(borrow)]
    pub account_currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub campaign_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub adset_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub ad_id: Option<Text<'a>>,
    /// In the account's zone. With `time_increment=1`, the same as `date_stop`.
    #[serde(borrow)]
    pub date_start: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_stop: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub impressions: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub reach: Asked<Text<'a>>,
    /// Major units, unlike budgets.
    #[serde(default, borrow)]
    pub spend: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub clicks: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub inline_link_clicks: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub actions: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub action_values: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub conversions: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub conversion_values: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub video_p100_watched_actions: Asked<Vec<ActionStats<'a>>>,
    /// With `breakdowns=country`.
    #[serde(borrow)]
    pub country: Option<Text<'a>>,
}

/// A field that was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Asked<T> {
    /// Left out, as Meta does where there is no data: zero.
    #[default]
    Absent,
    /// `null`: unknown.
    Null,
    /// Said.
    Said(T),
}

/// `AdsActionStats`: one key per attribution window stands beside `value`, which is their total.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct ActionStats<'a> {
    #[serde(borrow)]
    pub action_type: Text<'a>,
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}

/// The parts of a row that may be named when the row itself cannot be read.
#[derive(Debug, Default, Deserialize)]
pub struct Named {
    pub id: Option<Box<RawValue>>,
    pub campaign_id: Option<Box<RawValue>>,
    pub adset_id: Option<Box<RawValue>>,
    pub ad_id: Option<Box<RawValue>>,
    pub date_start: Option<Box<RawValue>>,
}

/// One id, for lists of ids.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "as Meta names them")]
pub struct ObjectId {
    pub campaign_id: Option<Scalar>,
    pub adset_id: Option<Scalar>,
    pub ad_id: Option<Scalar>,
}

/// What a report request answers.
#[derive(Debug, Deserialize)]
pub struct ReportStarted {
    pub report_run_id: Scalar,
}

/// `AdReportRun`.
#[derive(Debug, Deserialize)]
pub struct ReportRun {
    /// `Job Not Started`, `Job Started`, `Job Running`, `Job Completed`, `Job Failed`, `Job Skipped`.
    pub async_status: Option<String>,
    /// 0 to 100.
    pub async_percent_completion: Option<u64>,
    pub error_code: Option<i64>,
    pub error_subcode: Option<i64>,
    pub error_message: Option<String>,
}

/// An answer that may be an error.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    pub error: Option<GraphError>,
}

/// The error of the Graph API.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GraphError {
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub code: i64,
    pub error_subcode: Option<i64>,
    #[serde(default)]
    pub is_transient: Option<bool>,
}

fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(deserializer)?.is_some())
}

// === impl Text ===

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'de RawValue>::deserialize(deserializer)?.get();
        match text.as_bytes() {
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
                Ok(Self(Cow::Borrowed(&text[1..text.len() - 1])))
            }
            [b'"', ..] => {
                serde_json::from_str(text).map(|text| Self(Cow::Owned(text))).map_err(D::Error::custom)
            }
            [b'-' | b'0'..=b'9', ..] => Ok(Self(Cow::Borrowed(text))),
            _ => Err(D::Error::custom("expected a string or a number")),
        }
    }
}

// === impl Asked ===

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Asked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Said))
    }
}

// === impl Scalar ===

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'"') => serde_json::from_str(text).map(Self).map_err(D::Error::custom),
            Some(b'-' | b'0'..=b'9') => Ok(Self(text.to_owned())),
            _ => Err(D::Error::custom("expected a string or a number")),
        }
    }
}
