//! What happens to customers and subscriptions.

use jiff::{Span, Timestamp, ZonedDateTime, tz::TimeZone};
use serde_json::json;

use super::agenda::Deed;
use super::catalogue::{LEGACY, PLUS};
use super::plans::{Fate, Plan};
use super::records::{Customer, Discount, Resource, Seconds, Serial, Subscription, SubscriptionItem};
use super::world::{DAY, World, next_serial};

/// `anchor` plus so many intervals, in calendar months and years where the interval is one.
fn cycle_end(anchor: Seconds, cycles: i64, interval: (&'static str, i64)) -> Seconds {
    let count = cycles * interval.1;
    let span = match interval.0 {
        "day" => Span::new().try_days(count),
        "week" => Span::new().try_weeks(count),
        "year" => Span::new().try_years(count),
        _ => Span::new().try_months(count),
    };
    let begin = Timestamp::from_second(anchor).map(|anchor| ZonedDateTime::new(anchor, TimeZone::UTC));
    match (begin, span) {
        (Ok(begin), Ok(span)) => begin.checked_add(span).map_or(i64::MAX, |end| end.timestamp().as_second()),
        _ => i64::MAX,
    }
}

impl World {
    pub(super) fn arrive(&mut self, at: Seconds) -> Serial {
        let serial = next_serial(&self.customers);
        self.customers.push(Customer { created: at, deleted: false, delinquent: false });
        self.emit(at, "customer.created", (Resource::Customer, serial), None);
        serial
    }

    pub(super) fn delete_customer(&mut self, at: Seconds, serial: Serial) {
        if self.customers[serial as usize].deleted {
            return;
        }
        for subscription in 0..next_serial(&self.subscriptions) {
            if self.subscriptions[subscription as usize].customer == serial {
                self.cancel(at, subscription);
            }
        }
        // The event shows the customer as it was.
        self.emit(at, "customer.deleted", (Resource::Customer, serial), None);
        self.customers[serial as usize].deleted = true;
    }

    pub(super) fn drop_legacy_product(&mut self, at: Seconds) {
        let product = self.prices[LEGACY as usize].product;
        self.emit(at, "price.deleted", (Resource::Price, LEGACY), None);
        self.emit(at, "product.deleted", (Resource::Product, product), None);
        self.prices[LEGACY as usize].deleted = true;
        self.products[product as usize].deleted = true;
    }

    /// Opens subscription number n for a customer.
    pub(super) fn subscribe(&mut self, at: Seconds, number: u32) {
        let Some(customer) = self.any_customer(u64::from(number) + 1_000_000) else {
            return;
        };
        let plan = Plan::of(number);
        let serial = next_serial(&self.subscriptions);
        self.push_subscription(at, customer, &plan);
        self.emit(at, "customer.subscription.created", (Resource::Subscription, serial), None);
        match plan.fate {
            Fate::Cancels(days) => self.plan(at + days * DAY, Deed::Cancel(serial)),
            Fate::CancelsAtPeriodEnd(days) => self.plan(at + days * DAY, Deed::CancelAtPeriodEnd(serial)),
            Fate::Upgrades(days) => self.plan(at + days * DAY, Deed::Upgrade(serial)),
            Fate::PausesCollection(behavior) => self.plan(at + 2 * DAY, Deed::Pause(serial, behavior)),
            Fate::NeverPaid => self.plan(at + 23 * 3_600, Deed::ExpireIncomplete(serial)),
            _ => {}
        }
        let invoice = self.draft(at, serial, "subscription_create");
        self.finalize(at, invoice);
        let period_end = self.subscriptions[serial as usize].current_period.1;
        if let Some((_, end)) = self.subscriptions[serial as usize].trial {
            self.plan((end - 3 * DAY).max(at), Deed::TrialWillEnd(serial));
        }
        self.plan(period_end, Deed::Renew(serial));
    }

    fn push_subscription(&mut self, at: Seconds, customer: Serial, plan: &Plan) {
        let serial = next_serial(&self.subscriptions);
        let price = &self.prices[plan.items[0].0 as usize];
        let (currency, interval) = (price.currency, price.recurring.unwrap_or(("month", 1)));
        let trial = plan.trial_days.map(|days| (at, at + days * DAY));
        let anchor = trial.map_or(at, |(_, end)| end);
        let current_period = trial.unwrap_or((at, cycle_end(at, 1, interval)));
        let mut items = Vec::new();
        for (price, quantity) in &plan.items {
            items.push(next_serial(&self.items));
            self.items.push(SubscriptionItem {
                created: at,
                subscription: serial,
                price: *price,
                quantity: *quantity,
                discount: None,
            });
        }
        if let Some(coupon) = plan.first_item_coupon {
            let item = items[0];
            self.items[item as usize].discount = Some(self.push_discount(at, coupon, serial, Some(item)));
        }
        let discount = plan.coupon.map(|coupon| self.push_discount(at, coupon, serial, None));
        let status = match plan.fate {
            Fate::Unheard(status) => status,
            _ if trial.is_some() => "trialing",
            Fate::NeverPaid => "incomplete",
            _ => "active",
        };
        let declines_from = match plan.fate {
            Fate::NeverPaid => Some(at),
            Fate::Declines(_) => Some(at + 1),
            _ => None,
        };
        self.subscriptions.push(Subscription {
            created: at,
            customer,
            currency,
            status,
            items,
            discount,
            billing_cycle_anchor: anchor,
            cycles: i64::from(trial.is_none()),
            interval,
            current_period,
            trial,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            pause_collection: None,
            paused: None,
            latest_invoice: None,
            declines_from,
            after_last_attempt: if let Fate::Declines(status) = plan.fate { status } else { "canceled" },
            pauses_after_trial: plan.fate == Fate::PausedAfterTrial,
        });
    }

    fn push_discount(
        &mut self,
        at: Seconds,
        coupon: usize,
        subscription: Serial,
        item: Option<Serial>,
    ) -> Serial {
        self.discounts.push(Discount { created: at, coupon, subscription, item });
        next_serial(&self.discounts) - 1
    }

    /// True when nothing happens to it any more.
    fn has_ended(&self, serial: Serial) -> bool {
        matches!(self.subscriptions[serial as usize].status, "canceled" | "incomplete_expired")
    }

    pub(super) fn trial_will_end(&mut self, at: Seconds, serial: Serial) {
        if !self.has_ended(serial) {
            self.emit(at, "customer.subscription.trial_will_end", (Resource::Subscription, serial), None);
        }
    }

    /// The current period ends: the next begins with an invoice, unless the subscription ends or pauses.
    pub(super) fn renew(&mut self, at: Seconds, serial: Serial) {
        if self.has_ended(serial) {
            return;
        }
        let record = &self.subscriptions[serial as usize];
        if record.cancel_at_period_end {
            self.cancel(at, serial);
            return;
        }
        if record.pauses_after_trial && record.status == "trialing" {
            let record = &mut self.subscriptions[serial as usize];
            record.status = "paused";
            record.paused = Some((at, "trial_end_without_payment_method"));
            self.emit(
                at,
                "customer.subscription.paused",
                (Resource::Subscription, serial),
                Some(json!({ "status": "trialing" })),
            );
            return;
        }
        let record = &mut self.subscriptions[serial as usize];
        let (status, period) = (record.status, record.current_period);
        record.cycles += 1;
        record.current_period =
            (period.1, cycle_end(record.billing_cycle_anchor, record.cycles, record.interval));
        if status == "trialing" {
            record.status = "active";
        }
        let next = record.current_period.1;
        let previous =
            json!({ "status": status, "current_period_start": period.0, "current_period_end": period.1 });
        let invoice = self.draft(at, serial, "subscription_cycle");
        self.emit(at, "customer.subscription.updated", (Resource::Subscription, serial), Some(previous));
        // Invoices of an unpaid subscription, and of one whose collection is paused as drafts, stay drafts.
        let collects = self.subscriptions[serial as usize].pause_collection != Some("keep_as_draft");
        if collects && status != "unpaid" {
            self.plan(at + 3_600, Deed::Finalize(invoice));
        }
        self.plan(next, Deed::Renew(serial));
    }

    /// Sets a status, with its event.
    pub(super) fn set_status(&mut self, at: Seconds, serial: Serial, status: &'static str) {
        let record = &mut self.subscriptions[serial as usize];
        let before = record.status;
        if before == status {
            return;
        }
        record.status = status;
        let previous = json!({ "status": before });
        self.emit(at, "customer.subscription.updated", (Resource::Subscription, serial), Some(previous));
    }

    /// Ends a subscription now.
    pub(super) fn cancel(&mut self, at: Seconds, serial: Serial) {
        if self.has_ended(serial) {
            return;
        }
        let record = &mut self.subscriptions[serial as usize];
        let before = record.status;
        record.status = "canceled";
        record.canceled_at = record.canceled_at.or(Some(at));
        record.ended_at = Some(at);
        let previous = Some(json!({ "status": before }));
        self.emit(at, "customer.subscription.deleted", (Resource::Subscription, serial), previous);
    }

    pub(super) fn cancel_at_period_end(&mut self, at: Seconds, serial: Serial) {
        if self.has_ended(serial) {
            return;
        }
        let record = &mut self.subscriptions[serial as usize];
        record.cancel_at_period_end = true;
        record.canceled_at = Some(at);
        let previous = Some(json!({ "cancel_at_period_end": false, "canceled_at": null }));
        self.emit(at, "customer.subscription.updated", (Resource::Subscription, serial), previous);
    }

    /// Stops collection; the status stays.
    pub(super) fn pause(&mut self, at: Seconds, serial: Serial, behavior: &'static str) {
        self.subscriptions[serial as usize].pause_collection = Some(behavior);
        let previous = Some(json!({ "pause_collection": null }));
        self.emit(at, "customer.subscription.updated", (Resource::Subscription, serial), previous);
    }

    /// Moves Starter to Plus, or adds one more of Plus; the next invoice bills it.
    pub(super) fn upgrade(&mut self, at: Seconds, serial: Serial) {
        if self.has_ended(serial) {
            return;
        }
        let Some(item) = self.subscriptions[serial as usize].items.first().copied() else {
            return;
        };
        let before = self.render(Resource::SubscriptionItem, item);
        let row = &mut self.items[item as usize];
        if row.price == PLUS {
            row.quantity = row.quantity.map(|quantity| quantity + 1);
        } else {
            row.price = PLUS;
        }
        let previous = Some(json!({ "items": { "data": [before] } }));
        self.emit(at, "customer.subscription.updated", (Resource::Subscription, serial), previous);
    }

    /// A first invoice that was not paid within 23 hours ends the subscription and is voided.
    pub(super) fn expire_incomplete(&mut self, at: Seconds, serial: Serial) {
        if self.subscriptions[serial as usize].status != "incomplete" {
            return;
        }
        self.subscriptions[serial as usize].ended_at = Some(at);
        self.set_status(at, serial, "incomplete_expired");
        if let Some(invoice) = self.subscriptions[serial as usize].latest_invoice {
            self.void(at, invoice);
        }
    }
}
