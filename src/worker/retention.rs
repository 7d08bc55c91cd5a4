//! Once a day, what has been kept for long enough is deleted; every hour it is looked whether a duty is past its time.

use std::{sync::Arc, time::Duration};

use parking_lot::RwLock;
use rows::Clock;
use secrecy::{ExposeSecret, SecretString};
use store::{
    Access, Store, StoreError,
    people::{KeyStore, People},
    retention::{By, Terms},
};

use super::holding::Health;
use crate::{
    settings::{Privacy, Settings},
    telemetry::Metrics,
};

/// How often it is looked whether a duty is past its time.
const LOOK_EVERY: Duration = Duration::from_hours(1);
/// How often what is old is deleted.
const PURGE_EVERY: Duration = Duration::from_hours(24);
/// After a start, so that it does not compete with the first readings.
const FIRST_PURGE_AFTER: Duration = Duration::from_mins(15);
/// Who did it, in the audit log.
const ACTOR: &str = "worker";

/// How long rows are kept, and where the keys are that some of it depends on. It can change.
#[derive(Debug, Clone)]
pub struct Retention(Arc<RwLock<Configured>>);

#[derive(Debug, Clone)]
struct Configured {
    terms: Terms,
    privacy: Privacy,
    /// Key store and erasure journal.
    places: Option<(SecretString, SecretString)>,
}

// === impl Retention ===

impl Retention {
    /// As configured.
    pub fn new(settings: &Settings) -> Self {
        Self(Arc::new(RwLock::new(Configured::of(settings))))
    }

    /// As configured now.
    pub fn renew(&self, settings: &Settings) {
        *self.0.write() = Configured::of(settings);
    }

    /// Keeps to it until it is aborted. A worker whose database another one has leaves that to it.
    pub async fn run(self, store: Store, health: Health, metrics: Arc<Metrics>, clock: Arc<dyn Clock>) {
        let mut purge_at = clock.elapsed() + FIRST_PURGE_AFTER;
        let mut look_at = clock.elapsed();
        loop {
            let now = clock.elapsed();
            let configured = self.0.read().clone();
            if !health.is_displaced() {
                if now >= purge_at {
                    purge_at = now + PURGE_EVERY;
                    look_at = now;
                    configured.purge(&store).await;
                }
                if now >= look_at {
                    look_at = now + LOOK_EVERY;
                    configured.look(&store, &metrics).await;
                }
            }
            let next = purge_at.min(look_at).saturating_sub(clock.elapsed());
            clock.sleep(next.max(Duration::from_secs(1))).await;
        }
    }
}

// === impl Configured ===

impl Configured {
    fn of(settings: &Settings) -> Self {
        let has_key = settings.encryption.keyring.is_some();
        let places = settings.key_store().zip(settings.erasure_journal()).filter(|_| has_key);
        Self { terms: settings.retention.clone(), privacy: settings.privacy.clone(), places }
    }

    /// Those whose keys some of it depends on; nothing where there are none yet.
    async fn people(&self, store: &Store) -> Result<Option<People>, StoreError> {
        let Some((keys, journal)) = &self.places else { return Ok(None) };
        let (keys, journal) = (keys.expose_secret(), journal.expose_secret());
        if KeyStore::missing_file(keys).is_some() {
            return Ok(None);
        }
        People::open_at(store, keys, journal, Access::Write).await.map(Some)
    }

    async fn purge(&self, store: &Store) {
        let purged = async {
            let people = self.people(store).await?;
            let standing = |tenant: &str| self.privacy.standing(tenant, ACTOR);
            let by = people.as_ref().map(|people| By { people, actor: ACTOR, standing: &standing });
            let purged = store.purge(&self.terms, by.as_ref()).await;
            if let Some(people) = people {
                people.close().await;
            }
            purged
        };
        match purged.await {
            Ok(purged) => {
                for left in &purged.left {
                    tracing::warn!(left, "due to be deleted, and left");
                }
                tracing::info!(rows = purged.rows(), "what was kept for long enough is deleted");
            }
            Err(error) => {
                tracing::warn!(%error, "what was kept for long enough was not deleted: tried again tomorrow");
            }
        }
    }

    async fn look(&self, store: &Store, metrics: &Metrics) {
        let overdue = async {
            let people = self.people(store).await?;
            let overdue = store.overdue(&self.terms, people.as_ref()).await;
            if let Some(people) = people {
                people.close().await;
            }
            overdue
        };
        match overdue.await {
            Ok(overdue) => {
                metrics.privacy_overdue("erasure", overdue.erasures);
                metrics.privacy_overdue("notification", overdue.notifications);
                metrics.privacy_overdue("purge", overdue.purges);
            }
            Err(error) => tracing::warn!(%error, "it is not known whether a privacy duty is past its time"),
        }
    }
}
