//! Who may ask what, and which path does what.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::errors::AdsError;
use super::gaql::Query;
use super::search::{camel, rows, written};
use super::world::Customer;
use super::{ACCESSIBLE, DEVELOPER_TOKEN, GoogleAds};
use crate::exchange::Request;
use crate::google::Refused;

const VERSION: &str = "v25";
const LIST: &str = "customers:listAccessibleCustomers";
const SEARCH: &str = "googleAds:search";

/// Digits of a customer id.
const CUSTOMER_ID_DIGITS: usize = 10;

/// The body of a search.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Search {
    query: String,
    #[serde(default)]
    page_token: String,
    #[serde(default)]
    validate_only: bool,
    #[serde(default, rename = "searchSettings")]
    settings: Value,
    /// No longer allowed.
    page_size: Option<Value>,
}

/// Where an answer goes on, and as of when it was begun: further pages show the world of the first.
struct PagePlace {
    offset: usize,
    as_of: Timestamp,
}

/// Whether a request costs an operation: further pages and all that is not the API itself do not.
pub(super) fn is_operation(request: &Request) -> bool {
    let body = || serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
    request.path.ends_with(LIST)
        || (request.path.ends_with(SEARCH) && body()["pageToken"].as_str().unwrap_or_default().is_empty())
}

impl GoogleAds {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, AdsError> {
        // All queries go to one path, so that scripts match on what is asked, too.
        let asked = format!("{} {}", request.path, String::from_utf8_lossy(&request.body));
        if let Some(error) = self.script.error(&asked) {
            return Err(error);
        }
        self.admit(request)?;
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), segments.as_slice()) {
            (_, [version, ..]) if version.starts_with('v') && *version != VERSION => Err(AdsError::new(
                "requestError",
                "UNSUPPORTED_VERSION",
                format!("{version} is not supported."),
            )),
            ("GET", [VERSION, LIST]) => {
                let names = ACCESSIBLE.map(|id| format!("customers/{id}"));
                Ok(json!({ "resourceNames": names }))
            }
            ("POST", [VERSION, "customers", id, SEARCH]) => {
                let customer = self.permitted(id, request)?;
                let malformed =
                    |error| AdsError::bare(400, format!("Invalid JSON payload received. {error}"));
                self.search(customer, &serde_json::from_slice(&request.body).map_err(malformed)?)
            }
            _ => Err(AdsError::bare(404, "Requested entity was not found.")),
        }
    }

    /// Whether the request's credentials hold.
    fn admit(&self, request: &Request) -> Result<(), AdsError> {
        self.tokens.check(request).map_err(|refused| match refused {
            Refused::Missing => AdsError::bare(401, "Request is missing required authentication credential."),
            Refused::Unknown => AdsError::token("OAUTH_TOKEN_INVALID"),
            Refused::Expired => AdsError::token("OAUTH_TOKEN_EXPIRED"),
            Refused::Revoked => AdsError::token("OAUTH_TOKEN_REVOKED"),
        })?;
        match request.header("developer-token") {
            None | Some(DEVELOPER_TOKEN) => Ok(()),
            Some(_) => Err(AdsError::token("DEVELOPER_TOKEN_INVALID")),
        }
    }

    /// The customer of this id, where it may be read through the manager that the request names.
    fn permitted(&self, id: &str, request: &Request) -> Result<&Customer, AdsError> {
        let login = request.header("login-customer-id").unwrap_or(id);
        for (text, family, code) in
            [(id, "requestError", "INVALID_CUSTOMER_ID"), (login, "headerError", "INVALID_LOGIN_CUSTOMER_ID")]
        {
            if text.len() != CUSTOMER_ID_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(AdsError::new(family, code, format!("Invalid customer ID '{text}'.")));
            }
        }
        let customer = self.world.customer(id).ok_or_else(AdsError::permission)?;
        if !ACCESSIBLE.contains(&login) {
            return Err(AdsError::permission());
        }
        if !self.world.tree(login).iter().any(|(client, _)| client.id == id) {
            let code = "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION";
            let message = "The login customer cannot access the serving customer.";
            return Err(AdsError::new("authorizationError", code, message));
        }
        match self.world.refused.get(id) {
            Some(error) => Err(error.clone()),
            None if customer.status != "ENABLED" => Err(AdsError::not_enabled()),
            None => Ok(customer),
        }
    }

    fn search(&self, customer: &Customer, search: &Search) -> Result<Value, AdsError> {
        if search.page_size.is_some() {
            let message = "Setting the page size is not supported.";
            return Err(AdsError::new("requestError", "PAGE_SIZE_NOT_SUPPORTED", message));
        }
        let query = Query::parse(&search.query)?;
        let page = match search.page_token.as_str() {
            "" => PagePlace { offset: 0, as_of: self.time.now() },
            token => self.page_place(token, customer, &search.query)?,
        };
        let rows = rows(&self.world, customer, &query, page.as_of)?;
        if search.validate_only {
            return Ok(json!({}));
        }
        let end = page.offset.saturating_add(self.page_rows).min(rows.len());
        let shown = rows.get(page.offset..end).unwrap_or_default();
        let mut body = Map::new();
        if !shown.is_empty() {
            body.insert("results".to_owned(), shown.iter().map(|row| written(&query, row)).collect());
        }
        if end < rows.len() {
            let next = PagePlace { offset: end, ..page };
            body.insert("nextPageToken".to_owned(), self.page_token(&next, customer, &search.query).into());
        }
        if search.settings["returnTotalResultsCount"] == true {
            body.insert("totalResultsCount".to_owned(), rows.len().to_string().into());
        }
        let mask: Vec<String> = query.select.iter().map(|field| camel(field)).collect();
        body.insert("fieldMask".to_owned(), mask.join(",").into());
        body.insert("queryResourceConsumption".to_owned(), (100 + rows.len()).to_string().into());
        Ok(body.into())
    }

    fn page_token(&self, place: &PagePlace, customer: &Customer, query: &str) -> String {
        let digest = Sha256::digest(format!("{} {query}", customer.id));
        let parts = format!(
            "{}/{}/{}/{}",
            self.page_generation,
            place.offset,
            place.as_of,
            hex::encode(&digest[..8])
        );
        hex::encode(parts)
    }

    /// Reads a page token, which goes with its own query and customer only.
    fn page_place(&self, token: &str, customer: &Customer, query: &str) -> Result<PagePlace, AdsError> {
        let invalid = || AdsError::new("requestError", "INVALID_PAGE_TOKEN", "Page token is invalid.");
        let parts = String::from_utf8(hex::decode(token).map_err(|_| invalid())?).map_err(|_| invalid())?;
        let [generation, offset, as_of, _] = parts.split('/').collect::<Vec<_>>()[..] else {
            return Err(invalid());
        };
        if generation.parse::<u64>().is_ok_and(|generation| generation < self.page_generation) {
            return Err(AdsError::new("requestError", "EXPIRED_PAGE_TOKEN", "Page token has expired."));
        }
        let place = PagePlace {
            offset: offset.parse().map_err(|_| invalid())?,
            as_of: as_of.parse().map_err(|_| invalid())?,
        };
        if self.page_token(&place, customer, query) == token { Ok(place) } else { Err(invalid()) }
    }
}
