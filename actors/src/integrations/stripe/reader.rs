//! Reads objects into pages: parses each by itself, drops what belongs to the other mode, sets aside what is wrong.

use rows::{Row, Table, day::day_at, payments::SubscriptionMrr};
use serde_json::value::RawValue;

use crate::{
    failure::Failure,
    page::{Next, Page},
    reading::elements::{Unreadable, at_once},
    session::{Response, Session},
};

use super::{
    api::{Api, Range},
    billing::{self, Memo, Prices},
    mapping::{Mapper, parse},
    profile,
    resource::{Kind, Resource},
    wire::{self, Head, List, Whole},
};

/// What reading one connection takes.
#[derive(Debug)]
pub struct Reader {
    /// Requests.
    pub api: Api,
    /// Mapping.
    pub mapper: Mapper,
    /// Whether objects of test mode are kept.
    pub test_mode: bool,
    /// Prices and coupons looked up before.
    pub memo: Memo,
    /// Whether billing profiles are read.
    pub billing_profiles: bool,
}

/// The daily readings of a subscription's revenue: on this day, in this zone.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The day of the reading.
    pub day: rows::Day,
    /// The zone that it is counted in.
    pub zone: jiff::tz::TimeZone,
}

// === impl Reader ===

impl Reader {
    /// Reads one page of a resource's list into `page`; gives the id after which another page follows. With `reading`,
    /// subscriptions also give their revenue that day.
    pub async fn list(
        &self,
        session: &Session,
        resource: &Resource,
        range: Range<'_>,
        reading: Option<&Reading>,
        page: &mut Page,
    ) -> Result<Option<String>, Failure> {
        // A reading of revenue wants no people.
        let expand = self.expansion(resource.kind).filter(|_| reading.is_none());
        let response = self.api.list(session, resource, range, expand).await?;
        if !self.billing_profiles
            && let Some((rows, next)) = self.list_at_once(resource.kind, &response.body, range.after)
        {
            page.rows.extend(rows);
            return Ok(next);
        }
        let list: List<'_> = parse_list(&response)?;
        for (index, raw) in list.data.iter().enumerate() {
            let place = format!("{}[{index}]", resource.list_endpoint);
            self.take(session, resource, raw, place, reading, page).await?;
        }
        goes_on(&list, range.after, resource.list_endpoint)
    }

    /// The rows of a page that holds nothing unusual, and the id after which the next one follows: half the work of
    /// reading its objects one by one. Only for objects that come by the million; nothing where any object is wrong.
    fn list_at_once(
        &self,
        kind: Kind,
        body: &[u8],
        asked: Option<&str>,
    ) -> Option<(Vec<Row>, Option<String>)> {
        let (has_more, last, rows) = match kind {
            Kind::Charge => {
                let whole: Whole<wire::Charge> = at_once(body)?;
                let last = whole.data.last().map(|charge| charge.id.clone());
                let kept = whole.data.into_iter().filter(|charge| self.keeps(charge.livemode));
                let rows: Result<_, Unreadable> =
                    kept.map(|charge| self.mapper.payment(charge).map(Row::Payment)).collect();
                (whole.has_more, last, rows.ok()?)
            }
            Kind::BalanceTransaction => {
                let whole: Whole<wire::BalanceTransaction> = at_once(body)?;
                let last = whole.data.last().map(|entry| entry.id.clone());
                let entries = whole.data.into_iter();
                let rows: Result<_, Unreadable> =
                    entries.map(|entry| self.mapper.ledger_entry(entry).map(Row::LedgerEntry)).collect();
                (whole.has_more, last, rows.ok()?)
            }
            _ => return None,
        };
        Some((rows, Next::after(has_more, last, asked, "").ok()?.into_cursor()))
    }

    /// Reads one object, as listed or retrieved, into `page`.
    pub async fn take(
        &self,
        session: &Session,
        resource: &Resource,
        raw: &RawValue,
        place: String,
        reading: Option<&Reading>,
        page: &mut Page,
    ) -> Result<(), Failure> {
        let rows_before = page.rows.len();
        let understood = match resource.kind {
            Kind::Subscription => self.subscription(session, raw, &place, reading, page).await?,
            kind => self.row(kind, raw).map(|row| page.rows.extend(row)),
        };
        if let Err(problem) = understood {
            let head: Head = serde_json::from_str(raw.get()).unwrap_or_default();
            match head.id {
                Some(id) if head.deleted => page.tombstones.extend(resource.tombstones(&id)),
                _ => page.quarantined.push(problem.set_aside(raw.get().as_bytes(), place, head.named())),
            }
        } else if let Some(id) = profile::redacted(resource.kind, raw) {
            page.tombstones.push((Table::BillingProfiles, id));
        } else if self.billing_profiles && reading.is_none() && page.rows.len() > rows_before {
            match profile::of(resource.kind, raw) {
                Ok(profile) => page.rows.extend(profile.map(Row::BillingProfile)),
                Err(problem) => {
                    let head: Head = serde_json::from_str(raw.get()).unwrap_or_default();
                    page.quarantined.push(problem.set_aside(raw.get().as_bytes(), place, head.named()));
                }
            }
        }
        Ok(())
    }

    /// What is expanded for billing profiles.
    pub const fn expansion(&self, kind: Kind) -> Option<&'static str> {
        if self.billing_profiles { profile::expansion(kind) } else { None }
    }

    /// The row of an object that needs no further request; nothing when it belongs to the other mode.
    fn row(&self, kind: Kind, raw: &RawValue) -> Result<Option<Row>, Unreadable> {
        let map = self.mapper;
        Ok(match kind {
            Kind::Charge => {
                let charge: wire::Charge = parse(raw)?;
                self.keeps(charge.livemode).then(|| map.payment(charge)).transpose()?.map(Row::Payment)
            }
            Kind::Refund => Some(Row::Refund(map.refund(parse(raw)?)?)),
            Kind::Dispute => {
                let dispute: wire::Dispute = parse(raw)?;
                self.keeps(dispute.livemode).then(|| map.dispute(dispute)).transpose()?.map(Row::Dispute)
            }
            Kind::Invoice => {
                let invoice: wire::Invoice = parse(raw)?;
                self.keeps(invoice.livemode).then(|| map.invoice(invoice)).transpose()?.map(Row::Invoice)
            }
            Kind::InvoicePayment => {
                let payment: wire::InvoicePayment = parse(raw)?;
                self.keeps(payment.livemode.unwrap_or(true))
                    .then(|| map.invoice_payment(payment))
                    .transpose()?
                    .map(Row::InvoicePayment)
            }
            Kind::BalanceTransaction => Some(Row::LedgerEntry(map.ledger_entry(parse(raw)?)?)),
            Kind::Customer => {
                let customer: wire::Customer = parse(raw)?;
                self.keeps(customer.livemode)
                    .then(|| Mapper::customer(customer))
                    .transpose()?
                    .map(Row::Customer)
            }
            Kind::Product => {
                let product: wire::Product = parse(raw)?;
                self.keeps(product.livemode).then(|| Mapper::product(product)).transpose()?.map(Row::Product)
            }
            Kind::Price => {
                let price: wire::Price = parse(raw)?;
                self.keeps(price.livemode).then(|| map.price(price)).transpose()?.map(Row::Price)
            }
            Kind::Subscription => None, // needs lookups: see `subscription`
        })
    }

    /// A subscription's row and, with `reading`, its revenue that day. One whose revenue cannot be told keeps its row.
    async fn subscription(
        &self,
        session: &Session,
        raw: &RawValue,
        place: &str,
        reading: Option<&Reading>,
        page: &mut Page,
    ) -> Result<Result<(), Unreadable>, Failure> {
        let mut subscription: wire::Subscription = match parse(raw) {
            Ok(subscription) => subscription,
            Err(problem) => return Ok(Err(problem)),
        };
        if !self.keeps(subscription.livemode) {
            return Ok(Ok(()));
        }
        billing::load_items(&self.api, session, &mut subscription).await?;
        let prices = Prices { api: &self.api, memo: &self.memo, currencies: &self.mapper.currencies };
        let billing = billing::of(prices, session, &subscription).await?;
        let mrr = billing.and_then(|billing| {
            billing.mrr().ok_or_else(|| Unreadable::Other {
                reason: "mrr",
                detail: "the price does not cover it".to_owned(),
            })
        });
        let row = match self.mapper.subscription(subscription, mrr.as_ref().ok().copied()) {
            Ok(row) => row,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Some(reading) = reading {
            match mrr {
                Ok(mrr) => page.rows.extend(reading.of(&row, mrr).map(Row::SubscriptionMrr)),
                Err(problem) => {
                    let head = Head { id: Some(row.id.clone()), ..Head::default() };
                    page.quarantined.push(problem.set_aside(
                        raw.get().as_bytes(),
                        place.to_owned(),
                        head.named(),
                    ));
                }
            }
        }
        page.rows.push(Row::Subscription(row));
        Ok(Ok(()))
    }

    const fn keeps(&self, livemode: bool) -> bool {
        livemode || self.test_mode
    }
}

// === impl Reading ===

impl Reading {
    /// The subscription's revenue on the day; nothing for one that ended on an earlier day.
    ///
    /// One that ended on the day itself counts 0: a reading earlier that day may have found it alive.
    fn of(&self, row: &rows::payments::Subscription, mrr: rows::Micros) -> Option<SubscriptionMrr> {
        let ended = matches!(row.status.as_str(), "canceled" | "incomplete_expired")
            .then(|| row.ended_at.or(row.canceled_at))
            .flatten();
        if ended.is_some_and(|ended| day_at(ended, &self.zone) < self.day) {
            return None;
        }
        Some(SubscriptionMrr {
            subscription_id: row.id.clone(),
            date: self.day,
            status: row.status.clone(),
            currency: row.currency?,
            mrr,
        })
    }
}

/// The envelope of a list.
pub fn parse_list(response: &Response) -> Result<List<'_>, Failure> {
    serde_json::from_slice(&response.body)
        .map_err(|error| Failure::undocumented(response.endpoint, &response.body, &error))
}

/// The id after which the list goes on, when another page follows: the last one that can be read. `asked` is the one that
/// this page began after.
pub fn goes_on(list: &List<'_>, asked: Option<&str>, endpoint: &str) -> Result<Option<String>, Failure> {
    let id_of = |raw: &&RawValue| serde_json::from_str::<Head>(raw.get()).ok()?.id;
    let cursor = list.data.iter().rev().find_map(id_of);
    Ok(Next::after(list.has_more, cursor, asked, endpoint)?.into_cursor())
}
