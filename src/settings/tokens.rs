//! Tokens that see one tenant's.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::{
    document::DEFAULT_TENANT,
    form,
    place::KeyPath,
    review::Review,
    secret::SecretSource,
    suggestion::{did_you_mean, one_of},
    validation::shown_text,
};

/// A token that sees one tenant's.
#[derive(Debug, Clone)]
pub struct Token {
    /// Whose.
    pub tenant: String,
    /// What is brought as bearer token.
    pub secret: SecretString,
}

/// A token that sees one tenant's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TokenTable {
    /// Whose: a tenant of `[tenants]`, or one that connections or campaigns name.
    #[schemars(schema_with = "form::text")]
    tenant: String,
    /// What is brought: `Authorization: Bearer …`. No other token may have the same.
    secret: SecretSource,
}

// === impl Review ===

impl Review<'_> {
    /// Those whose secrets could be had.
    pub fn tokens(
        &mut self,
        tables: BTreeMap<String, TokenTable>,
        bearer: Option<&SecretString>,
    ) -> BTreeMap<String, Token> {
        let section = KeyPath::of(["http", "tokens"]);
        self.check_names(&section, tables.keys());
        let known = self.known_tenants();
        let mut tokens: BTreeMap<String, Token> = BTreeMap::new();
        for (name, TokenTable { tenant, secret }) in tables {
            let path = section.child(&name);
            if !known.contains(&tenant) {
                self.mistake(
                    &path.child("tenant"),
                    "a tenant that nothing belongs to",
                    &one_of(known.iter().map(String::as_str)),
                    &shown_text(&tenant),
                    did_you_mean(&tenant, known.iter().map(String::as_str)),
                );
            }
            let path = path.child("secret");
            let Some(secret) = self.long_secret(&path, &secret) else { continue };
            let is_same = |other: &SecretString| other.expose_secret() == secret.expose_secret();
            let twin = tokens.iter().find(|(_, token)| is_same(&token.secret));
            let twin = twin.map(|(name, _)| format!("http.tokens.{name}"));
            let twin =
                twin.or_else(|| bearer.is_some_and(is_same).then(|| "http.authentication.bearer".to_owned()));
            if let Some(twin) = twin {
                self.mistake(
                    &path,
                    "one secret for two tokens: nobody could tell who asks",
                    "a secret of its own",
                    &format!("that of {twin}"),
                    Some("`openssl rand -hex 24` makes one".to_owned()),
                );
            }
            tokens.insert(name, Token { tenant, secret });
        }
        tokens
    }

    fn known_tenants(&self) -> BTreeSet<String> {
        let table = |section: &str| self.sound[section].as_object().into_iter().flatten();
        let of = |(_, table): (_, &Value)| table["tenant"].as_str().unwrap_or(DEFAULT_TENANT).to_owned();
        let named = table("connections").map(of).chain(table("campaigns").map(of));
        table("tenants").map(|(name, _)| name.clone()).chain(named).collect()
    }
}

// === impl Token ===

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.tenant == other.tenant && self.secret.expose_secret() == other.secret.expose_secret()
    }
}
