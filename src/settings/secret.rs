//! Secrets: where they come from, and how they are fetched. Their values live in [`SecretString`]s only.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::cipher::Keyring;

/// Where a secret comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum SecretSource {
    /// An environment variable.
    Env {
        /// Its name.
        env: String,
    },
    /// A file; white space around its content is dropped.
    File {
        /// Relative paths begin in the working directory.
        file: PathBuf,
    },
    /// A systemd credential: a file in `$CREDENTIALS_DIRECTORY`.
    Credential {
        /// Its name.
        credential: String,
    },
    /// The worker's own encrypted table.
    Stored {
        /// Its name.
        stored: String,
    },
    /// The secret itself.
    Plain(SecretString),
}

/// What is known of the secrets that the worker keeps itself, sealed in its database.
#[derive(Debug, Clone)]
pub enum StoredSecrets {
    /// Not looked at yet: each is taken to be there.
    Assumed,
    /// All that there are, by name; where one does not open, why.
    Known(BTreeMap<String, Result<SecretString, String>>),
    /// They cannot be had.
    Unavailable {
        /// Why.
        reason: String,
        /// What to do.
        help: String,
    },
}

/// A secret, fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The value, never empty.
    pub secret: SecretString,
    /// What is doubtful about where it was.
    pub doubt: Option<String>,
}

/// Why a secret cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What it is, in a few words.
    pub what: &'static str,
    /// What belongs there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do.
    pub help: Option<String>,
}

/// The variable in which systemd names the directory of a service's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
/// Most bytes of a secret's file: a wrong path must not fill memory.
const SECRET_FILE_BYTES_MAX: u64 = 1 << 20;

// === impl SecretSource ===

impl SecretSource {
    /// Fetches it.
    pub fn fetch(
        &self,
        environment: &BTreeMap<String, String>,
        kept: &StoredSecrets,
    ) -> Result<Fetched, Missing> {
        match self {
            Self::Env { env } => from_variable(env, environment),
            Self::File { file } => from_file(file, true),
            Self::Credential { credential } => from_credential(credential, environment),
            Self::Stored { stored } => kept.fetch(stored),
            Self::Plain(secret) => Ok(Fetched {
                secret: not_empty(secret.expose_secret(), "the text")?,
                doubt: Some(
                    "the secret stands in the configuration itself; move it to { env = \"NAME\" }, \
                     { file = \"PATH\" } or { credential = \"NAME\" }"
                        .to_owned(),
                ),
            }),
        }
    }

    /// Where it is: the same text for the same place (or the same plain secret). Not to be shown.
    pub fn place(&self) -> String {
        match self {
            Self::Env { env } => format!("env {env}"),
            Self::Credential { credential } => format!("credential {credential}"),
            Self::Stored { stored } => format!("stored {stored}"),
            Self::File { file } => format!("file {}", file.display()),
            Self::Plain(secret) => format!("plain {}", secret.expose_secret()),
        }
    }
}

// === impl StoredSecrets ===

impl StoredSecrets {
    /// Whether there is one of this name, as far as anybody has looked.
    pub fn may_have(&self, name: &str) -> bool {
        match self {
            Self::Assumed => true,
            Self::Known(secrets) => secrets.contains_key(name),
            Self::Unavailable { .. } => false,
        }
    }

    fn fetch(&self, name: &str) -> Result<Fetched, Missing> {
        match self {
            // Two names are two secrets.
            Self::Assumed => {
                Ok(Fetched { secret: SecretString::from(format!("stored:{name}")), doubt: None })
            }
            Self::Known(secrets) => match secrets.get(name) {
                Some(Ok(secret)) => Ok(Fetched {
                    secret: not_empty(secret.expose_secret(), &format!("stored secret {name}"))?,
                    doubt: None,
                }),
                Some(Err(reason)) => Err(Missing {
                    what: "a stored secret cannot be read",
                    expected: format!("stored secret {name:?}"),
                    found: reason.clone(),
                    help: Some(format!("`dynamoi secrets put {name} --config …` stores it anew")),
                }),
                None => Err(Missing {
                    what: "there is no stored secret of this name",
                    expected: "the name of a secret that was stored".to_owned(),
                    found: format!("{{ stored = {name:?} }}"),
                    help: Some(format!("`dynamoi secrets put {name} --config …` stores it")),
                }),
            },
            Self::Unavailable { reason, help } => Err(Missing {
                what: "a stored secret cannot be read",
                expected: format!("stored secret {name:?}"),
                found: reason.clone(),
                help: Some(help.clone()),
            }),
        }
    }
}

impl Default for StoredSecrets {
    /// For who loads settings without a database.
    fn default() -> Self {
        Self::Unavailable {
            reason: "settings that were loaded without the database".to_owned(),
            help: "load them with `dynamoi::load_settings`".to_owned(),
        }
    }
}

fn from_variable(name: &str, environment: &BTreeMap<String, String>) -> Result<Fetched, Missing> {
    let Some(value) = environment.get(name) else {
        return Err(Missing {
            what: "the environment variable of a secret is not set",
            expected: format!("environment variable {name} to hold the secret"),
            found: "no such variable".to_owned(),
            help: Some(format!("export {name}=… before starting, or name another source")),
        });
    };
    Ok(Fetched { secret: not_empty(value, &format!("environment variable {name}"))?, doubt: None })
}

fn from_credential(name: &str, environment: &BTreeMap<String, String>) -> Result<Fetched, Missing> {
    let Some(directory) = environment.get(CREDENTIALS_DIRECTORY) else {
        return Err(Missing {
            what: "there is no directory of credentials",
            expected: format!("${CREDENTIALS_DIRECTORY}, which systemd sets for a service with credentials"),
            found: "no such variable".to_owned(),
            help: Some(format!("add LoadCredential={name}:… to the unit, or name another source")),
        });
    };
    if name.contains(['/', '\\']) || name == ".." {
        return Err(Missing {
            what: "not a credential's name",
            expected: "a file name without a path".to_owned(),
            found: format!("{name:?}"),
            help: None,
        });
    }
    // systemd's own permissions on that directory are as narrow as can be.
    from_file(&Path::new(directory).join(name), false)
}

fn from_file(path: &Path, check_mode: bool) -> Result<Fetched, Missing> {
    let unreadable = |found: String| Missing {
        what: "the file of a secret cannot be read",
        expected: format!("{} to hold the secret", path.display()),
        found,
        help: path
            .is_relative()
            .then(|| "relative paths begin in the directory in which the worker is started".to_owned()),
    };
    let metadata = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > SECRET_FILE_BYTES_MAX {
        return Err(unreadable(format!("no plain file of at most {SECRET_FILE_BYTES_MAX} bytes")));
    }
    let content = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let doubt = (check_mode && readable_by_others(&metadata))
        .then(|| format!("{} can be read by the group or by everybody: chmod 600 {0}", path.display()));
    Ok(Fetched { secret: not_empty(&content, &path.display().to_string())?, doubt })
}

fn not_empty(value: &str, place: &str) -> Result<SecretString, Missing> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(Missing {
            what: "the secret is empty",
            expected: format!("{place} to hold the secret"),
            found: "nothing but white space".to_owned(),
            help: None,
        });
    }
    // A PEM or a JSON key has lines, and so have encryption keys; everything else goes into a header or an address, where a
    // line break is refused.
    let has_lines =
        trimmed.starts_with("-----BEGIN") || trimmed.starts_with('{') || Keyring::parse(trimmed).is_ok();
    if !has_lines && let Some(at) = trimmed.chars().position(char::is_control) {
        return Err(Missing {
            what: "the secret has a line break or another control character inside",
            expected: format!("{place} to hold the secret on one line"),
            found: format!("such a character after {at} others"),
            help: Some("copy it once more, in one piece, and write it on one line".to_owned()),
        });
    }
    Ok(SecretString::from(trimmed))
}

#[cfg(unix)]
fn readable_by_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &fs::Metadata) -> bool {
    false
}

impl JsonSchema for SecretSource {
    fn schema_name() -> Cow<'static, str> {
        "SecretSource".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let name = |description: &str| json_schema!({ "type": "string", "minLength": 1, "description": description });
        json_schema!({
            "title": "{ env = \"NAME\" }, { file = \"PATH\" }, { credential = \"NAME\" } or { stored = \"NAME\" }",
            "writeOnly": true,
            "anyOf": [
                { "type": "string", "minLength": 1 },
                {
                    "type": "object",
                    "properties": {
                        "env": name("An environment variable."),
                        "file": name("A file."),
                        "credential": name("A systemd credential."),
                        "stored": name("The worker's own encrypted table.")
                    },
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1
                }
            ]
        })
    }
}
