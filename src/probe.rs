//! Asking a provider directly, outside any running worker: what `check` and `discover` show. Nothing is stored.

use std::sync::Arc;

use actors::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, Integration, SetupError, Source},
    observer::Silent,
    page::{Next, PageRequest, Reply, Span},
    session::{
        Link, Session, Surroundings,
        quota::{Quotas, Urgency},
        transport::{HttpTransport, TransportError},
    },
};
use rows::{Clock, Table, ads::AdCampaign, clock::SystemClock};

/// A provider under question.
pub struct Probe {
    source: Arc<dyn Source>,
    integration: Arc<dyn Integration>,
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
}

/// Pages of one listing at most: more campaigns than anybody reads.
const PAGES_MAX: usize = 1_000;

impl Probe {
    /// Of this connection. Sends nothing yet.
    pub fn new(spec: Arc<ConnectionSpec>, integration: Arc<dyn Integration>) -> Result<Self, ProbeError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let observer = Arc::new(Silent);
        let surroundings = Surroundings {
            transport: Arc::new(HttpTransport::new()?),
            quotas: Arc::new(Quotas::new(clock.clone(), observer.clone())),
            clock,
            observer,
        };
        let source = integration.connect(&spec)?;
        let link = Link::new(spec, integration.id(), source.clone(), integration.quotas(), surroundings);
        Ok(Self { source, integration, session: link.session(Urgency::Fresh) })
    }

    /// The accounts that the credentials see, narrowed to the configured ones.
    pub async fn accounts(&self) -> Result<Accounts, Failure> {
        self.source.check(&self.session).await
    }

    /// The account's campaigns, where the integration has any.
    pub async fn campaigns(&self, account: &Account) -> Result<Vec<AdCampaign>, Failure> {
        let mut campaigns = Vec::new();
        for stream in self.integration.streams() {
            if !stream.tables.contains(&Table::AdCampaigns) {
                continue;
            }
            let mut cursor = None;
            for _ in 0..PAGES_MAX {
                let request = PageRequest {
                    stream: &stream,
                    account,
                    span: Span::Snapshot,
                    cursor: cursor.take(),
                    resume: None,
                    now: self.session.now(),
                };
                let Reply::Page(page) = self.source.page(&self.session, request).await? else { break };
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

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").field("integration", &self.integration.id()).finish_non_exhaustive()
    }
}
