//! What is going to happen and when. The past of the world and its later moves come from the same agenda, so
//! that `advance` continues the story where the first build stopped.

use std::cmp::{Ordering, Reverse};

use super::payments::{DISPUTES, SHOWCASES};
use super::plans::{PLANS, Plan};
use super::records::{Seconds, Serial};
use super::world::{DAY, World};

/// How much a world holds. Charges of subscriptions come on top of `charges`.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Customers that have arrived by `now`.
    pub customers: u32,
    /// Subscriptions ever opened; the first 30 show one special case each.
    pub subscriptions: u32,
    /// One-time payments, failed ones included, spread evenly over the days.
    pub charges: u32,
}

impl Scale {
    /// Eight one-time payments a day, 300 at least.
    pub(super) fn of_days(days: u32) -> Self {
        Self { charges: days.saturating_mul(8).clamp(300, 20_000), ..Self::default() }
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self { customers: 150, subscriptions: 60, charges: 1_000 }
    }
}

/// Something that happens to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// One-time payment number n.
    Payment(u32),
    /// Payment of a special kind, so that every past has one of each.
    Showcase(u32),
    Arrival(u32),
    Subscribe(u32),
    ManualInvoice(u32),
    Capture(Serial),
    Expire(Serial),
    Settle(Serial),
    /// Percent of the charge.
    Refund(Serial, u8),
    RefundOutcome(Serial),
    Dispute(Serial),
    CloseDispute(Serial),
    TrialWillEnd(Serial),
    Renew(Serial),
    Finalize(Serial),
    Retry(Serial),
    Cancel(Serial),
    CancelAtPeriodEnd(Serial),
    Pause(Serial, &'static str),
    /// From Starter to Plus, or one more of Plus.
    Upgrade(Serial),
    ExpireIncomplete(Serial),
    CloseManualInvoice(Serial, u32),
    DeleteCustomer(Serial),
    DropLegacyProduct,
    PayoutDay,
    PayoutArrives(Serial),
    FeeDay,
    /// A charge is edited by Stripe's side; no event tells.
    SilentEdit(Serial),
}

/// A deed with its time; ordered so that a max-heap gives the earliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Appointment {
    pub at: Seconds,
    pub sequence: u64,
    pub deed: Deed,
}

impl Ord for Appointment {
    fn cmp(&self, other: &Self) -> Ordering {
        Reverse((self.at, self.sequence)).cmp(&Reverse((other.at, other.sequence)))
    }
}

impl PartialOrd for Appointment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl World {
    /// An account with `days` of past, ending at `now`.
    pub(super) fn build(seed: u64, days: u32, now: Seconds, scale: Scale) -> Self {
        let mut world = Self::empty(seed, now);
        world.span = i64::from(days.max(1)) * DAY;
        world.began = now - world.span;
        world.scale = scale;
        let at = world.moment(world.began);
        world.stock_catalogue(at);
        for _ in 0..(scale.customers / 5).max(3) {
            world.arrive(at);
        }
        world.book_the_past(now);
        world.run(now);
        world.building = false;
        world
    }

    fn book_the_past(&mut self, now: Seconds) {
        self.plan(self.began + 60, Deed::Payment(0));
        self.plan(self.began + DAY, Deed::Arrival(self.scale.customers / 5));
        self.plan(self.began + DAY, Deed::PayoutDay);
        self.plan(self.began + 20 * DAY, Deed::FeeDay);
        for number in 0..10 {
            let at =
                self.began + self.span * i64::from(number) / 10 + self.below("manual", number.into(), DAY);
            self.plan(at, Deed::ManualInvoice(number));
        }
        for number in 0..SHOWCASES {
            // Recent enough that their state lasts to the end of the past; disputes have time to be closed.
            let age = if number < DISPUTES { 25 * DAY } else { DAY } + i64::from(number) * 3_600;
            self.plan((now - age).max(self.began + 1), Deed::Showcase(number));
        }
        for number in 0..self.scale.subscriptions {
            let at = match Plan::of(number).age_seconds {
                Some(age) => (now - age).max(self.began),
                None => self.began + self.below("subscribed", number.into(), self.span),
            };
            self.plan(at, Deed::Subscribe(number));
        }
        self.plan(now + self.subscription_interval(), Deed::Subscribe(self.scale.subscriptions.max(PLANS)));
        self.plan((now - 8 * DAY).max(self.began + 1), Deed::DropLegacyProduct);
        self.plan((now - 12 * DAY).max(self.began + 1), Deed::DeleteCustomer(2));
    }

    pub(super) fn plan(&mut self, at: Seconds, deed: Deed) {
        self.appointments += 1;
        self.agenda.push(Appointment { at, sequence: self.appointments, deed });
    }

    /// Does everything that is due by `now`.
    pub(super) fn run(&mut self, now: Seconds) {
        while let Some(next) = self.agenda.peek().copied().filter(|next| next.at <= now) {
            self.agenda.pop();
            let at = self.moment(next.at);
            self.perform(at, next.deed);
        }
        self.clock = self.clock.max(now);
    }

    fn perform(&mut self, at: Seconds, deed: Deed) {
        match deed {
            Deed::Payment(number) => {
                self.payment(at, number);
                self.plan(self.payment_time(at, number + 1), Deed::Payment(number + 1));
            }
            Deed::Showcase(number) => self.showcase(at, number),
            Deed::Arrival(number) => {
                let customer = self.arrive(at);
                if number % 40 == 39 {
                    self.plan(at + 20 * DAY, Deed::DeleteCustomer(customer));
                }
                let interval = self.span * 5 / (i64::from(self.scale.customers) * 4).max(1);
                self.plan(at + interval.max(self.shortest_interval()), Deed::Arrival(number + 1));
            }
            Deed::Subscribe(number) => {
                self.subscribe(at, number);
                if !self.building {
                    self.plan(at + self.subscription_interval(), Deed::Subscribe(number + 1));
                }
            }
            Deed::ManualInvoice(number) => self.manual_invoice(at, number),
            Deed::CloseManualInvoice(invoice, number) => self.close_manual_invoice(at, invoice, number),
            Deed::Capture(charge) => self.capture(at, charge),
            Deed::Expire(charge) => self.expire(at, charge),
            Deed::Settle(charge) => self.settle(at, charge),
            Deed::Refund(charge, percent) => self.refund_percent(at, charge, percent),
            Deed::RefundOutcome(refund) => self.refund_outcome(at, refund),
            Deed::Dispute(charge) => self.dispute(at, charge),
            Deed::CloseDispute(dispute) => self.close_dispute(at, dispute),
            Deed::TrialWillEnd(subscription) => self.trial_will_end(at, subscription),
            Deed::Renew(subscription) => self.renew(at, subscription),
            Deed::Finalize(invoice) => self.finalize(at, invoice),
            Deed::Retry(invoice) => self.attempt(at, invoice),
            Deed::Cancel(subscription) => self.cancel(at, subscription),
            Deed::CancelAtPeriodEnd(subscription) => self.cancel_at_period_end(at, subscription),
            Deed::Pause(subscription, behavior) => self.pause(at, subscription, behavior),
            Deed::Upgrade(subscription) => self.upgrade(at, subscription),
            Deed::ExpireIncomplete(subscription) => self.expire_incomplete(at, subscription),
            Deed::DeleteCustomer(customer) => self.delete_customer(at, customer),
            Deed::DropLegacyProduct => self.drop_legacy_product(at),
            Deed::PayoutDay => {
                self.pay_out(at);
                self.plan(at + 7 * DAY, Deed::PayoutDay);
            }
            Deed::PayoutArrives(payout) => self.payout_arrives(at, payout),
            Deed::FeeDay => {
                self.charge_monthly_fee(at);
                self.plan(at + 30 * DAY, Deed::FeeDay);
            }
            Deed::SilentEdit(charge) => self.silent_edit(charge),
        }
    }

    fn subscription_interval(&self) -> Seconds {
        (self.span / i64::from(self.scale.subscriptions.max(1))).max(self.shortest_interval())
    }

    /// The shortest time between two new customers or subscriptions: a short past is dense, what follows is not.
    fn shortest_interval(&self) -> Seconds {
        if self.building { 1 } else { DAY / 8 }
    }

    /// Payment n of N falls into the n-th of N equal parts of the past, and so on into the future.
    fn payment_time(&self, at: Seconds, number: u32) -> Seconds {
        if let (Some(pace), false) = (self.pace, self.building) {
            return at + pace;
        }
        let charges = i128::from(self.scale.charges.max(1));
        let part = i128::from(self.span) / charges;
        let jitter = self.below("jitter", number.into(), i64::try_from(part).unwrap_or(0).max(1));
        let begin = i128::from(self.span) * i128::from(number) / charges;
        (self.began + i64::try_from(begin).unwrap_or(0) + jitter).max(at)
    }
}
