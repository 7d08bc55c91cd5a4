//! What a tenant is shown of its campaigns' spend: each day is marked up by itself, and sums over windows are of that.

use std::collections::HashMap;

use rows::{
    Day, Micros,
    day::plus_days,
    figures::{CampaignFigures, CampaignWindow, Windows},
    markup::Markup,
    money::{DisplaySpend, RawSpend, Spend},
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    CampaignDays, CampaignHistory, DayTold,
    days::{DAYS, Key, Spent, spend_by_day},
    window_days,
};
use crate::limits;

/// A campaign of which days have to be read: where its figures are, which it is, its tenant's markup, its account's today.
pub type Charged<'a> = (usize, Key, &'a Markup, Day);

// === impl CampaignDays ===

impl CampaignDays {
    /// As a tenant with this markup is shown them.
    pub fn displayed(self, markup: &Markup) -> CampaignDays<DisplaySpend> {
        let Self { days, spend, settled_through } = self;
        let shown = |(day, spend): (Day, Option<RawSpend>)| markup.shown(spend?, day);
        CampaignDays { spend: days.days().zip(spend).map(shown).collect(), days, settled_through }
    }
}

// === impl CampaignHistory ===

impl CampaignHistory {
    /// As a tenant with this markup is shown it.
    pub fn displayed(self, markup: &Markup) -> CampaignHistory<DisplaySpend> {
        let shown = |(day, told): (Day, DayTold)| {
            let told = match told {
                DayTold::Unread => DayTold::Unread,
                DayTold::Quiet => DayTold::Quiet,
                DayTold::Told(window) => {
                    let spend = window.spend.and_then(|spend| markup.shown(spend, day));
                    DayTold::Told(window.with_spend(spend))
                }
            };
            (day, told)
        };
        CampaignHistory {
            days: self.days.into_iter().map(shown).collect(),
            connection: self.connection,
            provider: self.provider,
            tenant: self.tenant,
            account_id: self.account_id,
            campaign_id: self.campaign_id,
            name: self.name,
            currency: self.currency,
            time_zone: self.time_zone,
            settled_through: self.settled_through,
            first: self.first,
        }
    }
}

/// Where nothing is added within 28 days, what is shown is what was charged, and no day has to be read.
pub fn as_is(figures: &mut CampaignFigures, markup: &Markup, today: Day) -> bool {
    let days = window_days(today);
    if markup.shown_as_is(RawSpend::ZERO, days[3]).is_none() {
        return false;
    }
    figures.display_spend = shown(&figures.windows, |number, spend| markup.shown_as_is(spend, days[number]));
    true
}

/// Reads the days of these campaigns, and adds up what their tenants are shown.
pub async fn by_day(
    database: &impl ConnectionTrait,
    campaigns: &[Charged<'_>],
    figures: &mut [CampaignFigures],
) -> Result<(), DbErr> {
    for part in campaigns.chunks(limits::KEYS_STATEMENT_MAX) {
        let Some(first) = part.iter().map(|(.., today)| *today).min() else { continue };
        let keys: Vec<&Key> = part.iter().map(|(_, key, ..)| key).collect();
        let mut stored = HashMap::new();
        spend_by_day(database, &keys, plus_days(first, 1 - DAYS), &mut stored).await?;
        for (place, key, markup, today) in part {
            let Some(figures) = figures.get_mut(*place) else { continue };
            let spent = stored.get(key);
            figures.display_spend =
                shown(&figures.windows, |number, _| sum(spent, markup, window_days(*today)[number]));
        }
    }
    Ok(())
}

/// Of the windows whose spend is known.
fn shown(
    windows: &Windows<CampaignWindow>,
    of: impl Fn(usize, RawSpend) -> Option<DisplaySpend>,
) -> Windows<DisplaySpend> {
    let Windows { today, yesterday, last_7_days, last_28_days } = windows;
    let windows = [today, yesterday, last_7_days, last_28_days];
    Windows::of(|number| of(number, windows[number].as_ref()?.spend?))
}

/// The sum of days; a day without a row adds nothing, one whose spend is not said makes it unknown.
fn sum(spent: Option<&Spent>, markup: &Markup, days: rows::DayRange) -> Option<DisplaySpend> {
    let told = days.days().filter_map(|day| Some((day, *spent?.get(&day)?)));
    told.into_iter().try_fold(DisplaySpend::ZERO, |sum, (day, spend)| {
        sum.plus(markup.shown(RawSpend(Micros(spend?)), day)?)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rows::{DayRange, markup::Percent};

    use super::*;

    #[test]
    fn each_day_is_marked_up_by_what_holds_on_it() {
        let percent = |text| Percent::parse(text).unwrap();
        let markup =
            Markup::new(vec![(date(2026, 11, 22), percent("50")), (date(2026, 11, 24), percent("100"))])
                .unwrap();
        let spent = Spent::from([21, 22, 23, 24].map(|day| (date(2026, 11, day), Some(1))));
        let of = |first, last| {
            let days = DayRange::new(date(2026, 11, first), date(2026, 11, last)).unwrap();
            sum(Some(&spent), &markup, days).map(|sum| sum.micros().0)
        };
        assert_eq!([of(21, 21), of(22, 22), of(24, 24), of(25, 25)], [Some(1), Some(2), Some(2), Some(0)]);
        assert_eq!(of(1, 28), Some(7), "rounded by day: half a micro of each of two days");
        let mut unsaid = spent.clone();
        unsaid.insert(date(2026, 11, 23), None);
        assert_eq!(sum(Some(&unsaid), &markup, DayRange::day(date(2026, 11, 23))), None);
        assert_eq!(sum(None, &markup, DayRange::day(date(2026, 11, 23))), Some(DisplaySpend::ZERO));
    }
}
