//! What a connection may set.

use jiff::tz::TimeZone;
use rows::{Currency, zone::zone};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::{integration::SetupError, reading::goals};

/// Most rows that PostHog gives for one query.
pub const PAGE_SIZE_MAX: u32 = 50_000;
/// Goals of one connection: all of them stand in one query.
const GOALS_MAX: usize = 100;
/// Hosts that take events and answer no queries, as their names end.
const CAPTURE_HOSTS: &str = ".i.posthog.com";

/// Settings of a `posthog` connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The project's number, as text: from Settings > Project in PostHog, or from the address of its pages. Required.
    pub project: String,
    /// Events that are conversions, by name, each counted by itself: `signed_up`, `pre_saved`.
    pub goals: Vec<String>,
    /// IANA name of the zone in which days are counted; best the project's own, so that numbers compare with PostHog's
    /// pages.
    pub time_zone: String,
    /// ISO 4217 code of the amounts in `revenue_property`. Without it, revenue is unknown (NULL), not zero.
    pub currency: Option<String>,
    /// The property of goal events that holds an amount: letters, digits, `_` and `$`.
    pub revenue_property: String,
    /// Rows of one answer, 1 to 50,000. A day with more origins takes several.
    #[schemars(range(min = 1, max = 50_000))]
    pub page_size: u32,
}

/// What a connection reads: its settings, checked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whose.
    pub project: Project,
    /// Events that are conversions, each once.
    pub goals: Vec<String>,
    /// IANA name, for PostHog.
    pub time_zone: String,
    /// The same.
    pub zone: TimeZone,
    /// Of revenue; nothing = it is not asked for.
    pub currency: Option<Currency>,
    /// Which property holds it.
    pub revenue_property: Property,
    /// Rows of one answer at most.
    pub page_size: u32,
}

/// A project's number: digits only, fit for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// As text.
    pub id: String,
}

/// The name of an event's property that may stand in a query as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property(String);

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            project: String::new(),
            goals: Vec::new(),
            time_zone: "UTC".to_owned(),
            currency: None,
            revenue_property: "revenue".to_owned(),
            page_size: 10_000,
        }
    }
}

impl Settings {
    /// Checks what the schema cannot.
    pub fn plan(&self) -> Result<Plan, SetupError> {
        let project = Project::parse(&self.project).ok_or_else(|| {
            SetupError::setting("project", "expected the project's number as text, such as \"12345\": it stands in the address of its pages")
        })?;
        let is_name = |goal: &str| !goal.trim().is_empty();
        let goals = goals::each_once(&self.goals, is_name, "names of events, none of them empty", GOALS_MAX)?;
        let zone = zone(&self.time_zone)
            .ok_or_else(|| SetupError::setting("time_zone", "expected an IANA name such as Europe/Berlin"))?;
        let currency = match self.currency.as_deref().map(Currency::parse) {
            None => None,
            Some(Ok(currency)) => Some(currency),
            Some(Err(_)) => {
                return Err(SetupError::setting("currency", "expected an ISO 4217 code such as USD"));
            }
        };
        if currency.is_some() && goals.is_empty() {
            return Err(SetupError::setting(
                "currency",
                "revenue is that of the events in `goals`: name at least one",
            ));
        }
        let revenue_property = Property::parse(&self.revenue_property).ok_or_else(|| {
            SetupError::setting(
                "revenue_property",
                "expected a name of letters, digits, _ and $, such as revenue",
            )
        })?;
        if !(1..=PAGE_SIZE_MAX).contains(&self.page_size) {
            return Err(SetupError::setting("page_size", format!("expected 1 to {PAGE_SIZE_MAX}")));
        }
        Ok(Plan {
            project,
            goals,
            time_zone: self.time_zone.clone(),
            zone,
            currency,
            revenue_property,
            page_size: self.page_size,
        })
    }
}

// === impl Project ===

impl Project {
    /// Digits, as in the address of the project's pages.
    pub fn parse(text: &str) -> Option<Self> {
        let is_number = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self { id: text.to_owned() })
    }
}

// === impl Property ===

impl Property {
    /// Letters, digits, `_` and `$`, and no digit first.
    pub fn parse(text: &str) -> Option<Self> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
        let is_name = text.len() <= 200
            && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
            && text.bytes().all(is_word);
        is_name.then(|| Self(text.to_owned()))
    }

    /// As it may stand in a query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Refuses the hosts that take events: they would answer queries with 404 for ever.
pub fn check_host(base_url: &Url) -> Result<(), SetupError> {
    let host = base_url.host_str().unwrap_or_default();
    let Some(region) = host.strip_suffix(CAPTURE_HOSTS) else { return Ok(()) };
    // `us-assets.i.posthog.com` is one of the United States too.
    let region = if region.starts_with("eu") { "eu" } else { "us" };
    Err(SetupError::setting(
        "base_url",
        format!(
            "{host} takes events and answers no queries: set the connection's base_url to https://{region}.posthog.com"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Settings {
        Settings {
            project: "12345".to_owned(),
            goals: vec!["signed_up".to_owned()],
            currency: Some("usd".to_owned()),
            ..Settings::default()
        }
    }

    #[test]
    fn mistakes_are_told_apart() {
        let key = |settings: Settings| match settings.plan() {
            Err(SetupError::Setting { key, .. }) => key,
            other => panic!("{other:?}"),
        };
        assert!(good().plan().is_ok());
        for project in ["", "label-a", "12/34", "١٢", "phx_1"] {
            assert_eq!(key(Settings { project: project.to_owned(), ..good() }), "project");
        }
        assert_eq!(key(Settings { goals: vec![" ".to_owned()], ..good() }), "goals");
        assert_eq!(key(Settings { goals: Vec::new(), ..good() }), "currency");
        assert_eq!(key(Settings { currency: Some("dollars".to_owned()), ..good() }), "currency");
        assert_eq!(key(Settings { time_zone: "Berlin".to_owned(), ..good() }), "time_zone");
        assert_eq!(key(Settings { page_size: 0, ..good() }), "page_size");
        assert_eq!(key(Settings { page_size: 50_001, ..good() }), "page_size");
        for property in ["", "a b", "a`b", "x) FROM events--", "1st"] {
            assert_eq!(key(Settings { revenue_property: property.to_owned(), ..good() }), "revenue_property");
        }
        assert!(serde_json::from_str::<Settings>(r#"{"goal":"signed_up"}"#).is_err());
    }

    #[test]
    fn a_goal_named_twice_is_one() {
        let twice = vec!["b".to_owned(), "a".to_owned(), "b".to_owned()];
        assert_eq!(Settings { goals: twice, ..good() }.plan().unwrap().goals, ["a", "b"]);
    }

    #[test]
    fn hosts_that_take_events_are_refused_by_name() {
        for (host, instead) in [
            ("us.i.posthog.com", "https://us.posthog.com"),
            ("eu.i.posthog.com", "https://eu.posthog.com"),
            ("us-assets.i.posthog.com", "https://us.posthog.com"),
        ] {
            let error = check_host(&format!("https://{host}").parse().unwrap()).unwrap_err().to_string();
            assert!(error.contains(host) && error.ends_with(instead), "{error}");
        }
        for host in ["us.posthog.com", "eu.posthog.com", "app.posthog.com", "hog.label-a.example"] {
            assert_eq!(check_host(&format!("https://{host}").parse().unwrap()), Ok(()));
        }
    }
}
