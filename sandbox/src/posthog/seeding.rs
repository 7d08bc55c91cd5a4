//! Makes the days of a project up: the same seed and day give the same sessions.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::world::{DAY, Event, Loose, Project, Session, Visitor, second, utc_day};
use crate::seed::Seed;

/// A purchase; most carry `revenue`.
pub const PURCHASE: &str = "purchase completed";
/// Never carries `revenue`.
pub const SIGN_UP: &str = "signed_up";
/// A pre-save on a smart link; never carries `revenue`.
pub const PRE_SAVE: &str = "pre_save_clicked";

/// The project in the United States; its days are New York's.
pub const US_PROJECT: u32 = 10_482;
/// The project in the European Union; its days are Berlin's.
pub const EU_PROJECT: u32 = 20_771;

/// Days before now that have more groups than a query without LIMIT shows.
const CROWDED_DAYS_AGO: i64 = 10;
/// Campaigns of such a day.
const CROWDED_CAMPAIGNS: u64 = 300;
/// People who come by; some come often.
const PEOPLE: u64 = 900;

/// Campaign, source, medium; what is empty here is NULL there.
type Tags = (String, &'static str, &'static str);

static TAGS: LazyLock<Vec<Tags>> = LazyLock::new(|| {
    let tag = |campaign: &str, source, medium| (campaign.to_owned(), source, medium);
    vec![
        tag("spring-single", "facebook", "paid_social"),
        tag("spring-single", "instagram", "paid_social"),
        tag("album-launch", "google", "cpc"),
        tag("album-launch", "newsletter", "email"),
        tag("tour-2026", "", ""),
        tag("", "newsletter", ""),
        tag("", "", "referral"),
        tag("O'Brien \"Live\" \\ Tour", "facebook", "paid_social"),
        tag("夏の歌 🎵 été", "tiktok", "paid"),
        tag("'); DROP TABLE sessions; --", "x", "y"),
        tag("{from} 100%_off", "Facebook", "CPC"),
        tag("(not set)", "(not set)", "(none)"),
        tag(&"very long name ".repeat(80), "google", "cpc"),
    ]
});

const DOMAINS: [&str; 5] = ["www.google.com", "$direct", "l.instagram.com", "open.spotify.com", "t.co"];

/// The two projects, with nothing in them yet.
pub(super) fn projects(days: u32, now: Timestamp) -> Vec<Project> {
    let project = |id, name, zone: &str| Project {
        id,
        name,
        zone_name: zone.to_owned(),
        zone: TimeZoneDatabase::bundled().get(zone).unwrap_or(TimeZone::UTC),
        sessions: BTreeMap::new(),
        loose: BTreeMap::new(),
        merged: HashMap::new(),
        next_day: utc_day(now) - i64::from(days),
    };
    vec![
        project(US_PROJECT, "Northbound Records", "America/New_York"),
        project(EU_PROJECT, "Nordlicht Musik", "Europe/Berlin"),
    ]
}

/// Makes the days up to and including the one of `now`; `began` is the time at which the world was opened.
pub(super) fn grow(project: &mut Project, seed: Seed, began: Timestamp, now: Timestamp) {
    while project.next_day <= utc_day(now) {
        let day = project.next_day;
        let chance = seed.at(u64::from(project.id)).at(day.unsigned_abs());
        for place in 0..60 + chance.at(1).between(0, 30) {
            let session = ordinary(chance.at(2).at(place), day);
            project.insert(session);
        }
        for midnight in midnights(&project.zone, day) {
            let session = over_midnight(chance.at(3).at(midnight.as_second().unsigned_abs()), midnight);
            project.insert(session);
        }
        if day == utc_day(began) - CROWDED_DAYS_AGO {
            crowd(project, day, CROWDED_CAMPAIGNS);
        }
        for place in 0..4 {
            let loose = server_side(chance.at(4).at(place), day, place == 3);
            project.insert_loose(loose);
        }
        project.next_day += 1;
    }
}

/// One session for each of so many campaigns, all on a UTC day.
pub(super) fn crowd(project: &mut Project, day: i64, campaigns: u64) {
    for number in 0..campaigns {
        let chance = Seed::new(number).at(day.unsigned_abs());
        let start = second(day * DAY + 43_200);
        let tags: Tags = (format!("bulk-{number:06}"), "facebook", "paid_social");
        let mut session = visit(chance, start, Some(&tags));
        session.events.truncate(1);
        session.lag = 0;
        project.insert(session);
    }
}

fn ordinary(chance: Seed, day: i64) -> Session {
    let start = second(day * DAY + whole(chance.at(1).between(0, 86_400)));
    let tags = (chance.at(2).between(0, 100) < 60)
        .then(|| TAGS.get(usize::try_from(chance.at(3).between(0, 13)).unwrap_or(0)))
        .flatten();
    let mut session = visit(chance, start, tags);
    let last = session.events.last().map_or(start, |event| event.at);
    let mut goal = |place: u64, name: &str, percent: u64, revenue: Option<String>| {
        if chance.at(place).between(0, 100) < percent {
            let at = last + SignedDuration::from_millis(whole(place) * 4_250);
            session.events.push(event(chance.at(place), name, at, revenue));
        }
    };
    goal(20, PRE_SAVE, 12, None);
    goal(21, PRE_SAVE, 3, None);
    goal(22, SIGN_UP, 6, None);
    goal(23, PURCHASE, 7, revenue(chance.at(30)));
    goal(24, PURCHASE, 2, revenue(chance.at(31)));
    session
}

/// Begins eight minutes before a midnight and ends after it, with goals on both sides.
fn over_midnight(chance: Seed, midnight: Timestamp) -> Session {
    let start = midnight - SignedDuration::from_mins(8);
    let mut session = visit(chance, start, TAGS.first());
    session.lag = 0;
    session.events.truncate(1);
    let mut later = |minutes, name: &str, revenue: Option<&str>| {
        let at = start + SignedDuration::from_mins(minutes);
        session.events.push(event(
            chance.at(at.as_second().unsigned_abs()),
            name,
            at,
            revenue.map(str::to_owned),
        ));
    };
    later(5, PRE_SAVE, None);
    later(12, "$pageview", None);
    later(20, PURCHASE, Some("19.9"));
    session
}

/// Page views or screens from one visitor.
fn visit(chance: Seed, start: Timestamp, tags: Option<&Tags>) -> Session {
    let phone = chance.at(4).once_in(7);
    let (view, other) = if phone { ("$screen", "Application Opened") } else { ("$pageview", "$autocapture") };
    let mut at = start;
    let mut events = Vec::new();
    for place in 0..=chance.at(5).between(0, 6) {
        let chance = chance.at(6).at(place);
        let name = if place > 0 && chance.at(1).once_in(4) { other } else { view };
        events.push(event(chance, name, at, None));
        at += SignedDuration::from_millis(whole(chance.at(2).between(700, 150_000)));
    }
    let tag = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
    let domain = usize::try_from(chance.at(7).between(0, 6)).ok().and_then(|place| DOMAINS.get(place));
    Session {
        id: uuid7(chance, start),
        visitor: visitor(chance.at(8)),
        lag: if chance.at(9).once_in(20) { whole(chance.at(10).between(21_600, 216_000)) } else { 0 },
        campaign: tags.and_then(|(campaign, ..)| tag(campaign)),
        source: tags.and_then(|(_, source, _)| tag(source)),
        medium: tags.and_then(|(.., medium)| tag(medium)),
        referring_domain: domain.filter(|_| !phone).map(|domain| Arc::from(*domain)),
        events,
    }
}

/// A purchase that a server reports: without a session, or with an id that no session has.
fn server_side(chance: Seed, day: i64, own_id: bool) -> Loose {
    let at = second(day * DAY + whole(chance.at(1).between(0, 86_400)));
    Loose {
        event: event(chance, PURCHASE, at, Some("4.99".to_owned())),
        visitor: visitor(chance.at(2)),
        session_id: own_id.then(|| Arc::from(format!("checkout-{}", chance.at(3).between(0, 1_000_000)))),
    }
}

pub(super) fn visitor(chance: Seed) -> Visitor {
    let person = chance.between(0, PEOPLE) / (1 + chance.at(1).between(0, 4));
    Visitor { person, distinct_id: Arc::from(format!("fan{person}@mail.example")) }
}

pub(super) fn event(chance: Seed, name: &str, at: Timestamp, revenue: Option<String>) -> Event {
    // The names are few; the allocations are not worth sharing them.
    Event {
        name: Arc::from(name),
        at,
        revenue: revenue.map(Arc::from),
        serial: chance.at(99).between(0, u64::MAX),
    }
}

/// Mostly a price with up to two decimals, sometimes none, sometimes a word.
fn revenue(chance: Seed) -> Option<String> {
    match chance.between(0, 20) {
        0..=2 => None,
        3 => Some("free".to_owned()),
        _ => {
            let cents = chance.at(1).between(99, 25_000);
            Some(format!("{}.{:02}", cents / 100, cents % 100))
        }
    }
}

/// The local midnight and the UTC midnight that end a day.
fn midnights(zone: &TimeZone, day: i64) -> Vec<Timestamp> {
    let utc = second((day + 1) * DAY);
    let date: Date = second(day * DAY).to_zoned_datetime(TimeZone::UTC).date();
    let local = date.tomorrow().ok().and_then(|date| date.to_zoned_datetime(zone.clone()).ok());
    let mut all = vec![utc];
    all.extend(local.map(|local| local.timestamp()).filter(|local| *local != utc));
    all
}

/// A time-ordered id, as browsers make them.
pub(super) fn uuid7(chance: Seed, at: Timestamp) -> Arc<str> {
    let time = format!("{:012x}", at.as_millisecond().max(0));
    let (high, low) = time.split_at(8);
    let random = chance.at(77).between(0, 1 << 48);
    Arc::from(format!(
        "{high}-{low}-7{:03x}-8{:03x}-{random:012x}",
        chance.at(78).between(0, 4_096),
        chance.at(79).between(0, 4_096)
    ))
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
