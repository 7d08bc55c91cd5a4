//! What a reload changes.

use super::{Http, Settings};

/// What differs between two configurations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for a section of its own")]
pub struct Changes {
    /// Connections to start.
    pub added: Vec<String>,
    /// Connections to stop: gone or switched off. Their rows stay.
    pub removed: Vec<String>,
    /// Connections to rebuild: something about them, their secrets or their integration's table differs.
    pub changed: Vec<String>,
    /// Whether marketing campaigns differ.
    pub campaigns: bool,
    /// Whether tenants differ, their markups too.
    pub tenants: bool,
    /// Whether tokens for tenants differ.
    pub tokens: bool,
    /// Whether the keys differ.
    pub encryption: bool,
    /// Sections that differ and take effect only when the worker is started again.
    pub needs_restart: Vec<&'static str>,
}

// === impl Changes ===

impl Changes {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

// === impl Settings ===

impl Settings {
    /// These, with the sections of `running` that take effect at a start only: what runs after a reload, and what the next
    /// one is compared with.
    #[must_use]
    pub fn after_reload(self, running: &Self) -> Self {
        Self {
            worker: running.worker.clone(),
            log: running.log.clone(),
            // Tokens can come and go.
            http: Http { tokens: self.http.tokens, ..running.http.clone() },
            database: running.database.clone(),
            cache: running.cache.clone(),
            ..self
        }
    }

    /// What `new` changes about `old`.
    pub fn changes(old: &Self, new: &Self) -> Changes {
        let mut changes = Changes {
            campaigns: old.campaigns != new.campaigns,
            tenants: old.tenants != new.tenants,
            tokens: old.http.tokens != new.http.tokens,
            encryption: old.encryption != new.encryption,
            ..Changes::default()
        };
        for (name, connection) in &new.connections {
            let before = old.connections.get(name);
            let was_on = before.is_some_and(|before| before.spec.is_some());
            match (was_on, connection.spec.is_some()) {
                (false, true) => changes.added.push(name.clone()),
                (true, false) => changes.removed.push(name.clone()),
                (true, true) if before.is_some_and(|before| !before.is_same(connection)) => {
                    changes.changed.push(name.clone());
                }
                _ => {}
            }
        }
        let gone = old.connections.iter().filter(|(name, _)| !new.connections.contains_key(*name));
        changes
            .removed
            .extend(gone.filter(|(_, before)| before.spec.is_some()).map(|(name, _)| name.clone()));
        changes.removed.sort();
        for (section, is_same) in [
            ("worker", old.worker == new.worker),
            ("log", old.log == new.log),
            ("http", old.http == new.http),
            ("database", old.database == new.database),
            ("cache", old.cache == new.cache),
        ] {
            if !is_same {
                changes.needs_restart.push(section);
            }
        }
        changes
    }
}
