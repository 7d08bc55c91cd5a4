//! What is asked for, in Google's query language. A row is left out when all *selected* metrics are zero, so that exactly
//! those that a table has are selected. What is removed is not filtered out.

use rows::{DayRange, ads::AdLevel};

use super::{endpoint, settings::Conversions};

/// A query, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// GAQL.
    pub text: String,
    /// For people.
    pub name: &'static str,
    /// For quota and labels.
    pub endpoint: &'static str,
}

/// Numbers by day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// By campaign: the truth.
    Campaigns,
    /// By ad in its group: detail. Campaigns without ad groups are not in it.
    Ads,
    /// By campaign and country.
    Countries,
}

/// Objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// The customer itself.
    Customer,
    /// Its campaigns.
    Campaign,
    /// Their ad groups.
    AdGroup,
    /// The ads in these.
    Ad,
}

/// A customer and all below it.
pub fn hierarchy() -> Query {
    let fields = "customer_client.id, customer_client.descriptive_name, customer_client.currency_code, \
                  customer_client.time_zone, customer_client.manager, customer_client.status";
    Query {
        text: format!("SELECT {fields} FROM customer_client{PARAMETERS}"),
        name: "customer_client",
        endpoint: endpoint::HIERARCHY,
    }
}

/// Without it, the names of all resources are repeated in each row.
const PARAMETERS: &str = " PARAMETERS omit_unselected_resource_names = true";

// === impl Object ===

impl Object {
    /// The query for all of them.
    pub fn query(self) -> Query {
        let (name, fields) = match self {
            Self::Customer => (
                "customer",
                "customer.id, customer.descriptive_name, customer.currency_code, customer.time_zone, customer.manager, \
                 customer.status",
            ),
            Self::Campaign => (
                "campaign",
                "campaign.id, campaign.name, campaign.status, campaign.primary_status, \
                 campaign.advertising_channel_type, campaign.start_date_time, campaign.end_date_time, \
                 campaign_budget.amount_micros, campaign_budget.total_amount_micros",
            ),
            Self::AdGroup => (
                "ad_group",
                "campaign.id, ad_group.id, ad_group.name, ad_group.status, ad_group.primary_status",
            ),
            Self::Ad => (
                "ad_group_ad",
                "campaign.id, ad_group.id, ad_group_ad.ad.id, ad_group_ad.ad.name, ad_group_ad.status, \
                 ad_group_ad.primary_status",
            ),
        };
        Query { text: format!("SELECT {fields} FROM {name}{PARAMETERS}"), name, endpoint: endpoint::SEARCH }
    }
}

// === impl Report ===

impl Report {
    /// At which level its rows speak, where their table has several.
    pub const fn level(self) -> Option<AdLevel> {
        match self {
            Self::Campaigns => Some(AdLevel::Campaign),
            Self::Ads => Some(AdLevel::Ad),
            Self::Countries => None,
        }
    }

    /// The query for these days of the customer.
    pub fn query(self, days: DayRange, conversions: Conversions) -> Query {
        let (name, keys, condition) = match self {
            Self::Campaigns => ("campaign", "campaign.id", ""),
            Self::Ads => ("ad_group_ad", "campaign.id, ad_group.id, ad_group_ad.ad.id", ""),
            Self::Countries => (
                "geographic_view",
                "campaign.id, geographic_view.country_criterion_id",
                // The view has each number twice: by where people were and by what they looked for.
                " AND geographic_view.location_type = 'LOCATION_OF_PRESENCE'",
            ),
        };
        // Not to be had by country.
        let engagements = if self == Self::Countries { "" } else { " metrics.engagements," };
        let counted = conversions.as_str();
        let text = format!(
            "SELECT {keys}, segments.date, metrics.impressions, metrics.clicks, metrics.interactions,{engagements} \
             metrics.cost_micros, metrics.{counted}, metrics.{counted}_value, metrics.video_trueview_views \
             FROM {name} WHERE segments.date BETWEEN '{first}' AND '{last}'{condition}{PARAMETERS}",
            first = days.first,
            last = days.last,
        );
        Query { text, name, endpoint: endpoint::SEARCH }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days() -> DayRange {
        DayRange::new(jiff::civil::date(2026, 11, 1), jiff::civil::date(2026, 11, 21)).unwrap()
    }

    #[test]
    fn exactly_the_tables_metrics_are_asked_for() {
        let asked = Report::Campaigns.query(days(), Conversions::Conversions);
        assert_eq!(
            asked.text,
            "SELECT campaign.id, segments.date, metrics.impressions, metrics.clicks, metrics.interactions, \
             metrics.engagements, metrics.cost_micros, metrics.conversions, metrics.conversions_value, \
             metrics.video_trueview_views FROM campaign WHERE segments.date BETWEEN '2026-11-01' AND '2026-11-21' \
             PARAMETERS omit_unselected_resource_names = true"
        );
        let by_ad = Report::Ads.query(days(), Conversions::AllConversions).text;
        assert!(by_ad.contains("metrics.all_conversions, metrics.all_conversions_value,"), "{by_ad}");
        assert!(!by_ad.contains("metrics.conversions"), "{by_ad}");
    }

    #[test]
    fn countries_are_where_people_were_and_have_no_engagements() {
        let asked = Report::Countries.query(days(), Conversions::Conversions).text;
        assert!(asked.contains("AND geographic_view.location_type = 'LOCATION_OF_PRESENCE'"), "{asked}");
        assert!(!asked.contains("engagements"), "{asked}");
    }

    #[test]
    fn what_is_removed_is_not_filtered_out() {
        for object in [Object::Customer, Object::Campaign, Object::AdGroup, Object::Ad] {
            assert!(!object.query().text.contains("WHERE"));
        }
        assert!(!hierarchy().text.contains("WHERE"));
    }
}
