//! What an ad delivered on a day, as the provider knows it at a moment: a pure function of the seed, the day and the time.
//!
//! - Today grows with the account's local time of day.
//! - For two days after a day's end its impressions, clicks and spend are reported 1 % high; then invalid traffic is taken out.
//! - Conversions arrive late: 70 % are known when the day ends, all of them 28 days after.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::world::{Ad, AdSet, Campaign};
use crate::seed::{MILLION, Seed, likely_share, share};

/// Days after which a day's conversions are complete.
const CONVERSIONS_SETTLE_DAYS: u64 = 28;

/// Hours after which invalid traffic has been taken out.
const TRAFFIC_SETTLE_SECONDS: i64 = 48 * 3_600;

/// One row's numbers. All but `reach` add up over ads and days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the provider's own metrics, by their names")]
pub struct Counts {
    pub impressions: u64,
    /// People, not additive.
    pub reach: u64,
    /// All clicks (`clicks`).
    pub clicks_all: u64,
    /// `inline_link_clicks` and the action `link_click`.
    pub link_clicks: u64,
    pub landing_page_views: u64,
    pub post_engagements: u64,
    /// `video_play_actions`.
    pub video_plays: u64,
    /// The action `video_view`: three seconds.
    pub video_views: u64,
    pub thruplays: u64,
    /// `video_p25_watched_actions`, p50, p75, p95, p100.
    pub video_quartiles: [u64; 5],
    /// In minor units of the account's currency.
    pub spend_minor: u64,
    /// The custom conversion's count.
    pub conversions: u64,
    pub purchases: u64,
    /// In minor units of the account's currency.
    pub purchase_value_minor: u64,
}

impl Counts {
    /// Whether there is a row at all.
    pub(crate) fn is_delivered(&self) -> bool {
        self.impressions > 0
    }

    /// Adds the additive numbers; `reach` is added too and must be corrected by whoever sums.
    pub(crate) fn add(&mut self, other: &Self) {
        self.combine(other, |own, others| own + others);
    }

    /// This part of every number; parts that begin where others end add up to the whole.
    pub(crate) fn part(&self, from: u64, to: u64) -> Self {
        let mut part = Self::default();
        part.combine(self, |_, whole| share(whole, to) - share(whole, from));
        part
    }

    fn combine(&mut self, other: &Self, combine: impl Fn(u64, u64) -> u64) {
        for (own, others) in self.numbers_mut().into_iter().zip(other.numbers()) {
            *own = combine(*own, others);
        }
    }

    fn numbers(&self) -> [u64; 18] {
        let mut copy = *self;
        copy.numbers_mut().map(|number| *number)
    }

    fn numbers_mut(&mut self) -> [&mut u64; 18] {
        let [p25, p50, p75, p95, p100] = &mut self.video_quartiles;
        [
            &mut self.impressions,
            &mut self.reach,
            &mut self.clicks_all,
            &mut self.link_clicks,
            &mut self.landing_page_views,
            &mut self.post_engagements,
            &mut self.video_plays,
            &mut self.video_views,
            &mut self.thruplays,
            p25,
            p50,
            p75,
            p95,
            p100,
            &mut self.spend_minor,
            &mut self.conversions,
            &mut self.purchases,
            &mut self.purchase_value_minor,
        ]
    }
}

/// How far the provider's knowledge of one day has come, in parts per million of the day's final numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    traffic: u64,
    conversions: u64,
}

impl Progress {
    /// What is known at `now` of an account's day; `None` before it begins.
    pub(crate) fn of(day: Date, zone: &TimeZone, now: Timestamp) -> Option<Self> {
        let start = day.to_zoned_datetime(zone.clone()).ok()?.timestamp();
        let end = day.checked_add(1.day()).ok()?.to_zoned_datetime(zone.clone()).ok()?.timestamp();
        let passed = u64::try_from(now.duration_since(start).as_secs()).ok()?;
        let after = now.duration_since(end).as_secs();
        let length = u64::try_from(end.duration_since(start).as_secs()).unwrap_or(86_400).max(1);
        let Ok(after_end) = u64::try_from(after) else {
            let traffic = (passed * MILLION / length).min(MILLION);
            return Some(Self { traffic: share(traffic, 1_010_000), conversions: share(traffic, 700_000) });
        };
        let left = CONVERSIONS_SETTLE_DAYS.saturating_sub(after_end / 86_400);
        let missing = 300_000 * left * left / (CONVERSIONS_SETTLE_DAYS * CONVERSIONS_SETTLE_DAYS);
        let traffic = if after < TRAFFIC_SETTLE_SECONDS { 1_010_000 } else { MILLION };
        Some(Self { traffic, conversions: MILLION - missing })
    }
}

/// What an ad has delivered on a day, as far as it is known.
pub(crate) fn delivered(
    seed: Seed,
    exponent: u32,
    (campaign, ad_set, ad): (&Campaign, &AdSet, &Ad),
    day: Date,
    progress: Progress,
) -> Counts {
    if !campaign.runs_on(day) {
        return Counts::default();
    }
    let taste = seed.at(ad.id);
    let chance = taste.at(day_number(day));
    if chance.at(0).once_in(37) {
        return Counts::default(); // a day on which this ad found no auction to win
    }
    let ordinary = share(share(campaign.daily_minor, ad_set.share), ad.share);
    let wanted = share(share(ordinary, weekday_share(day)), ramp_share(campaign.first_day, day));
    let spend = share(wanted, chance.at(1).between(850_000, 1_150_000));
    let (cheap, dear) = if exponent == 0 { (600, 1_350) } else { (400, 900) };
    let cost_per_thousand = taste.at(2).between(cheap, dear);
    let spend_minor = share(spend, progress.traffic);
    let impressions = spend_minor * 1_000 / cost_per_thousand;
    let rate = |place: u64, of: u64, low: u64, high: u64| share(of, chance.at(place).between(low, high));
    let link_clicks = rate(3, impressions, 14_000, 26_000);
    let video_plays = rate(4, impressions, 840_000, 900_000);
    let video_views = rate(5, impressions, 440_000, 560_000);
    // Of the clicks that the whole day brought in the end, not of those counted so far: a conversion once known stays.
    let final_clicks = rate(3, spend * 1_000 / cost_per_thousand, 14_000, 26_000);
    let late = |place: u64, low: u64, high: u64| {
        let chances = chance.at(place);
        let in_the_end =
            likely_share(final_clicks, chances.between(low, high), chances.at(1).between(0, MILLION));
        likely_share(in_the_end, progress.conversions, chances.at(2).between(0, MILLION))
    };
    let purchases = if campaign.objective == "OUTCOME_SALES" { late(7, 20_000, 60_000) } else { 0 };
    let price = if exponent == 0 { 3_500 } else { 2_450 };
    Counts {
        impressions,
        reach: rate(8, impressions, 780_000, 880_000).max(u64::from(impressions > 0)),
        clicks_all: link_clicks + rate(9, impressions, 4_000, 9_000),
        link_clicks,
        landing_page_views: rate(10, link_clicks, 720_000, 820_000),
        post_engagements: video_views + link_clicks + rate(11, impressions, 3_000, 8_000),
        video_plays,
        video_views,
        thruplays: rate(12, video_views, 210_000, 270_000),
        video_quartiles: [800_000, 520_000, 330_000, 230_000, 190_000].map(|part| share(video_views, part)),
        spend_minor,
        conversions: late(6, 180_000, 340_000),
        purchases,
        purchase_value_minor: purchases * price,
    }
}

/// Reach over several ads or days: fewer people than the sum, never more than the impressions.
pub(crate) fn overlapped(counts: &mut Counts, parts: u64) {
    if parts > 1 {
        counts.reach = share(counts.reach, 820_000).max(u64::from(counts.impressions > 0));
    }
}

/// A number for a day, for seeds.
pub(crate) fn day_number(day: Date) -> u64 {
    let year = u64::try_from(day.year()).unwrap_or_default();
    year * 1_000 + u64::try_from(day.day_of_year()).unwrap_or_default()
}

fn weekday_share(day: Date) -> u64 {
    match day.weekday() {
        Weekday::Friday => 1_250_000, // release day
        Weekday::Saturday | Weekday::Sunday => 1_100_000,
        Weekday::Monday | Weekday::Tuesday => 880_000,
        Weekday::Wednesday | Weekday::Thursday => 940_000,
    }
}

/// A campaign's first week: from three tenths of its budget to all of it.
fn ramp_share(first_day: Date, day: Date) -> u64 {
    let age = first_day.until(day).map_or(0, |span| u64::try_from(span.get_days()).unwrap_or_default());
    (300_000 + age * 100_000).min(MILLION)
}
