//! Which path does what.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::FeatureFm;
use super::errors::FeatureFmError;
use super::world::{Link, World};
use crate::exchange::Request;
use crate::stage::Standing;

impl FeatureFm {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, FeatureFmError> {
        let sent = request.header("x-api-key").unwrap_or_default();
        if self.key.standing(sent) != Standing::Valid {
            return Err(FeatureFmError::unauthorized());
        }
        if let Some(error) = self.script.error(&request.path) {
            return Err(error);
        }
        let path = request.path.strip_prefix("/manage/v1/").ok_or_else(FeatureFmError::no_such_endpoint)?;
        let segments: Vec<&str> = path.split('/').collect();
        let world = &self.world;
        match (request.method.as_str(), segments.as_slice()) {
            // Bare, as recorded.
            ("GET", ["artists"]) => Ok(artists(world)),
            ("GET", ["smartlink", "shortid", short_id]) => {
                let domain = request.param("domain").unwrap_or_default();
                let is_meant = |link: &&Link| {
                    !link.deleted && link.short_id == *short_id && host(link.domain) == host(domain)
                };
                let link = world.links.iter().find(is_meant).ok_or_else(FeatureFmError::no_such_link)?;
                Ok(self.wrapped(body(link)))
            }
            ("GET", ["smartlink", id]) => {
                let link = world.link(id).ok_or_else(FeatureFmError::no_such_link)?;
                Ok(self.wrapped(body(link)))
            }
            ("GET", ["smartlink", id, "analytics"]) => {
                let link = world.link(id).ok_or_else(FeatureFmError::no_such_link)?;
                analytics(world, link, request)
            }
            _ => Err(FeatureFmError::no_such_endpoint()),
        }
    }

    fn wrapped(&self, body: Value) -> Value {
        if self.is_wrapped { json!({ "data": body }) } else { body }
    }
}

fn host(domain: &str) -> &str {
    domain.strip_prefix("https://").unwrap_or(domain)
}

fn artists(world: &World) -> Value {
    let mut all: Vec<(&str, &str)> = world.links.iter().map(|link| link.artist).collect();
    all.dedup();
    all.into_iter().map(|(id, name)| json!({ "id": id, "name": name })).collect()
}

fn body(link: &Link) -> Value {
    let (artist_id, artist) = link.artist;
    let stores: Value = link.stores.iter().map(|store| store_of(store, link)).collect();
    let mut body = json!({
        "id": link.id,
        "artistId": artist_id,
        "artist": {
            "id": artist_id, "alias": "artist", "name": artist, "accountId": "acc-77", "createdBy": super::truth::MAKER, "profileImage": null,
        },
        "title": link.title,
        "domain": link.domain,
        "shortId": link.short_id,
        "type": link.kind,
        "status": link.status,
        "createdAt": link.created_at,
        "image": "https://images.example/cover.jpg",
        "isLocalRelease": false,
        "enabledStores": link.stores,
        "routingRules": {},
        "affiliates": {},
        "preSaveFollow": [],
        "stores": stores,
        "localization": [],
        "sharedAnalytics": { "enabled": false },
    });
    if let Some(day) = link.release_date {
        body["releaseDate"] = day.into();
        body["releaseTime"] = "00:00".into();
        body["timezone"] = "Europe/Berlin".into();
    }
    body
}

pub(super) fn store_of(store: &str, link: &Link) -> Value {
    json!({ "storeId": store, "url": format!("https://{store}.example/{}", link.short_id), "showAfterRelease": false, "territories": [] })
}

/// Invented: days without visits have no row, and what is not said is left out.
fn analytics(world: &World, link: &Link, request: &Request) -> Result<Value, FeatureFmError> {
    let day = |name| request.param(name).and_then(|text| text.parse::<Date>().ok());
    let (Some(from), Some(to)) = (day("from"), day("to")) else {
        return Err(FeatureFmError::manage(400, "from and to are required"));
    };
    let rows: Value = world
        .days()
        .filter(|day| (from..=to).contains(day))
        .filter_map(|day| {
            let activity = world.activity(link, day)?;
            let mut row = json!({
                "date": format!("{day}T00:00:00.000Z"),
                "visits": activity.visits,
                "uniqueVisitors": activity.unique_visitors,
                "clicks": activity.clicks,
            });
            if let Some(pre_saves) = activity.pre_saves {
                row["preSaves"] = pre_saves.into();
            }
            Some(row)
        })
        .collect();
    Ok(json!({ "data": rows, "hasMore": false }))
}
