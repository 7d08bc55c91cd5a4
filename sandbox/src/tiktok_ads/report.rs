//! `report/integrated/get/`: which rows are told, and how their numbers are spelt.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::TikTokAds;
use super::errors::TikTokError;
use super::params::Params;
use super::truth::TruthDay;
use super::world::{Advertiser, Level};

/// Days in one report at most.
const DAYS_MAX: i64 = 30;
const DAY: &str = "stat_time_day";
const COUNTRY: &str = "country_code";

/// One filter. Its value is JSON within a text, a list as a rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    #[serde(rename = "field_name")]
    field: String,
    #[serde(rename = "filter_type")]
    kind: String,
    #[serde(rename = "filter_value")]
    value: String,
}

impl Level {
    /// The dimension of its ids, and its status in filters.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Campaign => ("campaign_id", "campaign_status"),
            Self::AdGroup => ("adgroup_id", "adgroup_status"),
            Self::Ad => ("ad_id", "ad_status"),
        }
    }
}

impl TikTokAds {
    /// All rows of a report, not yet in pages.
    pub(super) fn report(
        &self,
        advertiser: &Advertiser,
        params: &Params<'_>,
    ) -> Result<Vec<Value>, TikTokError> {
        if params.required("report_type")? != "BASIC"
            || params.0.param("service_type").is_some_and(|it| it != "AUCTION")
        {
            return Err(TikTokError::invalid("only basic reports of auction are imitated"));
        }
        let level = match params.required("data_level")? {
            "AUCTION_CAMPAIGN" => Level::Campaign,
            "AUCTION_ADGROUP" => Level::AdGroup,
            "AUCTION_AD" => Level::Ad,
            other => return Err(TikTokError::invalid(format!("data_level: {other} is not imitated"))),
        };
        let (id, status) = level.names();
        let dimensions = params.list("dimensions")?.unwrap_or_default();
        let mut sorted: Vec<&str> = dimensions.iter().map(String::as_str).collect();
        sorted.retain(|name| ![id, DAY, COUNTRY].contains(name));
        if !sorted.is_empty()
            || dimensions.first().map(String::as_str) != Some(id)
            || !dimensions.iter().any(|it| it == DAY)
        {
            return Err(TikTokError::invalid(format!("dimensions: Invalid dimensions {dimensions:?}")));
        }
        let days = days(params)?;
        let with_deleted = with_deleted(params, status)?;
        let metrics =
            params.list("metrics")?.unwrap_or_else(|| ["spend", "impressions"].map(str::to_owned).into());
        let mut rows = self.days(advertiser, level, days, dimensions.iter().any(|it| it == COUNTRY));
        rows.retain(|row| with_deleted || !row.is_deleted);
        if self.report_rows_max.is_some_and(|most| rows.len() > most) {
            return Err(TikTokError::new(40_067, "The query is too large, please narrow down the query."));
        }
        let nothing = TruthDay::default_for(advertiser.id);
        if let Some(unknown) = metrics.iter().find(|name| nothing.metric(name, level).is_none()) {
            return Err(TikTokError::invalid(format!("metrics: Invalid metric fields: ['{unknown}']")));
        }
        Ok(rows.iter().map(|row| row.told(&dimensions, &metrics, level)).collect())
    }
}

fn days(params: &Params<'_>) -> Result<(Date, Date), TikTokError> {
    let day = |name: &str| -> Result<Date, TikTokError> {
        let text = params.required(name)?;
        text.parse().map_err(|_| TikTokError::invalid(format!("{name}: Not a valid date.")))
    };
    let (first, last) = (day("start_date")?, day("end_date")?);
    if first > last || last.duration_since(first).as_hours() / 24 >= DAYS_MAX {
        return Err(TikTokError::invalid(
            "The time span cannot exceed 30 days when the dimension is stat_time_day",
        ));
    }
    Ok((first, last))
}

/// Whether what is deleted is asked for, by the status of the report's own level.
fn with_deleted(params: &Params<'_>, status: &str) -> Result<bool, TikTokError> {
    let mut with_deleted = false;
    for Filter { field, kind, value } in params.json::<Vec<Filter>>("filtering")?.unwrap_or_default() {
        let values: Vec<String> = serde_json::from_str(&value).unwrap_or_default();
        if field != status || kind != "IN" || values.is_empty() {
            return Err(TikTokError::invalid(format!("filtering: Invalid filter {field}")));
        }
        with_deleted |= values.iter().any(|value| value == "STATUS_ALL");
    }
    Ok(with_deleted)
}

impl TruthDay {
    fn default_for(advertiser_id: &'static str) -> Self {
        Self {
            advertiser_id,
            campaign_id: String::new(),
            ad_group_id: String::new(),
            ad_id: String::new(),
            names: Default::default(),
            day: Date::MIN,
            country: "",
            currency: "USD",
            exponent: 2,
            counts: super::Counts::default(),
            reach: 0,
            unknown: Vec::new(),
            is_deleted: false,
        }
    }

    fn told(&self, dimensions: &[String], metrics: &[String], level: Level) -> Value {
        let dimension = |name: &str| match name {
            "campaign_id" => self.campaign_id.clone(),
            "adgroup_id" => self.ad_group_id.clone(),
            "ad_id" => self.ad_id.clone(),
            COUNTRY => self.country.to_owned(),
            _ => format!("{} 00:00:00", self.day),
        };
        let dimensions: Map<_, _> =
            dimensions.iter().map(|name| (name.clone(), dimension(name).into())).collect();
        let metrics: Map<_, _> =
            metrics.iter().filter_map(|name| Some((name.clone(), self.metric(name, level)?))).collect();
        json!({ "dimensions": dimensions, "metrics": metrics })
    }

    /// A metric as it is written; `None` where the level has no such metric.
    fn metric(&self, name: &str, level: Level) -> Option<Value> {
        if self.unknown.contains(&name) {
            return Some(if name.len().is_multiple_of(2) { Value::Null } else { "-".into() });
        }
        let Self { counts, names: [campaign_name, group_name, ad_name], .. } = self;
        let text = |text: &str, lowest: bool| lowest.then(|| text.into());
        let count = match name {
            "campaign_name" => return text(campaign_name, true),
            "campaign_id" => return text(&self.campaign_id, level != Level::Campaign),
            "adgroup_name" => return text(group_name, level != Level::Campaign),
            "adgroup_id" => return text(&self.ad_group_id, level == Level::Ad),
            "ad_name" => return text(ad_name, level == Level::Ad),
            "currency" => return text(self.currency, true),
            "spend" => return Some(decimal(counts.spend_minor, self.exponent).into()),
            "total_complete_payment_rate" => {
                return Some(decimal(counts.website_value_minor, self.exponent).into());
            }
            "total_purchase_value" => return Some(decimal(counts.app_value_minor, self.exponent).into()),
            "total_onsite_shopping_value" => {
                return Some(decimal(counts.shop_value_minor, self.exponent).into());
            }
            // Not told for any row here.
            "cost_per_conversion" | "cpc" | "cpm" | "ctr" | "frequency" => return Some("-".into()),
            "impressions" => counts.impressions,
            "clicks" => counts.clicks,
            "reach" => self.reach,
            "conversion" => counts.conversion,
            "result" => counts.result,
            "complete_payment" => counts.complete_payment,
            "total_purchase" => counts.total_purchase,
            "onsite_shopping" => counts.onsite_shopping,
            "video_play_actions" => counts.video_play_actions,
            "video_watched_2s" => counts.video_watched_2s,
            "video_views_p100" => counts.video_views_p100,
            "likes" => counts.likes,
            "comments" => counts.comments,
            "shares" => counts.shares,
            "follows" => counts.follows,
            "clicks_on_music_disc" => counts.clicks_on_music_disc,
            _ => return None,
        };
        // Now a number, now a text.
        let is_number = (usize::from(self.day.day().unsigned_abs()) + name.len()).is_multiple_of(3);
        Some(if is_number { count.into() } else { count.to_string().into() })
    }
}

/// Minor units as a decimal number.
pub(super) fn decimal(minor: u64, exponent: u8) -> String {
    let factor = 10_u64.pow(u32::from(exponent));
    let (whole, rest) = (minor / factor, minor % factor);
    let width = usize::from(exponent);
    if width == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}") }
}
