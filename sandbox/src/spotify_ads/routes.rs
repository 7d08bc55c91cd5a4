//! Who may ask what, and which path does what.

use serde_json::{Value, json};

use super::errors::AdsError;
use super::render;
use super::seeding::BUSINESSES;
use super::world::{Account, Level};
use super::{PAGE_LENGTH, SpotifyAds};
use crate::exchange::Request;
use crate::oauth::Holder;

impl SpotifyAds {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, AdsError> {
        if self.tokens.holder(request)? != Holder::User {
            return Err(AdsError::forbidden());
        }
        let query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Some(error) = self.script.error(&format!("{}?{}", request.path, query.join("&"))) {
            return Err(error);
        }
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let ("GET", ["v3", path @ ..]) = (request.method.as_str(), segments.as_slice()) else {
            return Err(AdsError::not_found());
        };
        match *path {
            ["businesses"] => {
                let of = |(id, name): &(&str, &str)| json!({ "id": id, "name": name, "status": "ACTIVE", "type": "AGENCY" });
                Ok(json!({ "businesses": BUSINESSES.iter().map(of).collect::<Vec<_>>() }))
            }
            ["businesses", id, "ad_accounts"] => {
                self.permit(id)?;
                let mine = self.world.accounts.iter().filter(|account| account.business == id);
                Ok(json!({ "ad_accounts": mine.map(render::account).collect::<Vec<_>>() }))
            }
            ["ad_accounts", id] => Ok(render::account(self.permitted(id)?)),
            ["ad_accounts", id, "aggregate_reports"] => self.report(request, self.permitted(id)?),
            ["ad_accounts", id, list] => self.list(request, self.permitted(id)?, list),
            ["ad_accounts", id, list, object] => {
                let all = self.permitted(id)?.entities(level(list)?);
                let found = all.iter().find(|entity| entity.id() == object);
                found.map(render::object).ok_or_else(AdsError::not_found)
            }
            _ => Err(AdsError::not_found()),
        }
    }

    fn permit(&self, id: &str) -> Result<(), AdsError> {
        self.world.refused.get(id).map_or(Ok(()), |error| Err(error.clone()))
    }

    /// The account of this id, where it may be read.
    fn permitted(&self, id: &str) -> Result<&Account, AdsError> {
        let account = self.world.account(id).ok_or_else(AdsError::not_found)?;
        self.permit(id).and_then(|()| self.permit(account.business)).map(|()| account)
    }

    /// A page of an account's campaigns, ad sets or ads: the newest first, unless asked otherwise.
    fn list(&self, request: &Request, account: &Account, list: &str) -> Result<Value, AdsError> {
        let level = level(list)?;
        let named = |name: &str| -> Vec<&str> {
            request.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
        };
        let (campaigns, ad_sets, statuses) = (named("campaign_ids"), named("ad_set_ids"), named("statuses"));
        let mut entities = account.entities(level);
        entities.retain(|entity| {
            let campaign = entity.campaign.map(|campaign| campaign.id.as_str()).unwrap_or_default();
            let ad_set = entity.ad_set.map(|ad_set| ad_set.id.as_str()).unwrap_or_default();
            // Ads cannot be asked for by campaign, nor ad sets by themselves.
            (campaigns.is_empty() || level == Level::Ad || campaigns.contains(&campaign))
                && (ad_sets.is_empty() || level != Level::Ad || ad_sets.contains(&ad_set))
                && (statuses.is_empty() || statuses.contains(&entity.status()))
        });
        entities.sort_by_key(render::created_at);
        match request.param("sort_direction") {
            Some("ASC") => {}
            None | Some("DESC") => entities.reverse(),
            Some(_) => return Err(AdsError::bad_request("sort_direction must be ASC or DESC.")),
        }
        let total = entities.len();
        let limit = page_limit(request.param("limit"))?.min(self.page_length);
        let offset = request.param("offset").unwrap_or("0").parse::<usize>();
        let offset = offset.map_err(|_| AdsError::bad_request("offset must be a whole number."))?;
        let page: Vec<Value> = entities.iter().skip(offset).take(limit).map(render::object).collect();
        Ok(json!({
            "paging": { "page_size": limit, "total_results": total, "offset": offset },
            list: page,
        }))
    }
}

fn level(list: &str) -> Result<Level, AdsError> {
    match list {
        "campaigns" => Ok(Level::Campaign),
        "ad_sets" => Ok(Level::AdSet),
        "ads" => Ok(Level::Ad),
        _ => Err(AdsError::not_found()),
    }
}

/// Elements of a page, from 1 to 50.
pub(super) fn page_limit(asked: Option<&str>) -> Result<usize, AdsError> {
    let limit = asked.map_or(Ok(PAGE_LENGTH), str::parse).ok();
    limit
        .filter(|limit| (1..=PAGE_LENGTH).contains(limit))
        .ok_or_else(|| AdsError::bad_request("limit must be between 1 and 50."))
}
