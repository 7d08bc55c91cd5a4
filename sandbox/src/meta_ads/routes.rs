//! Which call is answered by what: versions, tokens, permissions, paths.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sha2::Sha256;

use super::entities::{self, Edge, Entity};
use super::errors::MetaError;
use super::fields::ACCOUNT_FIELDS;
use super::insights::{Row, Scope};
use super::params::Params;
use super::query::{InsightsQuery, Level};
use super::world::{Account, account_number};
use super::{AccountFault, MetaAds, Permission, Surface, rows};
use crate::exchange::Request;

/// Versions that are served; others are told to upgrade.
const VERSIONS: [&str; 2] = ["v25.0", "v26.0"];

impl MetaAds {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, MetaError> {
        if let Some(error) = self.script.error(&request.path) {
            return Err(error);
        }
        let segments = request.path.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>();
        let segments = versioned(&segments)?;
        let params = Params::of(request);
        self.authenticate(request, &params)?;
        match (request.method.as_str(), segments) {
            ("GET", ["me"]) => Ok(json!({ "id": "122093811111111111", "name": "Analytics system user" })),
            ("GET", ["me", "adaccounts"]) => self.account_list(request, &params),
            ("GET", ["debug_token"]) => Ok(self.token_description(&params)),
            ("GET", [id]) => self.node(id, &params),
            ("GET", [id, "campaigns"]) => self.list(id, Edge::Campaigns, request, &params),
            ("GET", [id, "adsets"]) => self.list(id, Edge::AdSets, request, &params),
            ("GET", [id, "ads"]) => self.list(id, Edge::Ads, request, &params),
            ("GET", [id, "insights"]) => self.insights(id, request, &params),
            ("POST", [id, "insights"]) => self.create_report(id, &params),
            (method, _) => {
                let message =
                    format!("Unknown path components or unsupported {method} request: {}", request.path);
                Err(MetaError::new(400, 2500, message))
            }
        }
    }

    /// The bearer header or the parameter; when both are there, the header counts.
    fn authenticate(&self, request: &Request, params: &Params) -> Result<(), MetaError> {
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match bearer.or_else(|| params.get("access_token")) {
            None => Err(MetaError::new(400, 104, "An access token is required to request this resource.")),
            Some(_) if self.token.is_expired() => Err(MetaError::token_expired()),
            Some(token) if token != self.token.text() => Err(MetaError::token_invalid()),
            Some(_) => self.demand_proof(params),
        }
    }

    fn demand_proof(&self, params: &Params) -> Result<(), MetaError> {
        let Some(app_secret) = &self.app_secret else {
            return Ok(());
        };
        // A key of any length will do.
        let proof = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes())
            .map(|mac| hex::encode(mac.chain_update(self.token.text().as_bytes()).finalize().into_bytes()));
        match params.get("appsecret_proof") {
            None => {
                Err(MetaError::parameter("API calls from the server require an appsecret_proof argument"))
            }
            Some(given) if proof.is_ok_and(|proof| proof == given) => Ok(()),
            Some(_) => Err(MetaError::parameter("Invalid appsecret_proof provided in the API argument")),
        }
    }

    fn token_description(&self, params: &Params) -> Value {
        let is_valid = params.get("input_token") == Some(self.token.text());
        json!({ "data": { "is_valid": is_valid, "expires_at": 0, "scopes": ["ads_read"], "data_access_expires_at": 0 } })
    }

    fn permit(&self, surface: Surface, account: Option<&Account>) -> Result<(), MetaError> {
        if account.is_some_and(|account| !self.token.permits(&Permission::Account(account.id))) {
            return Err(MetaError::permission(true));
        }
        if !self.token.permits(&Permission::Surface(surface)) {
            return Err(MetaError::permission(surface == Surface::Insights));
        }
        Ok(())
    }

    fn account(&self, id: &str) -> Result<&Account, MetaError> {
        let number = id.strip_prefix("act_").and_then(account_number);
        let account = self.accounts.iter().find(|account| Some(account.id) == number);
        let account = account.ok_or_else(|| MetaError::missing(id))?;
        match self.account_faults.get(&account.id) {
            Some(AccountFault::Missing) => Err(MetaError::missing(id)),
            Some(AccountFault::Broken) => {
                Err(MetaError::new(500, 2, "Service temporarily unavailable".to_owned()))
            }
            _ => Ok(account),
        }
    }

    /// A campaign, ad set or ad, with its account.
    fn entity(&self, id: &str) -> Result<(&Account, Entity<'_>), MetaError> {
        let missing = || MetaError::missing(id);
        let number = id.parse::<u64>().map_err(|_| missing())?;
        let edges = [Edge::Campaigns, Edge::AdSets, Edge::Ads];
        let all = self.accounts.iter().flat_map(|account| {
            edges
                .iter()
                .flat_map(move |edge| Entity::all(account, *edge))
                .map(move |entity| (account, entity))
        });
        all.into_iter().find(|(_, entity)| entity.id() == number).ok_or_else(missing)
    }

    fn account_list(&self, request: &Request, params: &Params) -> Result<Value, MetaError> {
        self.permit(Surface::Accounts, None)?;
        let fields = params.fields(ACCOUNT_FIELDS, "AdAccount")?;
        let page = params.page(self.cursor_limit)?;
        let rows: Vec<Value> =
            page.of(&self.accounts).iter().map(|account| self.account_object(account, &fields)).collect();
        Ok(page.envelope(request, &rows, self.accounts.len()))
    }

    fn account_object(&self, account: &Account, fields: &[String]) -> Value {
        let mut object = entities::account(account, fields, self.now(), || self.spent_minor(account));
        if let Some(object) = object.as_object_mut() {
            match self.account_faults.get(&account.id) {
                Some(AccountFault::NoZone) => drop(object.remove("timezone_name")),
                Some(AccountFault::StrangeZone) => {
                    object.insert("timezone_name".to_owned(), Value::from("Mars/Olympus"));
                }
                Some(AccountFault::NullCurrency) => {
                    object.insert("currency".to_owned(), Value::Null);
                }
                Some(AccountFault::Missing | AccountFault::Broken) | None => {}
            }
        }
        object
    }

    fn spent_minor(&self, account: &Account) -> u64 {
        let today = self.now().to_zoned_datetime(account.zone.clone()).date();
        let first = account.campaigns.iter().map(|campaign| campaign.first_day).min().unwrap_or(today);
        let query = InsightsQuery {
            level: Level::Account,
            fields: Vec::new(),
            periods: vec![(first, today.checked_add(1.day()).unwrap_or(today))],
            by_country: false,
            windows: Vec::new(),
            filters: Vec::new(),
        };
        let rows = self.ledger(account, self.now()).rows(&query, Scope::Account).unwrap_or_default();
        rows.iter().map(|row| row.counts.spend_minor).sum()
    }

    fn node(&mut self, id: &str, params: &Params) -> Result<Value, MetaError> {
        if id.starts_with("act_") {
            let account = self.account(id)?;
            self.permit(Surface::Accounts, Some(account))?;
            let fields = params.fields(ACCOUNT_FIELDS, "AdAccount")?;
            return Ok(self.account_object(account, &fields));
        }
        if let Ok(number) = id.parse::<u64>()
            && self.reports.account_of(number).is_some()
        {
            return self.reports.poll(number);
        }
        let (account, entity) = self.entity(id)?;
        let surface = match entity {
            Entity::Campaign(_) => Surface::Campaigns,
            Entity::AdSet(..) => Surface::AdSets,
            Entity::Ad(..) => Surface::Ads,
        };
        self.permit(surface, Some(account))?;
        entities::node(account, entity, params)
    }

    fn list(&self, id: &str, edge: Edge, request: &Request, params: &Params) -> Result<Value, MetaError> {
        let account = self.account(id)?;
        let surface = match edge {
            Edge::Campaigns => Surface::Campaigns,
            Edge::AdSets => Surface::AdSets,
            Edge::Ads => Surface::Ads,
        };
        self.permit(surface, Some(account))?;
        entities::list(account, edge, request, params, self.cursor_limit)
    }

    /// The account and object whose insights an id asks for, and their level without a `level`.
    fn insights_scope(&self, id: &str) -> Result<(&Account, Scope, Level), MetaError> {
        if id.starts_with("act_") {
            return Ok((self.account(id)?, Scope::Account, Level::Account));
        }
        let (account, entity) = self.entity(id)?;
        let (scope, level) = match entity {
            Entity::Campaign(campaign) => (Scope::Campaign(campaign.id), Level::Campaign),
            Entity::AdSet(_, ad_set) => (Scope::AdSet(ad_set.id), Level::AdSet),
            Entity::Ad(_, _, ad) => (Scope::Ad(ad.id), Level::Ad),
        };
        Ok((account, scope, level))
    }

    fn insights(&self, id: &str, request: &Request, params: &Params) -> Result<Value, MetaError> {
        let run_id = id.parse::<u64>().ok().filter(|number| self.reports.account_of(*number).is_some());
        if let Some(run_id) = run_id {
            let run = self.reports.finished(run_id)?;
            let account = self.account(&format!("act_{}", run.account_id))?;
            self.permit(Surface::Insights, Some(account))?;
            let at = self.time.frozen().unwrap_or(run.created_at);
            let rows = self.insights_rows(account, &run.query, run.scope, at)?;
            return self.insights_page(request, params, &rows, &run.query);
        }
        let (account, scope, level) = self.insights_scope(id)?;
        self.permit(Surface::Insights, Some(account))?;
        let query = InsightsQuery::read(params, account, level, self.now())?;
        let rows = self.insights_rows(account, &query, scope, self.now())?;
        if self.sync_row_limit.is_some_and(|limit| rows.len() > limit) {
            return Err(MetaError::too_many_rows());
        }
        self.insights_page(request, params, &rows, &query)
    }

    fn insights_rows<'w>(
        &'w self,
        account: &'w Account,
        query: &InsightsQuery,
        scope: Scope,
        now: Timestamp,
    ) -> Result<Vec<Row<'w>>, MetaError> {
        if self.insights_empty {
            return Ok(Vec::new());
        }
        self.ledger(account, now).rows(query, scope)
    }

    fn insights_page(
        &self,
        request: &Request,
        params: &Params,
        rows: &[Row<'_>],
        query: &InsightsQuery,
    ) -> Result<Value, MetaError> {
        let page = params.page(self.cursor_limit)?;
        let shown: Vec<Value> = page.of(rows).iter().map(|row| rows::render(row, query, self.seed)).collect();
        Ok(page.envelope(request, &shown, rows.len()))
    }

    fn create_report(&mut self, id: &str, params: &Params) -> Result<Value, MetaError> {
        let (account, scope, level) = self.insights_scope(id)?;
        self.permit(Surface::Insights, Some(account))?;
        let account_id = account.id;
        let query = InsightsQuery::read(params, account, level, self.now())?;
        let failure = match self.async_row_limit {
            Some(limit) if self.insights_rows(account, &query, scope, self.now())?.len() > limit => {
                Some(MetaError::too_many_rows())
            }
            _ => None,
        };
        let now = self.now();
        Ok(self.reports.create(account_id, query, scope, now, failure))
    }
}

/// The segments after the version.
fn versioned<'s, 'p>(segments: &'s [&'p str]) -> Result<&'s [&'p str], MetaError> {
    match segments {
        [version, rest @ ..] if VERSIONS.contains(version) => Ok(rest),
        _ => {
            let message = "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: v26.0.";
            Err(MetaError::new(400, 2635, message))
        }
    }
}
