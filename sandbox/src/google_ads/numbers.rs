//! What an ad delivered on a day, as the provider knows it at a moment: a pure function of the seed, the day and the time.
//!
//! - Today grows with the customer's local time of day.
//! - For three days after a day's end clicks and cost are 2 % high; then invalid clicks are credited. Once in 23 days of an ad all of
//!   it was invalid: the row vanishes.
//! - Conversions are fractional and arrive late: 60 % are known when the day ends, all of them 30 days after.
//! - Once in 19 days an ad has nothing but conversions by people who only saw it: all that most queries select is zero.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::world::Campaign;
use crate::seed::{MILLION, Seed, share};

/// Days after which a day's conversions are complete.
const CONVERSIONS_SETTLE_DAYS: u64 = 30;

/// Days after which invalid clicks have been credited.
const CLICKS_SETTLE_DAYS: u64 = 3;

/// What delivers: an ad in a group, or (zeros) a campaign by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Unit {
    pub(super) campaign: u64,
    pub(super) ad_group: u64,
    pub(super) ad: u64,
}

/// One row's numbers; all of them add up. Those that the provider writes as fractions are in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the provider's own metrics, by their names")]
pub struct Metrics {
    pub impressions: u64,
    pub clicks: u64,
    pub interactions: u64,
    pub engagements: u64,
    /// In micros of the customer's currency.
    pub cost_micros: u64,
    pub conversions_millionths: u64,
    /// In millionths of the customer's currency.
    pub conversions_value_millionths: u64,
    pub all_conversions_millionths: u64,
    /// In millionths of the customer's currency.
    pub all_conversions_value_millionths: u64,
    pub video_trueview_views: u64,
    pub view_through_conversions: u64,
}

/// How far the provider's knowledge of one day has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// Of the day's clicks and cost, in parts per million.
    traffic: u64,
    /// Of its conversions, in parts per million.
    conversions: u64,
    clicks_are_settled: bool,
}

impl Metrics {
    pub(super) fn add(&mut self, other: &Self) {
        for (own, others) in self.numbers_mut().into_iter().zip(other.numbers()) {
            *own += others;
        }
    }

    /// The part of every number between two shares; parts that begin where others end add up to the whole.
    pub(super) fn part(&self, from: u64, to: u64) -> Self {
        let mut part = *self;
        for number in part.numbers_mut() {
            *number = share(*number, to) - share(*number, from);
        }
        part
    }

    fn numbers(&self) -> [u64; 11] {
        let mut copy = *self;
        copy.numbers_mut().map(|number| *number)
    }

    fn numbers_mut(&mut self) -> [&mut u64; 11] {
        [
            &mut self.impressions,
            &mut self.clicks,
            &mut self.interactions,
            &mut self.engagements,
            &mut self.cost_micros,
            &mut self.conversions_millionths,
            &mut self.conversions_value_millionths,
            &mut self.all_conversions_millionths,
            &mut self.all_conversions_value_millionths,
            &mut self.video_trueview_views,
            &mut self.view_through_conversions,
        ]
    }
}

impl Progress {
    /// What is known at `now` of a customer's day; `None` before it begins.
    pub(super) fn of(day: Date, zone: &TimeZone, now: Timestamp) -> Option<Self> {
        let begin = |day: Date| Some(day.to_zoned_datetime(zone.clone()).ok()?.timestamp());
        let (start, end) = (begin(day)?, begin(day.checked_add(1.day()).ok()?)?);
        let passed = u64::try_from(now.duration_since(start).as_secs()).ok()?;
        let length = u64::try_from(end.duration_since(start).as_secs()).unwrap_or(86_400).max(1);
        let Some(after_end) = passed.checked_sub(length) else {
            let known = passed * MILLION / length;
            return Some(Self {
                traffic: share(known, 1_020_000),
                conversions: share(known, 600_000),
                clicks_are_settled: false,
            });
        };
        let days = after_end / 86_400;
        let left = CONVERSIONS_SETTLE_DAYS.saturating_sub(days);
        let missing = 400_000 * left * left / (CONVERSIONS_SETTLE_DAYS * CONVERSIONS_SETTLE_DAYS);
        let clicks_are_settled = days >= CLICKS_SETTLE_DAYS;
        let traffic = if clicks_are_settled { MILLION } else { 1_020_000 };
        Some(Self { traffic, conversions: MILLION - missing, clicks_are_settled })
    }
}

/// What a unit has delivered on a day, as far as it is known; `part` is its share of the campaign, in parts per million.
pub(super) fn delivered(
    seed: Seed,
    campaign: &Campaign,
    (unit, part): (Unit, u64),
    day: Date,
    progress: Progress,
) -> Metrics {
    if day < campaign.first_day || campaign.last_day.is_some_and(|last| day > last) {
        return Metrics::default();
    }
    let taste = seed.at(unit.campaign).at(unit.ad_group).at(unit.ad);
    let chance = taste.at(u64::try_from(day.duration_since(Date::ZERO).as_hours()).unwrap_or_default());
    if chance.at(0).once_in(19) {
        let viewers = chance.at(1).between(1, 4);
        return Metrics {
            all_conversions_millionths: viewers * MILLION,
            all_conversions_value_millionths: viewers * MILLION * 2,
            view_through_conversions: viewers,
            ..Metrics::default()
        };
    }
    if chance.at(2).once_in(23) && progress.clicks_are_settled {
        return Metrics::default();
    }
    let rate = |place: u64, of: u64, low: u64, high: u64| share(of, chance.at(place).between(low, high));
    let final_cost = rate(3, share(campaign.daily_micros, part), 700_000, 1_150_000);
    let cost_per_thousand = taste.at(4).between(campaign.daily_micros / 20, campaign.daily_micros / 8).max(1);
    let final_impressions = final_cost * 1_000 / cost_per_thousand;
    let final_clicks = rate(5, final_impressions, 12_000, 31_000);
    let impressions = share(final_impressions, progress.traffic.min(MILLION));
    let clicks = share(final_clicks, progress.traffic);
    let is_watched = campaign.channel != "SEARCH";
    let views = if is_watched { rate(6, impressions, 140_000, 240_000) } else { 0 };
    let engagements = if is_watched { rate(7, impressions, 30_000, 60_000) } else { 0 };
    // Credit is divided between the clicks that led to a conversion, so it comes in fractions; now and then it does not.
    let credit = share(rate(8, final_clicks * MILLION, 50_000, 120_000), progress.conversions);
    let conversions = if chance.at(9).once_in(4) { credit / MILLION * MILLION } else { credit };
    let view_through = rate(10, impressions, 0, 500);
    Metrics {
        impressions,
        clicks,
        interactions: clicks + views,
        engagements,
        cost_micros: share(final_cost, progress.traffic),
        conversions_millionths: conversions,
        conversions_value_millionths: conversions * 7 / 2,
        all_conversions_millionths: share(conversions, 1_300_000) + view_through * MILLION,
        all_conversions_value_millionths: conversions * 9 / 2,
        video_trueview_views: views,
        view_through_conversions: view_through,
    }
}
