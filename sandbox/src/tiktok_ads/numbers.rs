//! What an ad delivered on a day, as the provider knows it at a moment: a pure function of the seed, the day and the time.
//!
//! - Today grows with the advertiser's local time of day.
//! - For twelve hours after a day's end traffic and spend are 3 % too high.
//! - 70 % of a day's conversions are known at its end, all of them after 28 days.
//! - Once in 17 days an ad delivers nothing; its row is there and says 0.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::seed::{MILLION, Seed, share};

/// Days after which a day's conversions are complete.
const CONVERSIONS_SETTLE_DAYS: u64 = 28;
/// Seconds after a day's end for which its traffic is too high.
const TRAFFIC_SETTLES: u64 = 12 * 3_600;

/// One row's numbers; all of them add up. Money is in minor units of the advertiser's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the provider's own metrics, by their names")]
pub struct Counts {
    pub spend_minor: u64,
    pub impressions: u64,
    pub clicks: u64,
    pub conversion: u64,
    pub result: u64,
    pub complete_payment: u64,
    pub total_purchase: u64,
    pub onsite_shopping: u64,
    /// `total_complete_payment_rate`, which is a value and no rate.
    pub website_value_minor: u64,
    /// `total_purchase_value`.
    pub app_value_minor: u64,
    /// `total_onsite_shopping_value`.
    pub shop_value_minor: u64,
    pub video_play_actions: u64,
    pub video_watched_2s: u64,
    pub video_views_p100: u64,
    pub likes: u64,
    pub comments: u64,
    pub shares: u64,
    pub follows: u64,
    pub clicks_on_music_disc: u64,
}

/// How far the provider's knowledge of one day has come, in parts per million.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    traffic: u64,
    conversions: u64,
}

impl Counts {
    /// Adds another row's numbers.
    pub fn add(&mut self, other: &Self) {
        let mut other = *other;
        for (own, others) in self.numbers().into_iter().zip(other.numbers()) {
            *own += *others;
        }
    }

    /// The part of every number between two shares; parts that begin where others end add up to the whole.
    pub(super) fn part(mut self, from: u64, to: u64) -> Self {
        for number in self.numbers() {
            *number = share(*number, to) - share(*number, from);
        }
        self
    }

    fn numbers(&mut self) -> [&mut u64; 19] {
        [
            &mut self.spend_minor,
            &mut self.impressions,
            &mut self.clicks,
            &mut self.conversion,
            &mut self.result,
            &mut self.complete_payment,
            &mut self.total_purchase,
            &mut self.onsite_shopping,
            &mut self.website_value_minor,
            &mut self.app_value_minor,
            &mut self.shop_value_minor,
            &mut self.video_play_actions,
            &mut self.video_watched_2s,
            &mut self.video_views_p100,
            &mut self.likes,
            &mut self.comments,
            &mut self.shares,
            &mut self.follows,
            &mut self.clicks_on_music_disc,
        ]
    }
}

impl Progress {
    /// What is known at `now` of a day there; `None` before it begins.
    pub(super) fn of(day: Date, zone: &TimeZone, now: Timestamp) -> Option<Self> {
        let begin = |day: Date| Some(day.to_zoned_datetime(zone.clone()).ok()?.timestamp());
        let (start, end) = (begin(day)?, begin(day.checked_add(1.day()).ok()?)?);
        let passed = u64::try_from(now.duration_since(start).as_secs()).ok()?;
        let length = u64::try_from(end.duration_since(start).as_secs()).unwrap_or(86_400).max(1);
        let Some(after_end) = passed.checked_sub(length) else {
            let known = passed * MILLION / length;
            return Some(Self { traffic: share(known, 1_030_000), conversions: share(known, 700_000) });
        };
        let traffic = if after_end < TRAFFIC_SETTLES { 1_030_000 } else { MILLION };
        let missing = CONVERSIONS_SETTLE_DAYS.saturating_sub(after_end / 86_400) * 300_000;
        Some(Self { traffic, conversions: MILLION - missing / CONVERSIONS_SETTLE_DAYS })
    }
}

/// What an ad has delivered on a day, as far as it is known. `daily_minor` is what it spends on an ordinary day.
pub(super) fn delivered(taste: Seed, daily_minor: u64, day: Date, progress: Progress) -> Counts {
    let chance = taste.at(u64::try_from(day.duration_since(Date::ZERO).as_hours()).unwrap_or_default());
    if chance.at(0).once_in(17) {
        return Counts::default();
    }
    let rate = |place: u64, of: u64, low: u64, high: u64| share(of, chance.at(place).between(low, high));
    let final_spend = rate(1, daily_minor, 700_000, 1_150_000);
    let cost_per_thousand = taste.at(2).between(daily_minor / 20, daily_minor / 8).max(1);
    let final_impressions = final_spend * 1_000 / cost_per_thousand;
    let impressions = share(final_impressions, progress.traffic);
    let clicks = rate(3, impressions, 9_000, 16_000);
    let conversion = share(rate(4, final_impressions, 1_500, 2_600), progress.conversions);
    let paid = share(conversion, 600_000);
    Counts {
        spend_minor: share(final_spend, progress.traffic),
        impressions,
        clicks,
        conversion,
        result: clicks,
        complete_payment: paid,
        total_purchase: share(conversion, 200_000),
        onsite_shopping: share(conversion, 100_000),
        website_value_minor: paid * 1_234,
        app_value_minor: share(conversion, 200_000) * 567,
        shop_value_minor: share(conversion, 100_000) * 899,
        video_play_actions: rate(5, impressions, 820_000, 950_000),
        video_watched_2s: rate(6, impressions, 100_000, 240_000),
        video_views_p100: rate(7, impressions, 12_000, 30_000),
        likes: rate(8, impressions, 4_000, 9_000),
        comments: rate(9, impressions, 0, 400),
        shares: rate(10, impressions, 0, 700),
        follows: rate(11, impressions, 300, 900),
        clicks_on_music_disc: rate(12, impressions, 1_000, 4_000),
    }
}
