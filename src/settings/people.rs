//! Tenants and their markups, where the keys of their users are, and what rests on a user's consent.

use std::collections::BTreeMap;

use rows::markup::{Markup, Markups, Percent};
use secrecy::{ExposeSecret, SecretString};
use store::people::{is_database, is_no_file, is_one_place};

use super::{
    Database, Settings,
    document::{MarkupTable, PrivacyTable, RestsOnTable, TenantTable},
    form,
    place::KeyPath,
    recipients::Recipient,
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
    /// Where erasures are noted: a path, or the URL of a PostgreSQL database of its own.
    pub journal: Option<SecretString>,
    /// Who is given data of people, by name.
    pub recipients: BTreeMap<String, Recipient>,
    /// The region of what is kept apart.
    pub data_region: Option<String>,
}

/// What the key store beside a SQLite file is called after it.
const KEYS_ENDING: &str = ".keys";
/// And the erasure journal.
const JOURNAL_ENDING: &str = ".erasures";

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

    /// Who is given data of this tenant's people, by name.
    pub fn recipients_of(&self, tenant: &str) -> impl Iterator<Item = (&str, &Recipient)> {
        let recipients = self.privacy.recipients.iter().map(|(name, recipient)| (name.as_str(), recipient));
        recipients.filter(move |(_, recipient)| recipient.is_of(tenant))
    }

    /// Where the key store is: as configured, else beside the database's file. Nothing where neither says so: several workers
    /// on one server would each have a key store of their own.
    pub fn key_store(&self) -> Option<SecretString> {
        self.privacy.keys.clone().or_else(|| beside(&self.database, KEYS_ENDING))
    }

    /// Where the erasure journal is, likewise.
    pub fn erasure_journal(&self) -> Option<SecretString> {
        self.privacy.journal.clone().or_else(|| beside(&self.database, JOURNAL_ENDING))
    }
}

/// A file beside the database's, where that is one.
fn beside(database: &Database, ending: &str) -> Option<SecretString> {
    let path = database.url.expose_secret().strip_prefix("sqlite://")?;
    let path = path.split('?').next().unwrap_or(path);
    Some(SecretString::from(format!("{path}{ending}")))
}

// === impl Privacy ===

impl Privacy {
    /// Whether it names a place of its own, which need not be where the database is.
    pub const fn is_apart(&self) -> bool {
        self.keys.is_some() || self.journal.is_some()
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
    pub fn privacy(
        &mut self,
        database: Option<&Database>,
        tenants: &BTreeMap<String, Tenant>,
    ) -> Option<Privacy> {
        let section = KeyPath::of(["privacy"]);
        let PrivacyTable { keys, journal, recipients, data_region } = self.read(&section)?;
        let is_database = |place: &SecretString| {
            let url = database.map(|database| database.url.expose_secret());
            url.is_some_and(|url| is_database(place.expose_secret(), url))
        };
        for (name, place) in [("keys", &keys), ("journal", &journal)] {
            if place.as_ref().is_some_and(|place| is_no_file(place.expose_secret())) {
                self.mistake(
                    &section.child(name),
                    "something else than a file",
                    "the path of a file, there or not, or the URL of a PostgreSQL database of its own",
                    "a directory, a device or a pipe",
                    None,
                );
            }
        }
        if keys.as_ref().is_some_and(is_database) {
            self.mistake(
                &section.child("keys"),
                "keys in the database that they seal",
                "a database of its own, with backups of its own: a destroyed key must not come back with the rows",
                "the worker's database",
                None,
            );
        }
        let place = |named: &Option<SecretString>, ending| {
            named.clone().or_else(|| database.and_then(|database| beside(database, ending)))
        };
        let both = place(&keys, KEYS_ENDING).zip(place(&journal, JOURNAL_ENDING));
        let are_one =
            both.is_some_and(|(keys, journal)| is_one_place(keys.expose_secret(), journal.expose_secret()));
        if are_one || journal.as_ref().is_some_and(is_database) {
            self.mistake(
                &section.child(if journal.is_some() { "journal" } else { "keys" }),
                "a journal in what it must outlive",
                "a file or a database of its own: it brings erasures back into a database or key store out of a backup",
                if are_one { "key store and journal in one place" } else { "the worker's database" },
                None,
            );
        }
        let needs_journal = |database: &Database| beside(database, JOURNAL_ENDING).is_none();
        if keys.is_some() && journal.is_none() && database.is_some_and(needs_journal) {
            self.mistake(
                &section.child("journal"),
                "keys of users, and no erasure journal",
                "postgres://…, a database of its own, or the path of a file where one worker only is on this database",
                "nothing",
                None,
            );
        }
        let recipients = self.recipients(recipients, tenants);
        Some(Privacy { keys, journal, recipients, data_region })
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
        self.refuse_sale(&path.child("rests_on").child("purpose"), &purpose);
        Some(RestsOn { user, purpose })
    }
}
