//! How records look in the API, at version 2026-10-28.endive, nothing expanded.

mod billing;
mod catalogue;
mod ledger;
mod payment;
mod people;

use serde_json::{Value, json};

use super::payments::merge;
use super::records::{Event, Resource, Serial};
use super::world::World;

/// The version of the account's default, in which most of its events are written: the shape that invoices,
/// subscriptions and charges had before `basil`.
pub(super) const OLD_VERSION: &str = "2020-08-27";
pub(super) const CURRENT_VERSION: &str = "2026-10-28.endive";

/// Adds the fields of `more` to an object. Large objects are written in parts.
fn extended(mut object: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (object.as_object_mut(), more) {
        fields.extend(more);
    }
    object
}

impl World {
    /// The object as a retrieval without `expand` shows it, even if it is deleted.
    pub(super) fn render(&self, resource: Resource, serial: Serial) -> Value {
        let mut object = match resource {
            Resource::Charge => self.render_charge(serial),
            Resource::Refund => self.render_refund(serial),
            Resource::Dispute => self.render_dispute(serial),
            Resource::Invoice => self.render_invoice(serial),
            Resource::InvoicePayment => self.render_invoice_payment(serial),
            Resource::Subscription => self.render_subscription(serial),
            Resource::SubscriptionItem => self.render_item(serial),
            Resource::BalanceTransaction => self.render_balance_transaction(serial),
            Resource::Customer => self.render_customer(serial),
            Resource::Product => self.render_product(serial),
            Resource::Price => self.render_price(serial),
            Resource::Event => self.render_event(serial),
            Resource::Payout => self.render_payout(serial),
            Resource::PaymentMethod => self.render_payment_method(serial),
            Resource::Discount => self.render_discount(serial),
            Resource::PaymentIntent => self.render_payment_intent(serial),
        };
        if let Some(patch) = self.patches.get(&(resource, serial)) {
            merge(&mut object, patch);
        }
        object
    }

    /// What is left of a deleted customer, product or price.
    pub(super) fn render_stub(&self, resource: Resource, serial: Serial) -> Value {
        json!({ "id": self.id(resource, serial), "object": resource.object(), "deleted": true })
    }

    fn render_event(&self, serial: Serial) -> Value {
        let Event { created, kind, subject, snapshot, previous_attributes } = &self.events[serial as usize];
        let mut object = snapshot
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| self.render(subject.0, subject.1));
        let api_version = if serial.is_multiple_of(3) { CURRENT_VERSION } else { OLD_VERSION };
        if api_version == OLD_VERSION {
            self.age(&mut object);
        }
        let mut data = json!({ "object": object });
        if let Some(previous) = previous_attributes {
            data["previous_attributes"] = (**previous).clone();
        }
        let by_request = self.once_in("requested", serial.into(), 2);
        json!({
            "id": self.id(Resource::Event, serial),
            "object": "event",
            "api_version": api_version,
            "context": null,
            "created": created,
            "data": data,
            "livemode": self.livemode,
            "pending_webhooks": serial % 2,
            "request": {
                "id": by_request.then(|| format!("req_{}", super::ids::base62(self.chance("request", serial.into()), 14))),
                "idempotency_key": null,
            },
            "type": kind,
        })
    }
}
