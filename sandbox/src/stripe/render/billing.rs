//! Subscriptions, their items, invoices, their lines and payments.

use serde_json::{Value, json};

use super::extended;
use crate::stripe::records::{Invoice, InvoiceLine, Resource, Scheme, Serial};
use crate::stripe::world::World;

/// Items that a subscription shows; the rest is at `/v1/subscription_items`.
const INLINE_ITEMS: usize = 20;
/// Lines that an invoice shows; the rest is at `/v1/invoices/{id}/lines`.
const INLINE_LINES: usize = 10;

impl World {
    fn discount_ids(&self, discount: Option<Serial>) -> Vec<String> {
        discount.map(|discount| self.id(Resource::Discount, discount)).into_iter().collect()
    }

    pub(super) fn render_item(&self, serial: Serial) -> Value {
        let item = &self.items[serial as usize];
        let period = self.subscriptions[item.subscription as usize].current_period;
        let mut object = json!({
            "id": self.id(Resource::SubscriptionItem, serial),
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": item.created,
            "current_period_end": period.1,
            "current_period_start": period.0,
            "discounts": self.discount_ids(item.discount),
            "metadata": {},
            "plan": self.render_plan(item.price),
            "price": self.render(Resource::Price, item.price),
            "subscription": self.id(Resource::Subscription, item.subscription),
            "tax_rates": [],
        });
        // Metered items have no quantity at all.
        if let Some(quantity) = item.quantity {
            object["quantity"] = Value::from(quantity);
        }
        object
    }

    /// The list inside a subscription.
    pub(in crate::stripe) fn render_items(&self, subscription: Serial, most: usize) -> Value {
        let items = &self.subscriptions[subscription as usize].items;
        let shown: Vec<Value> =
            items.iter().take(most).map(|item| self.render(Resource::SubscriptionItem, *item)).collect();
        json!({
            "object": "list",
            "data": shown,
            "has_more": items.len() > most,
            "url": format!("/v1/subscription_items?subscription={}", self.id(Resource::Subscription, subscription)),
        })
    }

    pub(super) fn render_subscription(&self, serial: Serial) -> Value {
        let record = &self.subscriptions[serial as usize];
        let method = serial.is_multiple_of(3).then(|| self.id(Resource::PaymentMethod, record.customer));
        let life = json!({
            "id": self.id(Resource::Subscription, serial),
            "object": "subscription",
            "billing_cycle_anchor": record.billing_cycle_anchor,
            "billing_mode": { "type": "flexible", "flexible": { "proration_discounts": "included" } },
            "cancel_at": record.cancel_at_period_end.then_some(record.current_period.1),
            "cancel_at_period_end": record.cancel_at_period_end,
            "canceled_at": record.canceled_at,
            "cancellation_details": {
                "comment": null,
                "feedback": record.canceled_at.map(|_| "too_expensive"),
                "reason": record.canceled_at.map(|_| "cancellation_requested"),
            },
            "created": record.created,
            "ended_at": record.ended_at,
            "pause_collection": record.pause_collection.map(|behavior| json!({ "behavior": behavior, "resumes_at": null })),
            "start_date": record.created,
            "status": record.status,
            "status_details": record.paused.map(|(at, kind)| json!({
                "paused": { "type": "subscription", "transitioned_at": at, "subscription": { "type": kind } },
            })),
            "trial_end": record.trial.map(|(_, end)| end),
            "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
            "trial_start": record.trial.map(|(start, _)| start),
        });
        let rest = json!({
            "application": null,
            "application_fee_percent": null,
            "automatic_tax": { "enabled": false, "disabled_reason": null, "liability": null },
            "billing_schedules": [],
            "billing_thresholds": null,
            "collection_method": "charge_automatically",
            "currency": record.currency.code(),
            "customer": self.id(Resource::Customer, record.customer),
            "customer_account": null,
            "days_until_due": null,
            "default_payment_method": method,
            "default_source": null,
            "default_tax_rates": [],
            "description": null,
            "discounts": self.discount_ids(record.discount),
            "invoice_settings": { "issuer": { "type": "self" }, "account_tax_ids": null },
            "items": self.render_items(serial, INLINE_ITEMS),
            "latest_invoice": record.latest_invoice.map(|invoice| self.id(Resource::Invoice, invoice)),
            "livemode": self.livemode,
            "metadata": { "seat": "label" },
            "next_pending_invoice_item_invoice": null,
            "on_behalf_of": null,
            "pending_setup_intent": null,
            "pending_update": null,
            "schedule": null,
            "test_clock": null,
            "transfer_data": null,
        });
        extended(life, rest)
    }

    pub(super) fn render_invoice(&self, serial: Serial) -> Value {
        let invoice = &self.invoices[serial as usize];
        let key = u64::from(invoice.customer);
        let person = self.billing_details(Some(invoice.customer), 0);
        let total = invoice.total();
        let parent = invoice.subscription.map(|subscription| {
            json!({
                "type": "subscription_details",
                "quote_details": null,
                "subscription_details": {
                    "metadata": { "seat": "label" },
                    "subscription": self.id(Resource::Subscription, subscription),
                    "subscription_proration_date": null,
                },
            })
        });
        let number = invoice
            .finalized_at
            .map(|_| format!("{:08X}-{:04}", self.chance("prefix", key) & 0xFFFF_FFFF, serial));
        let money = json!({
            "id": self.id(Resource::Invoice, serial),
            "object": "invoice",
            "amount_due": total.max(0),
            "amount_overpaid": 0,
            "amount_paid": invoice.amount_paid,
            "amount_remaining": (total - invoice.amount_paid).max(0),
            "amount_shipping": 0,
            "attempt_count": invoice.attempt_count,
            "attempted": invoice.attempt_count > 0,
            "auto_advance": invoice.status == "draft",
            "billing_reason": invoice.billing_reason,
            "collection_method": if invoice.subscription.is_some() { "charge_automatically" } else { "send_invoice" },
            "created": invoice.created,
            "currency": invoice.currency.code(),
            "customer": self.id(Resource::Customer, invoice.customer),
            "discounts": invoice.subscription.map_or_else(Vec::new, |subscription| {
                self.discount_ids(self.subscriptions[subscription as usize].discount)
            }),
            "ending_balance": invoice.finalized_at.map(|_| 0),
            "lines": self.render_lines(serial, INLINE_LINES),
            "next_payment_attempt": invoice.next_payment_attempt,
            "number": number,
            "parent": parent,
            "period_end": invoice.period.1,
            "period_start": invoice.period.0,
            "status": invoice.status,
        });
        let totals = json!({
            "starting_balance": 0,
            "status_transitions": {
                "finalized_at": invoice.finalized_at,
                "marked_uncollectible_at": invoice.uncollectible_at,
                "paid_at": invoice.paid_at,
                "voided_at": invoice.voided_at,
            },
            "subtotal": invoice.subtotal,
            "subtotal_excluding_tax": invoice.subtotal,
            "total": total,
            "total_discount_amounts": [],
            "total_excluding_tax": total,
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
        });
        let rest = json!({
            "account_country": "US",
            "account_name": "Dynamoi",
            "account_tax_ids": null,
            "automatic_tax": { "enabled": false, "status": null, "liability": null, "disabled_reason": null, "provider": null },
            "custom_fields": null,
            "customer_account": null,
            "customer_address": person["address"],
            "customer_email": person["email"],
            "customer_name": person["name"],
            "customer_phone": null,
            "customer_tax_ids": [],
            "default_payment_method": null,
            "default_tax_rates": [],
            "description": null,
            "due_date": invoice.subscription.is_none().then_some(invoice.created + 30 * 86_400),
            "footer": null,
            "hosted_invoice_url": null,
            "issuer": { "type": "self" },
            "last_finalization_error": null,
            "latest_revision": null,
            "livemode": self.livemode,
            "metadata": {},
            "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "test_clock": null,
            "webhooks_delivered_at": invoice.created,
        });
        extended(extended(money, totals), rest)
    }

    /// The list inside an invoice.
    pub(in crate::stripe) fn render_lines(&self, serial: Serial, most: usize) -> Value {
        let invoice = &self.invoices[serial as usize];
        let data: Vec<Value> = (0..)
            .zip(&invoice.lines)
            .take(most)
            .map(|(place, line)| self.render_line(serial, invoice, place, line))
            .collect();
        json!({
            "object": "list",
            "data": data,
            "has_more": invoice.lines.len() > most,
            "url": format!("/v1/invoices/{}/lines", self.id(Resource::Invoice, serial)),
        })
    }

    fn render_line(&self, serial: Serial, invoice: &Invoice, place: u64, line: &InvoiceLine) -> Value {
        let subscription =
            invoice.subscription.map(|subscription| self.id(Resource::Subscription, subscription));
        let item = line.item.map(|item| self.id(Resource::SubscriptionItem, item));
        let discount = line.item.and_then(|item| self.items[item as usize].discount);
        let parent = if item.is_some() {
            json!({
                "type": "subscription_item_details",
                "invoice_item_details": null,
                "subscription_item_details": {
                    "invoice_item": null, "proration": line.proration, "proration_details": { "credited_items": null },
                    "subscription": subscription, "subscription_item": item,
                },
            })
        } else {
            json!({
                "type": "invoice_item_details",
                "invoice_item_details": {
                    "invoice_item": format!("ii_1{}", self.chance("invoice item", serial.into())), "proration": false,
                    "proration_details": { "credited_items": null }, "subscription": null,
                },
                "subscription_item_details": null,
            })
        };
        let pricing = line.price.map(|price| {
            json!({
                "type": "price_details",
                "price_details": {
                    "price": self.id(Resource::Price, price),
                    "product": self.id(Resource::Product, self.prices[price as usize].product),
                },
                "unit_amount_decimal": self.unit_amount_decimal(price),
            })
        });
        json!({
            "id": format!("il_1{}", super::super::ids::base62(self.chance("line", u64::from(serial) * 64 + place), 11)),
            "object": "line_item",
            "amount": line.amount,
            "currency": invoice.currency.code(),
            "description": line.price.map(|price| self.prices[price as usize].nickname),
            "discount_amounts": [],
            "discountable": true,
            "discounts": self.discount_ids(discount),
            "invoice": self.id(Resource::Invoice, serial),
            "livemode": self.livemode,
            "metadata": {},
            "parent": parent,
            "period": { "end": invoice.period.1, "start": invoice.period.0 },
            "pretax_credit_amounts": [],
            "pricing": pricing,
            "quantity": line.quantity,
            "quantity_decimal": line.quantity.to_string(),
            "subscription": subscription,
            "subtotal": line.amount,
            "taxes": [],
        })
    }

    fn unit_amount_decimal(&self, price: Serial) -> Value {
        match self.prices[price as usize].scheme {
            Scheme::PerUnit { .. } => self.render_price(price)["unit_amount_decimal"].take(),
            _ => Value::Null,
        }
    }

    pub(super) fn render_invoice_payment(&self, serial: Serial) -> Value {
        let record = &self.invoice_payments[serial as usize];
        let payment = match record.charge {
            None if record.status == "paid" => json!({
                "type": "payment_record",
                "payment_record": format!("pr_1{}", self.chance("payment record", serial.into())),
            }),
            // Some old payments are known by their charge only.
            Some(charge) if serial % 7 == 3 && record.status == "paid" => {
                json!({ "type": "charge", "charge": self.id(Resource::Charge, charge) })
            }
            Some(charge) => json!({
                "type": "payment_intent",
                "payment_intent": self.id(Resource::PaymentIntent, self.charges[charge as usize].payment_intent),
            }),
            None => json!({ "type": "payment_intent", "payment_intent": null }),
        };
        json!({
            "id": self.id(Resource::InvoicePayment, serial),
            "object": "invoice_payment",
            "amount_paid": record.amount_paid,
            "amount_requested": record.amount_requested,
            "created": record.created,
            "currency": self.invoices[record.invoice as usize].currency.code(),
            "invoice": self.id(Resource::Invoice, record.invoice),
            "is_default": record.is_default,
            "livemode": self.livemode,
            "payment": payment,
            "status": record.status,
            "status_transitions": { "canceled_at": record.canceled_at, "paid_at": record.paid_at },
        })
    }

    /// The list that `expand[]=payments` includes in an invoice.
    pub(in crate::stripe) fn render_payments(&self, invoice: Serial) -> Value {
        let payments = &self.invoices[invoice as usize].payments;
        let data: Vec<Value> =
            payments.iter().map(|payment| self.render(Resource::InvoicePayment, *payment)).collect();
        json!({
            "object": "list",
            "data": data,
            "has_more": false,
            "url": format!("/v1/invoice_payments?invoice={}", self.id(Resource::Invoice, invoice)),
        })
    }
}
