//! Plays, by the Music Analytics API: two queries for a window of days, whose answers are tables of text with tabs.

use std::{collections::BTreeSet, slice, sync::Arc, time::Duration};

use rows::{
    Day, Row,
    day::DayRange,
    music::{MeasureClass, TrackPerformance},
};
use serde_json::json;

use super::{
    ANALYTICS, ANALYTICS_KEY,
    errors::{PLAY_COUNT, PLAYS},
    settings::Settings,
    source::signed,
    wire::SERVICE,
};
use crate::{
    failure::Failure,
    integration::{ConnectionSpec, SetupError},
    page::{DaysRequest, Next, Page},
    reading::{
        elements::{Elements, Named, Unreadable},
        named_objects::{Reference, unread},
        wire::{Count, NumericId, Scalar},
    },
    session::{Call, Credential, Session},
};

/// Whom tokens are meant for.
const AUDIENCE: &str = "appstoreconnect-v1";
/// How long a token holds: Apple takes 20 minutes.
const TOKEN_LIFE: Duration = Duration::from_mins(19);
/// A query over a month takes a while.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The cursor of the second query; the first one has none.
const BY_STOREFRONT: &str = "storefront";
/// Whose plays are asked for, where a key speaks for several content providers.
const CONTENT_PROVIDER: &str = "x-apple-musicanalytics-contentproviderid";

/// Plays of artists' songs.
#[derive(Debug)]
pub struct Plays {
    credential: Arc<Credential>,
    content_provider_id: Option<String>,
    artists: Vec<u64>,
}

// === impl Plays ===

impl Plays {
    /// Checks what is configured; none where plays are not asked for.
    pub fn new(
        spec: &ConnectionSpec,
        settings: &Settings,
        artists: &[Reference],
    ) -> Result<Option<Self>, SetupError> {
        let Some(analytics) = &settings.analytics else { return Ok(None) };
        let claims = [("iss", analytics.issuer_id.clone()), ("aud", AUDIENCE.to_owned())];
        let key = spec.credential(&ANALYTICS_KEY)?;
        Ok(Some(Self {
            credential: signed(&ANALYTICS_KEY, &key, &analytics.key_id, claims, TOKEN_LIFE)?,
            content_provider_id: analytics.content_provider_id.clone(),
            artists: artists.iter().filter_map(|artist| artist.to_string().parse().ok()).collect(),
        }))
    }

    pub const fn credential(&self) -> &Arc<Credential> {
        &self.credential
    }

    /// One query of a window: all storefronts together, then each. They do not add up, and neither do listeners.
    pub async fn page(&self, session: &Session, request: DaysRequest<'_>) -> Result<Page, Failure> {
        let by_storefront = request.cursor == Some(BY_STOREFRONT);
        let asked = self.ask(session, &self.artists, request.days, by_storefront).await;
        let Elements { rows, quarantined } = match asked {
            // One of them may be refused to this key: it takes the others not with it.
            Err(refused @ (Failure::Forbidden { .. } | Failure::Permanent { .. }))
                if self.artists.len() > 1 =>
            {
                self.one_by_one(session, request.days, by_storefront, refused).await?
            }
            asked => asked?,
        };
        let next = if by_storefront { Next::End(None) } else { Next::More(BY_STOREFRONT.to_owned()) };
        Ok(Page { rows, quarantined, next, ..Page::default() })
    }

    /// Each artist by itself; the refusal of all where none is told.
    async fn one_by_one(
        &self,
        session: &Session,
        days: DayRange,
        by_storefront: bool,
        refused: Failure,
    ) -> Result<Elements<Row>, Failure> {
        let mut read = Elements { rows: Vec::new(), quarantined: Vec::new() };
        let (mut songs, mut told) = (BTreeSet::new(), false);
        for artist in &self.artists {
            match self.ask(session, slice::from_ref(artist), days, by_storefront).await {
                Ok(of_artist) => {
                    told = true;
                    // A song of two artists comes with both.
                    read.rows.extend(
                        of_artist.rows.into_iter().filter(|row| songs.insert((row.entity(), row.day()))),
                    );
                    read.quarantined.extend(of_artist.quarantined);
                }
                Err(why @ (Failure::Forbidden { .. } | Failure::Permanent { .. })) => {
                    read.quarantined.push(unread(
                        "unavailable",
                        why.to_string(),
                        &format!("plays of artist {artist}"),
                    ));
                }
                Err(failure) => return Err(failure),
            }
        }
        if told { Ok(read) } else { Err(refused) }
    }

    async fn ask(
        &self,
        session: &Session,
        artists: &[u64],
        days: DayRange,
        by_storefront: bool,
    ) -> Result<Elements<Row>, Failure> {
        let DayRange { first, last } = days;
        let response = session.send(self.query(artists, days, by_storefront)).await?;
        let kind = if by_storefront { "by storefront" } else { "together" };
        table(&response.body, days, by_storefront, &format!("plays of {first}..{last}, {kind}"))
    }

    fn query(&self, artists: &[u64], days: DayRange, by_storefront: bool) -> Call {
        let mut groups = vec!["song_id", "date"];
        groups.extend(by_storefront.then_some("storefront"));
        let range =
            json!({ "start": days.first.to_string(), "end": days.last.to_string(), "time_zone": "UTC" });
        let mut call = Call::post("/v4/queries/audience-engagement", PLAYS).host(ANALYTICS.name);
        if let Some(id) = &self.content_provider_id {
            call = call.header(CONTENT_PROVIDER, id);
        }
        call.body = Some(json!({
            "audience": {
                "ids": { "entity": "artist_id", "values": artists },
                "played_in_range": range,
                "filter_by": {},
            },
            "group_by": groups,
        }));
        call.timeout = Some(TIMEOUT);
        call
    }
}

/// Where the columns are.
struct Columns {
    song: usize,
    date: usize,
    storefront: Option<usize>,
    plays: usize,
    listeners: usize,
}

/// Reads a table. Lines that cannot be read are set aside.
pub fn table(
    body: &[u8],
    days: DayRange,
    by_storefront: bool,
    place: &str,
) -> Result<Elements<Row>, Failure> {
    let mut lines = body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let header: Vec<&[u8]> = lines.next().unwrap_or_default().split(|byte| *byte == b'\t').collect();
    let column = |name: &str| {
        let lacking = || Failure::Transient { reason: format!("{place}: the table lacks its column {name}") };
        header.iter().position(|column| *column == name.as_bytes()).ok_or_else(lacking)
    };
    let columns = Columns {
        song: column("song_id")?,
        date: column("date")?,
        storefront: by_storefront.then(|| column("storefront")).transpose()?,
        plays: column(PLAY_COUNT)?,
        listeners: column("listener_count")?,
    };
    let mut read = Elements { rows: Vec::new(), quarantined: Vec::new() };
    let mut seen = BTreeSet::new();
    for (number, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let cells: Vec<&str> = line
            .split(|byte| *byte == b'\t')
            .map(|cell| std::str::from_utf8(cell).unwrap_or("\u{fffd}"))
            .collect();
        match columns.row(&cells, days) {
            Ok(row) if seen.insert((row.track_id.clone(), row.date, row.country.clone())) => {
                read.rows.push(Row::TrackPerformance(row));
            }
            row => {
                let detail = "a song, day and storefront stand in it twice".to_owned();
                let why = row.err().unwrap_or(Unreadable::Other { reason: "twice", detail });
                let place = format!("{place}, line {}", number + 2);
                read.quarantined.push(why.set_aside(line, place, columns.named(&cells)));
            }
        }
    }
    Ok(read)
}

// === impl Columns ===

impl Columns {
    fn row(&self, cells: &[&str], days: DayRange) -> Result<TrackPerformance, Unreadable> {
        let cell = |place: usize, name| cells.get(place).copied().ok_or(Unreadable::Missing(name));
        let song = NumericId::read(cell(self.song, "song_id")?)
            .map_err(|error| Unreadable::number("song_id", "id", error))?;
        let date: Day = cell(self.date, "date")?.parse().map_err(|_| Unreadable::Date("date"))?;
        if date < days.first || date > days.last {
            return Err(Unreadable::Date("date"));
        }
        let country = match self.storefront {
            None => String::new(),
            Some(place) => country(cell(place, "storefront")?)?,
        };
        Ok(TrackPerformance {
            country,
            streams: count(cell(self.plays, PLAY_COUNT)?, PLAY_COUNT)?,
            listeners: count(cell(self.listeners, "listener_count")?, "listener_count")?,
            ..TrackPerformance::of(SERVICE, song.0, date, MeasureClass::Measured)
        })
    }

    /// What may be repeated of a line.
    fn named(&self, cells: &[&str]) -> Named {
        let song = cells.get(self.song).filter(|song| NumericId::read(song).is_ok());
        let fields = song.map(|song| ("song_id", (*song).to_owned())).into_iter().collect();
        Named { fields, day: cells.get(self.date).and_then(|date| date.parse().ok()) }
    }
}

/// A storefront's country, in upper case. Another word than two letters is not known to be one.
fn country(storefront: &str) -> Result<String, Unreadable> {
    let is_code = storefront.len() == 2 && storefront.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code
        .then(|| storefront.to_ascii_uppercase())
        .ok_or(Unreadable::Form("storefront", "code of two letters"))
}

/// A count; nothing where Apple does not tell it, because it is too small.
fn count(text: &str, field: &'static str) -> Result<Option<i64>, Unreadable> {
    if matches!(text, "" | "-") {
        return Ok(None);
    }
    let count = Count::read(text).map_err(|error| Unreadable::number(field, "count", error))?;
    Ok(Some(count.0))
}
