//! What an ad delivered on a UTC day, as the provider knows it at a moment: a pure function of the seed, the day and the time.
//!
//! - Today grows with the time of day.
//! - For two days after a day's end cost and clicks are 2 % high.
//! - Half of a day's conversions are known at its end, all of them 14 days after; some come when a campaign has ended.
//! - Once in 23 days of an ad there is no row, once in 29 one of nothing but zeros.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::world::{Ad, Campaign};
use crate::seed::{MILLION, Seed, likely_share, share};

/// Days after which a day's conversions are complete.
const CONVERSIONS_SETTLE_DAYS: u64 = 14;

/// Days after which cost and clicks have been corrected.
const COST_SETTLES_DAYS: u64 = 2;

/// Days after a campaign's end on which people still convert.
const TRAIL_DAYS: i64 = 4;

/// One row's numbers, before anything is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct Numbers {
    pub impressions: u64,
    pub clicks: u64,
    /// In billionths of the account's currency.
    pub spend_nanos: u64,
    pub starts: u64,
    pub completes: u64,
    /// None where the row says nothing of it.
    pub video_views: Option<u64>,
    /// People: does not add up.
    pub reach: u64,
    pub streams: u64,
    pub new_listeners: u64,
    pub purchases: u64,
    pub leads: u64,
    pub sign_ups: u64,
    /// In billionths of the account's currency.
    pub revenue_nanos: u64,
}

/// How far the provider's knowledge of one day has come, in parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    traffic: u64,
    conversions: u64,
}

impl Numbers {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            impressions: self.impressions + other.impressions,
            clicks: self.clicks + other.clicks,
            spend_nanos: self.spend_nanos + other.spend_nanos,
            starts: self.starts + other.starts,
            completes: self.completes + other.completes,
            video_views: self.video_views.zip(other.video_views).map(|(ours, theirs)| ours + theirs),
            reach: self.reach + other.reach,
            streams: self.streams + other.streams,
            new_listeners: self.new_listeners + other.new_listeners,
            purchases: self.purchases + other.purchases,
            leads: self.leads + other.leads,
            sign_ups: self.sign_ups + other.sign_ups,
            revenue_nanos: self.revenue_nanos + other.revenue_nanos,
        }
    }
}

impl Progress {
    /// None before the day has begun.
    pub(super) fn of(day: Date, now: Timestamp) -> Option<Self> {
        let start = day.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
        let passed = u64::try_from(now.duration_since(start).as_secs()).ok()?;
        let Some(after_end) = passed.checked_sub(86_400) else {
            let known = passed * MILLION / 86_400;
            return Some(Self { traffic: share(known, 1_020_000), conversions: known / 2 });
        };
        let days = after_end / 86_400;
        let left = CONVERSIONS_SETTLE_DAYS.saturating_sub(days);
        Some(Self {
            traffic: if days < COST_SETTLES_DAYS { 1_020_000 } else { MILLION },
            conversions: MILLION - MILLION / 2 * left / CONVERSIONS_SETTLE_DAYS,
        })
    }
}

/// What an ad has delivered on a day, as far as it is known.
pub(super) fn delivered(
    seed: Seed,
    campaign: &Campaign,
    ad: &Ad,
    day: Date,
    progress: Progress,
) -> Option<Numbers> {
    let taste = ad.id.bytes().fold(seed, |seed, byte| seed.at(u64::from(byte)));
    let chance = taste.at(u64::try_from(day.duration_since(Date::ZERO).as_hours()).unwrap_or_default());
    let of_video = |views: u64| (campaign.format == "VIDEO").then_some(views);
    if day < campaign.first_day || chance.at(0).once_in(23) {
        return None;
    }
    if let Some(last) = campaign.last_day
        && day > last
    {
        let is_trail = last.checked_add(TRAIL_DAYS.days()).is_ok_and(|end| day <= end);
        let sign_ups = chance.at(1).between(0, 9);
        let late = Numbers { sign_ups, video_views: of_video(0), ..Numbers::default() };
        return (is_trail && sign_ups > 0).then_some(late);
    }
    if chance.at(2).once_in(29) {
        return Some(Numbers { video_views: of_video(0), ..Numbers::default() });
    }
    let rate = |place: u64, of: u64, low: u64, high: u64| share(of, chance.at(place).between(low, high));
    let converted = |place: u64, of: u64, high: u64| {
        let whole = likely_share(
            of,
            chance.at(place).between(high / 4, high),
            chance.at(place + 50).between(0, MILLION),
        );
        share(whole, progress.conversions)
    };
    let final_spend = rate(3, share(campaign.daily_nanos, ad.share), 700_000, 1_150_000);
    let cost_per_thousand = taste.at(4).between(campaign.daily_nanos / 20, campaign.daily_nanos / 8).max(1);
    // Spend of a day times a thousand is beyond 64 bits in yen: divided before.
    let final_impressions = final_spend / (cost_per_thousand / 1_000).max(1);
    let impressions = share(final_impressions, progress.traffic.min(MILLION));
    let final_clicks = rate(5, final_impressions, 4_000, 19_000);
    let starts = rate(6, impressions, 960_000, 1_000_000);
    let purchases = converted(11, final_clicks, 60_000);
    Some(Numbers {
        impressions,
        clicks: share(final_clicks, progress.traffic),
        spend_nanos: share(final_spend, progress.traffic),
        starts,
        completes: rate(7, starts, 700_000, 930_000),
        video_views: of_video(rate(8, starts, 300_000, 600_000)),
        reach: rate(9, impressions, 450_000, 800_000),
        streams: converted(10, impressions, 40_000),
        new_listeners: converted(12, impressions, 12_000),
        purchases,
        leads: converted(13, final_clicks, 90_000),
        sign_ups: converted(14, final_clicks, 400_000),
        revenue_nanos: purchases * (campaign.daily_nanos / 7),
    })
}
