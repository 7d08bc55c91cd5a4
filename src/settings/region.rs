//! Where data is and goes, and that a tenant's stays in its region.
//!
//! A region is a word, and what is said of a place is the operator's statement: nobody can be asked whether it is true. What
//! is not said is never taken to be right.

use std::fmt;

use super::{Settings, place::KeyPath, review::Review};

/// A place through which data goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// What it is, for people.
    pub what: String,
    /// The key that names its region.
    pub key: KeyPath,
    /// Its region, in lower case; nothing where none is stated.
    pub region: Option<String>,
    /// Whose data goes through it; nothing where everybody's does.
    pub tenant: Option<String>,
}

/// A place that is not known to be in the region of a tenant whose data goes through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// Whose data.
    pub tenant: String,
    /// Where it may be.
    pub region: String,
    /// Where it would be.
    pub location: Location,
}

// === impl Settings ===

impl Settings {
    /// Every place through which data goes: worker, database, cache, what is kept apart, and what each connection that is
    /// switched on talks to. A cache in memory is where the worker is; keys in a file beside the database's are where that is.
    pub fn locations(&self) -> Vec<Location> {
        let ours = |what: &str, section: &str, region: Option<&str>| Location {
            what: what.to_owned(),
            key: KeyPath::of([section, "data_region"]),
            region: region.filter(|region| !region.is_empty()).map(str::to_lowercase),
            tenant: None,
        };
        let mut locations = vec![
            ours("the worker", "worker", Some(&self.worker.data_region)),
            ours("the database", "database", self.database.data_region.as_deref()),
        ];
        if self.cache.is_elsewhere() {
            locations.push(ours("the cache", "cache", self.cache.data_region.as_deref()));
        }
        if self.privacy.is_apart() || self.privacy.data_region.is_some() {
            locations.push(ours("the key store", "privacy", self.privacy.data_region.as_deref()));
        }
        let switched_on = self.connections.iter().filter(|(_, connection)| connection.enabled);
        locations.extend(switched_on.map(|(name, connection)| Location {
            what: format!("{} of connection {name}", connection.integration),
            key: KeyPath::of(["connections", name, "data_region"]),
            region: connection.data_region.as_deref().map(str::to_lowercase),
            tenant: Some(connection.tenant.clone()),
        }));
        locations
    }

    /// Every place that is not known to be in the region of a tenant whose data goes through it. Tenants without a region are
    /// bound to none.
    pub fn outside_region(&self) -> Vec<Outside> {
        let locations = self.locations();
        let bound = self.tenants.iter().filter_map(|(id, tenant)| Some((id, tenant.data_region.as_ref()?)));
        let outside = bound.flat_map(|(id, region)| {
            let region = region.to_lowercase();
            let through = locations
                .iter()
                .filter(|location| location.tenant.as_ref().is_none_or(|tenant| tenant == id));
            through
                .filter(|location| location.region.as_deref() != Some(&*region))
                .map(|location| Outside {
                    tenant: id.clone(),
                    region: region.clone(),
                    location: location.clone(),
                })
                .collect::<Vec<_>>()
        });
        outside.collect()
    }
}

// === impl Review ===

impl Review<'_> {
    /// What is configured must keep every tenant's data in its region.
    pub fn refuse_outside(&mut self, settings: &Settings) {
        for Outside { tenant, region, location } in settings.outside_region() {
            let Location { what, key, region: stated, tenant: whose } = &location;
            let found = stated.as_ref().map_or_else(|| "none".to_owned(), |region| format!("{region:?}"));
            let help = match (stated, whose) {
                (None, None) => {
                    format!("say where it is with {key}: what is not said is not taken to be right")
                }
                (None, Some(_)) => {
                    format!(
                        "say where it is with {key}, or with data_region of the integration for all its connections"
                    )
                }
                (Some(_), None) => {
                    format!("give tenant {tenant} a worker, a database and a cache of its own in that region")
                }
                (Some(_), Some(_)) => {
                    "use what the provider has in that region, or take the connection out".to_owned()
                }
            };
            self.mistake(
                key,
                &format!("data of tenant {tenant} outside its region: {what}"),
                &format!("{region:?}, as tenants.{tenant}.data_region says"),
                &found,
                Some(help),
            );
        }
    }
}

// === impl Outside ===

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.location.region.as_deref().unwrap_or("no region that is stated");
        write!(
            f,
            "data of tenant {}, which must stay in {}, would go through {} in {found}",
            self.tenant, self.region, self.location.what
        )
    }
}
