//! Which measures protect data, as far as the configuration tells: each is in force, or said not to be.

use dynamoi::settings::{FileMode, Settings};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::place::{Place, is_loopback};

/// A measure, whether it is in force, and by what.
pub fn all(settings: &Settings) -> Vec<Vec<Value>> {
    let database = Place::of(settings.database.url.expose_secret());
    let cache = Place::of(settings.cache.url.expose_secret());
    let key_store = settings.key_store();
    let keys = settings.encryption.keyring.is_some();
    let mut measures = vec![
        measure(
            "personal columns are sealed (AES-256-GCM), each cell for itself",
            keys,
            if keys {
                "encryption.key"
            } else {
                "no encryption.key: users and billing profiles are off, and none is stored"
            },
        ),
        measure(
            "each user's values are under a key of that user alone, which an erasure destroys",
            keys && key_store.is_some(),
            match &key_store {
                Some(place) => format!("key store: {}", Place::of(place.expose_secret()).at),
                None => "no key store: users are off".to_owned(),
            },
        ),
        measure("what is done with a person's data is noted, and a changed note is found", keys, "audit_log"),
        at_rest(settings, &database),
        in_transit("the connection to the database is encrypted, or does not leave this machine", &database),
        in_transit("the connection to the cache is encrypted, or does not leave this machine", &cache),
    ];
    measures.extend(serving(settings));
    measures.push(providers(settings));
    let resting = settings.connections.values().filter(|connection| connection.rests_on.is_some()).count();
    measures.push(measure(
        "connections are polled only while a user agrees",
        resting > 0,
        format!("rests_on: {resting} of {} connections", settings.connections.len()),
    ));
    measures
}

fn measure(what: &str, in_force: bool, by: impl Into<String>) -> Vec<Value> {
    vec![json!(what), json!(in_force), json!(by.into())]
}

/// Who may read the database's files.
fn at_rest(settings: &Settings, database: &Place) -> Vec<Value> {
    let what = "files of the database that are made are closed to all but their owner";
    if database.scheme != "sqlite" {
        return vec![
            json!(what),
            Value::Null,
            json!("they are the database server's: not in this configuration"),
        ];
    }
    let owner = settings.database.file_mode == FileMode::Owner;
    measure(what, owner, format!("database.file_mode = {}", if owner { "0600" } else { "0660" }))
}

fn in_transit(what: &str, place: &Place) -> Vec<Value> {
    let by = match (&place.tls, place.is_local) {
        (_, true) => format!("{}: {}", place.scheme, place.at),
        (Some(tls), false) => format!("{} with {tls}", place.at),
        (None, false) => format!("{}: its address does not ask for TLS", place.at),
    };
    measure(what, place.is_local || place.is_encrypted(), by)
}

/// Where figures are shown.
fn serving(settings: &Settings) -> [Vec<Value>; 2] {
    let http = &settings.http;
    let local = http.listen.ip().is_loopback();
    [
        measure(
            "page, API and metrics are served over TLS, or on this machine only",
            local || http.tls.is_some(),
            format!(
                "http.listen = {}, http.tls {}",
                http.listen,
                if http.tls.is_some() { "set" } else { "not set" }
            ),
        ),
        measure(
            "who asks for figures must authenticate",
            http.is_authenticated,
            if http.is_authenticated { "http.authentication" } else { "no http.authentication" },
        ),
    ]
}

/// Whether nothing goes to a provider in the clear.
fn providers(settings: &Settings) -> Vec<Value> {
    let origins = settings.connections.values().flat_map(|connection| &connection.origins);
    let plain: Vec<&str> = origins
        .filter(|origin| {
            let url = Url::parse(origin).ok();
            let is_local = url.as_ref().and_then(Url::host_str).is_some_and(is_loopback);
            !is_local && url.is_none_or(|url| url.scheme() != "https")
        })
        .map(String::as_str)
        .collect();
    let by = if plain.is_empty() {
        "every address begins with https, or is this machine's".to_owned()
    } else {
        plain.join(", ")
    };
    measure("providers are asked over TLS", plain.is_empty(), by)
}
