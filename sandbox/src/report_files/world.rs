//! What was streamed and paid, before anybody writes it into a file.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::seed::Seed;

/// The artists: their ids at the service, and their names.
pub const ARTISTS: [(&str, &str); 3] = [
    ("1MaraVell0000000000001", "Mara Vell"),
    ("2KalteSonne00000000002", "Kalte Sonne"),
    ("3KohakuDrift0000000003", "琥珀ドリフト"),
];

/// Their tracks: title, ISRC, UPC, artist. One title begins as a formula does.
pub const TITLES: [(&str, &str, &str, usize); 6] = [
    ("Night Drive", "USUM71703861", "602557000016", 0),
    ("Paper Boats", "USUM71703862", "602557000023", 0),
    ("Salt", "DEXX12600001", "4050215000017", 1),
    ("=Second Sun, Part 2", "DEXX12600002", "4050215000024", 1),
    ("Velvet Static", "JPAB02600001", "4988000000013", 2),
    ("雨の駅", "JPAB02600002", "4988000000020", 2),
];

/// Stores as a distributor names them: name, service, kind there, price of one use in 10⁻⁸ of the currency.
pub(super) const STORES: [(&str, &str, &str, u64); 4] = [
    ("Spotify", "spotify", "stream", 301_723),
    ("Apple Music", "apple_music", "stream", 612_407),
    ("YouTube (Red)", "youtube_music", "stream", 188_119),
    ("TikTok", "tiktok", "ugc", 1_009),
];

/// Countries as a distributor names them.
pub(super) const COUNTRIES: [(&str, &str); 4] =
    [("Germany", "DE"), ("United States", "US"), ("Japan", "JP"), ("", "ZZ")];

/// Monthly statements that there are.
const STATEMENTS: i32 = 3;
/// Months between a sale and its statement.
const BEHIND: i32 = 2;
/// Months in the export of a lifetime.
const LIFETIME_MONTHS: i32 = 6;

/// The label's figures.
#[derive(Debug)]
pub(super) struct World {
    pub seed: Seed,
    /// Days of history.
    pub days: u32,
    pub day: Date,
    /// The month in which the world began: statements do not move with its clock.
    pub month: Date,
    /// How often the last statement was corrected.
    pub corrections: u64,
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub store: usize,
    pub country: usize,
    pub track: usize,
    /// First day of the month of the sales.
    pub month: Date,
    pub quantity: u64,
    /// In 10⁻⁸ of the currency.
    pub revenue: u64,
}

/// An artist's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ArtistDay {
    pub date: Date,
    pub streams: u64,
    pub listeners: u64,
    pub monthly_listeners: u64,
    pub followers: u64,
}

pub(super) fn day_of(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
}

impl World {
    pub(super) fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        let day = day_of(now);
        Self { seed: Seed::new(seed), days: days.max(1), day, month: day.first_of_month(), corrections: 0 }
    }

    /// The days of the history, the last of them yesterday.
    pub(super) fn dates(&self) -> impl Iterator<Item = Date> {
        let (day, days) = (self.day, i64::from(self.days));
        (1..=days).rev().map(move |back| day.saturating_sub(back.days()))
    }

    pub(super) fn artist_day(&self, artist: usize, date: Date) -> ArtistDay {
        let seed = self.seed.at(1).at(artist as u64).at(number_of(date));
        let listeners = seed.at(1).between(400, 9_000);
        ArtistDay {
            date,
            listeners,
            streams: listeners + seed.at(2).between(0, 12_000),
            monthly_listeners: 30_000 + seed.at(3).between(0, 5_000),
            followers: 5_000 + number_of(date) % 1_000,
        }
    }

    pub(super) fn track_day(&self, track: usize, date: Date) -> u64 {
        self.seed.at(2).at(track as u64).at(number_of(date)).between(0, 4_000)
    }

    /// What one portal says of a track's day: plays and different listeners.
    pub(super) fn portal_day(&self, portal: u64, track: usize, date: Date) -> (u64, u64) {
        let seed = self.seed.at(5).at(portal).at(track as u64).at(number_of(date));
        let listeners = seed.at(1).between(0, 900);
        (listeners + seed.at(2).between(0, 1_500), listeners)
    }

    /// The months in which statements came, the latest last.
    pub(super) fn statements(&self) -> Vec<Date> {
        (0..STATEMENTS).rev().map(|back| self.month.saturating_sub(back.months())).collect()
    }

    /// The lines of a month's statement: of two artists' tracks, sold two months before.
    pub(super) fn statement(&self, month: Date) -> Vec<Line> {
        let is_last = self.statements().last() == Some(&month);
        let correction = if is_last { self.corrections } else { 0 };
        self.lines(3, month.saturating_sub(BEHIND.months()), 0..4, correction)
    }

    /// The lines of the third artist's whole account.
    pub(super) fn lifetime(&self) -> Vec<Line> {
        let months = (1..=LIFETIME_MONTHS).rev().map(|back| self.month.saturating_sub(back.months()));
        months.flat_map(|month| self.lines(4, month, 4..6, 0)).collect()
    }

    fn lines(&self, place: u64, month: Date, tracks: std::ops::Range<usize>, correction: u64) -> Vec<Line> {
        let mut lines = Vec::new();
        for track in tracks {
            for (store, (_, _, _, price)) in STORES.iter().enumerate() {
                for country in 0..COUNTRIES.len() {
                    let at = [track, store, country].map(|number| number as u64);
                    let seed =
                        at.iter().fold(self.seed.at(place).at(number_of(month)), |seed, at| seed.at(*at));
                    let quantity = seed.between(1, 5_000) + correction * 7;
                    lines.push(Line { store, country, track, month, quantity, revenue: quantity * price });
                }
            }
        }
        // Two equal lines are two sales.
        if let Some(first) = lines.first().cloned() {
            lines.push(first);
        }
        lines
    }
}

/// The day as a number.
fn number_of(date: Date) -> u64 {
    u64::from(date.year().unsigned_abs()) * 400 + u64::from(date.day_of_year().unsigned_abs())
}
