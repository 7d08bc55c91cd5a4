//! Asking a provider directly, outside any running worker: what `check` and `discover` show. Nothing is stored.

use std::{sync::Arc, time::Duration};

use actors::{
    failure::Failure,
    integration::{Account, Accounts, AnyIntegration, Connected, ConnectionSpec, SetupError},
    observer::Silent,
    page::{Next, SetPage, SnapshotReply, SnapshotRequest},
    reader::Reader,
    session::{
        Link, LinkServices, Session,
        quota::{MemoryBudgets, Quotas, Urgency},
        tokens::Tokens,
        transport::{HttpTransport, TransportError},
    },
};
use futures::future::BoxFuture;
use rows::{
    Budgets, Clock, RefreshTokens, Table,
    ads::AdCampaign,
    budget::{BudgetError, Charge, Taken},
    clock::SystemClock,
    refresh::KeepError,
};
use secrecy::SecretString;
use store::{Access, Store};

use crate::{
    cache::{self, CacheError},
    open_store,
    settings::Settings,
};

/// A provider under question.
pub struct Probe {
    connected: Connected,
    integration: &'static str,
    session: Session,
}

/// Why a probe cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The connection's settings.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The wire.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The cache's settings.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// Keeps what a provider replaces while it is asked, and what is used of its budgets, in the configured database, which a
/// worker may use meanwhile.
struct Keeper {
    settings: Settings,
    /// The provider is known to replace what is used: it is not asked where the new one could not be kept.
    must_keep: bool,
    /// For who has no database of this version yet.
    alone: MemoryBudgets,
}

/// How long somebody waits for the accounts: a list can have thousands, or no end.
const ACCOUNTS_TIME_MAX: Duration = Duration::from_mins(10);
/// Pages of one listing at most: more campaigns than anybody reads.
const PAGES_MAX: usize = 1_000;

impl Probe {
    /// Of this connection. Sends nothing yet.
    pub fn new(
        settings: &Settings,
        spec: Arc<ConnectionSpec>,
        integration: &dyn AnyIntegration,
    ) -> Result<Self, ProbeError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let observer = Arc::new(Silent);
        let mut replaced = integration.manifest().replaced_credentials.iter();
        let must_keep = replaced.any(|name| spec.credentials.contains_key(*name));
        let alone = MemoryBudgets::default();
        let keeper = Arc::new(Keeper { settings: settings.clone(), must_keep, alone });
        let tokens = tokens(settings, &clock)?.kept_by(keeper.clone());
        let quotas = Quotas::new(clock.clone(), observer.clone()).kept_by(keeper);
        let services = LinkServices {
            tokens: Arc::new(tokens),
            quotas: Arc::new(quotas),
            ..LinkServices::alone(Arc::new(HttpTransport::new()?), clock, observer)
        };
        let connected = integration.connected(&spec, &services.services())?;
        let (integration, quota) = (integration.manifest().id, integration.manifest().quota());
        let link = Link::new(spec, integration, Arc::clone(&connected.source), quota, services);
        Ok(Self { connected, integration, session: link.session(Urgency::Fresh) })
    }

    /// The way to the provider.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The accounts that the credentials see, narrowed to the configured ones.
    pub async fn accounts(&self) -> Result<Accounts, Failure> {
        let asked = self.connected.source.check(&self.session);
        tokio::time::timeout(ACCOUNTS_TIME_MAX, asked).await.unwrap_or_else(|_| {
            let reason = "it was asked for ten minutes, and its list of accounts has no end: name those to read in `accounts`";
            Err(Failure::Transient { reason: reason.to_owned() })
        })
    }

    /// The account's campaigns, where the integration has any.
    pub async fn campaigns(&self, account: &Account) -> Result<Vec<AdCampaign>, Failure> {
        let mut campaigns = Vec::new();
        for stream in &self.connected.streams {
            let Reader::Snapshot(reader) = stream.reader() else { continue };
            if !stream.tables.contains(&Table::AdCampaigns) {
                continue;
            }
            let mut cursor: Option<String> = None;
            for _ in 0..PAGES_MAX {
                let asked = cursor.take();
                let now = self.session.now();
                let request = SnapshotRequest { account, cursor: asked.as_deref(), resume: None, now };
                let SnapshotReply::Page(SetPage { page, .. }) = reader.read(&self.session, request).await?
                else {
                    break;
                };
                campaigns.extend(page.rows.into_iter().filter_map(|row| match row {
                    rows::Row::AdCampaign(campaign) => Some(campaign),
                    _ => None,
                }));
                match page.next {
                    Next::More(next) => cursor = Some(next),
                    Next::End(_) => break,
                }
            }
        }
        Ok(campaigns)
    }
}

// === impl Keeper ===

impl Keeper {
    async fn open(&self, access: Access) -> Result<Store, KeepError> {
        let store = open_store(&self.settings, access, Arc::new(SystemClock::new())).await;
        store.map_err(|error| KeepError::Unavailable(error.to_string()))
    }

    /// The database, made where it is missing: a token that has taken another's place must not be lost for want of a table.
    async fn make(&self) -> Result<Store, KeepError> {
        let store = self.open(Access::Make).await?;
        if let Err(error) = store.expect_current_or_empty().await {
            store.close().await;
            return Err(KeepError::Unavailable(error.to_string()));
        }
        Ok(store)
    }
}

impl RefreshTokens for Keeper {
    fn current<'a>(
        &'a self,
        configured: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>, KeepError>> {
        Box::pin(async move {
            if self.settings.database.missing_file().is_some() {
                return Ok(None);
            }
            let current = match self.open(Access::Write).await {
                Ok(store) => {
                    let current = store.current(configured).await;
                    store.close().await;
                    current
                }
                Err(error) => Err(error),
            };
            if self.must_keep { current } else { current.or(Ok(None)) }
        })
    }

    fn keep<'a>(
        &'a self,
        connection: &'a str,
        configured: &'a SecretString,
        current: &'a SecretString,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async move {
            let store = self.make().await?;
            let kept = store.keep(connection, configured, current).await;
            store.close().await;
            kept
        })
    }
}

impl Budgets for Keeper {
    fn take<'a>(&'a self, charges: &'a [Charge<'a>]) -> BoxFuture<'a, Result<Taken, BudgetError>> {
        Box::pin(async move {
            // Asking a provider makes no database, and needs none that a worker has not made.
            if self.settings.database.missing_file().is_some() {
                return self.alone.take(charges).await;
            }
            let Ok(store) = self.open(Access::Write).await else { return self.alone.take(charges).await };
            let taken = match store.expect_current().await {
                Ok(()) => store.take(charges).await,
                Err(_) => self.alone.take(charges).await,
            };
            store.close().await;
            taken
        })
    }
}

/// Those that a worker has, where it shares them.
fn tokens(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Tokens, CacheError> {
    let cache = cache::open(&settings.cache, clock.clone(), Arc::new(|_, _| {}))?;
    Ok(match &settings.encryption.keyring {
        Some(keyring) if cache.is_shared() => Tokens::new(cache, Arc::new(keyring.clone()), clock.clone()),
        _ => Tokens::alone(clock.clone()),
    })
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").field("integration", &self.integration).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use actors::session::{Auth, Meaning, Response, Source, Verdict, quota::Quota};

    use super::*;

    /// A provider whose list of accounts has no end.
    struct Endless;

    impl Source for Endless {
        fn auth(&self) -> Auth {
            Auth::None
        }

        fn classify(&self, _: &Response) -> Verdict {
            Verdict { meaning: Meaning::Ok, signals: Vec::new() }
        }

        fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_of_accounts_without_an_end_is_given_up() {
        let spec = ConnectionSpec {
            name: "endless".to_owned(),
            integration: "endless".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: jiff::civil::date(2026, 11, 1),
            base_url: "https://api.example".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: String::new(),
            credentials: BTreeMap::new(),
            settings: serde_json::Value::Null,
            quotas: None,
            streams: BTreeMap::new(),
        };
        let transport = Arc::new(HttpTransport::new().unwrap());
        let services = LinkServices::alone(transport, Arc::new(SystemClock::new()), Arc::new(Silent));
        let connected = Connected { source: Arc::new(Endless), streams: Vec::new() };
        let source = Arc::clone(&connected.source);
        let link = Link::new(Arc::new(spec), "endless", source, Quota::default(), services);
        let probe = Probe { connected, integration: "endless", session: link.session(Urgency::Fresh) };
        let began = tokio::time::Instant::now();
        let failure = probe.accounts().await.unwrap_err();
        assert_eq!(began.elapsed(), ACCOUNTS_TIME_MAX);
        assert!(
            matches!(&failure, Failure::Transient { reason } if reason.contains("no end")),
            "{failure:?}"
        );
    }
}
