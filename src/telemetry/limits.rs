//! Every bound of what is shown, with its reason.

use std::time::Duration;

/// Campaigns that are shown: some 30 series each, so that a worker stays below what one Prometheus takes at ease. Beyond,
/// campaigns that are not active go first; what is left out is counted in `dynamoi_series_dropped`.
pub const CAMPAIGNS_MAX: usize = 20_000;
/// Memberships of campaigns in marketing campaigns: patterns multiply.
pub const CAMPAIGN_MEMBERS_MAX: usize = 40_000;
/// Payment connections × currencies.
pub const PAYMENTS_MAX: usize = 5_000;
/// Connections of web analytics: 12 series each.
pub const WEB_MAX: usize = 5_000;
/// Goals over all connections of web analytics: 8 series each.
pub const WEB_GOALS_MAX: usize = 10_000;
/// Tracks: some 7 series each. These four kinds are what configurations name; a slip there must not flood Prometheus.
pub const TRACKS_MAX: usize = 20_000;
/// Artists: 3 series each.
pub const ARTISTS_MAX: usize = 20_000;
/// Playlists: one series each.
pub const PLAYLISTS_MAX: usize = 20_000;
/// Counters: one series each; objects have one or two.
pub const COUNTERS_MAX: usize = 60_000;
/// Royalties: connections × services × currencies, one series each.
pub const ROYALTIES_MAX: usize = 20_000;
/// Characters of a name in a label: people write novels, and scrapers refuse long labels.
pub const LABEL_CHARS_MAX: usize = 200;

/// The body is rebuilt so long after the last change: commits come in groups.
pub const QUIET: Duration = Duration::from_millis(250);
/// Under steady changes it is rebuilt so often, and never more often.
pub const REBUILD_INTERVAL: Duration = Duration::from_secs(1);
/// Everything is read again so often even without a change: pacing moves with time, and a missed note heals.
pub const REFRESH_INTERVAL: Duration = Duration::from_mins(15);
/// Windows are moved so long after a day's end: a timer may fire a little early by the wall clock.
pub const ROLLOVER_MARGIN: Duration = Duration::from_secs(1);
/// After the store failed to answer.
pub const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// The pipeline's own metrics are encoded at most so often, however many scrape.
pub const PIPELINE_TEXT_AGE_MAX: Duration = Duration::from_secs(1);

const _: () = assert!(QUIET.as_millis() < REBUILD_INTERVAL.as_millis());
const _: () = assert!(REBUILD_INTERVAL.as_secs() < RETRY_INTERVAL.as_secs());
