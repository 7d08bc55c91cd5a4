//! The fields that the imitation knows, and where their values come from. Version 25 has many more; a query that names one of those is
//! refused as one that names none.

use std::fmt::Display;

use jiff::civil::Date;
use serde_json::{Number, Value};

use super::numbers::Metrics;
use super::world::{Ad, AdGroup, Budget, Campaign, Customer, Place};
use crate::seed::MILLION;

/// Every resource with its fields.
const FIELDS: [(&str, &str); 9] = [
    (
        "customer",
        "resource_name id descriptive_name currency_code time_zone manager test_account auto_tagging_enabled status",
    ),
    (
        "customer_client",
        "resource_name id client_customer level manager descriptive_name currency_code time_zone status hidden test_account",
    ),
    (
        "campaign",
        "resource_name id name status primary_status serving_status advertising_channel_type advertising_channel_sub_type \
         bidding_strategy_type start_date_time end_date_time campaign_budget",
    ),
    ("campaign_budget", "resource_name id amount_micros total_amount_micros period"),
    ("ad_group", "resource_name id name status primary_status type campaign"),
    ("ad_group_ad", "resource_name status primary_status ad_group ad.resource_name ad.id ad.name ad.type"),
    ("geographic_view", "resource_name country_criterion_id location_type"),
    ("segments", "date"),
    (
        "metrics",
        "impressions clicks interactions engagements cost_micros conversions conversions_value all_conversions \
         all_conversions_value video_trueview_views view_through_conversions",
    ),
];

/// One row before it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'w> {
    pub(super) customer: &'w Customer,
    /// A customer at or below `customer`, and how far below.
    pub(super) client: Option<(&'w Customer, u64)>,
    pub(super) campaign: Option<&'w Campaign>,
    pub(super) group: Option<&'w AdGroup>,
    pub(super) ad: Option<&'w Ad>,
    /// A country, and which of the two ways in which it is meant.
    pub(super) place: Option<(Place, &'static str)>,
    pub(super) day: Option<Date>,
    pub(super) metrics: Metrics,
}

impl Row<'_> {
    /// A field's value; `None` where it is the type's default (0, false, no text), which is left out.
    pub(super) fn read(&self, field: &str) -> Option<Value> {
        let (customer, metrics) = (self.customer, &self.metrics);
        match field {
            "customer.resource_name" => text(format!("customers/{}", customer.id)),
            "customer.id" => text(customer.id),
            "customer.descriptive_name" => text(customer.name),
            "customer.currency_code" => text(customer.currency),
            "customer.time_zone" => text(&*customer.zone_name),
            "customer.manager" => flag(customer.is_manager),
            "customer.auto_tagging_enabled" => flag(true),
            "customer.status" => text(customer.status),
            "customer_client.resource_name" => self.name("customerClients", self.client?.0.id),
            "customer_client.client_customer" => text(format!("customers/{}", self.client?.0.id)),
            "customer_client.id" => text(self.client?.0.id),
            "customer_client.level" => int(self.client?.1),
            "customer_client.manager" => flag(self.client?.0.is_manager),
            "customer_client.descriptive_name" => text(self.client?.0.name),
            "customer_client.currency_code" => text(self.client?.0.currency),
            "customer_client.time_zone" => text(&*self.client?.0.zone_name),
            "customer_client.status" => text(self.client?.0.status),
            "campaign.resource_name" | "ad_group.campaign" => self.name("campaigns", self.campaign?.id),
            "campaign.id" => int(self.campaign?.id),
            "campaign.name" => text(&*self.campaign?.name),
            "campaign.status" => text(self.campaign?.status.word()),
            "campaign.primary_status" => text(self.campaign?.primary_status()),
            "campaign.serving_status" => text(self.campaign?.last_day.map_or("SERVING", |_| "ENDED")),
            "campaign.advertising_channel_type" => text(self.campaign?.channel),
            "campaign.advertising_channel_sub_type" => {
                (self.campaign?.channel == "VIDEO").then(|| "VIDEO_ACTION".into())
            }
            "campaign.bidding_strategy_type" => text("MAXIMIZE_CONVERSIONS"),
            "campaign.start_date_time" => text(format!("{} 00:00:00", self.campaign?.first_day)),
            // A campaign without an end ends in 2037.
            "campaign.end_date_time" => match self.campaign?.last_day {
                Some(day) => text(format!("{day} 23:59:59")),
                None => text("2037-12-30 23:59:59"),
            },
            "campaign.campaign_budget" | "campaign_budget.resource_name" => {
                self.name("campaignBudgets", self.campaign?.id + 7)
            }
            "campaign_budget.id" => int(self.campaign?.id + 7),
            "campaign_budget.amount_micros"
            | "campaign_budget.total_amount_micros"
            | "campaign_budget.period" => budget(self.campaign?.budget, field),
            "ad_group.resource_name" | "ad_group_ad.ad_group" => self.name("adGroups", self.group?.id),
            "ad_group.id" => int(self.group?.id),
            "ad_group.name" => text(self.group?.name),
            "ad_group.status" => text(self.group?.status.word()),
            "ad_group.primary_status" => text(self.campaign?.primary_status_below(self.group?.status)),
            "ad_group.type" => text("UNKNOWN"),
            "ad_group_ad.resource_name" => {
                self.name("adGroupAds", format!("{}~{}", self.group?.id, self.ad?.id))
            }
            "ad_group_ad.status" => text(self.ad?.status.word()),
            "ad_group_ad.primary_status" => text(self.campaign?.primary_status_below(self.ad?.status)),
            "ad_group_ad.ad.resource_name" => self.name("ads", self.ad?.id),
            "ad_group_ad.ad.id" => int(self.ad?.id),
            "ad_group_ad.ad.name" => text(self.ad?.name),
            "ad_group_ad.ad.type" => text("DEMAND_GEN_VIDEO_RESPONSIVE_AD"),
            "geographic_view.resource_name" => {
                let ((criterion, ..), meant) = self.place?;
                self.name("geographicViews", format!("{criterion}~{meant}"))
            }
            "geographic_view.country_criterion_id" => int(self.place?.0.0),
            "geographic_view.location_type" => text(self.place?.1),
            "segments.date" => text(self.day?.to_string()),
            "metrics.impressions" => int(metrics.impressions),
            "metrics.clicks" => int(metrics.clicks),
            "metrics.interactions" => int(metrics.interactions),
            "metrics.engagements" => int(metrics.engagements),
            "metrics.cost_micros" => int(metrics.cost_micros),
            "metrics.conversions" => fraction(metrics.conversions_millionths),
            "metrics.conversions_value" => fraction(metrics.conversions_value_millionths),
            "metrics.all_conversions" => fraction(metrics.all_conversions_millionths),
            "metrics.all_conversions_value" => fraction(metrics.all_conversions_value_millionths),
            "metrics.video_trueview_views" => int(metrics.video_trueview_views),
            "metrics.view_through_conversions" => int(metrics.view_through_conversions),
            _ => None, // The flags that nobody has.
        }
    }

    fn name(&self, collection: &str, id: impl Display) -> Option<Value> {
        text(format!("customers/{}/{collection}/{id}", self.customer.id))
    }
}

/// Whether there is such a field.
pub(super) fn is_known(field: &str) -> bool {
    let Some((resource, name)) = field.split_once('.') else { return false };
    FIELDS.iter().any(|(known, names)| *known == resource && names.split(' ').any(|known| known == name))
}

/// What stands before the first dot.
pub(super) fn resource_of(field: &str) -> &str {
    field.split_once('.').map_or(field, |(resource, _)| resource)
}

/// The resources whose fields may be selected from a resource; `None` for one that there is not.
pub(super) fn selectable(resource: &str) -> Option<&'static [&'static str]> {
    Some(match resource {
        "customer" => &["customer", "segments", "metrics"],
        "customer_client" => &["customer", "customer_client"],
        "campaign" => &["customer", "campaign", "campaign_budget", "segments", "metrics"],
        "ad_group" => &["customer", "campaign", "ad_group", "segments", "metrics"],
        "ad_group_ad" => &["customer", "campaign", "ad_group", "ad_group_ad", "segments", "metrics"],
        "geographic_view" => &["customer", "campaign", "geographic_view", "segments", "metrics"],
        _ => return None,
    })
}

fn text(text: impl Into<String>) -> Option<Value> {
    Some(text.into()).filter(|text| !text.is_empty()).map(Value::String)
}

/// An int64: a text.
fn int(number: u64) -> Option<Value> {
    (number > 0).then(|| number.to_string().into())
}

fn flag(flag: bool) -> Option<Value> {
    flag.then_some(Value::Bool(true))
}

/// A double: a number, without a decimal point where it is whole.
fn fraction(millionths: u64) -> Option<Value> {
    match (millionths / MILLION, millionths % MILLION) {
        (0, 0) => None,
        (whole, 0) => Some(whole.into()),
        (whole, rest) => format!("{whole}.{rest:06}").parse::<Number>().ok().map(Value::Number),
    }
}

fn budget(budget: Budget, field: &str) -> Option<Value> {
    match (budget, field) {
        (Budget::Daily(_), "campaign_budget.period") => text("DAILY"),
        (Budget::Total(_), "campaign_budget.period") => text("CUSTOM_PERIOD"),
        (Budget::Daily(micros), "campaign_budget.amount_micros")
        | (Budget::Total(micros), "campaign_budget.total_amount_micros") => int(micros),
        _ => None,
    }
}
