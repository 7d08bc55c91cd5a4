//! Stripe's requests: <https://docs.stripe.com/api>.

use std::time::Duration;

use crate::{
    failure::Failure,
    session::{Call, Response, Session},
};

use super::resource::Resource;

/// Objects on a page: the most that Stripe gives.
pub const PAGE_LIMIT: usize = 100;

/// How long a list of 100 objects with expansions may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What goes with every request.
#[derive(Debug, Clone, Default)]
pub struct Api {
    /// `Stripe-Version`: without it, every account would answer in the version of its own.
    pub version: String,
    /// `Stripe-Account`: reads this connected account of a platform.
    pub account: Option<String>,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Range<'a> {
    /// Objects made at or after this Unix time.
    pub from: Option<i64>,
    /// Objects after (that is, older than) this id.
    pub after: Option<&'a str>,
}

// === impl Api ===

impl Api {
    /// A page of a resource's list, newest first; `expand` is expanded beside what always is.
    pub async fn list(
        &self,
        session: &Session,
        resource: &Resource,
        range: Range<'_>,
        expand: Option<&str>,
    ) -> Result<Response, Failure> {
        let mut call = page_of(Call::get_at(&["v1", resource.path], resource.list_endpoint), range);
        for (name, value) in resource.filters {
            call = call.query(name, *value);
        }
        for path in resource.expand.iter().copied().chain(expand) {
            call = call.query("expand[]", format!("data.{path}"));
        }
        self.send(session, call).await
    }

    /// One object as it is now.
    pub async fn retrieve(
        &self,
        session: &Session,
        resource: &Resource,
        expand: Option<&str>,
        id: &str,
    ) -> Result<Response, Failure> {
        let mut call = Call::get_at(&["v1", resource.path, id], resource.retrieve_endpoint);
        for path in resource.expand.iter().copied().chain(expand) {
            call = call.query("expand[]", path);
        }
        self.send(session, call).await
    }

    /// A page of the events that tell of a resource's changes, newest first.
    pub async fn events(
        &self,
        session: &Session,
        resource: &Resource,
        range: Range<'_>,
    ) -> Result<Response, Failure> {
        let mut call = page_of(Call::get("/v1/events", "events.list"), range);
        for kind in resource.events {
            call = call.query("types[]", *kind);
        }
        self.send(session, call).await
    }

    /// A page of a subscription's items.
    pub async fn subscription_items(
        &self,
        session: &Session,
        subscription: &str,
        after: Option<&str>,
    ) -> Result<Response, Failure> {
        let call = Call::get("/v1/subscription_items", "subscription_items.list")
            .query("subscription", subscription)
            .query("expand[]", "data.discounts");
        self.send(session, page_of(call, Range { from: None, after })).await
    }

    /// A price with its tiers and, where it is billed in another currency than its own, what it costs there.
    pub async fn price(
        &self,
        session: &Session,
        id: &str,
        other_currency: Option<&str>,
    ) -> Result<Response, Failure> {
        let mut call = Call::get_at(&["v1", "prices", id], "prices.retrieve").query("expand[]", "tiers");
        if let Some(currency) = other_currency {
            call = call
                .query("expand[]", "currency_options")
                .query("expand[]", format!("currency_options.{currency}.tiers"));
        }
        self.send(session, call).await
    }

    /// A coupon with the products and currencies that it holds for.
    pub async fn coupon(&self, session: &Session, id: &str) -> Result<Response, Failure> {
        let call = Call::get_at(&["v1", "coupons", id], "coupons.retrieve")
            .query("expand[]", "applies_to")
            .query("expand[]", "currency_options");
        self.send(session, call).await
    }

    /// The cheapest question that only a valid key gets an answer to.
    pub async fn probe(&self, session: &Session) -> Result<Response, Failure> {
        let call = Call::get("/v1/balance_transactions", "balance_transactions.list").query("limit", "1");
        self.send(session, call).await
    }

    async fn send(&self, session: &Session, call: Call) -> Result<Response, Failure> {
        let mut call = call.header("stripe-version", self.version.clone());
        if let Some(account) = &self.account {
            call = call.header("stripe-account", account.clone());
        }
        call.timeout = Some(TIMEOUT);
        session.send(call).await
    }
}

fn page_of(call: Call, range: Range<'_>) -> Call {
    let mut call = call.query("limit", PAGE_LIMIT.to_string());
    if let Some(from) = range.from {
        call = call.query("created[gte]", from.to_string());
    }
    if let Some(after) = range.after {
        call = call.query("starting_after", after);
    }
    call
}
