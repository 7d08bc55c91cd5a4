//! The tables of the account, and what every part asks of them: ids, times, visibility, chance.

use std::collections::{BinaryHeap, HashMap};

use serde_json::Value;

use super::agenda::{Appointment, Scale};
use super::ids;
use super::records::{
    BalanceTransaction, Charge, Currency, Customer, Discount, Dispute, Event, Invoice, InvoicePayment,
    Payout, Price, Product, Refund, Resource, Seconds, Serial, Subscription, SubscriptionItem,
};

/// Events older than this can no longer be read.
pub(super) const EVENT_RETENTION_SECONDS: Seconds = 30 * DAY;
pub(super) const DAY: Seconds = 86_400;
/// The latest events that show their object as it was; a snapshot takes some 3 KB.
const SNAPSHOTS: usize = 20_000;

/// One account's objects. Tables are in order of creation; a serial number is a place in its table.
#[derive(Debug)]
pub(super) struct World {
    pub seed: u64,
    pub livemode: bool,
    /// The latest moment seen.
    pub clock: Seconds,
    /// The latest `created` given: later objects never get an earlier one.
    pub stamp: Seconds,
    /// While the past is being made, events carry no snapshot.
    pub building: bool,
    /// Events before this are not kept at all.
    pub events_from: Seconds,
    pub charges: Vec<Charge>,
    pub refunds: Vec<Refund>,
    pub disputes: Vec<Dispute>,
    pub invoices: Vec<Invoice>,
    pub invoice_payments: Vec<InvoicePayment>,
    pub subscriptions: Vec<Subscription>,
    pub items: Vec<SubscriptionItem>,
    pub balance_transactions: Vec<BalanceTransaction>,
    pub customers: Vec<Customer>,
    pub products: Vec<Product>,
    pub prices: Vec<Price>,
    pub payouts: Vec<Payout>,
    pub discounts: Vec<Discount>,
    pub events: Vec<Event>,
    /// Serial numbers of events in the order of the list: by second, within a second in no order that helps.
    pub event_order: Vec<Serial>,
    /// What a test changed by hand, laid over the rendered object.
    pub patches: HashMap<(Resource, Serial), Value>,
    pub agenda: BinaryHeap<Appointment>,
    pub appointments: u64,
    /// When the world began, and how long its past is.
    pub began: Seconds,
    pub span: Seconds,
    pub scale: Scale,
    /// Seconds between payments that a caller asked for, instead of the past's own pace.
    pub pace: Option<Seconds>,
    /// Not yet paid out, in dollars and in euros.
    pub unpaid_minor: [i64; 2],
}

/// The length of a table as the next serial number.
pub(super) fn next_serial<T>(table: &[T]) -> Serial {
    Serial::try_from(table.len()).unwrap_or(Serial::MAX)
}

/// Fractional parts are rounded half away from zero, as Stripe rounds invoice lines.
pub(super) fn divide_rounded(numerator: i128, denominator: i128) -> i64 {
    let half = if (numerator < 0) == (denominator < 0) { denominator / 2 } else { -denominator / 2 };
    i64::try_from((numerator + half) / denominator).unwrap_or(i64::MAX)
}

impl World {
    pub(super) fn empty(seed: u64, now: Seconds) -> Self {
        Self {
            seed,
            livemode: true,
            clock: now,
            stamp: 0,
            building: true,
            events_from: now - EVENT_RETENTION_SECONDS - DAY,
            charges: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            invoices: Vec::new(),
            invoice_payments: Vec::new(),
            subscriptions: Vec::new(),
            items: Vec::new(),
            balance_transactions: Vec::new(),
            customers: Vec::new(),
            products: Vec::new(),
            prices: Vec::new(),
            payouts: Vec::new(),
            discounts: Vec::new(),
            events: Vec::new(),
            event_order: Vec::new(),
            patches: HashMap::new(),
            agenda: BinaryHeap::new(),
            appointments: 0,
            began: now,
            span: 0,
            scale: Scale::default(),
            pace: None,
            unpaid_minor: [0, 0],
        }
    }

    /// A deterministic number for this question about this record.
    pub(super) fn chance(&self, question: &str, serial: u64) -> u64 {
        let salt = question.bytes().fold(self.seed, |hash, byte| ids::mix(hash ^ u64::from(byte)));
        ids::mix(salt ^ serial.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    /// A deterministic number in `0..bound`.
    pub(super) fn below(&self, question: &str, serial: u64, bound: i64) -> i64 {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        i64::try_from(self.chance(question, serial) % bound).unwrap_or(0)
    }

    /// True once in `every` records.
    pub(super) fn once_in(&self, question: &str, serial: u64, every: u64) -> bool {
        self.chance(question, serial).is_multiple_of(every)
    }

    pub(super) fn choose<T: Copy>(&self, question: &str, serial: u64, options: &[T]) -> T {
        let place = self.chance(question, serial) % options.len() as u64;
        options[usize::try_from(place).unwrap_or(0)]
    }

    fn key(&self, resource: Resource) -> u64 {
        // Below 2^63 and above 2^32 in effect: the serial number stays apart after unscrambling.
        self.chance(resource.object(), 0) & !0xFFFF_FFFF
    }

    pub(super) fn id(&self, resource: Resource, serial: Serial) -> String {
        let (prefix, lead) = resource.id_form();
        let body = ids::encode(self.key(resource), serial, lead);
        let prefix = match resource {
            Resource::Charge if !self.charge_is_card(serial) => "py_",
            Resource::Refund if !self.charge_is_card(self.refunds[serial as usize].charge) => "pyr_",
            Resource::Dispute if self.once_in("du", u64::from(serial), 2) => "du_",
            _ => prefix,
        };
        format!("{prefix}{body}")
    }

    fn charge_is_card(&self, serial: Serial) -> bool {
        self.charges[serial as usize].method.is_card()
    }

    /// The record behind an id, whether deleted or not.
    pub(super) fn find(&self, resource: Resource, id: &str) -> Option<Serial> {
        let (prefix, body) = id.split_at(id.find('_')? + 1);
        let (usual, lead) = resource.id_form();
        let unusual = matches!(
            (resource, prefix),
            (Resource::Charge, "py_") | (Resource::Refund, "pyr_") | (Resource::Dispute, "du_")
        );
        if prefix != usual && !unusual {
            return None;
        }
        let serial = ids::decode(self.key(resource), body, lead)?;
        ((serial as usize) < self.len(resource) && self.id(resource, serial) == id).then_some(serial)
    }

    /// The resource an id belongs to, and its record.
    pub(super) fn find_any(&self, id: &str) -> Option<(Resource, Serial)> {
        Resource::ALL.into_iter().find_map(|resource| Some((resource, self.find(resource, id)?)))
    }

    pub(super) fn len(&self, resource: Resource) -> usize {
        match resource {
            Resource::Charge | Resource::PaymentIntent => self.charges.len(),
            Resource::Refund => self.refunds.len(),
            Resource::Dispute => self.disputes.len(),
            Resource::Invoice => self.invoices.len(),
            Resource::InvoicePayment => self.invoice_payments.len(),
            Resource::Subscription => self.subscriptions.len(),
            Resource::SubscriptionItem => self.items.len(),
            Resource::BalanceTransaction => self.balance_transactions.len(),
            Resource::Customer | Resource::PaymentMethod => self.customers.len(),
            Resource::Product => self.products.len(),
            Resource::Price => self.prices.len(),
            Resource::Event => self.events.len(),
            Resource::Payout => self.payouts.len(),
            Resource::Discount => self.discounts.len(),
        }
    }

    pub(super) fn created(&self, resource: Resource, serial: Serial) -> Seconds {
        let place = serial as usize;
        match resource {
            Resource::Charge | Resource::PaymentIntent => self.charges[place].created,
            Resource::Refund => self.refunds[place].created,
            Resource::Dispute => self.disputes[place].created,
            Resource::Invoice => self.invoices[place].created,
            Resource::InvoicePayment => self.invoice_payments[place].created,
            Resource::Subscription => self.subscriptions[place].created,
            Resource::SubscriptionItem => self.items[place].created,
            Resource::BalanceTransaction => self.balance_transactions[place].created,
            Resource::Customer | Resource::PaymentMethod => self.customers[place].created,
            Resource::Product => self.products[place].created,
            Resource::Price => self.prices[place].created,
            Resource::Event => self.events[place].created,
            Resource::Payout => self.payouts[place].created,
            Resource::Discount => self.discounts[place].created,
        }
    }

    /// Deleted objects, and events past their retention, cannot be listed.
    pub(super) fn is_gone(&self, resource: Resource, serial: Serial) -> bool {
        let place = serial as usize;
        match resource {
            Resource::Customer => self.customers[place].deleted,
            Resource::Product => self.products[place].deleted,
            Resource::Price => self.prices[place].deleted,
            Resource::Invoice => self.invoices[place].deleted,
            Resource::Event => self.events[place].created < self.clock - EVENT_RETENTION_SECONDS,
            _ => false,
        }
    }

    /// The serial number at a place of the list, oldest first.
    pub(super) fn at_position(&self, resource: Resource, position: usize) -> Serial {
        match resource {
            Resource::Event => self.event_order[position],
            _ => Serial::try_from(position).unwrap_or(Serial::MAX),
        }
    }

    /// The place of a record in the list, oldest first.
    pub(super) fn position(&self, resource: Resource, serial: Serial) -> usize {
        match resource {
            Resource::Event => {
                let key = self.event_key(serial);
                self.event_order.partition_point(|other| self.event_key(*other) < key)
            }
            _ => serial as usize,
        }
    }

    fn event_key(&self, serial: Serial) -> (Seconds, u64) {
        (self.events[serial as usize].created, ids::mix(self.seed ^ u64::from(serial)))
    }

    /// How many records of the list were created before `moment`.
    pub(super) fn created_before(&self, resource: Resource, moment: Seconds) -> usize {
        let (mut low, mut high) = (0, self.len(resource));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.created(resource, self.at_position(resource, middle)) < moment {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Adds an event; `previous` holds the old values of an update.
    pub(super) fn emit(
        &mut self,
        at: Seconds,
        kind: &'static str,
        subject: (Resource, Serial),
        previous: Option<Value>,
    ) {
        if at < self.events_from {
            return;
        }
        let snapshot =
            (!self.building).then(|| self.render(subject.0, subject.1).to_string().into_boxed_str());
        let serial = next_serial(&self.events);
        self.events.push(Event {
            created: at,
            kind,
            subject,
            snapshot,
            previous_attributes: previous.map(Box::new),
        });
        if let Some(old) = self.events.len().checked_sub(SNAPSHOTS + 1) {
            self.events[old].snapshot = None;
        }
        let place = self.position(Resource::Event, serial);
        self.event_order.insert(place, serial);
    }

    /// The moment for something that happens now: never before what has happened already.
    pub(super) fn moment(&mut self, at: Seconds) -> Seconds {
        self.stamp = self.stamp.max(at);
        self.stamp
    }

    /// An amount in the currency of the account's bank account, with the day's rate in millionths.
    pub(super) fn settled(&self, amount: i64, currency: Currency, at: Seconds) -> (i64, Option<u32>) {
        if currency == currency.settlement() {
            return (amount, None);
        }
        let day = u64::try_from(at / DAY).unwrap_or(0);
        let wave = self.below(currency.code(), day, 2_001) - 1_000;
        let rate = currency.dollars_e6() + currency.dollars_e6() * wave / 50_000;
        let cents = i128::from(amount) * i128::from(rate) * 100;
        let settled = divide_rounded(cents, 1_000_000 * i128::from(currency.minor_units()));
        (settled, u32::try_from(rate).ok())
    }
}
