//! What a connection may set: the links that it reads, and how Feature.fm is asked what happens on them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    integration::SetupError,
    reading::named_objects::{Naming, Reference, asked},
};

/// The word for one, for people.
pub const WORD: &str = "link";
/// What stands before a short address.
const SHORT: &str = "short:";
/// Letters of an id, or of the last part of a short address.
const NAME_LENGTH_MAX: usize = 100;
/// Days in one request, where the answer tells of which day each row is.
const WINDOW_DAYS_MAX: u32 = 31;

/// Settings of a Feature.fm connection.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Smart links: the id (`68bf1a2b3c4d5e6f70819203`), or `short:` and the short address (`short:ffm.to/night-drive`). Required.
    pub links: Vec<String>,
    /// How to ask what happens on links. Off unless given: Feature.fm publishes neither path nor fields.
    pub analytics: Option<Analytics>,
}

/// A request for one link, and where in its answer is what.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Analytics {
    /// Path and query below `base_url` and `api_version`, with `{id}` for the link's id, and `{from}` and `{to}` for the first and last
    /// day: `smartlink/{id}/analytics?from={from}&to={to}`.
    pub path: String,
    /// Where in the answer is what, as JSON pointers: `rows` and `more` into the answer, all others into a row.
    pub fields: BTreeMap<Field, String>,
    /// IANA name of the zone in which days are counted.
    #[serde(default = "utc")]
    #[schemars(extend("default" = "UTC"))]
    pub time_zone: String,
}

/// What is said somewhere in an answer. Numbers that are nowhere are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The list of rows, or the one row. Omitted: the answer itself, or its `data`.
    Rows,
    /// What is true, or a text, where an answer is not whole: its days do not count as read then.
    More,
    /// The day of a row. Omitted: one day is asked for at a time.
    Date,
    /// Where a link led, if rows are divided by it.
    Destination,
    /// Where visitors are, if rows are divided by it.
    Country,
    /// Where visitors came from, if rows are divided by it.
    Referrer,
    /// Visits.
    Visits,
    /// Different visitors.
    UniqueVisitors,
    /// Clicks on a service.
    Clicks,
    /// Pre-saves.
    PreSaves,
}

fn utc() -> String {
    "UTC".to_owned()
}

// === impl Settings ===

impl Settings {
    /// The links, each once; the first mistake is told.
    pub fn references(&self) -> Result<Vec<Reference>, SetupError> {
        let naming = Naming {
            key: "links",
            word: WORD,
            standard: None,
            is_id: |text| short(text).is_some() || is_name(text),
            expected: "an id, or short: and a short address such as short:ffm.to/night-drive",
        };
        let links = naming.references(&self.links)?;
        if links.is_empty() {
            return Err(SetupError::setting(
                "links",
                "nothing to read: Feature.fm lists no links, name each",
            ));
        }
        Ok(links)
    }

    /// Each link in words of its own.
    pub fn subjects(&self) -> Result<Vec<String>, SetupError> {
        Ok(self.references()?.iter().map(|link| asked(WORD, link)).collect())
    }

    /// Days that one request may be about.
    pub fn window_days_max(&self) -> u32 {
        let says_day =
            self.analytics.as_ref().is_some_and(|analytics| analytics.fields.contains_key(&Field::Date));
        if says_day { WINDOW_DAYS_MAX } else { 1 }
    }
}

/// Domain and last part of a short address, of a link that is named by it.
pub fn short(name: &str) -> Option<(&str, &str)> {
    let (domain, id) = name.strip_prefix(SHORT)?.rsplit_once('/')?;
    let host = domain.strip_prefix("https://").unwrap_or(domain);
    let is_host =
        host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (is_host && is_name(id)).then_some((domain, id))
}

fn is_name(text: &str) -> bool {
    (1..=NAME_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(entries: &[&str]) -> Result<Vec<String>, String> {
        let links = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Settings { links, ..Settings::default() }.subjects().map_err(|error| error.to_string())
    }

    #[test]
    fn links_are_named_by_id_or_short_address_each_once() {
        let named = links(&["68bf1a", "short:ffm.to/night-drive", " 68bf1a ", "short:https://a.example/b"]);
        assert_eq!(
            named.unwrap(),
            ["link 68bf1a", "link short:ffm.to/night-drive", "link short:https://a.example/b"]
        );
        assert_eq!(short("short:https://a.example/b"), Some(("https://a.example", "b")));
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        for entry in [
            "",
            "https://ffm.to/night-drive",
            "short:night-drive",
            "short:ffm.to/",
            "a/../b",
            "short:a b.c/d",
            "x?y=1",
        ] {
            let error = links(&[entry]).unwrap_err();
            assert!(
                error.starts_with("settings.links: ") && error.contains("short:ffm.to/night-drive"),
                "{error}"
            );
        }
        assert!(links(&[]).unwrap_err().contains("nothing to read"));
        assert!(serde_json::from_str::<Settings>(r#"{"link":["1"]}"#).is_err());
    }
}
