//! What the imitation knows: channels, videos and playlists, and what each video brought on a day.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

use super::controls::Change;
use crate::seed::{MILLION, Seed, share};

/// What has counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A channel: `views`, `subscribers`, `videos`.
    Channel,
    /// A video: `views`, `likes`, `comments`.
    Video,
}

/// All that the imitation knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    pub(super) first_day: Date,
    /// Days by which reports are behind.
    pub(super) lag: i64,
    pub(super) channels: Vec<Channel>,
    pub(super) videos: Vec<Video>,
    pub(super) playlists: Vec<Playlist>,
    /// Counters where a test has put them: `None` is hidden.
    pub(super) fixed: HashMap<(Kind, String, &'static str), Option<u64>>,
    /// What a video brought on a day, where a test has said so.
    pub(super) restated: HashMap<(String, Date), Numbers>,
    pub(super) vanished: HashSet<(String, Date)>,
}

/// A channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) hides_subscribers: bool,
}

/// A video.
#[derive(Debug)]
pub(super) struct Video {
    pub(super) id: String,
    pub(super) channel: &'static str,
    pub(super) title: String,
    /// Whether people may like it, and comment on it.
    pub(super) likes: bool,
    pub(super) comments: bool,
    pub(super) state: State,
}

/// Who may see a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Public,
    /// On lists, but without its title, and not to be had by itself.
    Private,
    Deleted,
}

/// A playlist.
#[derive(Debug)]
pub(super) struct Playlist {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) privacy: &'static str,
    pub(super) entries: Vec<Entry>,
    /// Pages still to be read before each change.
    pub(super) stirs: Vec<(u32, Change)>,
    pub(super) deleted: bool,
}

/// A video's place on a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The video's place in the world.
    pub(super) video: usize,
    /// Seconds since 1970.
    pub(super) added: i64,
}

/// What a video brought on a day, or a part of it, or several videos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "as the columns are called")]
pub struct Numbers {
    pub views: u64,
    pub minutes: u64,
    pub likes: u64,
    pub comments: u64,
    pub shares: u64,
    pub subscribers_gained: u64,
    pub subscribers_lost: u64,
    /// Estimated revenue in micros of a US dollar.
    pub revenue_micros: u64,
}

/// What a day is made of, in parts per million; the last one has the rest.
pub(super) const COUNTRIES: [(&str, u64); 5] =
    [("US", 450_000), ("DE", 250_000), ("JP", 150_000), ("BR", 149_000), ("ZZ", 0)];
pub(super) const SOURCES: [(&str, u64); 5] = [
    ("ADVERTISING", 300_000),
    ("RELATED_VIDEO", 300_000),
    ("YT_SEARCH", 200_000),
    ("EXT_URL", 150_000),
    ("NO_LINK_OTHER", 0),
];

impl Numbers {
    fn of(views: u64, mut rate: impl FnMut(u64) -> u64) -> Self {
        Self {
            views,
            minutes: views * 2 + rate(0),
            likes: share(views, 30_000) + rate(1) % 3,
            comments: share(views, 4_000),
            shares: share(views, 8_000),
            subscribers_gained: share(views, 5_000),
            subscribers_lost: rate(2) % 2,
            // Not every day has whole cents.
            revenue_micros: views * 1_357,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            views: self.views + other.views,
            minutes: self.minutes + other.minutes,
            likes: self.likes + other.likes,
            comments: self.comments + other.comments,
            shares: self.shares + other.shares,
            subscribers_gained: self.subscribers_gained + other.subscribers_gained,
            subscribers_lost: self.subscribers_lost + other.subscribers_lost,
            revenue_micros: self.revenue_micros + other.revenue_micros,
        }
    }

    /// Every number by itself.
    fn each(self, change: impl Fn(u64) -> u64) -> Self {
        Self {
            views: change(self.views),
            minutes: change(self.minutes),
            likes: change(self.likes),
            comments: change(self.comments),
            shares: change(self.shares),
            subscribers_gained: change(self.subscribers_gained),
            subscribers_lost: change(self.subscribers_lost),
            revenue_micros: change(self.revenue_micros),
        }
    }

    /// Its parts, without those that are empty.
    pub(super) fn parts(self, shares: &[(&'static str, u64)]) -> Vec<(&'static str, Self)> {
        let rest = MILLION - shares.iter().map(|(_, parts)| parts).sum::<u64>();
        let part = |(name, parts): &(&'static str, u64)| {
            let parts = if *parts == 0 { rest } else { *parts };
            (*name, self.each(|number| share(number, parts)))
        };
        shares.iter().map(part).filter(|(_, numbers)| numbers.views > 0).collect()
    }
}

impl World {
    /// The day that it is for YouTube.
    pub(super) fn today(now: Timestamp) -> Date {
        now.to_zoned_datetime(TimeZoneDatabase::bundled().get("America/Los_Angeles").unwrap_or(TimeZone::UTC))
            .date()
    }

    /// The last day of which reports tell; of money one less.
    pub(super) fn last_day(&self, now: Timestamp, has_money: bool) -> Date {
        let lag = self.lag + i64::from(has_money);
        Self::today(now).checked_sub(lag.days()).unwrap_or(self.first_day)
    }

    pub(super) fn video(&self, id: &str) -> Option<&Video> {
        self.videos.iter().find(|video| video.id == id)
    }

    pub(super) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    pub(super) fn playlist(&self, id: &str) -> Option<usize> {
        self.playlists.iter().position(|playlist| playlist.id == id && !playlist.deleted)
    }

    /// What a channel or video brought on a day: nothing where nothing came.
    pub(super) fn numbers(&self, id: &str, day: Date) -> Numbers {
        if self.channel(id).is_some() {
            let mine = self.videos.iter().filter(|video| video.channel == id);
            return mine.fold(Numbers::default(), |sum, video| sum.plus(self.of_video(&video.id, day)));
        }
        self.of_video(id, day)
    }

    fn of_video(&self, id: &str, day: Date) -> Numbers {
        let key = (id.to_owned(), day);
        if self.vanished.contains(&key) || day < self.first_day {
            return Numbers::default();
        }
        if let Some(numbers) = self.restated.get(&key) {
            return *numbers;
        }
        let taste = self.seed.at(id.bytes().fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte)));
        let chance = taste.at(u64::try_from(day.duration_since(Date::ZERO).as_hours()).unwrap_or_default());
        if chance.at(0).once_in(9) {
            return Numbers::default();
        }
        let size = taste.at(1).between(20, 4_000);
        let views = share(size, chance.at(2).between(500_000, 1_500_000)).max(1);
        Numbers::of(views, |place| chance.at(10 + place).between(0, 90))
    }

    /// The counters of a channel or video, and those that are hidden.
    pub(super) fn counters(
        &self,
        kind: Kind,
        id: &str,
        now: Timestamp,
    ) -> BTreeMap<&'static str, Option<u64>> {
        let hours = u64::try_from(now.as_second().div_euclid(3_600)).unwrap_or_default();
        let seed = self.seed.at(99).at(id.bytes().map(u64::from).sum());
        let level = |place: u64, shown: bool| {
            shown.then(|| seed.at(place).between(100, 900_000) + hours * seed.at(place + 9).between(0, 5))
        };
        let names = match kind {
            Kind::Channel => {
                let hides = self.channel(id).is_some_and(|channel| channel.hides_subscribers);
                [("views", level(0, true)), ("subscribers", level(1, !hides)), ("videos", level(2, true))]
            }
            Kind::Video => {
                let video = self.video(id);
                let likes = video.is_some_and(|video| video.likes);
                let comments = video.is_some_and(|video| video.comments);
                [("views", level(0, true)), ("likes", level(1, likes)), ("comments", level(2, comments))]
            }
        };
        let fixed = |(name, value): (&'static str, Option<u64>)| {
            (name, self.fixed.get(&(kind, id.to_owned(), name)).copied().unwrap_or(value))
        };
        names.into_iter().map(fixed).collect()
    }

    /// Everything of a kind that can be had by itself.
    pub(super) fn shown(&self, kind: Kind) -> Vec<String> {
        match kind {
            Kind::Channel => self.channels.iter().map(|channel| channel.id.to_owned()).collect(),
            Kind::Video => {
                let public = self.videos.iter().filter(|video| video.state == State::Public);
                public.map(|video| video.id.clone()).collect()
            }
        }
    }
}
