//! Meta (Facebook and Instagram) ads through the Marketing API.
//!
//! | file | what |
//! | --- | --- |
//! | `wire.rs` | what Meta sends |
//! | `mapping.rs` | from there to the project's rows |
//! | `proof.rs` | how calls are authenticated |
//! | `errors.rs`, `usage.rs` | error codes; the headers that tell how much of an allowance is used |
//! | `paged_list.rs` | paged lists |
//! | `accounts.rs`, `entities.rs` | ad accounts; campaigns, ad sets, ads |
//! | `insights.rs` | daily reports, at once |
//! | `report.rs`, `parts.rs` | daily reports that are too large for that: prepared by Meta, cut into parts |

use std::{borrow::Cow, sync::Arc};

use jiff::SignedDuration;
use rows::Table;

use self::{settings::Settings, source::MetaAdsSource};
use crate::{
    integration::{ConnectionSpec, CredentialSpec, Integration, Services, SetupError, Source},
    session::quota::{QuotaRule, Scope},
    stream::{DAILY, Days, FRESH, Kind, QUARTER_DAY, Snapshot, Stream, Tier},
};

mod accounts;
mod entities;
mod errors;
#[cfg(test)]
mod flow;
mod insights;
mod mapping;
mod paged_list;
mod parts;
mod proof;
mod report;
mod settings;
mod source;
#[cfg(test)]
mod testing;
mod usage;
mod wire;

/// Streams, by name.
pub(crate) mod streams {
    pub const ACCOUNTS: &str = "accounts";
    pub const CAMPAIGNS: &str = "campaigns";
    pub const AD_SETS: &str = "ad_sets";
    pub const ADS: &str = "ads";
    pub const INSIGHTS: &str = "insights";
    pub const AD_INSIGHTS: &str = "ad_insights";
    pub const COUNTRY_INSIGHTS: &str = "country_insights";
}

/// Use cases as Meta counts them; they name the endpoints for quota.
mod use_case {
    pub const INSIGHTS: &str = "ads_insights";
    pub const MANAGEMENT: &str = "ads_management";
}

/// Meta answers for 37 months at most and refuses older days; a few days less are safe in any month.
const HISTORY_DAYS_MAX: u32 = 1120;
/// Days in one campaign report.
const WINDOW_DAYS_MAX: u32 = 7;
/// Days in one report by ad, which has many more rows.
const AD_WINDOW_DAYS_MAX: u32 = 3;
/// Numbers still move for so long after a day's end; attribution goes on for up to 28 days, which the deepest tier
/// reads again.
const SETTLING: SignedDuration = SignedDuration::from_hours(72);

const ACCESS_TOKEN: CredentialSpec = CredentialSpec {
    name: "access_token",
    required: true,
    help: "access token of a system user with the permission ads_read, from Business settings > System users",
};

const APP_SECRET: CredentialSpec = CredentialSpec {
    name: "app_secret",
    required: false,
    help: "secret of the app that made the token, where it has \"Require app secret\" switched on: App settings > Basic",
};

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct MetaAds;

// === impl MetaAds ===

impl Integration for MetaAds {
    fn id(&self) -> &'static str {
        "meta_ads"
    }

    fn base_url(&self) -> &'static str {
        "https://graph.facebook.com"
    }

    fn api_version(&self) -> &'static str {
        "v25.0"
    }

    fn streams(&self) -> Vec<Stream> {
        vec![
            snapshot(streams::ACCOUNTS, &[Table::AdAccounts], QUARTER_DAY, None),
            snapshot(streams::CAMPAIGNS, &[Table::AdCampaigns], FRESH, Some(Table::AdCampaigns)),
            snapshot(streams::AD_SETS, &[Table::AdSets], FRESH, Some(Table::AdSets)),
            snapshot(streams::ADS, &[Table::Ads], FRESH * 4, Some(Table::Ads)),
            days(streams::INSIGHTS, &[Table::AdPerformanceDaily], Some("campaign"), WINDOW_DAYS_MAX),
            days(streams::AD_INSIGHTS, &[Table::AdPerformanceDaily], Some("ad"), AD_WINDOW_DAYS_MAX),
            Stream {
                enabled: false, // `settings.countries` switches it on
                ..days(streams::COUNTRY_INSIGHTS, &[Table::AdCountryDaily], None, WINDOW_DAYS_MAX)
            },
        ]
    }

    /// Full access (`ads_api_access_tier` = `standard_access`).
    fn quotas(&self) -> Vec<QuotaRule> {
        vec![QuotaRule::per_second(Scope::Account, 5.0, 5), QuotaRule::per_second(Scope::App, 10.0, 10)]
    }

    fn credentials(&self) -> &'static [CredentialSpec] {
        &[ACCESS_TOKEN, APP_SECRET]
    }

    fn settings_schema(&self) -> schemars::Schema {
        schemars::schema_for!(Settings)
    }

    fn account_id<'a>(&self, configured: &'a str) -> Cow<'a, str> {
        configured.strip_prefix("act_").unwrap_or(configured).into()
    }

    fn sample(&self) -> &'static str {
        include_str!("sample.toml")
    }

    fn connect(&self, spec: &ConnectionSpec, _: &Services) -> Result<Arc<dyn Source>, SetupError> {
        Ok(Arc::new(MetaAdsSource::new(spec)?))
    }
}

fn snapshot(
    name: &'static str,
    tables: &'static [Table],
    every: std::time::Duration,
    vanishing: Option<Table>,
) -> Stream {
    Stream { name, tables, enabled: true, kind: Kind::Snapshot(Snapshot { every, vanishing }) }
}

fn days(
    name: &'static str,
    tables: &'static [Table],
    level: Option<&'static str>,
    window_days_max: u32,
) -> Stream {
    let tiers = vec![
        Tier { days: 2, every: FRESH },
        Tier { days: 3, every: QUARTER_DAY },
        Tier { days: 28, every: DAILY },
    ];
    Stream {
        name,
        tables,
        enabled: true,
        kind: Kind::Days(Days {
            level,
            tiers,
            settling: SETTLING,
            window_days_max,
            history_days_max: Some(HISTORY_DAYS_MAX),
        }),
    }
}

#[cfg(test)]
mod tests;
