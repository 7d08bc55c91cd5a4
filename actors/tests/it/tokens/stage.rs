//! Connections to the invented provider.

use std::sync::Arc;

use actors::{
    failure::Failure,
    integration::{
        Account, Accounts, AnyIntegration as _, ConnectionSpec, HostSpec, Integration, Manifest, NoSettings,
        Setup, SetupError, Source,
    },
    observer::{Observer, Silent},
    page::Page,
    reader::StreamOf,
    session::{
        Auth, Call, Credential, Link, LinkServices, Meaning, Response, Session, Verdict,
        oauth::{Client, ClientAuth},
        quota::Urgency,
        tokens::Tokens,
    },
    stream::Snapshot,
};
use futures::future::BoxFuture;
use rows::{Clock, RefreshTokens, Table, clock::SimulatedClock};
use url::Url;

use super::issuer::{CONFIGURED, Issuer};

pub const CLIENT_SECRET: &str = "planted-client-secret";

/// Everything around a few connections.
pub struct Stage {
    pub clock: SimulatedClock,
    pub issuer: Issuer,
    pub tokens: Arc<Tokens>,
    pub observer: Arc<dyn Observer>,
}

/// The integration: its connections authenticate with this credential.
pub struct Gated(pub Arc<Credential>);

/// What it connects.
pub struct GatedSource(Arc<Credential>);

pub fn token_url() -> Url {
    Url::parse("https://token.invalid/oauth/token").unwrap()
}

pub fn client(auth: ClientAuth) -> Client {
    Client { id: "the client".to_owned(), secret: CLIENT_SECRET.into(), auth }
}

pub fn refresh(configured: &str) -> Credential {
    Credential::refresh(&token_url(), client(ClientAuth::Form), configured.into())
}

pub fn spec(name: &str) -> ConnectionSpec {
    ConnectionSpec {
        name: name.to_owned(),
        integration: "gated".to_owned(),
        tenant: "label-a".to_owned(),
        accounts: Vec::new(),
        accounts_exclude: Vec::new(),
        start_date: jiff::civil::date(2026, 11, 12),
        base_url: "https://api.invalid".parse().unwrap(),
        endpoints: [
            ("token".to_owned(), token_url()),
            ("analytics".to_owned(), "https://analytics.invalid".parse().unwrap()),
            ("files".to_owned(), "https://files.invalid".parse().unwrap()),
        ]
        .into(),
        api_version: String::new(),
        credentials: [("refresh_token".to_owned(), CONFIGURED.into())].into(),
        settings: serde_json::Value::Null,
        quotas: None,
        streams: std::collections::BTreeMap::new(),
    }
}

pub fn call() -> Call {
    Call::get("/things", "things")
}

impl Stage {
    pub fn new() -> Self {
        let clock = SimulatedClock::new("2026-11-21T12:00:00Z".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let tokens = Arc::new(Tokens::alone(shared.clone()));
        Self { clock, issuer: Issuer::new(shared), tokens, observer: Arc::new(Silent) }
    }

    /// As after a restart: what was in memory is gone.
    pub fn restart(&mut self, keeper: Option<Arc<dyn RefreshTokens>>) {
        let tokens = Tokens::alone(Arc::new(self.clock.clone()));
        self.tokens = Arc::new(match keeper {
            Some(keeper) => tokens.kept_by(keeper),
            None => tokens,
        });
    }

    pub fn services(&self) -> LinkServices {
        let alone = LinkServices::alone(
            Arc::new(self.issuer.clone()),
            Arc::new(self.clock.clone()),
            self.observer.clone(),
        );
        LinkServices { tokens: self.tokens.clone(), ..alone }
    }

    pub fn link(&self, name: &str, credential: Credential) -> Arc<Link> {
        let integration = Gated(Arc::new(credential));
        let (spec, services) = (spec(name), self.services());
        let source = integration.connected(&spec, &services.services()).unwrap().source;
        Link::new(Arc::new(spec), "gated", source, Vec::new(), services)
    }

    pub fn session(&self, name: &str, credential: Credential) -> Session {
        self.link(name, credential).session(Urgency::Fresh)
    }
}

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "gated",
    base_url: "https://api.invalid",
    hosts: &[HostSpec {
        name: "token",
        url: "https://token.invalid/oauth/token",
        help: "Gives access tokens.",
    }],
    ..Manifest::BLANK
};

impl Integration for Gated {
    type Settings = NoSettings;
    type Source = GatedSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<GatedSource>> {
        let policy = Snapshot { every: std::time::Duration::from_mins(5), vanishing: None };
        vec![StreamOf::snapshot("things", &[Table::AdAccounts], policy, |_, session, _| {
            Box::pin(async move {
                session.send(call()).await?;
                Ok(Page::default().into())
            })
        })]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<GatedSource, SetupError> {
        Ok(GatedSource(self.0.clone()))
    }
}

impl Source for GatedSource {
    fn auth(&self) -> Auth {
        Auth::token(self.0.clone())
    }

    /// Of its two further hosts, one takes the same tokens.
    fn auth_at(&self, host: &'static str) -> Auth {
        if host == "analytics" { self.auth() } else { Auth::None }
    }

    fn classify(&self, response: &Response) -> Verdict {
        match response.status {
            200 => Meaning::Ok.into(),
            401 | 403 => Meaning::NeedsReauth { advice: "set credentials again".to_owned() }.into(),
            status => Meaning::Permanent { reason: format!("status {status}") }.into(),
        }
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Box::pin(async move {
            session.send(call()).await?;
            let (id, name) = ("1".to_owned(), "one".to_owned());
            Ok(Accounts::one(Account { id, name, currency: None, time_zone: "UTC".to_owned() }))
        })
    }
}
