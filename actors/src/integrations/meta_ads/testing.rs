//! What the tests of this folder share.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{Timestamp, civil::date};
use reqwest::header::{HeaderMap, HeaderValue};
use rows::{Currency, Day, DayRange};

use super::{ACCESS_TOKEN, MetaAds, rows::Owner, source::MetaAdsSource};
use crate::{
    integration::{ConnectionSpec, Integration as _},
    session::Response,
};

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

pub fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(name, value)| {
        // Fixtures are written on several lines; a header has one.
        (name.parse().unwrap(), HeaderValue::from_str(&value.replace('\n', " ")).unwrap())
    });
    Response {
        status,
        headers: HeaderMap::from_iter(headers),
        body: Bytes::copy_from_slice(body.as_bytes()),
        endpoint: "ads_insights",
        account: "1234567890123456".to_owned(),
        received_at: NOW,
    }
}

pub fn spec(settings: serde_json::Value) -> ConnectionSpec {
    ConnectionSpec {
        name: "label-a-meta".to_owned(),
        integration: MetaAds.id().to_owned(),
        tenant: "label-a".to_owned(),
        accounts: vec!["act_1234567890123456".to_owned()],
        start_date: day(1),
        base_url: MetaAds.base_url().parse().unwrap(),
        api_version: MetaAds.api_version().to_owned(),
        credentials: BTreeMap::from([("access_token".to_owned(), "EAAtoken".into())]),
        settings,
        quotas: None,
        streams: BTreeMap::new(),
    }
}

pub fn source(settings: serde_json::Value) -> MetaAdsSource {
    MetaAdsSource::new(&spec(settings), ACCESS_TOKEN).unwrap()
}

pub fn owner() -> Owner {
    Owner { account_id: "1234567890123456".to_owned(), currency: Currency::parse("USD").unwrap() }
}

pub fn day(of_november: i8) -> Day {
    date(2026, 11, of_november)
}

pub fn days(first: i8, last: i8) -> DayRange {
    DayRange::new(day(first), day(last)).unwrap()
}

pub fn parameter<'a, N: AsRef<str>>(parameters: &'a [(N, String)], name: &str) -> &'a str {
    let mut values = parameters.iter().filter(|(it, _)| it.as_ref() == name).map(|(_, value)| value.as_str());
    let value = values.next().unwrap_or_default();
    assert_eq!(values.next(), None, "{name} stands twice");
    value
}
