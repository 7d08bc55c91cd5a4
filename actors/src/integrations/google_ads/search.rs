//! `googleAds:search`: a query, its pages, and their rows one by one.

use std::time::Duration;

use ::rows::quarantine::Quarantined;
use bytes::Bytes;
use serde_json::json;

use super::{gaql::Query, mapping, wire};
use crate::{
    failure::Failure,
    page::{Next, Page},
    reading::{
        cursor,
        elements::{self, Unreadable},
        wire::Count,
    },
    session::{Call, Session},
};

/// A page of 10,000 rows may take a minute to come.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Whom to ask.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// `v25`.
    pub version: &'a str,
    /// Whose data. Digits.
    pub customer: &'a str,
    /// Through which manager, or the customer itself. Digits.
    pub login: &'a str,
}

/// One page of an answer, as it came.
#[derive(Debug)]
pub struct Found {
    body: Bytes,
    /// For people: which query of which customer.
    place: String,
    asked_token: Option<String>,
}

/// A whole list.
#[derive(Debug)]
pub struct Listed<T> {
    /// What was understood.
    pub read: Vec<T>,
    /// What was not.
    pub quarantined: Vec<Quarantined>,
}

/// Asks for one page. The first costs an operation, those after it cost none.
pub async fn page(
    session: &Session,
    target: Target<'_>,
    query: &Query,
    token: Option<&str>,
) -> Result<Found, Failure> {
    let Target { version, customer, login } = target;
    let mut body = json!({ "query": query.text, "searchSettings": { "returnTotalResultsCount": true } });
    if let Some(token) = token {
        body["pageToken"] = json!(token);
    }
    let operations = u32::from(token.is_none());
    let call = Call::post_at(&[version, "customers", customer, "googleAds:search"], query.endpoint)
        .header("login-customer-id", login)
        .account(customer)
        .units(operations)
        .body(body)
        .timeout(TIMEOUT);
    let place = format!("customer {customer}, {}", query.name);
    let response = session.send(call).await.map_err(|failure| match failure {
        // Rows may stand elsewhere by now: the query is read from its beginning, by whoever asked for it.
        Failure::Gone { .. } => cursor::lost(failure, token, &place),
        failure => failure,
    })?;
    Ok(Found { body: response.body, place, asked_token: token.map(str::to_owned) })
}

/// Reads all pages. For short lists only.
pub async fn all<T>(
    session: &Session,
    target: Target<'_>,
    query: &Query,
    read: impl Fn(wire::Row) -> Result<T, Unreadable>,
) -> Result<Listed<T>, Failure> {
    let mut all = Listed { read: Vec::new(), quarantined: Vec::new() };
    let mut token = None;
    loop {
        let (read, page) = page(session, target, query, token.as_deref()).await?.read(&read)?;
        all.add(Listed { read, quarantined: page.quarantined });
        token = page.next.into_cursor();
        if token.is_none() {
            return Ok(all);
        }
    }
}

// === impl Found ===

impl Found {
    /// A first page with this body.
    #[cfg(test)]
    pub fn of(body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), place: "customer 1, test".to_owned(), asked_token: None }
    }

    /// Reads its rows, each on its own: one that cannot be read is set aside. The page has all but the rows.
    pub fn read<T>(
        &self,
        read: impl Fn(wire::Row) -> Result<T, Unreadable>,
    ) -> Result<(Vec<T>, Page), Failure> {
        let Self { body, place, asked_token } = self;
        let (elements, (token, total)) =
            elements::read::<wire::Answer<wire::Row>, _>(body, place, mapping::named, read)?;
        let token = token.filter(|token| !token.is_empty());
        let page = Page {
            quarantined: elements.quarantined,
            total: total.and_then(|Count(total)| total.try_into().ok()),
            next: Next::after(token.is_some(), token, asked_token.as_deref(), place)?,
            ..Page::default()
        };
        Ok((elements.rows, page))
    }
}

// === impl Listed ===

impl<T> Listed<T> {
    /// Adds what is listed there.
    pub fn add(&mut self, other: Self) {
        self.read.extend(other.read);
        self.quarantined.extend(other.quarantined);
    }
}
