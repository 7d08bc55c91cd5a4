//! What has changed since the body was built, and when to build it again.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{
    figures::Touched,
    limits::{QUIET, REBUILD_INTERVAL},
};

/// Collects notes of changes from the engine; cheap, never blocks for long.
#[derive(Debug, Default)]
pub struct Changes {
    pending: Mutex<Pending>,
    token_expiries: Mutex<BTreeMap<String, Timestamp>>,
    noted: Notify,
}

/// What is out of date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for something of its own that is read by itself"
)]
pub(super) struct Pending {
    /// Whose campaigns.
    pub campaigns: Touched,
    /// Whether payments are.
    pub payments: bool,
    /// Whether web analytics are.
    pub web: bool,
    /// Whether streaming services are.
    pub music: bool,
    /// Whether royalties are.
    pub royalties: bool,
    /// Whether what was set aside is.
    pub set_aside: bool,
    /// Whether statuses are.
    pub statuses: bool,
    /// When the first and the last of these changes were noted, by the clock's elapsed time.
    pub noted: Option<(Duration, Duration)>,
}

// === impl Changes ===

impl Changes {
    /// A connection's status changed, at this elapsed time.
    pub fn status_changed(&self, at: Duration) {
        self.note(at, |pending| pending.statuses = true);
    }

    /// Rows of an account were written.
    pub fn rows_changed(&self, at: Duration, connection: &str, account_id: &str) {
        self.note(at, |pending| pending.campaigns.add(connection, account_id));
    }

    /// Rows from which payments are summed were written.
    pub fn payments_changed(&self, at: Duration) {
        self.note(at, |pending| pending.payments = true);
    }

    /// Rows from which web analytics are summed were written.
    pub fn web_changed(&self, at: Duration) {
        self.note(at, |pending| pending.web = true);
    }

    /// Rows of streaming services were written.
    pub fn music_changed(&self, at: Duration) {
        self.note(at, |pending| pending.music = true);
    }

    /// Statements of royalties were loaded.
    pub fn royalties_changed(&self, at: Duration) {
        self.note(at, |pending| pending.royalties = true);
    }

    /// Rows were set aside.
    pub fn set_aside_changed(&self, at: Duration) {
        self.note(at, |pending| pending.set_aside = true);
    }

    /// Everything may have.
    pub fn everything_changed(&self, at: Duration) {
        self.note(at, |pending| pending.merge(Pending::everything()));
    }

    /// A connection's credentials stop working then.
    pub fn token_expires(&self, at: Duration, connection: &str, expires_at: Timestamp) {
        let before = self.token_expiries.lock().insert(connection.to_owned(), expires_at);
        if before != Some(expires_at) {
            self.status_changed(at);
        }
    }

    pub(super) fn token_expiries(&self) -> BTreeMap<String, Timestamp> {
        self.token_expiries.lock().clone()
    }

    /// Takes what is pending.
    pub(super) fn take(&self) -> Pending {
        std::mem::take(&mut self.pending.lock())
    }

    /// Takes whose campaigns are out of date, for one who needs no more.
    pub fn take_campaigns(&self) -> Touched {
        self.take().campaigns
    }

    /// When the first and the last pending change were noted.
    pub fn noted(&self) -> Option<(Duration, Duration)> {
        self.pending.lock().noted
    }

    /// Returns at the next change, at once if there was one since the last call.
    pub async fn changed(&self) {
        self.noted.notified().await;
    }

    fn note(&self, at: Duration, change: impl FnOnce(&mut Pending)) {
        let mut pending = self.pending.lock();
        change(&mut pending);
        let first = pending.noted.map_or(at, |(first, _)| first);
        pending.noted = Some((first, at));
        drop(pending);
        self.noted.notify_one();
    }
}

// === impl Pending ===

impl Pending {
    pub fn everything() -> Self {
        Self {
            campaigns: Touched::All,
            payments: true,
            web: true,
            music: true,
            royalties: true,
            set_aside: true,
            statuses: true,
            noted: None,
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.campaigns.merge(other.campaigns);
        self.payments |= other.payments;
        self.web |= other.web;
        self.music |= other.music;
        self.royalties |= other.royalties;
        self.set_aside |= other.set_aside;
        self.statuses |= other.statuses;
    }
}

/// When the next build may begin, by elapsed time: once changes have been quiet, or have gone on for an interval, and never
/// within an interval of the last build.
pub(super) fn build_at((first, last): (Duration, Duration), built_at: Option<Duration>) -> Duration {
    let wanted = (last + QUIET).min(first + REBUILD_INTERVAL);
    wanted.max(built_at.map_or(Duration::ZERO, |at| at + REBUILD_INTERVAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_build_waits_for_quiet_but_not_for_ever() {
        assert_eq!(build_at((ms(100), ms(100)), None), ms(350));
        assert_eq!(build_at((ms(100), ms(300)), None), ms(550));
        assert_eq!(build_at((ms(100), ms(1_090)), None), ms(1_100), "steady changes");
        assert_eq!(build_at((ms(100), ms(100)), Some(ms(50))), ms(1_050), "at most once an interval");
        assert_eq!(build_at((ms(5_000), ms(5_000)), Some(ms(50))), ms(5_250));
    }

    #[test]
    fn changes_are_gathered_and_taken_once() {
        let changes = Changes::default();
        changes.status_changed(ms(1));
        changes.rows_changed(ms(2), "label-a", "1");
        changes.rows_changed(ms(3), "label-a", "1");
        changes.payments_changed(ms(3));
        assert_eq!(changes.noted(), Some((ms(1), ms(3))));
        let pending = changes.take();
        assert!(pending.statuses && pending.payments);
        assert!(pending.campaigns.holds("label-a", "1") && !pending.campaigns.holds("label-b", "1"));
        assert_eq!(changes.take(), Pending::default());
    }

    #[test]
    fn an_expiry_is_news_only_once() {
        let changes = Changes::default();
        changes.token_expires(ms(1), "a", Timestamp::UNIX_EPOCH);
        assert!(changes.take().statuses);
        changes.token_expires(ms(2), "a", Timestamp::UNIX_EPOCH);
        assert!(!changes.take().statuses);
    }
}
