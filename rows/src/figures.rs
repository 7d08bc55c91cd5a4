//! Campaigns, payments, web analytics, streaming services and royalties as they stand: what metrics, pages and caches show of the
//! tables.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    Currency, Day, Micros,
    money::{DisplaySpend, RawSpend, Spend},
    music::MusicEntity,
};

/// The same figures over each window of an account's own days; `None` until the window has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows<T> {
    /// The current day, so far.
    pub today: Option<T>,
    /// The day before.
    pub yesterday: Option<T>,
    /// Seven days, today the last.
    pub last_7_days: Option<T>,
    /// Twenty-eight days, today the last.
    pub last_28_days: Option<T>,
}

/// Days that a window needs and that have not been read: why it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// The earliest of them.
    pub first: Day,
    /// The latest of them.
    pub last: Day,
    /// How many there are.
    pub days: u32,
}

/// Sums of one campaign over one window; `None` is "the source does not say", of a sum also "not of every part of it". Its spend
/// is of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CampaignWindow<M = RawSpend> {
    /// Times shown.
    pub impressions: Option<i64>,
    /// Clicks on the link.
    pub clicks: Option<i64>,
    /// Conversions by the configured definition; may be fractional.
    pub conversions: Option<Micros>,
    /// Views by the network's definition.
    pub video_views: Option<i64>,
    /// What the network charged, or what a client is shown of it, in the campaign's currency.
    pub spend: Option<M>,
    /// Value of the conversions, in the campaign's currency.
    pub conversion_value: Option<Micros>,
}

// === impl CampaignWindow ===

impl<M: Spend> CampaignWindow<M> {
    /// A day that was read and has no row: a source leaves out what was not delivered. What else it counts is not known.
    pub const QUIET: Self = Self {
        impressions: Some(0),
        clicks: Some(0),
        spend: Some(M::ZERO),
        conversions: None,
        video_views: None,
        conversion_value: None,
    };

    /// Both together: unknown where one of them is, or where the sum does not fit. Amounts must be in one currency, which
    /// the caller has to see to.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |a: Option<i64>, b: Option<i64>| a?.checked_add(b?);
        let micros = |a: Option<Micros>, b: Option<Micros>| sum(a.map(|a| a.0), b.map(|b| b.0)).map(Micros);
        Self {
            impressions: sum(self.impressions, other.impressions),
            clicks: sum(self.clicks, other.clicks),
            conversions: micros(self.conversions, other.conversions),
            video_views: sum(self.video_views, other.video_views),
            spend: self.spend.zip(other.spend).and_then(|(a, b)| a.plus(b)),
            conversion_value: micros(self.conversion_value, other.conversion_value),
        }
    }

    /// The same with another kind of spend.
    #[must_use]
    pub fn with_spend<N>(self, spend: Option<N>) -> CampaignWindow<N> {
        let Self { impressions, clicks, conversions, video_views, conversion_value, .. } = self;
        CampaignWindow { impressions, clicks, conversions, video_views, spend, conversion_value }
    }
}

/// A campaign as it stands, its spend of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignFigures<M = RawSpend> {
    /// The connection that reads it; series of a connection that is gone are gone.
    pub connection: String,
    /// Integration.
    pub provider: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// Account at the network.
    pub account_id: String,
    /// The network's id.
    pub campaign_id: String,
    /// Its name.
    pub name: Option<String>,
    /// What it is optimised for.
    pub objective: Option<String>,
    /// What the advertiser asked for.
    pub status: Option<String>,
    /// What is really happening.
    pub effective_status: Option<String>,
    /// Currency of every amount.
    pub currency: Option<Currency>,
    /// IANA name of the zone of its days; one that is not known counts as UTC.
    pub time_zone: String,
    /// Budget a day.
    pub daily_budget: Option<Micros>,
    /// Budget for its whole life.
    pub lifetime_budget: Option<Micros>,
    /// Everything spent since it began, where all of that has been read.
    pub lifetime_spend: Option<M>,
    /// Whether it is in its learning phase.
    pub learning: Option<bool>,
    /// When it starts delivering.
    pub start_at: Option<Timestamp>,
    /// When it stops.
    pub end_at: Option<Timestamp>,
    /// When today was last read from the network, if known: pacing compares the spend with the time that had passed
    /// then.
    pub read_at: Option<Timestamp>,
    /// The sums.
    pub windows: Windows<CampaignWindow<M>>,
    /// What the campaign's tenant is shown of the spend of each window, where that is asked for.
    pub display_spend: Windows<DisplaySpend>,
    /// What each window that is not known still needs.
    pub unread: Windows<Unread>,
}

// === impl CampaignFigures ===

impl CampaignFigures {
    /// The sums as the campaign's tenant is shown them.
    pub fn display_windows(&self) -> Windows<CampaignWindow<DisplaySpend>> {
        let Windows { today, yesterday, last_7_days, last_28_days } = self.windows;
        let shown = self.display_spend;
        Windows {
            today: today.map(|window| window.with_spend(shown.today)),
            yesterday: yesterday.map(|window| window.with_spend(shown.yesterday)),
            last_7_days: last_7_days.map(|window| window.with_spend(shown.last_7_days)),
            last_28_days: last_28_days.map(|window| window.with_spend(shown.last_28_days)),
        }
    }

    /// As the campaign's tenant is shown it. Its budgets are what the network takes, before any margin: they are left out.
    pub fn displayed(self) -> CampaignFigures<DisplaySpend> {
        CampaignFigures {
            windows: self.display_windows(),
            connection: self.connection,
            provider: self.provider,
            tenant: self.tenant,
            account_id: self.account_id,
            campaign_id: self.campaign_id,
            name: self.name,
            objective: self.objective,
            status: self.status,
            effective_status: self.effective_status,
            currency: self.currency,
            time_zone: self.time_zone,
            daily_budget: None,
            lifetime_budget: None,
            lifetime_spend: None,
            learning: self.learning,
            start_at: self.start_at,
            end_at: self.end_at,
            read_at: self.read_at,
            display_spend: self.display_spend,
            unread: self.unread,
        }
    }
}

/// Payments of one connection and currency over one window, in minor units: gross − fees − refunds + other = net.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaymentWindow {
    /// Charged to customers, without charges that failed later.
    pub gross_minor: i64,
    /// Kept by the payment provider.
    pub fees_minor: i64,
    /// Given back to customers, without refunds that failed.
    pub refunds_minor: i64,
    /// Every other movement of payments, such as disputes; negative where money went.
    pub other_minor: i64,
    /// What is left.
    pub net_minor: i64,
}

/// Payments of one connection and currency as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFigures {
    /// The connection that reads them.
    pub connection: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// Decimals of the currency's minor unit: 2 for cents, 0 for yen.
    pub exponent: u8,
    /// IANA name of the zone of its days; one that is not known counts as UTC.
    pub time_zone: String,
    /// The sums.
    pub windows: Windows<PaymentWindow>,
    /// Monthly recurring revenue.
    pub mrr: Option<Micros>,
}

/// Visits of one connection over one window; `None` is "the source does not say".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebWindow {
    /// Pages and screens seen.
    pub page_views: Option<i64>,
    /// Sessions.
    pub sessions: Option<i64>,
    /// Length of all sessions together, in seconds.
    pub session_seconds: Option<i64>,
}

/// One goal over one window; `None` is "the source does not say".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GoalWindow {
    /// Times it was reached; may be fractional.
    pub conversions: Option<Micros>,
    /// Sessions that reached it at least once.
    pub converting_sessions: Option<i64>,
}

/// One goal as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalFigures {
    /// The goal, as configured.
    pub goal: String,
    /// The sums.
    pub windows: Windows<GoalWindow>,
}

/// Web analytics of one connection as they stand: its whole traffic, over all its properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebFigures {
    /// The connection that reads them.
    pub connection: String,
    /// Integration.
    pub provider: String,
    /// IANA name of the zone of its days; one that is not known counts as UTC.
    pub time_zone: String,
    /// The sums.
    pub windows: Windows<WebWindow>,
    /// Goals that were reported in the last 28 days, by name.
    pub goals: Vec<GoalFigures>,
}

/// Rows of one stream of an account that could not be understood or stored: numbers that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The connection that reads them.
    pub connection: String,
    /// Account; `""` where there are none.
    pub account_id: String,
    /// Stream.
    pub stream: String,
    /// How many there are.
    pub rows: u64,
    /// Why the latest of them was set aside, in a word.
    pub reason: String,
    /// The same in a sentence.
    pub detail: String,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
}

/// What one connection showed of streaming services when it last read them. Several connections may show the same
/// object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MusicFigures {
    /// The connection that reads it.
    pub connection: String,
    /// Integration.
    pub provider: String,
    /// Tracks that it reads, by service and id.
    pub tracks: Vec<TrackFigures>,
    /// Artists that it reads, by service and id.
    pub artists: Vec<ArtistFigures>,
    /// Playlists that it reads, by service and id.
    pub playlists: Vec<PlaylistFigures>,
    /// Counters that it reads, by service, entity, id and name.
    pub counters: Vec<CounterFigures>,
    /// By service: which tracks stand on which playlists, as (track, playlist). A service of which no playlist was ever
    /// seen is not there.
    pub placements: BTreeMap<String, BTreeSet<(String, String)>>,
    /// Services of which some list could not be read on that day: a track without a place may stand on it.
    pub partly_placed: BTreeSet<String>,
}

/// A track as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackFigures {
    /// Where.
    pub service: String,
    /// The service's id.
    pub track_id: String,
    /// The day of its last reading.
    pub read_on: Day,
    /// Title.
    pub title: Option<String>,
    /// Its first artist's name.
    pub artist_name: Option<String>,
    /// International Standard Recording Code.
    pub isrc: Option<String>,
    /// Popularity from 0 to 100.
    pub popularity: Option<Micros>,
    /// IANA name of the zone of its days; one that is not known counts as UTC.
    pub time_zone: String,
    /// Streams.
    pub streams: Windows<i64>,
}

/// An artist as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtistFigures {
    /// Where.
    pub service: String,
    /// The service's id.
    pub artist_id: String,
    /// The day of the last reading.
    pub read_on: Day,
    /// Name.
    pub name: Option<String>,
    /// Fans or followers.
    pub followers: Option<i64>,
    /// Listeners of a month, by the service's own window.
    pub monthly_listeners: Option<i64>,
}

/// A playlist as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistFigures {
    /// Where.
    pub service: String,
    /// The service's id.
    pub playlist_id: String,
    /// The day of its last reading.
    pub read_on: Day,
    /// Name.
    pub name: Option<String>,
    /// Its owner's public name.
    pub owner_name: Option<String>,
}

/// A counter's last reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterFigures {
    /// Where.
    pub service: String,
    /// What it belongs to.
    pub entity: MusicEntity,
    /// The service's id of that.
    pub id: String,
    /// The counter's name.
    pub counter: String,
    /// The day of the reading.
    pub read_on: Day,
    /// What it showed.
    pub value: i64,
}

/// Royalties of one connection in the newest month of sales that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoyaltyFigures {
    /// The connection that reads the statements.
    pub connection: String,
    /// The month's first day.
    pub month: Day,
    /// By service and currency; what is not known is not there.
    pub revenue: Vec<RoyaltyRevenue>,
}

/// What one service paid in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoyaltyRevenue {
    /// Where it was sold.
    pub service: String,
    /// Of the amount.
    pub currency: Currency,
    /// The exact sum of the lines, rounded once.
    pub revenue: Micros,
}

// === impl Windows ===

impl<T> Default for Windows<T> {
    /// None of them.
    fn default() -> Self {
        Self::of(|_| None)
    }
}

impl<T> Windows<T> {
    /// By the number of each window, from the shortest.
    pub fn of(mut window: impl FnMut(usize) -> Option<T>) -> Self {
        Self { today: window(0), yesterday: window(1), last_7_days: window(2), last_28_days: window(3) }
    }

    /// Those that are known, each with its label.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, &T)> {
        [
            ("today", &self.today),
            ("yesterday", &self.yesterday),
            ("7d", &self.last_7_days),
            ("28d", &self.last_28_days),
        ]
        .into_iter()
        .filter_map(|(label, window)| Some((label, window.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown() {
        let one =
            CampaignWindow { clicks: Some(2), spend: Some(RawSpend(Micros(3))), ..CampaignWindow::default() };
        let both =
            one.plus(CampaignWindow { clicks: Some(5), video_views: Some(1), ..CampaignWindow::QUIET });
        assert_eq!((both.clicks, both.spend), (Some(7), Some(RawSpend(Micros(3)))));
        assert_eq!((both.impressions, both.video_views), (None, None));
        assert_eq!((both.conversions, both.conversion_value), (None, None));
        let most = CampaignWindow { clicks: Some(i64::MAX), ..CampaignWindow::default() };
        assert_eq!(most.plus(one).clicks, None, "does not fit");
    }
}
