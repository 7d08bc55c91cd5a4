//! The durable words of a feed: where its reading stands between two pages.

use serde::{Deserialize, Serialize};

/// Objects and events can become visible later than the second that they are dated: this much is read again.
pub const OVERLAP_SECONDS: i64 = 600;

/// Stripe keeps events for 30 days. A feed that stood still for longer than this begins with a listing again.
pub const EVENTS_AGE_MAX_SECONDS: i64 = 29 * 86_400;

/// Events within the overlap that are remembered as handled. Where more happen, the overlap is shorter.
const SEEN_MAX: usize = 300;

/// How long a key without the Events permission is not asked for events; once in that time the recent past is listed
/// again instead.
pub const REFUSED_SECONDS: i64 = 3_600;

/// Where a feed stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Listing objects, newest first.
    List(Listing),
    /// Listed to the end; what is new is asked for from here on.
    Follow(Following),
}

/// A listing in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Objects made at or after this Unix time; nothing = all.
    pub from: Option<i64>,
    /// The last id of the page before.
    pub after: Option<String>,
    /// Noted before the listing began: what changes meanwhile is followed from here.
    pub tail_from: i64,
    /// When the key was last refused events.
    pub refused_at: Option<i64>,
}

/// Between two readings of what is new, or inside one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// Everything visible before this Unix time has been handled.
    pub since: i64,
    /// Events at or after `since` that have been handled: (created, id).
    pub seen: Vec<(i64, String)>,
    /// A reading in progress.
    pub walk: Option<Walk>,
    /// When the key was last refused events.
    pub refused_at: Option<i64>,
}

/// One reading of events, newest first, that has more pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// The last event of the page before.
    pub after: String,
    /// When the reading began.
    pub began: i64,
    /// Events handled in this reading that the next one will see again.
    pub fresh: Vec<(i64, String)>,
}

/// The token's form. Its version changes when the meaning does.
#[derive(Serialize, Deserialize)]
struct Token<P> {
    v: u32,
    #[serde(flatten)]
    phase: P,
}

const TOKEN_VERSION: u32 = 1;

// === impl Phase ===

impl Phase {
    /// Reads a token. One that is not ours begins again from nothing: upserts make that harmless.
    pub fn parse(token: &str) -> Option<Self> {
        let token = serde_json::from_str::<Token<Self>>(token).ok()?;
        (token.v == TOKEN_VERSION).then_some(token.phase)
    }

    /// The token.
    pub fn to_token(&self) -> String {
        serde_json::to_string(&Token { v: TOKEN_VERSION, phase: self }).unwrap_or_default()
    }
}

// === impl Listing ===

impl Listing {
    /// From `from` on, at `now`.
    pub const fn begin(from: Option<i64>, now: i64) -> Self {
        Self { from, after: None, tail_from: now - OVERLAP_SECONDS, refused_at: None }
    }
}

// === impl Following ===

impl Following {
    /// From `since` on.
    pub const fn from(since: i64) -> Self {
        Self { since, seen: Vec::new(), walk: None, refused_at: None }
    }

    /// Whether an event was handled before.
    pub fn has_seen(&self, id: &str) -> bool {
        self.seen.iter().chain(self.walk.iter().flat_map(|walk| &walk.fresh)).any(|(_, seen)| seen == id)
    }

    /// After a page of a reading that began at `began`: its events, and the last one's id when more pages follow.
    #[must_use]
    pub fn advance(mut self, began: i64, handled: Vec<(i64, String)>, more_after: Option<String>) -> Self {
        let mut fresh = self.walk.take().map(|walk| walk.fresh).unwrap_or_default();
        fresh.extend(handled);
        if let Some(after) = more_after {
            let (_, fresh) = remember(began - OVERLAP_SECONDS, fresh);
            self.walk = Some(Walk { after, began, fresh });
            return self;
        }
        fresh.append(&mut self.seen);
        let (since, seen) = remember((began - OVERLAP_SECONDS).max(self.since), fresh);
        Self { since, seen, walk: None, refused_at: self.refused_at }
    }
}

/// The newest of these events from `since` on, and the time from which they are complete: later than `since` where
/// there are too many. All events of that second are kept, so that none of them is handled twice or missed.
fn remember(since: i64, mut events: Vec<(i64, String)>) -> (i64, Vec<(i64, String)>) {
    events.sort_unstable_by(|a, b| b.cmp(a));
    events.dedup();
    let since = events.get(SEEN_MAX - 1).map_or(since, |(created, _)| since.max(*created));
    events.retain(|(created, _)| *created >= since);
    (since, events)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_stored_form_is_stable() {
        let listing = Phase::List(Listing::begin(Some(1_700_000_000), 1_800_000_600));
        assert_eq!(
            listing.to_token(),
            r#"{"v":1,"phase":"list","from":1700000000,"after":null,"tail_from":1800000000,"refused_at":null}"#
        );
        let following = Phase::Follow(Following {
            since: 7,
            seen: vec![(8, "evt_1".to_owned())],
            walk: Some(Walk { after: "evt_2".to_owned(), began: 9, fresh: vec![] }),
            refused_at: None,
        });
        assert_eq!(
            following.to_token(),
            r#"{"v":1,"phase":"follow","since":7,"seen":[[8,"evt_1"]],"walk":{"after":"evt_2","began":9,"fresh":[]},"refused_at":null}"#
        );
        for phase in [listing, following] {
            assert_eq!(Phase::parse(&phase.to_token()), Some(phase));
        }
    }

    #[test]
    fn a_token_of_another_version_is_not_read() {
        let token = Phase::Follow(Following::from(7)).to_token().replace(r#""v":1"#, r#""v":2"#);
        assert_eq!(Phase::parse(&token), None);
        assert_eq!(Phase::parse("evt_1"), None);
    }

    #[test]
    fn a_reading_without_events_moves_on() {
        let following = Following::from(1_000).advance(9_000, vec![], None);
        assert_eq!(following, Following::from(9_000 - OVERLAP_SECONDS));
        // Never backwards, whatever the clock says.
        assert_eq!(following.clone().advance(50, vec![], None).since, following.since);
    }

    #[test]
    fn only_the_overlap_is_remembered() {
        let event = |created: i64| (created, format!("evt_{created}"));
        let following =
            Following::from(0).advance(10_000, vec![event(9_999), event(5_000)], Some("evt_5000".to_owned()));
        assert!(following.has_seen("evt_9999"));
        assert_eq!(following.since, 0);
        let following = following.advance(10_000, vec![event(4_000)], None);
        assert_eq!(following.seen, vec![event(9_999)]);
        assert_eq!(following.since, 9_400);
    }

    proptest! {
        /// Whatever is not remembered is dated before `since`: it will not be asked for again.
        #[test]
        fn what_is_asked_for_again_is_remembered(
            times in prop::collection::vec(9_000_i64..10_000, 0..1_000), pages in 1_usize..5,
        ) {
            let events: Vec<(i64, String)> =
                times.iter().enumerate().map(|(index, created)| (*created, format!("evt_{index}"))).collect();
            let mut following = Following::from(0);
            let size = events.len() / pages + 1;
            let mut chunks = events.chunks(size).peekable();
            while let Some(chunk) = chunks.next() {
                let more = chunks.peek().map(|_| "evt".to_owned());
                following = following.advance(10_000, chunk.to_vec(), more);
            }
            for (created, id) in &events {
                if *created >= following.since {
                    prop_assert!(following.has_seen(id));
                }
            }
            prop_assert!(following.since <= 10_000);
        }

        #[test]
        fn any_token_is_answered(token in ".{0,200}") {
            let _ = Phase::parse(&token);
        }
    }
}
