//! The families of web analytics, streaming services and royalties.

use jiff::tz::TimeZone;
use rows::day::start_of;

use super::{
    board::View,
    text::{Family, Labels, Number},
};
use crate::insight::ratio;

/// Web analytics.
pub(super) fn web(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut sessions = Family::gauge("dynamoi_web_sessions", "Sessions, over a window of days.");
    let mut page_views =
        Family::gauge("dynamoi_web_page_views", "Pages and screens seen, over a window of days.");
    let mut duration = Family::gauge(
        "dynamoi_web_session_duration_seconds",
        "Average length of a session: session seconds / sessions, over a window of days.",
    );
    let mut conversions = Family::gauge(
        "dynamoi_web_conversions",
        "Times a goal was reached, over a window of days; may be fractional.",
    );
    let mut ratio = Family::gauge(
        "dynamoi_web_conversion_ratio",
        "Sessions that reached a goal / sessions, over a window of days: 0.02 is 2 %.",
    );
    // Windows of a day that is over would be yesterday's numbers under today's name.
    for (web, _) in view.web.iter().filter(|(_, holds)| *holds) {
        let labels = Labels::default().with("connection", &web.connection).with("provider", &web.provider);
        for (window, sums) in web.windows.known() {
            let more = format!("window=\"{window}\"");
            sessions.sample_known(&labels, &more, sums.sessions.map(Number::Integer));
            page_views.sample_known(&labels, &more, sums.page_views.map(Number::Integer));
            let average = ratio::session_duration_seconds(sums.session_seconds, sums.sessions);
            duration.sample_known(&labels, &more, average.map(Number::Ratio));
        }
    }
    for (web, goal, _) in view.goals.iter().filter(|(_, _, holds)| *holds) {
        let labels = Labels::default()
            .with("connection", &web.connection)
            .with("provider", &web.provider)
            .with("goal", &goal.goal);
        for (window, sums) in goal.windows.known() {
            let more = format!("window=\"{window}\"");
            let count = sums.conversions.map(|count| Number::micros(count.0));
            conversions.sample_known(&labels, &more, count);
            let visits = web.windows.known().find(|(of, _)| *of == window);
            let visits = visits.and_then(|(_, visits)| visits.sessions);
            let share = ratio::session_conversion_ratio(sums.converting_sessions, visits);
            ratio.sample_known(&labels, &more, share.map(Number::Ratio));
        }
    }
    [sessions, page_views, duration, conversions, ratio].into_iter().for_each(add);
}

/// Streaming services.
pub(super) fn music(view: &View<'_>, add: &mut impl FnMut(Family)) {
    tracks(view, add);
    let mut info = Family::gauge("dynamoi_artist_info", "1; the labels describe the artist.");
    let mut followers =
        Family::gauge("dynamoi_artist_followers", "Fans or followers at the service, as last read.");
    let mut listeners = Family::gauge(
        "dynamoi_artist_monthly_listeners",
        "Listeners of a month by the service's own window, as last read.",
    );
    for artist in &view.music.artists {
        info.sample(&artist.info, "", Number::Integer(1));
        followers.sample_known(&artist.labels, "", artist.followers.map(Number::Integer));
        listeners.sample_known(&artist.labels, "", artist.monthly_listeners.map(Number::Integer));
    }
    let mut playlists = Family::gauge("dynamoi_playlist_info", "1; the labels describe the playlist.");
    for labels in &view.music.playlists {
        playlists.sample(labels, "", Number::Integer(1));
    }
    let mut counter = Family::gauge(
        "dynamoi_reading",
        "What a public counter of a streaming service showed when it was last read. Can fall.",
    );
    for (labels, value) in &view.music.counters {
        counter.sample(labels, "", Number::Integer(*value));
    }
    [info, followers, listeners, playlists, counter].into_iter().for_each(add);
}

/// Statements of royalties.
pub(super) fn royalties(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut revenue = Family::gauge(
        "dynamoi_royalties",
        "Royalties of the newest month of sales that is over and has loaded statements, in major units. Can grow: late statements.",
    );
    for (of, paid) in &view.revenue {
        let labels = Labels::default()
            .with("connection", &of.connection)
            .with("service", &paid.service)
            .with("currency", paid.currency.as_str());
        revenue.sample(&labels, "", Number::micros(paid.revenue.0));
    }
    let mut month = Family::gauge(
        "dynamoi_royalties_month_timestamp_seconds",
        "First day (UTC) of the month that dynamoi_royalties is about.",
    );
    for of in &view.royalties {
        let labels = Labels::default().with("connection", &of.connection);
        month.sample(&labels, "", Number::Integer(start_of(of.month, &TimeZone::UTC).as_second()));
    }
    [revenue, month].into_iter().for_each(add);
}

fn tracks(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut info = Family::gauge("dynamoi_track_info", "1; the labels describe the track.");
    let mut popularity = Family::gauge(
        "dynamoi_track_popularity",
        "Popularity from 0 to 100 by the service's own formula, as last read.",
    );
    let mut streams =
        Family::gauge("dynamoi_track_streams", "Streams, over a window of days. Can fall: services restate.");
    let mut placements = Family::gauge(
        "dynamoi_playlist_placements",
        "On how many of the playlists that are read the track stood when they were last read.",
    );
    for (track, holds) in &view.tracks {
        info.sample(&track.info, "", Number::Integer(1));
        popularity.sample_known(&track.labels, "", track.popularity.map(|share| Number::micros(share.0)));
        let count = track.playlists.and_then(|count| i64::try_from(count).ok());
        placements.sample_known(&track.labels, "", count.map(Number::Integer));
        if *holds {
            for (window, sum) in track.streams.known() {
                streams.sample(&track.labels, &format!("window=\"{window}\""), Number::Integer(*sum));
            }
        }
    }
    [info, popularity, streams, placements].into_iter().for_each(add);
}
