//! What the schema cannot say: a sound tree is turned into [`Settings`](super::Settings), mistakes and warnings noted on
//! the way.

use std::{collections::BTreeMap, sync::Arc};

use actors::integration::AnyIntegration;
use rows::Day;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::cipher::Keyring;

use super::{
    document::{Cache, Database, Encryption, Log},
    mistake::{Mistake, Mistakes, Warning},
    place::KeyPath,
    secret::{SecretSource, StoredSecrets},
    suggestion::one_of,
    tree::{self, Tree},
    validation::shown_text,
};
use crate::telemetry::logs::{self, LevelMistake};

/// What a review works with, and what it finds.
pub struct Review<'a> {
    /// All layers, as written: for places.
    pub tree: &'a Tree,
    /// The tree without what is wrong.
    pub sound: &'a Value,
    /// For secrets.
    pub environment: &'a BTreeMap<String, String>,
    /// What is built in.
    pub integrations: &'a [Arc<dyn AnyIntegration>],
    /// Whether secrets are wanted.
    pub secrets: Secrets,
    /// Those that the worker keeps itself.
    pub stored: &'a StoredSecrets,
    /// Those of them that were asked for, and where.
    pub used: Vec<(String, KeyPath)>,
    /// Whether a key is configured.
    pub encrypts: bool,
    /// The day (UTC) on which it is loaded.
    pub today: Day,
    /// What is wrong.
    pub mistakes: Mistakes,
    /// What is doubtful.
    pub warnings: Vec<Warning>,
}

/// Whether secrets are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// They are fetched; one that cannot be had is a mistake.
    Fetched,
    /// Only the encryption key is fetched: for commands that keep secrets, some of which may still be missing.
    KeyOnly,
    /// They are left where they are: for commands that need none, run by somebody who may have none.
    LeftOut,
}

/// Longest name of a connection or campaign: it is a label and a key column.
const NAME_LENGTH_MAX: usize = 64;

// === impl Review ===

impl Review<'_> {
    /// Notes a mistake.
    pub fn mistake(&mut self, key: &KeyPath, what: &str, expected: &str, found: &str, help: Option<String>) {
        self.mistakes.push(Mistake {
            what: what.to_owned(),
            place: self.tree.place(key),
            key: key.clone(),
            expected: expected.to_owned(),
            found: found.to_owned(),
            help,
        });
    }

    /// Notes a warning.
    pub fn warn(&mut self, key: &KeyPath, message: impl Into<String>) {
        self.warnings.push(Warning {
            place: self.tree.place(key),
            key: key.clone(),
            message: message.into(),
        });
    }

    /// Whether something below this key is wrong.
    pub fn is_broken(&self, path: &KeyPath) -> bool {
        self.mistakes.iter().any(|mistake| mistake.key.0.starts_with(&path.0))
    }

    /// Reads a part of the sound tree. Fails only where a mistake has been noted already, or else notes one.
    pub fn read<T: DeserializeOwned>(&mut self, path: &KeyPath) -> Option<T> {
        let value = tree::get(self.sound, path).cloned().unwrap_or_else(|| serde_json::json!({}));
        let read = serde_json::from_value(value).ok();
        if read.is_none() && !self.is_broken(path) {
            self.mistake(
                path,
                "wrong value",
                "the form that `dynamoi config schema` documents",
                "another one",
                None,
            );
        }
        read
    }

    /// The names below a top-level table, those that cannot be used noted.
    pub fn names(&mut self, section: &str) -> Vec<String> {
        let names: Vec<String> =
            self.sound[section].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        self.check_names(&KeyPath::of([section]), &names);
        names
    }

    /// Notes those of a table's names that cannot be used.
    pub fn check_names<'n>(&mut self, table: &KeyPath, names: impl IntoIterator<Item = &'n String>) {
        for name in names {
            let is_usable = name.len() <= NAME_LENGTH_MAX
                && name.starts_with(|first: char| first.is_ascii_alphanumeric())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !is_usable {
                self.mistake(
                    &table.child(name),
                    "name that cannot be used",
                    "up to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit",
                    &super::validation::shown_text(name),
                    None,
                );
            }
        }
    }

    /// Fetches a secret.
    pub fn secret(&mut self, key: &KeyPath, source: &SecretSource) -> Option<SecretString> {
        if let SecretSource::Stored { stored } = source {
            self.used.push((stored.clone(), key.clone()));
        }
        if self.secrets != Secrets::Fetched {
            return None;
        }
        self.fetch(key, source)
    }

    fn fetch(&mut self, key: &KeyPath, source: &SecretSource) -> Option<SecretString> {
        match source.fetch(self.environment, self.stored) {
            Ok(fetched) => {
                if let Some(doubt) = fetched.doubt {
                    self.warn(key, doubt);
                }
                Some(fetched.secret)
            }
            Err(missing) => {
                self.mistake(key, missing.what, &missing.expected, &missing.found, missing.help);
                None
            }
        }
    }

    /// What is logged.
    pub fn log(&mut self) -> Option<Log> {
        let section = KeyPath::of(["log"]);
        let log: Log = self.read(&section)?;
        let key = section.child("level");
        for LevelMistake { found, help } in logs::mistakes_in(&log.level) {
            let expected = format!(
                "{}, or directives such as \"info,actors=debug\"",
                one_of(logs::LEVELS.iter().copied())
            );
            self.mistake(&key, "wrong value", &expected, &shown_text(&found), help);
        }
        for doubt in logs::doubts_about(&log.level) {
            self.warn(&key, doubt);
        }
        Some(log)
    }

    /// The database section.
    pub fn database(&mut self) -> Option<Database> {
        let key = KeyPath::of(["database"]);
        let database: Database = self.read(&key)?;
        self.check_url(&key.child("url"), &database.url, "a URL that begins with sqlite:// or postgres://");
        Some(database)
    }

    /// The cache section.
    pub fn cache(&mut self) -> Option<Cache> {
        let key = KeyPath::of(["cache"]);
        let cache: Cache = self.read(&key)?;
        self.check_url(
            &key.child("url"),
            &cache.url,
            "memory://, or a URL that begins with redis:// or rediss://",
        );
        let url = cache.url.expose_secret();
        if url != "memory://" && redis::Client::open(url).is_err() {
            let expected = "a URL such as redis://USER:PASSWORD@HOST:6379/0";
            self.mistake(&key.child("url"), "not a Redis URL", expected, "text that is none", None);
        }
        if cache.ca_file.is_some() && !url.starts_with("rediss://") {
            let found = "a url that does not begin with rediss://";
            self.mistake(&key.child("ca_file"), "certificates without TLS", "a rediss:// url", found, None);
        }
        Some(cache)
    }

    /// The encryption keys.
    pub fn keyring(&mut self) -> Option<Keyring> {
        let section = KeyPath::of(["encryption"]);
        let source = self.read::<Encryption>(&section)?.key?;
        let key = section.child("key");
        self.encrypts = true;
        if matches!(source, SecretSource::Stored { .. }) {
            self.mistake(
                &key,
                "a key that is sealed with itself",
                "{ file = \"PATH\" }, { env = \"NAME\" } or { credential = \"NAME\" }",
                "{ stored = … }",
                None,
            );
            return None;
        }
        if self.secrets == Secrets::LeftOut {
            return None;
        }
        let text = self.fetch(&key, &source)?;
        match Keyring::parse(text.expose_secret()) {
            Ok(keyring) => Some(keyring),
            Err(error) => {
                self.mistake(
                    &key,
                    "no usable encryption key",
                    "one key a line, the newest first, as `dynamoi secrets generate-key` prints them",
                    &error.to_string(),
                    Some(
                        "without the right key, what it sealed cannot be read: look for a backup first"
                            .to_owned(),
                    ),
                );
                None
            }
        }
    }

    fn check_url(&mut self, key: &KeyPath, url: &SecretString, expected: &str) {
        // The text may hold a password, and the parser's error may quote it: neither is repeated.
        if reqwest::Url::parse(url.expose_secret()).is_err() {
            self.mistake(key, "not a URL", expected, "text that is none", None);
        }
    }
}
