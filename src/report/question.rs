//! What a report is asked for.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Day, DayRange,
    day::{day_at, plus_days},
    money::RawSpend,
};
use store::read::CampaignHistory;

use crate::{
    insight::NamePattern,
    settings::{Campaign, did_you_mean},
    worker::marketing::shown,
};

/// Days of a report unless told: as many as the longest window of the metrics.
const DAYS: i64 = 28;
/// Most days of a report: a year, and the month that it is compared with. Memory grows with campaigns × days.
pub const DAYS_MAX: u32 = 400;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which days.
    pub days: DayRange,
    /// A marketing campaign's name, a network's id of a campaign, or a pattern for the names of networks' campaigns.
    pub campaign: Option<String>,
    /// Only what belongs to this tenant.
    pub tenant: Option<String>,
}

/// What is asked for does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// The last day is before the first.
    #[error("the last day ({to}) is before the first ({from})")]
    Backwards {
        /// The first.
        from: Day,
        /// The last.
        to: Day,
    },
    /// Too many days.
    #[error("{from} to {to} are {days} days: expected at most {DAYS_MAX}; ask for it in parts")]
    Long {
        /// The first.
        from: Day,
        /// The last.
        to: Day,
        /// How many.
        days: u32,
    },
    /// No such campaign.
    #[error("there is no campaign `{name}`: expected {expected}{hint}")]
    Campaign {
        /// What was asked for.
        name: String,
        /// What could be.
        expected: &'static str,
        /// A near name.
        hint: String,
    },
    /// No such tenant.
    #[error("nothing belongs to a tenant `{name}`{hint}")]
    Tenant {
        /// What was asked for.
        name: String,
        /// A near name.
        hint: String,
    },
}

/// What a question chooses.
pub(super) struct Asked<'a, M = RawSpend> {
    pub campaigns: Vec<CampaignHistory<M>>,
    pub marketing: Vec<(&'a String, &'a Campaign)>,
}

// === impl Question ===

impl Question {
    /// Of these days; by default the last 28, today (UTC) the last.
    pub fn new(
        from: Option<Day>,
        to: Option<Day>,
        campaign: Option<String>,
        tenant: Option<String>,
        now: Timestamp,
    ) -> Result<Self, QuestionError> {
        let to = to.unwrap_or_else(|| day_at(now, &TimeZone::UTC));
        let from = from.unwrap_or_else(|| plus_days(to, 1 - DAYS));
        let days = DayRange::new(from, to).ok_or(QuestionError::Backwards { from, to })?;
        match days.len_days() {
            days if days > DAYS_MAX => Err(QuestionError::Long { from, to, days }),
            _ => Ok(Self { days, campaign, tenant }),
        }
    }

    /// Keeps what is asked for.
    pub(super) fn choose<'a>(
        &self,
        configured: &'a BTreeMap<String, Campaign>,
        history: &[CampaignHistory],
    ) -> Result<Asked<'a>, QuestionError> {
        if let Some(name) = &self.tenant {
            let tenants = || {
                let configured = configured.values().map(|campaign| campaign.tenant.as_str());
                configured.chain(history.iter().map(|history| history.tenant.as_str()))
            };
            if !tenants().any(|tenant| tenant == name) {
                let hint = hint(name, tenants());
                return Err(QuestionError::Tenant { name: name.clone(), hint });
            }
        }
        let is_tenants = |tenant: &str| self.tenant.as_deref().is_none_or(|wanted| wanted == tenant);
        let marketing = configured.iter().filter(|(_, campaign)| is_tenants(&campaign.tenant));
        let campaigns = history.iter().filter(|history| is_tenants(&history.tenant));
        let Some(wanted) = &self.campaign else {
            return Ok(Asked { campaigns: campaigns.cloned().collect(), marketing: marketing.collect() });
        };
        let marketing: Vec<_> = marketing.filter(|(name, _)| *name == wanted).collect();
        if !marketing.is_empty() {
            let of = shown(&marketing.iter().map(|(name, of)| ((*name).clone(), (*of).clone())).collect());
            let campaigns = campaigns.filter(|history| {
                let CampaignHistory { tenant, provider, campaign_id, name, .. } = history;
                of.iter().any(|of| of.holds(tenant, provider, campaign_id, name.as_deref()))
            });
            return Ok(Asked { campaigns: campaigns.cloned().collect(), marketing });
        }
        let pattern = NamePattern::new(wanted);
        let fits = |history: &&CampaignHistory| {
            history.campaign_id == *wanted
                || history.name.as_deref().is_some_and(|name| pattern.matches(name))
        };
        let chosen: Vec<CampaignHistory> = campaigns.clone().filter(fits).cloned().collect();
        if chosen.is_empty() {
            let names = campaigns.filter_map(|history| history.name.as_deref());
            let hint = hint(wanted, configured.keys().map(String::as_str).chain(names));
            let expected = "a marketing campaign of the configuration, or the id or name (`*` for any text) of a network's \
                            campaign with data on these days";
            return Err(QuestionError::Campaign { name: wanted.clone(), expected, hint });
        }
        Ok(Asked { campaigns: chosen, marketing: Vec::new() })
    }
}

pub(super) fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(name, candidates).map_or_else(String::new, |hint| format!("; {hint}"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn question(from: Option<Day>, to: Option<Day>) -> Result<Question, QuestionError> {
        Question::new(from, to, None, None, "2026-11-24T23:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_days_are_the_last_28_unless_told() {
        let days = question(None, None).unwrap().days;
        assert_eq!((days.first, days.last), (date(2026, 10, 28), date(2026, 11, 24)));
        let days = question(None, Some(date(2026, 3, 31))).unwrap().days;
        assert_eq!((days.first, days.last), (date(2026, 3, 4), date(2026, 3, 31)));
    }

    #[test]
    fn only_the_tenants_own_is_chosen() {
        let history = |tenant: &str, id: &str| CampaignHistory {
            connection: "meta".to_owned(),
            provider: "meta_ads".to_owned(),
            tenant: tenant.to_owned(),
            account_id: "1".to_owned(),
            campaign_id: id.to_owned(),
            name: Some("Night Drive".to_owned()),
            currency: None,
            time_zone: "UTC".to_owned(),
            settled_through: None,
            first: None,
            days: Vec::new(),
        };
        let all = [history("label-a", "1"), history("label-b", "2")];
        let chosen = |campaign: Option<&str>| {
            let tenant = Some("label-b".to_owned());
            let now = "2026-11-24T23:00:00Z".parse().unwrap();
            let question = Question::new(None, None, campaign.map(str::to_owned), tenant, now).unwrap();
            let chosen = question.choose(&BTreeMap::new(), &all).map(|asked| asked.campaigns);
            chosen.map(|campaigns| campaigns.into_iter().map(|of| of.campaign_id).collect::<Vec<_>>())
        };
        assert_eq!(
            [chosen(None), chosen(Some("Night*"))],
            [Ok(vec!["2".to_owned()]), Ok(vec!["2".to_owned()])]
        );
        assert!(matches!(chosen(Some("1")), Err(QuestionError::Campaign { .. })), "another tenant's");
    }

    #[test]
    fn days_that_cannot_be_shown_are_refused() {
        let error = question(Some(date(2026, 11, 25)), None).unwrap_err();
        assert_eq!(error.to_string(), "the last day (2026-11-24) is before the first (2026-11-25)");
        let error = question(Some(date(2020, 1, 1)), None).unwrap_err();
        assert!(error.to_string().contains("at most 400"), "{error}");
        assert!(question(Some(date(2025, 10, 21)), None).is_ok());
    }
}
