//! The `settings` table of a connection: where files lie, and what is in them.

use std::{collections::BTreeMap, path::PathBuf};

use rows::Currency;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    column_map::{ColumnMap, Draft},
    layout::Layout,
    shipped,
};
use crate::integration::SetupError;

/// Settings of a connection that reads files: either `directory` or `url`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The directory that is watched, with its subfolders. Relative paths begin in the working directory.
    pub directory: Option<String>,
    /// What is watched in an object store: `s3://BUCKET/PREFIX`, at any that speaks S3's protocol (`endpoints.storage`).
    pub url: Option<String>,
    /// The object store's region.
    #[schemars(extend("default" = REGION))]
    pub region: Option<String>,
    /// Layouts that are not built in, each under a name of its own; `dynamoi files learn FILE` proposes one. Under the name of a layout that
    /// no real file has verified, as the README lists them: switches it on, `{}` as it is.
    pub layouts: BTreeMap<String, ColumnMap>,
    /// Stores by the names that files give them, and the services that they are: `"My Store" = "spotify"`.
    pub stores: BTreeMap<String, String>,
    /// Titles, or names of files without ending, and the ISRCs that they stand for.
    pub titles: BTreeMap<String, String>,
    /// Of amounts in layouts that name no currency: `EUR`.
    pub currency: Option<String>,
}

/// Settings, checked.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Where files lie.
    pub place: Place,
    /// How they are read.
    pub reading: Reading,
}

/// Where files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a directory.
    Directory(PathBuf),
    /// In an object store.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// What the objects' keys begin with, without `/` at its ends; `""` for all.
        prefix: String,
        /// The store's region.
        region: String,
    },
}

/// Amazon's first region, which other stores take for their only one.
const REGION: &str = "us-east-1";
/// Letters and digits of an ISRC (ISO 3901).
const ISRC_LENGTH: usize = 12;

/// What an integration knows of its files by itself.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The service that all of them are about; `None` where each says so.
    pub service: Option<&'static str>,
    /// Layouts.
    pub layouts: fn() -> &'static [Layout],
    /// Layouts that no real file has verified: read once the settings name them.
    pub drafts: &'static [Draft],
}

/// What a connection knows of its files before it reads them.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Whatever the settings are.
    pub known: Known,
    /// Store names in lower case, and their services.
    pub stores: BTreeMap<String, String>,
    /// Titles or file names in lower case, and ISRCs.
    pub titles: BTreeMap<String, String>,
    /// Of amounts in layouts that name none.
    pub currency: Option<Currency>,
    /// Layouts that the settings teach or name.
    pub taught: Vec<Layout>,
}

// === impl Settings ===

impl Settings {
    /// Checks them; the first mistake is told. `known` is what the integration knows without them.
    pub fn watched(&self, known: Known) -> Result<Watched, SetupError> {
        Ok(Watched { place: self.place()?, reading: self.reading(known)? })
    }

    /// Where files lie.
    pub fn place(&self) -> Result<Place, SetupError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        match (given(&self.directory), given(&self.url)) {
            (Some(directory), None) => Ok(Place::Directory(PathBuf::from(directory))),
            (None, Some(url)) => self.bucket(&url),
            (Some(_), Some(_)) => refuse("url", "name `directory` or `url`, not both".to_owned()),
            (None, None) => refuse(
                "directory",
                "no files to read: name a `directory`, or the `url` of an object store such as s3://BUCKET/PREFIX"
                    .to_owned(),
            ),
        }
    }

    /// Keys stand in it as they are, as in Amazon's own tools.
    fn bucket(&self, text: &str) -> Result<Place, SetupError> {
        let (bucket, prefix) = text
            .strip_prefix("s3://")
            .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
            .filter(|(bucket, prefix)| is_bucket(bucket) && is_prefix(prefix.trim_matches('/')))
            // What was found is not repeated: somebody may have written a key into it.
            .ok_or_else(|| SetupError::Setting {
                key: "url".to_owned(),
                problem: "expected s3://BUCKET/PREFIX, without user and password; where another store than Amazon's \
                          speaks the protocol, name its address under endpoints.storage"
                    .to_owned(),
            })?;
        let region = self.region.clone().unwrap_or_else(|| REGION.to_owned());
        if region.is_empty() || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return refuse("region", format!("{region:?} is no region such as {REGION}"));
        }
        let (bucket, prefix) = (bucket.to_owned(), prefix.trim_matches('/').to_owned());
        Ok(Place::Bucket { bucket, prefix, region })
    }

    fn reading(&self, known: Known) -> Result<Reading, SetupError> {
        let currency = self.currency.as_ref().map(|code| {
            Currency::parse(code).map_err(|_| SetupError::Setting {
                key: "currency".to_owned(),
                problem: format!("{code:?} is no three-letter currency code such as EUR"),
            })
        });
        let taught = self.layouts.iter().map(|(name, map)| {
            let draft = known.drafts.iter().find(|draft| draft.name == name);
            let mut layout =
                draft.map_or_else(|| map.layout(name), |draft| draft.layout(map)).map_err(|error| {
                    SetupError::Setting { key: format!("layouts.{name}"), problem: error.to_string() }
                })?;
            layout.service = layout.service.or_else(|| known.service.map(str::to_owned));
            Ok(layout)
        });
        let mut stores = BTreeMap::new();
        for (store, service) in &self.stores {
            let is_slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if service.is_empty() || !service.bytes().all(is_slug) {
                return refuse(
                    "stores",
                    format!("{store:?} leads to {service:?}: expected a service such as apple_music"),
                );
            }
            stores.insert(store.trim().to_lowercase(), service.clone());
        }
        let mut titles = BTreeMap::new();
        for (title, code) in &self.titles {
            let isrc = code.replace('-', "").to_uppercase();
            if isrc.len() != ISRC_LENGTH || !isrc.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return refuse(
                    "titles",
                    format!("{title:?} leads to {code:?}: expected an ISRC such as USUM71703861"),
                );
            }
            titles.insert(title.trim().to_lowercase(), isrc);
        }
        Ok(Reading {
            stores,
            titles,
            currency: currency.transpose()?,
            taught: taught.collect::<Result<_, SetupError>>()?,
            known,
        })
    }
}

// === impl Known ===

impl Default for Known {
    /// All layouts that were verified, of all services.
    fn default() -> Self {
        Self { service: None, layouts: shipped::layouts, drafts: &[] }
    }
}

// === impl Place ===

impl Place {
    /// In words of its own: two connections on one place would count everything twice.
    pub fn subject(&self) -> String {
        match self {
            Self::Directory(path) => {
                format!("files in {}", std::path::absolute(path).unwrap_or_else(|_| path.clone()).display())
            }
            Self::Bucket { bucket, prefix, .. } => format!("files in s3://{bucket}/{prefix}"),
        }
    }
}

/// A bucket's name becomes a part of addresses.
fn is_bucket(name: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=255).contains(&name.len()) && name.bytes().all(is_one) && !name.starts_with('.')
}

/// What keys begin with: parts that are no steps.
fn is_prefix(prefix: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control);
    prefix.is_empty() || prefix.split('/').all(is_part)
}

fn refuse<T>(key: &str, problem: String) -> Result<T, SetupError> {
    Err(SetupError::Setting { key: key.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(json: serde_json::Value) -> Result<Watched, String> {
        let settings: Settings = serde_json::from_value(json).map_err(|error| error.to_string())?;
        settings.watched(Known::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_place_is_a_directory_or_a_bucket() {
        let directory = watched(serde_json::json!({ "directory": "reports" })).unwrap();
        assert_eq!(directory.place, Place::Directory("reports".into()));
        assert!(directory.place.subject().starts_with("files in /"), "{}", directory.place.subject());
        for (url, bucket, prefix) in [
            ("s3://label-reports", "label-reports", ""),
            ("s3://label-reports/", "label-reports", ""),
            ("s3://label.reports/in/2026/", "label.reports", "in/2026"),
            ("s3://b/with space", "b", "with space"),
        ] {
            let (bucket, prefix, region) = (bucket.to_owned(), prefix.to_owned(), "us-east-1".to_owned());
            let found = watched(serde_json::json!({ "url": url })).unwrap().place;
            assert_eq!(found, Place::Bucket { bucket, prefix, region }, "{url}");
        }
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        for (json, expected) in [
            (serde_json::json!({}), "settings.directory: no files to read"),
            (serde_json::json!({ "directory": " " }), "settings.directory: "),
            (serde_json::json!({ "directory": "a", "url": "s3://b" }), "not both"),
            (serde_json::json!({ "url": "/srv/reports" }), "expected s3://BUCKET/PREFIX"),
            (serde_json::json!({ "url": "gs://bucket/in" }), "expected s3://BUCKET/PREFIX"),
            (serde_json::json!({ "url": "s3://key:secret@bucket/in" }), "expected s3://BUCKET/PREFIX"),
            (serde_json::json!({ "url": "s3://bucket/a/../b" }), "expected s3://BUCKET/PREFIX"),
            (serde_json::json!({ "url": "s3://bucket/a//b" }), "expected s3://BUCKET/PREFIX"),
            (serde_json::json!({ "url": "s3://b", "region": "a/b" }), "settings.region: "),
            (serde_json::json!({ "directory": "a", "currency": "euro" }), "settings.currency: "),
            (serde_json::json!({ "directory": "a", "stores": { "X": "Spotify!" } }), "settings.stores: "),
            (serde_json::json!({ "directory": "a", "titles": { "X": "US-UM7" } }), "settings.titles: "),
            (
                serde_json::json!({ "directory": "a", "layouts": { "x": { "columns": {} } } }),
                "settings.layouts.x: ",
            ),
            (serde_json::json!({ "folder": "a" }), "unknown field"),
        ] {
            let error = watched(json.clone()).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn names_are_compared_without_case() {
        let json = serde_json::json!({
            "directory": "a",
            "stores": { "My Shop": "bandcamp" },
            "titles": { "Night Drive": "us-um7-17-03861" },
            "currency": "EUR",
        });
        let reading = watched(json).unwrap().reading;
        assert_eq!(reading.stores["my shop"], "bandcamp");
        assert_eq!(reading.titles["night drive"], "USUM71703861");
        assert_eq!(reading.currency, Currency::parse("EUR").ok());
    }
}
