//! Tenants and their markups, where the keys of their users are, and what rests on a user's consent.

use std::collections::BTreeMap;

use rows::markup::{Markup, Markups, Percent};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Database, Settings,
    document::{MarkupTable, PrivacyTable, RestsOnTable, TenantTable},
    form,
    place::KeyPath,
    review::Review,
    validation::shown,
};

/// One tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its name for people.
    pub name: String,
    /// Where its data may be.
    pub data_region: Option<String>,
    /// Its own zone (IANA).
    pub time_zone: Option<String>,
    /// What is added to what ad networks charged before it is shown any of it.
    pub markup: Markup,
}

/// A user's consent, without which a connection is not polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestsOn {
    /// The user's id here.
    pub user: String,
    /// To what.
    pub purpose: String,
}

/// What is kept apart about people.
#[derive(Debug, Clone, Default)]
pub struct Privacy {
    /// Where users' data keys are: a path, or the URL of a PostgreSQL database of its own.
    pub keys: Option<SecretString>,
}

/// What the key store beside a SQLite file is called after it.
const KEYS_ENDING: &str = ".keys";

// === impl Settings ===

impl Settings {
    /// As the store takes tenants.
    pub fn stored_tenants(&self) -> Vec<store::people::Tenant> {
        let stored = |(id, tenant): (&String, &Tenant)| store::people::Tenant {
            id: id.clone(),
            name: tenant.name.clone(),
            data_region: tenant.data_region.clone(),
            time_zone: tenant.time_zone.clone(),
        };
        self.tenants.iter().map(stored).collect()
    }

    /// The tenant's markup; one without a section of its own has none.
    pub fn markup(&self, tenant: &str) -> Markup {
        self.tenants.get(tenant).map(|tenant| tenant.markup.clone()).unwrap_or_default()
    }

    /// The markups of tenants that have a token, and so are shown something.
    pub fn displayed_markups(&self) -> Markups {
        let tenants = self.http.tokens.values().map(|token| token.tenant.clone());
        tenants.map(|tenant| (tenant.clone(), self.markup(&tenant))).collect()
    }

    /// What rests on consents, as the store takes it, by connection.
    pub fn stored_rests(&self) -> BTreeMap<String, store::people::RestsOn> {
        let rests = self.connections.iter().filter_map(|(name, connection)| {
            let RestsOn { user, purpose } = connection.rests_on.clone()?;
            Some((name.clone(), store::people::RestsOn { tenant: connection.tenant.clone(), user, purpose }))
        });
        rests.collect()
    }

    /// Where the key store is: as configured, else beside the database's file. Nothing where neither says so: several workers
    /// on one server would each have a key store of their own.
    pub fn key_store(&self) -> Option<SecretString> {
        self.privacy.keys.clone().or_else(|| {
            let path = self.database.url.expose_secret().strip_prefix("sqlite://")?;
            let path = path.split('?').next().unwrap_or(path);
            Some(SecretString::from(format!("{path}{KEYS_ENDING}")))
        })
    }
}

// === impl Review ===

impl Review<'_> {
    /// All tenants.
    pub fn tenants(&mut self) -> BTreeMap<String, Tenant> {
        let mut tenants = BTreeMap::new();
        for name in self.names("tenants") {
            let path = KeyPath::of(["tenants", &name]);
            let Some(table) = self.read::<TenantTable>(&path) else { continue };
            let TenantTable { name: shown, data_region, time_zone, markup } = table;
            let markup = self.markup(&path.child("markup"), &markup);
            tenants.insert(name, Tenant { name: shown, data_region, time_zone, markup });
        }
        tenants
    }

    /// None where a mistake has been noted.
    fn markup(&mut self, path: &KeyPath, tables: &[MarkupTable]) -> Markup {
        let mut steps: Vec<(rows::Day, Percent)> = Vec::new();
        for (index, MarkupTable { from, percent }) in tables.iter().enumerate() {
            let path = path.child(&index.to_string());
            let text = percent.as_str().map_or_else(|| percent.to_string(), str::to_owned);
            let Some(read) = Percent::parse(&text) else {
                self.mistake(&path.child("percent"), "wrong value", form::PERCENT, &shown(percent), None);
                continue;
            };
            if let Some((before, _)) = steps.last().filter(|(before, _)| from <= before) {
                let expected = format!("a day after {before}, from which the one before it holds");
                self.mistake(
                    &path.child("from"),
                    "markups that are not in order",
                    &expected,
                    &from.to_string(),
                    None,
                );
                continue;
            }
            steps.push((*from, read));
        }
        Markup::new(steps).unwrap_or_default()
    }

    /// The privacy section.
    pub fn privacy(&mut self, database: Option<&Database>) -> Option<Privacy> {
        let section = KeyPath::of(["privacy"]);
        let PrivacyTable { keys } = self.read(&section)?;
        let is_database = |keys: &SecretString| {
            database.is_some_and(|database| database.url.expose_secret() == keys.expose_secret())
        };
        if keys.as_ref().is_some_and(is_database) {
            self.mistake(
                &section.child("keys"),
                "keys in the database that they seal",
                "a database of its own, with backups of its own: a destroyed key must not come back with the rows",
                "the worker's database",
                None,
            );
        }
        Some(Privacy { keys })
    }

    /// A connection can rest only on a consent of a user of its tenant, and users are of tenants that are configured.
    pub fn rests_on(&mut self, path: &KeyPath, tenant: &str, table: Option<RestsOnTable>) -> Option<RestsOn> {
        let RestsOnTable { user, purpose } = table?;
        if self.sound["tenants"].get(tenant).is_none() {
            self.mistake(
                &path.child("rests_on"),
                "a consent at a tenant that is not configured",
                &format!("[tenants.{tenant}], whose users can agree to something"),
                "no such section",
                None,
            );
        }
        Some(RestsOn { user, purpose })
    }
}
