//! Rows of ad networks: whose they are, what they count, and what their source says nothing of.

use std::sync::Arc;

use rows::{
    Currency, Day, Micros, Row,
    ads::{Ad, AdCampaign, AdCountry, AdLevel, AdMetrics, AdPerformance, AdSet, REMOVED},
};

use super::{accounts::Called, elements::Unreadable};
use crate::{account::Account, failure::Failure};

/// Whose rows these are, and what they count. `C` is what counts as a conversion in the provider's own terms.
#[derive(Debug, Clone)]
pub struct Owner<C> {
    /// The account, without decoration.
    pub account_id: String,
    /// Its currency.
    pub currency: Currency,
    /// What is counted.
    pub counted: C,
    /// What that is called.
    pub definitions: Definitions,
}

/// What counts as a conversion and as a view, in the words of the rows. All rows share one text: a report has thousands.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// Of `conversions`.
    pub conversion: Option<Arc<str>>,
    /// Of `video_views`.
    pub view: Option<Arc<str>>,
}

/// What an object's owner asked for, and what is really happening. Where either word says that it is deleted, it is removed in both.
pub fn statuses(
    asked: Option<String>,
    real: Option<String>,
    is_deleted: impl Fn(&str) -> bool,
) -> (Option<String>, Option<String>) {
    if [&asked, &real].into_iter().flatten().any(|word| is_deleted(word)) {
        return (Some(REMOVED.to_owned()), Some(REMOVED.to_owned()));
    }
    (asked, real)
}

/// The sum of counts or millionths. With an unknown part it is unknown; `field` is named where it is too large.
pub fn sum(
    field: &'static str,
    parts: impl IntoIterator<Item = Option<i64>>,
) -> Result<Option<i64>, Unreadable> {
    let mut sum = 0_i64;
    for part in parts {
        let Some(part) = part else { return Ok(None) };
        sum = sum.checked_add(part).ok_or(Unreadable::TooLarge(field))?;
    }
    Ok(Some(sum))
}

/// The sum of amounts, as [`sum`].
pub fn sum_of_amounts(
    field: &'static str,
    parts: impl IntoIterator<Item = Option<Micros>>,
) -> Result<Option<Micros>, Unreadable> {
    let parts = parts.into_iter().map(|part| part.map(|Micros(micros)| micros));
    Ok(sum(field, parts)?.map(Micros))
}

// === impl Owner ===

impl<C> Owner<C> {
    /// Of an account that the check found.
    pub fn of(
        account: &Account,
        called: Called,
        counted: C,
        definitions: Definitions,
    ) -> Result<Self, Failure> {
        let currency = account.currency.ok_or_else(|| Failure::Permanent {
            reason: format!("{}{}: its currency is not known", called.word, account.id),
        })?;
        Ok(Self { account_id: account.id.clone(), currency, counted, definitions })
    }

    /// A campaign of which nothing else is known.
    pub fn campaign(&self, campaign_id: String) -> AdCampaign {
        AdCampaign {
            account_id: self.account_id.clone(),
            campaign_id,
            name: None,
            status: None,
            effective_status: None,
            objective: None,
            daily_budget: None,
            lifetime_budget: None,
            currency: Some(self.currency),
            start_at: None,
            end_at: None,
            created_at: None,
            updated_at: None,
            learning: None,
        }
    }

    /// An ad set of which nothing else is known.
    pub fn ad_set(&self, campaign_id: String, ad_set_id: String) -> AdSet {
        AdSet {
            account_id: self.account_id.clone(),
            campaign_id,
            ad_set_id,
            name: None,
            status: None,
            effective_status: None,
            optimization_goal: None,
            billing_event: None,
            daily_budget: None,
            lifetime_budget: None,
            currency: Some(self.currency),
            start_at: None,
            end_at: None,
            created_at: None,
            updated_at: None,
            learning: None,
        }
    }

    /// An ad of which nothing else is known.
    pub fn ad(&self, campaign_id: String, ad_set_id: String, ad_id: String) -> Ad {
        Ad {
            account_id: self.account_id.clone(),
            campaign_id,
            ad_set_id,
            ad_id,
            name: None,
            status: None,
            effective_status: None,
            creative_id: None,
            created_at: None,
            updated_at: None,
        }
    }

    /// A campaign on one day.
    pub fn campaign_day(&self, campaign_id: String, date: Day, metrics: AdMetrics) -> Row {
        self.performance(AdLevel::Campaign, [campaign_id, String::new(), String::new()], date, metrics)
    }

    /// An ad on one day. `ids` are those of its campaign and its ad set, and its own.
    pub fn ad_day(&self, ids: [String; 3], date: Day, metrics: AdMetrics) -> Row {
        self.performance(AdLevel::Ad, ids, date, metrics)
    }

    fn performance(&self, level: AdLevel, ids: [String; 3], date: Day, metrics: AdMetrics) -> Row {
        let [campaign_id, ad_set_id, ad_id] = ids;
        let Definitions { conversion, view } = self.definitions.clone();
        Row::AdPerformance(AdPerformance {
            account_id: self.account_id.clone(),
            level,
            campaign_id,
            ad_set_id,
            ad_id,
            date,
            currency: self.currency,
            metrics,
            conversion_definition: conversion,
            view_definition: view,
        })
    }

    /// A campaign in a country on one day.
    pub fn country_day(
        &self,
        campaign_id: String,
        country: String,
        date: Day,
        metrics: AdMetrics,
    ) -> AdCountry {
        let Definitions { conversion, view } = self.definitions.clone();
        AdCountry {
            account_id: self.account_id.clone(),
            campaign_id,
            country,
            date,
            currency: self.currency,
            metrics,
            conversion_definition: conversion,
            view_definition: view,
        }
    }
}

// === impl Definitions ===

impl Definitions {
    /// Both.
    pub fn new(conversion: &str, view: &str) -> Self {
        Self { conversion: Some(conversion.into()), view: Some(view.into()) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const CALLED: Called = Called { provider: "Meta", word: "ad account " };

    fn owner() -> Owner<()> {
        let account = Account {
            id: "7".to_owned(),
            name: "Label A".to_owned(),
            currency: Some(Currency::parse("EUR").unwrap()),
            time_zone: "UTC".to_owned(),
        };
        Owner::of(&account, CALLED, (), Definitions::new("purchases", "3s")).unwrap()
    }

    #[test]
    fn an_account_without_a_currency_has_no_rows() {
        let failure = Owner::of(&Account::sole("", "UTC"), CALLED, (), Definitions::default());
        assert_eq!(failure.unwrap_err().outcome(), "permanent");
    }

    #[test]
    fn rows_are_the_accounts_and_share_their_definitions() {
        let owner = owner();
        let day = date(2026, 11, 21);
        let campaign = owner.campaign("1".to_owned());
        assert_eq!((&*campaign.account_id, campaign.currency), ("7", Some(owner.currency)));
        let ids = ["1", "2", "3"].map(str::to_owned);
        let Row::AdPerformance(ad) = owner.ad_day(ids, day, AdMetrics::default()) else { panic!("no ad") };
        assert_eq!((ad.level, &*ad.campaign_id, &*ad.ad_set_id, &*ad.ad_id), (AdLevel::Ad, "1", "2", "3"));
        let row = owner.campaign_day("1".to_owned(), day, AdMetrics::default());
        let Row::AdPerformance(row) = row else { panic!("no campaign") };
        assert_eq!((row.level, &*row.ad_set_id, &*row.ad_id), (AdLevel::Campaign, "", ""));
        let (one, other) = (row.view_definition.unwrap(), ad.view_definition.unwrap());
        assert!(Arc::ptr_eq(&one, &other));
        let row = owner.country_day("1".to_owned(), "US".to_owned(), day, AdMetrics::default());
        assert_eq!((&*row.country, row.conversion_definition.as_deref()), ("US", Some("purchases")));
    }

    #[test]
    fn what_is_deleted_is_removed_in_both_words() {
        let word = |text: &str| Some(text.to_owned());
        let statuses = |asked, real| super::statuses(asked, real, |word| word == "GONE");
        assert_eq!(statuses(word("ON"), word("PAUSED")), (word("ON"), word("PAUSED")));
        assert_eq!(statuses(word("GONE"), None), (word(REMOVED), word(REMOVED)));
        assert_eq!(statuses(word("ON"), word("GONE")), (word(REMOVED), word(REMOVED)));
    }

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown_and_one_that_does_not_fit_is_none() {
        assert_eq!(sum("clicks", [Some(1), Some(2)]), Ok(Some(3)));
        assert_eq!(sum("clicks", [Some(1), None]), Ok(None));
        assert_eq!(sum("clicks", [Some(i64::MAX), Some(1)]), Err(Unreadable::TooLarge("clicks")));
        assert_eq!(sum_of_amounts("value", [Some(Micros(1)), Some(Micros(-3))]), Ok(Some(Micros(-2))));
    }
}
