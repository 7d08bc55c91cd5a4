//! Connections: what is configured for one, its integration's table and the built-in defaults put together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, CredentialSpec, Services, SetupError, StreamOverride},
    stream::{Kind, Tier},
};
use reqwest::Url;
use rows::clock::SystemClock;
use secrecy::SecretString;

use super::{
    base_url,
    document::{ConnectionTable, IntegrationTable, StreamTable},
    overlap::Candidate,
    people::RestsOn,
    place::KeyPath,
    quota,
    review::{Review, Secrets},
    secret::{SecretSource, StoredSecrets},
    validation::{not_built_in, shown},
};

/// The name under which what a person gave for a connection is stored.
pub fn consented(connection: &str) -> String {
    format!("consent/{connection}")
}

/// How far back history goes when a connection names no `start_date`: enough for every trailing window that is shown.
pub const DEFAULT_HISTORY_DAYS: i64 = 90;

/// One configured connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its integration.
    pub integration: String,
    /// Whom its data belongs to.
    pub tenant: String,
    /// Whether it began without a `start_date`: then the first day of its history moves with the day of loading, which is
    /// no change of configuration.
    pub start_date_is_default: bool,
    /// The user's consent without which it is not polled.
    pub rests_on: Option<RestsOn>,
    /// The region of what it talks to, as configured for it or its integration.
    pub data_region: Option<String>,
    /// Whether it and its integration are switched on.
    pub enabled: bool,
    /// Where it sends requests to: scheme, host and port; nowhere while it is switched off.
    pub origins: BTreeSet<String>,
    /// Settings that are on and make it read personal data.
    pub personal: Vec<&'static str>,
    /// What the engine needs; nothing when it is switched off or secrets were left out.
    pub spec: Option<Arc<ConnectionSpec>>,
}

// === impl Review ===

impl Review<'_> {
    /// All connections.
    pub fn connections(&mut self) -> BTreeMap<String, Connection> {
        let mut connections = BTreeMap::new();
        let mut candidates = Vec::new();
        let integrations = self.integration_tables();
        for name in self.names("connections") {
            let path = KeyPath::of(["connections", &name]);
            let Some(mut table) = self.read::<ConnectionTable>(&path) else { continue };
            let Some(integration) = self.integration(&table.integration, &path) else { continue };
            self.take_consent(&name, &mut table, integration.as_ref());
            let general = integrations.get(integration.manifest().id);
            let is_on = table.enabled && general.is_none_or(|general| general.enabled);
            let rests_on = self.rests_on(&path, &table.tenant, table.rests_on.take());
            let of_integration = || general.and_then(|general| general.data_region.clone());
            let mut connection = Connection {
                rests_on,
                data_region: table.data_region.clone().or_else(of_integration),
                integration: table.integration.clone(),
                tenant: table.tenant.clone(),
                start_date_is_default: table.start_date.is_none(),
                enabled: is_on,
                origins: BTreeSet::new(),
                personal: Vec::new(),
                spec: None,
            };
            if is_on {
                let base_url = self.base_url(&path, &table, general, integration.as_ref());
                let endpoints = self.endpoints(&path, &table, general, integration.as_ref());
                let secrets = self.secrets(&path, &table);
                let mut spec = self.spec(&name, &table, general, integration.as_ref());
                spec = spec.zip(base_url.clone()).map(|(spec, base_url)| ConnectionSpec {
                    base_url,
                    endpoints,
                    credentials: secrets.clone(),
                    ..spec
                });
                if let Some(spec) = &spec {
                    let urls = spec.endpoints.values().chain([&spec.base_url]);
                    connection.origins = urls.map(|url| url.origin().ascii_serialization()).collect();
                    let sealed = integration.manifest().sealed_settings.iter().copied();
                    connection.personal = sealed.filter(|name| spec.settings[*name] == true).collect();
                }
                if let Some(spec) = spec.clone() {
                    self.try_out(&path, &table, integration.as_ref(), spec);
                }
                connection.spec = spec.filter(|_| self.secrets == Secrets::Fetched).map(Arc::new);
                let subjects = integration.known_subjects(&table.settings);
                candidates.push(Candidate { name: name.clone(), table, base_url, subjects, secrets });
            }
            connections.insert(name, connection);
        }
        self.refuse_doubles(&candidates);
        connections
    }

    fn integration(&mut self, id: &str, path: &KeyPath) -> Option<Arc<dyn AnyIntegration>> {
        let found = self.integrations.iter().find(|integration| integration.manifest().id == id).cloned();
        if found.is_none() {
            let key = path.child("integration");
            let ids: Vec<_> = self.integrations.iter().map(|integration| integration.manifest().id).collect();
            let place = self.tree.place(&key);
            self.mistakes.push(not_built_in(id, &ids, place, key));
        }
        found
    }

    fn integration_tables(&mut self) -> BTreeMap<String, IntegrationTable> {
        let mut tables = BTreeMap::new();
        for integration in self.integrations {
            let path = KeyPath::of(["integrations", integration.manifest().id]);
            let Some(table) = self.read::<IntegrationTable>(&path) else { continue };
            self.check_quota(&path, &table.quota);
            self.check_streams(&path, &table.streams, integration.as_ref());
            for (key, url) in urls(&path, table.base_url.as_ref(), &table.endpoints) {
                if base_url::parse(url).is_ok_and(|url| base_url::is_exposed(&url)) {
                    self.warn_exposed(&key);
                }
            }
            tables.insert(integration.manifest().id.to_owned(), table);
        }
        tables
    }

    fn warn_exposed(&mut self, key: &KeyPath) {
        self.warn(key, "http:// to another machine sends credentials in the clear; use https://");
    }

    fn base_url(
        &mut self,
        path: &KeyPath,
        table: &ConnectionTable,
        general: Option<&IntegrationTable>,
        integration: &dyn AnyIntegration,
    ) -> Option<Url> {
        let configured =
            table.base_url.as_deref().or(general.and_then(|general| general.base_url.as_deref()));
        let key = path.child("base_url");
        let Ok(url) = base_url::parse(configured.unwrap_or_else(|| integration.manifest().base_url)) else {
            self.mistake(
                &key,
                "no usable base URL",
                "a URL such as \"https://api.example.com\"",
                "none",
                None,
            );
            return None;
        };
        if table.base_url.is_some() && base_url::is_exposed(&url) {
            self.warn_exposed(&key);
        }
        Some(url)
    }

    /// The roots of its further hosts: the connection's, else the integration's table's, else the usual ones.
    fn endpoints(
        &mut self,
        path: &KeyPath,
        table: &ConnectionTable,
        general: Option<&IntegrationTable>,
        integration: &dyn AnyIntegration,
    ) -> BTreeMap<String, Url> {
        let mut endpoints = BTreeMap::new();
        for host in integration.manifest().hosts {
            let own = table.endpoints.get(host.name);
            let configured = own.or_else(|| general.and_then(|general| general.endpoints.get(host.name)));
            // One that is wrong is told already, by the schema.
            let Ok(url) = base_url::parse(configured.map_or(host.url, String::as_str)) else { continue };
            if own.is_some() && base_url::is_exposed(&url) {
                self.warn_exposed(&path.child("endpoints").child(host.name));
            }
            endpoints.insert(host.name.to_owned(), url);
        }
        endpoints
    }

    fn secrets(&mut self, path: &KeyPath, table: &ConnectionTable) -> BTreeMap<String, SecretString> {
        let path = path.child("credentials");
        let mut secrets = BTreeMap::new();
        for (name, source) in &table.credentials {
            if let Some(secret) = self.secret(&path.child(name), source) {
                secrets.insert(name.clone(), secret);
            }
        }
        secrets
    }

    /// What `dynamoi connect` has stored stands where nothing is configured.
    fn take_consent(&self, name: &str, table: &mut ConnectionTable, integration: &dyn AnyIntegration) {
        let Some(consent) = integration.manifest().consent else { return };
        let has = |credential: &CredentialSpec| table.credentials.contains_key(credential.name);
        if has(consent.gives) || !consent.application.into_iter().all(has) {
            return;
        }
        let stored = consented(name);
        let may_be_there = self.secrets != Secrets::Fetched || self.stored.may_have(&stored);
        if self.encrypts && may_be_there {
            table.credentials.insert(consent.gives.name.to_owned(), SecretSource::Stored { stored });
        }
    }

    /// Everything but base URL and secrets.
    fn spec(
        &mut self,
        name: &str,
        table: &ConnectionTable,
        general: Option<&IntegrationTable>,
        integration: &dyn AnyIntegration,
    ) -> Option<ConnectionSpec> {
        let path = KeyPath::of(["connections", name]);
        self.check_quota(&path, &table.quota);
        self.check_streams(&path, &table.streams, integration);
        let general_quota = general.map(|general| quota::read(&general.quota)).unwrap_or_default();
        let quotas = Some(general_quota.with(&quota::read(&table.quota))).filter(|quota| !quota.is_empty());
        let mut streams: BTreeMap<String, StreamOverride> = BTreeMap::new();
        for (stream, change) in general.into_iter().flat_map(|general| &general.streams).chain(&table.streams)
        {
            merge(streams.entry(stream.clone()).or_default(), change);
        }
        let settings = self.without_key(&path, &table.settings, integration);
        self.refuse_both(&path, table, integration);
        self.refuse_unkept(&path, table, integration);
        let api_version = general.and_then(|general| general.api_version.clone());
        Some(ConnectionSpec {
            name: name.to_owned(),
            integration: table.integration.clone(),
            tenant: table.tenant.clone(),
            accounts: table.accounts.clone(),
            accounts_exclude: table.accounts_exclude.clone(),
            start_date: table
                .start_date
                .unwrap_or_else(|| rows::day::plus_days(self.today, -DEFAULT_HISTORY_DAYS)),
            base_url: base_url::parse(integration.manifest().base_url).ok()?,
            endpoints: BTreeMap::new(),
            api_version: api_version.unwrap_or_else(|| integration.manifest().api_version.to_owned()),
            credentials: BTreeMap::new(),
            settings,
            quotas,
            streams,
        })
    }

    /// An account cannot be read and left out.
    fn refuse_both(&mut self, path: &KeyPath, table: &ConnectionTable, integration: &dyn AnyIntegration) {
        let is_named = |excluded: &String| {
            let mut accounts = table.accounts.iter();
            accounts.any(|account| integration.account_id(account) == integration.account_id(excluded))
        };
        for (index, excluded) in table.accounts_exclude.iter().enumerate().filter(|(_, id)| is_named(id)) {
            self.mistake(
                &path.child("accounts_exclude").child(&index.to_string()),
                "an account is to be read and to be left out",
                "accounts that `accounts` does not name",
                &format!("account {excluded:?} in both"),
                Some("remove it from one of them".to_owned()),
            );
        }
    }

    /// What the provider replaces must be kept, and is kept sealed only.
    fn refuse_unkept(&mut self, path: &KeyPath, table: &ConnectionTable, integration: &dyn AnyIntegration) {
        for name in integration.manifest().replaced_credentials {
            if !self.encrypts && table.credentials.contains_key(*name) {
                self.mistake(
                    &path.child("credentials").child(name),
                    "a credential that the provider replaces, and no key to keep the new one with",
                    "[encryption] key, with which the new one is sealed in the database",
                    "no [encryption] key",
                    Some("`dynamoi secrets generate-key` makes one".to_owned()),
                );
            }
        }
    }

    /// The settings, with that off which needs an encryption key when there is none. It is said, not refused: everything
    /// else of the connection works.
    fn without_key(
        &mut self,
        path: &KeyPath,
        settings: &serde_json::Value,
        integration: &dyn AnyIntegration,
    ) -> serde_json::Value {
        let mut settings = settings.clone();
        for name in integration.manifest().sealed_settings {
            if !self.encrypts && settings.get(name) == Some(&serde_json::Value::Bool(true)) {
                self.warn(
                    &path.child("settings").child(name),
                    format!(
                        "{name} is off: personal data is stored encrypted only, and there is no [encryption] key; \
                         `dynamoi secrets generate-key` makes one"
                    ),
                );
                settings[*name] = false.into();
            }
        }
        settings
    }

    /// Lets the integration look at its settings and secrets. It sends nothing.
    fn try_out(
        &mut self,
        path: &KeyPath,
        table: &ConnectionTable,
        integration: &dyn AnyIntegration,
        mut spec: ConnectionSpec,
    ) {
        // A secret that cannot be had is told already; it must not keep the settings from being looked at.
        let mut unseen = Vec::new();
        let gives = integration.manifest().consent.map(|consent| consent.gives.name);
        for CredentialSpec { name, required, .. } in integration.manifest().credentials {
            let source = table.credentials.get(*name);
            // The schema has said so of every other that is required.
            let is_told = *required && Some(*name) != gives;
            if self.is_assumed(source)
                || (!spec.credentials.contains_key(*name) && (is_told || source.is_some()))
            {
                spec.credentials.insert((*name).to_owned(), SecretString::from("-"));
                unseen.push(*name);
            }
        }
        let services = Services::alone(Arc::new(SystemClock::new()));
        let (key, what, found, help) = match integration.connected(&spec, &services) {
            Ok(_) => return,
            Err(SetupError::Credential { name, .. }) if unseen.contains(&name) => return,
            Err(SetupError::Credential { name, problem }) => {
                let key = path.child("credentials").child(name);
                (
                    key,
                    format!("wrong credential: {problem}"),
                    Some("a secret of another form".to_owned()),
                    None,
                )
            }
            Err(SetupError::MissingCredential { name, help }) => (
                path.child("credentials").child(name),
                "missing credential".to_owned(),
                None,
                Some(match gives {
                    Some(gives) if gives == name => format!(
                        "{help}. `dynamoi connect {} --connection {}` gets and stores one",
                        spec.integration, spec.name
                    ),
                    _ => help.to_owned(),
                }),
            ),
            Err(SetupError::Setting { key, problem }) => {
                let settings = path.child("settings");
                let key = if key == "*" { settings } else { settings.child(&key) };
                (key, format!("wrong setting: {problem}"), None, None)
            }
        };
        if !self.is_broken(&key) {
            let shown = || self.tree.get(&key).map_or_else(|| "nothing".to_owned(), shown);
            self.mistake(&key, &what, "", &found.unwrap_or_else(shown), help);
        }
    }

    /// Whether a secret is taken to be there, and its text is made up.
    fn is_assumed(&self, source: Option<&SecretSource>) -> bool {
        matches!((source, self.stored), (Some(SecretSource::Stored { .. }), StoredSecrets::Assumed))
    }

    fn check_streams(
        &mut self,
        path: &KeyPath,
        streams: &BTreeMap<String, StreamTable>,
        integration: &dyn AnyIntegration,
    ) {
        let known = integration.known_streams();
        for (name, change) in streams {
            let Some(stream) = known.iter().find(|stream| stream.name == name) else { continue };
            let key = path.child("streams").child(name);
            let is_days = matches!(stream.kind, Kind::Days(_));
            let is_whole = matches!(stream.kind, Kind::Snapshot(_) | Kind::Files(_));
            for (setting, is_given, is_fitting, instead) in [
                ("tiers", change.tiers.is_some(), is_days, "`every`: this stream is not read by days"),
                ("every", change.every.is_some(), !is_days, "`tiers`: this stream is read by days"),
                (
                    "lookback_days",
                    change.lookback_days.is_some(),
                    !is_whole,
                    "`every`: this stream is read as a whole",
                ),
            ] {
                if is_given && !is_fitting {
                    self.mistake(
                        &key.child(setting),
                        "setting that this stream does not have",
                        instead,
                        &format!("`{setting}`"),
                        None,
                    );
                }
            }
        }
    }
}

/// The URLs of a table, with their keys.
fn urls<'a>(
    path: &KeyPath,
    base_url: Option<&'a String>,
    endpoints: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = (KeyPath, &'a str)> {
    let of_api = base_url.map(|url| (path.child("base_url"), url.as_str()));
    let below = path.child("endpoints");
    of_api.into_iter().chain(endpoints.iter().map(move |(name, url)| (below.child(name), url.as_str())))
}

fn merge(into: &mut StreamOverride, change: &StreamTable) {
    let tiers = change.tiers.as_ref().map(|tiers| {
        let mut tiers: Vec<_> =
            tiers.iter().map(|tier| Tier { days: tier.days, every: tier.every }).collect();
        tiers.sort_by_key(|tier| tier.days);
        tiers
    });
    into.enabled = change.enabled.or(into.enabled);
    into.lookback_days = change.lookback_days.or(into.lookback_days);
    into.tiers = tiers.or_else(|| into.tiers.take());
    into.every = change.every.or(into.every);
}

// === impl Connection ===

impl Connection {
    /// Whether nothing that the engine can see differs.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.spec, &other.spec) {
            (Some(ours), Some(theirs)) => {
                // The default start date moves with the day of loading.
                let moves = self.start_date_is_default && other.start_date_is_default;
                let start_date = if moves { ours.start_date } else { theirs.start_date };
                ours.same_as(&ConnectionSpec { start_date, ..ConnectionSpec::clone(theirs) })
            }
            (None, None) => true,
            _ => false,
        }
    }
}
