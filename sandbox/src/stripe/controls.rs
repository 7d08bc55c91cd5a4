//! What tests can do to the account. Everything happens at the latest moment that the imitation has seen, and
//! never before what happened last.

use serde_json::{Value, json};

use super::Stripe;
use super::agenda::Deed;
use super::payments::Order;
use super::records::{Currency, Resource, Seconds, Serial};

impl Stripe {
    fn now(&mut self) -> Seconds {
        self.world.moment(self.world.clock)
    }

    fn known(&self, resource: Resource, id: &str) -> Option<Serial> {
        self.world.find(resource, id).filter(|serial| !self.world.is_gone(resource, *serial))
    }

    /// The key stops working, as one that was rolled.
    pub fn expire_key(&mut self) {
        self.authority.key.expire();
    }

    /// The account's key from now on.
    pub fn set_key(&mut self, key: &str) {
        self.authority.key.replace(key);
    }

    /// Takes away the permission to read one kind of object (`subscription`: `rak_subscription_read`). Lists and
    /// retrievals of exactly this object are refused; expanding to it inside another is not.
    pub fn forbid(&mut self, object: &str) {
        self.authority.key.set_forbidden(noun(object), true);
    }

    /// Gives a permission back.
    pub fn allow(&mut self, object: &str) {
        self.authority.key.set_forbidden(noun(object), false);
    }

    /// Whether objects say that they are of the live mode; true at the beginning.
    pub fn set_livemode(&mut self, livemode: bool) {
        self.world.livemode = livemode;
    }

    /// From now on `advance` moves the clock and nothing else.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Ends [`Stripe::freeze`]: what was due happens with the next `advance`.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }

    /// One-time payments come this many seconds apart from now on, instead of the past's own pace.
    pub fn set_pace(&mut self, seconds: u32) {
        let pace = i64::from(seconds.max(1));
        self.world.pace = Some(pace);
        let number = self.world.agenda.iter().find_map(|appointment| match appointment.deed {
            Deed::Payment(number) => Some(number),
            _ => None,
        });
        self.world.agenda.retain(|appointment| !matches!(appointment.deed, Deed::Payment(_)));
        self.world.plan(self.world.clock + pace, Deed::Payment(number.unwrap_or(0)));
    }

    /// A card payment that succeeds: `amount` in minor units of `currency` (`usd`, `eur`, `gbp`, `jpy`, `kwd`;
    /// anything else is taken as `usd`). Emits `charge.succeeded`. The new charge's id.
    pub fn new_charge(&mut self, amount: i64, currency: &str, customer: Option<&str>) -> String {
        let currency = Currency::parse(currency).unwrap_or(Currency::Usd);
        let customer = customer.and_then(|id| self.known(Resource::Customer, id));
        let at = self.now();
        let charge = self.world.charge(at, Order::paid(amount, currency, customer));
        self.world.id(Resource::Charge, charge)
    }

    /// A new customer. Emits `customer.created`. Its id.
    pub fn new_customer(&mut self) -> String {
        let at = self.now();
        let customer = self.world.arrive(at);
        self.world.id(Resource::Customer, customer)
    }

    /// Changes fields of a charge (objects merge) and emits `charge.updated`. False: no such charge.
    pub fn update_charge(&mut self, id: &str, fields: &Value) -> bool {
        self.update(Resource::Charge, id, fields, "charge.updated")
    }

    /// Changes fields of a customer (objects merge) and emits `customer.updated`. False: no such customer.
    pub fn update_customer(&mut self, id: &str, fields: &Value) -> bool {
        self.update(Resource::Customer, id, fields, "customer.updated")
    }

    /// Changes fields of a subscription (objects merge) and emits `customer.subscription.updated`.
    pub fn update_subscription(&mut self, id: &str, fields: &Value) -> bool {
        self.update(Resource::Subscription, id, fields, "customer.subscription.updated")
    }

    fn update(&mut self, resource: Resource, id: &str, fields: &Value, event: &'static str) -> bool {
        let Some(serial) = self.known(resource, id) else {
            return false;
        };
        let before = self.world.render(resource, serial);
        let mut previous = json!({});
        for name in fields.as_object().into_iter().flat_map(|fields| fields.keys()) {
            previous[name] = before[name].clone();
        }
        self.world.lay_patch((resource, serial), fields);
        let at = self.now();
        self.world.emit(at, event, (resource, serial), Some(previous));
        true
    }

    /// Changes fields of any object without an event. False: no such object.
    pub fn silent_update(&mut self, id: &str, fields: &Value) -> bool {
        let Some(subject) = self.world.find_any(id) else {
            return false;
        };
        self.world.lay_patch(subject, fields);
        true
    }

    /// Refunds part of a charge, at most what is left: a refund, a balance transaction, `refund.created` and
    /// `charge.refunded`. The refund's id; `None` when there is nothing to refund.
    pub fn refund(&mut self, charge: &str, amount: i64) -> Option<String> {
        let serial = self.known(Resource::Charge, charge)?;
        let at = self.now();
        let refund = self.world.refund(at, serial, amount)?;
        Some(self.world.id(Resource::Refund, refund))
    }

    /// Opens a dispute about what is left of a charge. Its id; `None` when there is nothing to dispute.
    pub fn dispute(&mut self, charge: &str) -> Option<String> {
        let serial = self.known(Resource::Charge, charge)?;
        let (at, before) = (self.now(), self.world.disputes.len());
        self.world.dispute(at, serial);
        let dispute = Serial::try_from(before).ok().filter(|_| self.world.disputes.len() > before)?;
        Some(self.world.id(Resource::Dispute, dispute))
    }

    /// Cancels a customer's subscriptions, deletes it, emits `customer.deleted`. False: no such customer.
    pub fn delete_customer(&mut self, id: &str) -> bool {
        let Some(serial) = self.known(Resource::Customer, id) else {
            return false;
        };
        let at = self.now();
        self.world.delete_customer(at, serial);
        true
    }

    /// Deletes a draft and emits `invoice.deleted`. False: no such invoice, or not a draft any more.
    pub fn delete_draft_invoice(&mut self, id: &str) -> bool {
        let Some(serial) = self.known(Resource::Invoice, id) else {
            return false;
        };
        if self.world.invoices[serial as usize].status != "draft" {
            return false;
        }
        let at = self.now();
        self.world.emit(at, "invoice.deleted", (Resource::Invoice, serial), None);
        self.world.invoices[serial as usize].deleted = true;
        true
    }

    /// Ends a subscription now and emits `customer.subscription.deleted`. False: no such subscription.
    pub fn cancel_subscription(&mut self, id: &str) -> bool {
        let Some(serial) = self.known(Resource::Subscription, id) else {
            return false;
        };
        let at = self.now();
        self.world.cancel(at, serial);
        true
    }

    /// How many objects the whole list holds (subscriptions: `status=all`; events: of the last 30 days).
    pub fn count(&self, resource: Resource) -> usize {
        self.serials(resource).count()
    }

    /// The truth, oldest first, with what the API shows only on request: charges with their balance
    /// transaction, prices with tiers, invoices with payments and all lines, subscriptions with all items and with
    /// discounts and coupons. Ids of other objects stay ids.
    pub fn objects(&self, resource: Resource) -> Vec<Value> {
        self.serials(resource).map(|serial| self.whole(resource, serial)).collect()
    }

    fn serials(&self, resource: Resource) -> impl Iterator<Item = Serial> {
        (0..self.world.len(resource))
            .map(move |position| self.world.at_position(resource, position))
            .filter(move |serial| !self.world.is_gone(resource, *serial))
    }

    fn whole(&self, resource: Resource, serial: Serial) -> Value {
        let mut object = self.world.render(resource, serial);
        let paths: &[&str] = match resource {
            Resource::Charge => &["balance_transaction"],
            Resource::Price => &["tiers"],
            Resource::Invoice => {
                object["lines"] = self.world.render_lines(serial, usize::MAX);
                &["payments"]
            }
            Resource::Subscription => {
                object["items"] = self.world.render_items(serial, usize::MAX);
                &["discounts.source.coupon", "items.data.discounts.source.coupon", "items.data.price.tiers"]
            }
            _ => &[],
        };
        for path in paths {
            // A path that does not lead anywhere here (a patched field) leaves the object as it is.
            let _ = self.world.expand(&mut object, path);
        }
        object
    }
}

/// `charges` and `charge` both mean `charge`.
fn noun(object: &str) -> String {
    match Resource::named(object) {
        Some(resource) => resource.object().to_owned(),
        None => object.to_owned(),
    }
}
