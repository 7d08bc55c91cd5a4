//! Reports: which there are, whom they are for, and how far they have come.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::errors::YouTubeError;
use super::world::{COUNTRIES, Numbers, SOURCES};
use super::{CONTENT_OWNER, OWN, YouTube};
use crate::exchange::Request;

/// Metrics of reports by kind of place that people came from.
const SOURCE_METRICS: [&str; 2] = ["views", "estimatedMinutesWatched"];

/// A metric's name, and how its column is typed.
fn metric(name: &str, numbers: &Numbers) -> Option<(&'static str, Value)> {
    let whole = |number: u64| Some(("INTEGER", json!(number)));
    match name {
        "views" => whole(numbers.views),
        "estimatedMinutesWatched" => whole(numbers.minutes),
        "likes" => whole(numbers.likes),
        "comments" => whole(numbers.comments),
        "shares" => whole(numbers.shares),
        "subscribersGained" => whole(numbers.subscribers_gained),
        "subscribersLost" => whole(numbers.subscribers_lost),
        "estimatedRevenue" => {
            let (dollars, micros) = (numbers.revenue_micros / 1_000_000, numbers.revenue_micros % 1_000_000);
            Some(("FLOAT", serde_json::from_str(&format!("{dollars}.{micros:06}")).unwrap_or(Value::Null)))
        }
        _ => None,
    }
}

impl YouTube {
    pub(super) fn report(&self, request: &Request) -> Result<Value, YouTubeError> {
        let param = |name: &'static str| {
            let missing = || YouTubeError::invalid(format!("Required parameter: {name}"));
            request.param(name).filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        let day = |name| param(name)?.parse::<Date>().map_err(|_| YouTubeError::invalid("Invalid date"));
        let unsupported = || {
            YouTubeError::invalid(
                "The query is not supported. Check the documentation for supported queries.",
            )
        };
        let content = self.content(param("ids")?, request.param("filters").unwrap_or_default())?;
        let (first, last) = (day("startDate")?, day("endDate")?);
        let metrics: Vec<&str> = param("metrics")?.split(',').collect();
        let dimensions: Vec<&str> = request.param("dimensions").unwrap_or_default().split(',').collect();
        if metrics.iter().any(|name| metric(name, &Numbers::default()).is_none()) || last < first {
            return Err(unsupported());
        }
        let has_money = metrics.contains(&"estimatedRevenue");
        if has_money && !self.monetary {
            return Err(YouTubeError::insufficient(self.insufficient));
        }
        if has_money && request.param("currency").is_some_and(|currency| currency != "USD") {
            return Err(YouTubeError::invalid("The currency is not recognized."));
        }
        let now = self.time.now();
        let shown = last.min(self.world.last_day(now, has_money));
        let days: Vec<Date> = first.series(1.day()).take_while(|day| *day <= shown).collect();
        let mut rows: Vec<(Vec<Value>, Numbers)> = Vec::new();
        match dimensions.as_slice() {
            ["day"] => rows.extend(
                days.iter().map(|day| (vec![json!(day.to_string())], self.world.numbers(&content, *day))),
            ),
            ["day", "insightTrafficSourceType"]
                if metrics.iter().all(|name| SOURCE_METRICS.contains(name)) =>
            {
                for day in days {
                    let parts = self.world.numbers(&content, day).parts(&SOURCES);
                    rows.extend(
                        parts
                            .into_iter()
                            .map(|(name, part)| (vec![json!(day.to_string()), json!(name)], part)),
                    );
                }
            }
            ["country"] => {
                let sum = days
                    .iter()
                    .fold(Numbers::default(), |sum, day| sum.plus(self.world.numbers(&content, *day)));
                rows.extend(sum.parts(&COUNTRIES).into_iter().map(|(name, part)| (vec![json!(name)], part)));
            }
            // `day,country` and `day,video` are none.
            _ => return Err(unsupported()),
        }
        rows.retain(|(_, numbers)| numbers.views > 0);
        let column =
            |name: &&str, kind: &str, of: &str| json!({ "name": name, "columnType": kind, "dataType": of });
        let mut headers: Vec<Value> =
            dimensions.iter().map(|name| column(name, "DIMENSION", "STRING")).collect();
        headers.extend(metrics.iter().map(|name| {
            let of = metric(name, &Numbers::default()).map_or("INTEGER", |(of, _)| of);
            column(name, "METRIC", of)
        }));
        let mut answer = json!({ "kind": "youtubeAnalytics#resultTable", "columnHeaders": headers });
        if !rows.is_empty() {
            let values = rows.into_iter().map(|(mut row, numbers)| {
                row.extend(metrics.iter().filter_map(|name| Some(metric(name, &numbers)?.1)));
                Value::Array(row)
            });
            answer["rows"] = values.collect();
        }
        Ok(answer)
    }

    /// Which channel or video a report is of, if it is told to whoever asks.
    fn content(&self, ids: &str, filters: &str) -> Result<String, YouTubeError> {
        let filter = |name: &str| {
            let all = filters.split(';').filter_map(|filter| filter.split_once("=="));
            all.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let channel = match ids.split_once("==") {
            Some(("channel", "MINE" | OWN)) => OWN.to_owned(),
            Some(("contentOwner", CONTENT_OWNER)) => match (filter("channel"), filter("video")) {
                (Some(channel), _) => channel,
                (None, Some(_)) => OWN.to_owned(),
                (None, None) => return Err(YouTubeError::invalid("The query is not supported.")),
            },
            Some(("channel" | "contentOwner", _)) => return Err(YouTubeError::forbidden()),
            _ => return Err(YouTubeError::invalid("Invalid value for ids")),
        };
        if channel != OWN {
            return Err(YouTubeError::forbidden());
        }
        match filter("video") {
            None => Ok(channel),
            // Of another's video nothing is known.
            Some(id) => Ok(self
                .world
                .video(&id)
                .filter(|video| video.channel == OWN)
                .map_or_else(String::new, |_| id)),
        }
    }
}
