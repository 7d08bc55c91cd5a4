//! What is read of Meta's insights at a time, and how it is asked for: numbers by day, in the ad account's zone.

use std::time::Duration;

use jiff::Timestamp;
use rows::{DayRange, Table};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    entities::{Level, json_list},
    mapping::{self, InsightsMapping, Shape},
    paged_list::ListPage,
    settings::Settings,
    source::MetaAdsSource,
    use_case,
};
use crate::{
    failure::Failure,
    page::{DaysReply, Page},
    reading::{cursor, elements::Elements},
    session::{Call, Session},
};

/// Insights that are asked for at once may take half a minute.
pub const TIMEOUT: Duration = Duration::from_mins(1);

/// The daily reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// By campaign: the truth.
    Campaigns,
    /// By ad: detail.
    Ads,
    /// By campaign and country.
    Countries,
}

/// The objects that a part covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What they are.
    pub level: Level,
    /// Their ids.
    pub ids: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Which report.
    pub report: Report,
    /// Which days.
    pub days: DayRange,
    /// Only these objects.
    pub part: Option<Part>,
    /// The connection's settings.
    pub settings: &'a Settings,
}

/// One window being read.
pub struct Reading<'a> {
    /// The connection.
    pub source: &'a MetaAdsSource,
    /// The way to Meta.
    pub session: &'a Session,
    /// What is asked for.
    pub query: Query<'a>,
    /// How rows are read.
    pub mapping: InsightsMapping,
    /// When it is read.
    pub now: Timestamp,
}

/// Where a page of a window ended.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// In the answer that was asked for at once.
    AtOnce {
        /// Meta's cursor.
        after: String,
    },
    /// In a report that Meta had prepared.
    Report {
        /// Which.
        run_id: String,
        /// Meta's cursor.
        after: String,
    },
}

// === impl Report ===

impl Report {
    /// Where its rows go.
    pub const fn tables(self) -> &'static [Table] {
        match self {
            Self::Campaigns | Self::Ads => &[Table::AdPerformanceDaily],
            Self::Countries => &[Table::AdCountryDaily],
        }
    }

    /// At which level its rows speak.
    pub const fn level(self) -> Level {
        match self {
            Self::Campaigns | Self::Countries => Level::Campaign,
            Self::Ads => Level::Ad,
        }
    }

    /// What identifies one of its rows.
    pub const fn shape(self) -> Shape {
        match self {
            Self::Campaigns => Shape::Campaign,
            Self::Ads => Shape::Ad,
            Self::Countries => Shape::Country,
        }
    }

    /// With a breakdown, Meta answers reach for 13 months only and refuses older days, so it is not asked for.
    pub const fn has_reach(self, settings: &Settings) -> bool {
        settings.reach && !matches!(self, Self::Countries)
    }

    /// Only what is read. A breakdown is not a field: it comes by itself.
    fn fields(self, settings: &Settings) -> String {
        let mut fields = vec!["account_currency", "date_start", "date_stop", "campaign_id"];
        if self.level() == Level::Ad {
            fields.extend(["adset_id", "ad_id"]);
        }
        fields.extend(["impressions", "clicks", "inline_link_clicks", "spend", "actions"]);
        fields.push("video_p100_watched_actions");
        if self.has_reach(settings) {
            fields.push("reach");
        }
        if settings.conversion.is_some() {
            fields.extend(["action_values", "conversions", "conversion_values"]);
        }
        fields.join(",")
    }
}

// === impl Query ===

impl Query<'_> {
    /// The parameters of `/insights`, but for paging.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("level", self.report.level().as_str().to_owned()),
            ("fields", self.report.fields(self.settings)),
            ("time_range", self.time_range()),
            ("time_increment", "1".to_owned()),
        ];
        if self.report == Report::Countries {
            parameters.push(("breakdowns", "country".to_owned()));
        }
        if !self.settings.attribution_windows.is_empty() {
            parameters.push(("action_attribution_windows", json_list(&self.settings.attribution_windows)));
        }
        parameters.extend(self.filtering(self.report.level()));
        parameters
    }

    /// Both days included.
    pub fn time_range(&self) -> String {
        json!({ "since": self.days.first.to_string(), "until": self.days.last.to_string() }).to_string()
    }

    /// Which objects of this level are in the report. Without a filter by status, deleted and archived ones are left
    /// out, and their spend with them; so every part of a split report carries it, too.
    pub fn filtering(&self, level: Level) -> Option<(&'static str, String)> {
        let is_in = |level: Level, attribute: &str, values: serde_json::Value| json!({ "field": format!("{}.{attribute}", level.as_str()), "operator": "IN", "value": values });
        let mut filters = Vec::new();
        if self.settings.include_deleted {
            filters.push(is_in(level, "effective_status", json!(level.effective_statuses())));
        }
        if let Some(part) = &self.part {
            filters.push(is_in(part.level, "id", json!(part.ids)));
        }
        (!filters.is_empty()).then(|| ("filtering", json!(filters).to_string()))
    }
}

// === impl Reading ===

impl Reading<'_> {
    /// A page of rows.
    pub fn reply(
        &self,
        place: &str,
        page: &ListPage,
        position: impl Fn(String) -> Position,
    ) -> Result<DaysReply, Failure> {
        let place = format!("{place} {}..{}", self.query.days.first, self.query.days.last);
        let (Elements { rows, quarantined }, after) =
            mapping::read_page(&place, page, |wire| mapping::insights(wire, &self.mapping))?;
        let next = cursor::next(after.map(position).as_ref());
        Ok(Page { rows, quarantined, next, ..Page::default() }.into())
    }

    /// `GET act_<id>/insights`.
    pub fn get(&self) -> Call {
        self.prepared(self.source.get(&[&self.account(), "insights"], use_case::INSIGHTS))
    }

    /// `POST act_<id>/insights`.
    pub fn post(&self) -> Call {
        self.prepared(self.source.post(&[&self.account(), "insights"], use_case::INSIGHTS))
    }

    /// `GET <node>` of a report.
    pub fn get_node(&self, node: &[&str]) -> Call {
        self.prepared(self.source.get(node, use_case::INSIGHTS))
    }

    fn account(&self) -> String {
        format!("act_{}", self.mapping.owner.account_id)
    }

    fn prepared(&self, call: Call) -> Call {
        Call { timeout: Some(TIMEOUT), ..call.account(&self.mapping.owner.account_id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::meta_ads::testing::{days, parameter};

    fn parameters(report: Report, settings: &Settings, part: Option<Part>) -> Vec<(&'static str, String)> {
        Query { report, days: days(20, 21), part, settings }.parameters()
    }

    #[test]
    fn a_campaign_report_is_asked_for_by_day_with_its_deleted_campaigns() {
        let asked = parameters(Report::Campaigns, &Settings::default(), None);
        assert_eq!(parameter(&asked, "level"), "campaign");
        assert_eq!(parameter(&asked, "time_range"), r#"{"since":"2026-11-20","until":"2026-11-21"}"#);
        assert_eq!(parameter(&asked, "time_increment"), "1");
        assert_eq!(parameter(&asked, "action_attribution_windows"), r#"["7d_click","1d_view"]"#);
        assert_eq!(parameter(&asked, "breakdowns"), "");
        let filters: Vec<serde_json::Value> = serde_json::from_str(parameter(&asked, "filtering")).unwrap();
        assert_eq!(filters.len(), 1);
        assert_eq!(filters[0]["field"], "campaign.effective_status");
        assert_eq!(filters[0]["operator"], "IN");
        assert!(filters[0]["value"].as_array().unwrap().contains(&json!("DELETED")));
    }

    #[test]
    fn fields_are_only_what_is_read() {
        let defaults = Settings::default();
        let asked = parameters(Report::Campaigns, &defaults, None);
        let fields: Vec<&str> = parameter(&asked, "fields").split(',').collect();
        assert!(fields.contains(&"reach") && !fields.contains(&"ad_id") && !fields.contains(&"conversions"));

        let settings = Settings { reach: false, conversion: Some("lead".to_owned()), ..defaults };
        let asked = parameters(Report::Ads, &settings, None);
        let fields: Vec<&str> = parameter(&asked, "fields").split(',').collect();
        assert!(fields.contains(&"ad_id") && fields.contains(&"conversions") && !fields.contains(&"reach"));
    }

    #[test]
    fn a_country_is_a_breakdown_and_not_a_field() {
        let asked = parameters(Report::Countries, &Settings::default(), None);
        assert_eq!(parameter(&asked, "breakdowns"), "country");
        let fields = parameter(&asked, "fields");
        assert!(!fields.contains("country") && !fields.contains("reach"), "{fields}");
    }

    #[test]
    fn a_part_keeps_the_status_filter() {
        let part = Part { level: Level::AdSet, ids: vec!["120208325579380399".to_owned()] };
        let asked = parameters(Report::Ads, &Settings::default(), Some(part));
        let filters: Vec<serde_json::Value> = serde_json::from_str(parameter(&asked, "filtering")).unwrap();
        assert_eq!(filters[0]["field"], "ad.effective_status");
        assert_eq!(
            filters[1],
            json!({ "field": "adset.id", "operator": "IN", "value": ["120208325579380399"] })
        );
    }

    #[test]
    fn without_deleted_objects_nothing_is_filtered() {
        let settings = Settings { include_deleted: false, ..Settings::default() };
        assert_eq!(parameter(&parameters(Report::Campaigns, &settings, None), "filtering"), "");
    }

    #[test]
    fn a_position_reads_back() {
        for position in [
            Position::AtOnce { after: "MjQZD".to_owned() },
            Position::Report { run_id: "6023920149050".to_owned(), after: "MjQZD".to_owned() },
        ] {
            assert_eq!(cursor::read(Some(&cursor::write(&position))), Ok(Some(position)));
        }
        assert!(cursor::read::<Position>(Some("MjQZD")).is_err());
    }
}
