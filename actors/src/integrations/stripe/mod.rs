//! Stripe: payments, invoices, subscriptions, and the ledger of an account. <https://docs.stripe.com/api>

mod api;
mod billing;
mod classify;
mod currency;
mod feed;
mod mapping;
mod mrr;
mod profile;
mod ratio;
mod reader;
mod reading;
mod resource;
mod revenue;
mod settings;
mod webhook;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use jiff::tz::TimeZone;
use rows::Table;
use secrecy::SecretString;

use self::{
    api::Api,
    billing::Memo,
    currency::Currencies,
    mapping::Mapper,
    reader::{Reader, parse_list},
    reading::Feed,
    resource::{RESOURCES, Resource},
    settings::Settings,
    webhook::{StripeSignature, WEBHOOK_SECRET},
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, CredentialSpec, Integration, Manifest, Setup, SetupError, Source},
    page::FeedRequest,
    reader::StreamOf,
    session::{
        Auth, Response, Session, Verdict,
        quota::{QuotaRule, Scope},
    },
    stream::{self, DAILY, FRESH, Relist, Snapshot},
};

/// Payments, invoices and subscriptions of a Stripe account.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stripe;

/// The secret that a connection takes.
const API_KEY: CredentialSpec = CredentialSpec::required(
    "api_key",
    "a restricted key (rk_live_…) with Read permissions only, from Developers > API keys in the Dashboard",
);
/// How often money is asked for.
const MONEY_EVERY: Duration = Duration::from_mins(1);

/// One connected account.
#[derive(Debug)]
pub struct StripeSource {
    key: SecretString,
    time_zone: String,
    zone: TimeZone,
    relist_days: u32,
    reader: Reader,
}

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "stripe",
    base_url: "https://api.stripe.com",
    api_version: "2026-10-28.endive",
    credentials: &[API_KEY, WEBHOOK_SECRET],
    sealed_settings: &["billing_profiles"],
    // Live accounts have 100 requests a second, and 25 for each operation; the account's own business shares them.
    rates: &[
        QuotaRule::per_second(Scope::Endpoint, 20.0, 5),
        QuotaRule::per_second(Scope::Account, 60.0, 10),
    ],
    webhook: Some(&StripeSignature),
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl Stripe ===

impl Integration for Stripe {
    type Settings = Settings;
    type Source = StripeSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<StripeSource>> {
        let revenue = StreamOf::snapshot(
            "subscription_mrr",
            &[Table::Subscriptions, Table::SubscriptionMrrDaily],
            Snapshot { every: DAILY, vanishing: None },
            |source, session, request| revenue::read(source, session, request).boxed(),
        );
        RESOURCES.iter().map(|resource| feed_of(resource, settings)).chain([revenue]).collect()
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<StripeSource, SetupError> {
        let Setup { spec, settings, .. } = setup;
        let key = spec.credential(&API_KEY)?;
        let zone = settings.check()?;
        spec.refuse_accounts("stripe_account", "name a connected account here")?;
        let reader = Reader {
            test_mode: settings.keeps_test_mode(&key),
            mapper: Mapper { currencies: Currencies { ugx_exponent: settings.ugx_exponent } },
            api: Api { version: spec.api_version.clone(), account: settings.stripe_account },
            memo: Memo::default(),
            billing_profiles: settings.billing_profiles,
        };
        let Settings { time_zone, relist_days, .. } = settings;
        Ok(StripeSource { key, time_zone, zone, relist_days, reader })
    }
}

fn feed_of(resource: &'static Resource, settings: &Settings) -> StreamOf<StripeSource> {
    // What a customer, product or price is called may be a quarter of an hour old; money may not.
    let slow = resource.whole && resource.kind != resource::Kind::Subscription;
    let policy = stream::Feed {
        every: if slow { FRESH } else { MONEY_EVERY },
        relist: Some(Relist { days: (!resource.whole).then_some(settings.relist_days), every: DAILY }),
    };
    StreamOf::feed(
        resource.stream,
        resource.tables,
        policy,
        move |source: &StripeSource, session, request| {
            let FeedRequest { lane, token, start, now, .. } = request;
            let relist_days = source.relist_days;
            let feed = Feed { resource, lane, start, token, now, relist_days };
            async move { feed.read(&source.reader, session).await }.boxed()
        },
    )
}

// === impl StripeSource ===

impl Source for StripeSource {
    fn auth(&self) -> Auth {
        Auth::Bearer(self.key.clone())
    }

    fn classify(&self, response: &Response) -> Verdict {
        classify::meaning(response).into()
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Box::pin(async move {
            match self.reader.api.probe(session).await {
                // Whatever else answers with 200 in Stripe's place has checked no key.
                Ok(response) => drop(parse_list(&response)?),
                // A key that is known, but may not read this: each stream tells what it lacks.
                Err(Failure::Forbidden { .. }) => {}
                Err(failure) => return Err(failure),
            }
            let name = self.reader.api.account.clone().unwrap_or_else(|| "Stripe".to_owned());
            Ok(Accounts::one(Account::sole(name, &*self.time_zone)))
        })
    }
}
