//! Charges, refunds, disputes, payment intents.

use serde_json::{Value, json};

use super::extended;
use crate::stripe::records::{Charge, ChargeStatus, Dispute, Method, Refund, Resource, Serial};
use crate::stripe::world::{DAY, World};

const LABELS: [&str; 3] = ["Aurora Tapes", "Low Tide Records", "Kite & Lantern"];
const TRACKS: [&str; 5] = ["Night Drive", "Paper Boats", "Salt", "Second Sun", "Velvet Static"];

impl World {
    fn optional_id(&self, resource: Resource, serial: Option<Serial>) -> Value {
        serial.map_or(Value::Null, |serial| Value::from(self.id(resource, serial)))
    }

    pub(super) fn render_charge(&self, serial: Serial) -> Value {
        let charge = &self.charges[serial as usize];
        let key = u64::from(serial);
        let id = self.id(Resource::Charge, serial);
        let failed = charge.status == ChargeStatus::Failed;
        let billing_details = self.billing_details(charge.customer, key);
        let receipt = format!("https://pay.stripe.com/receipts/payment/{}", self.chance("receipt", key));
        let money = json!({
            "id": id,
            "object": "charge",
            "amount": charge.amount,
            "amount_captured": charge.amount_captured,
            "amount_refunded": charge.amount_refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": self.optional_id(Resource::BalanceTransaction, charge.balance_transaction),
            "captured": charge.captured,
            "created": charge.created,
            "currency": charge.currency.code(),
            "customer": self.optional_id(Resource::Customer, charge.customer),
            "disputed": charge.disputed,
            "failure_balance_transaction":
                self.optional_id(Resource::BalanceTransaction, charge.failure_balance_transaction),
            "failure_code": charge.failure_code,
            "failure_message": charge.failure_code.map(|_| "Your card was declined."),
            "livemode": self.livemode,
            "paid": charge.status == ChargeStatus::Succeeded,
            "payment_intent": self.id(Resource::PaymentIntent, charge.payment_intent),
            "refunded": charge.amount_refunded == charge.amount,
        });
        let status = match charge.status {
            ChargeStatus::Succeeded => "succeeded",
            ChargeStatus::Pending => "pending",
            ChargeStatus::Failed => "failed",
        };
        let description = format!("Campaign budget: {}", self.choose("track", key, &TRACKS));
        let rest = json!({
            "authorization_code": format!("{:06}", self.below("authorization", key, 1_000_000)),
            "billing_details": billing_details,
            "calculated_statement_descriptor": "DYNAMOI* CAMPAIGN",
            "description": description,
            "fraud_details": {},
            "metadata": self.charge_metadata(key),
            "on_behalf_of": null,
            "outcome": self.outcome(charge, key),
            "payment_method": self.payment_method_id(charge, key),
            "payment_method_details": self.payment_method_details(charge, key),
            "presentment_details": null,
            "radar_options": {},
            "receipt_email": billing_details["email"],
            "receipt_number": null,
            "receipt_url": if failed { Value::Null } else { Value::from(receipt) },
            "review": null,
            "shipping": null,
            "source_transfer": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": "CAMPAIGN",
            "status": status,
            "transfer_data": null,
            "transfer_group": null,
            // Not in any published version.
            "settlement_preview": { "lane": "standard", "eligible": true },
        });
        extended(money, rest)
    }

    fn charge_metadata(&self, key: u64) -> Value {
        json!({
            "label": self.choose("label", key, &LABELS),
            "track": self.choose("track", key, &TRACKS),
            "isrc": format!("QZ{:03}26{:05}", self.below("registrant", key, 1_000), self.below("isrc", key, 100_000)),
            "campaign": format!("cmp_{}", self.below("campaign", key, 90_000_000) + 10_000_000),
            "source": "checkout",
        })
    }

    /// The customer's saved method, or one used once by a guest.
    fn payment_method_id(&self, charge: &Charge, key: u64) -> Value {
        match charge.customer {
            Some(customer) if charge.method.is_card() => {
                Value::from(self.id(Resource::PaymentMethod, customer))
            }
            _ => Value::from(format!("pm_1{}", super::super::ids::base62(self.chance("once", key), 11))),
        }
    }

    fn outcome(&self, charge: &Charge, key: u64) -> Value {
        let decline = charge.failure_code;
        let kind = match charge.status {
            _ if serial_is_odd_one(key) => "manual_review_queue",
            ChargeStatus::Failed => "issuer_declined",
            _ => "authorized",
        };
        json!({
            "advice_code": decline.map(|_| "try_again_later"),
            "network_advice_code": null,
            "network_decline_code": decline.map(|_| "05"),
            "network_status": if decline.is_some() { "declined_by_network" } else { "approved_by_network" },
            "reason": decline.map(|_| self.choose("decline reason", key, &["generic_decline", "insufficient_funds", "do_not_honor"])),
            "risk_level": "normal",
            "risk_score": self.below("risk", key, 60),
            "seller_message": if decline.is_some() { "The bank did not return any further details with this decline." } else { "Payment complete." },
            "type": kind,
        })
    }

    fn payment_method_details(&self, charge: &Charge, key: u64) -> Value {
        // A customer's charges show the customer's card.
        let owner = charge.customer.map_or(key + 5_000_000, u64::from);
        match charge.method {
            Method::Card => json!({ "type": "card", "card": self.charge_card(charge, owner, &Value::Null) }),
            Method::ApplePay => {
                let wallet = json!({ "type": "apple_pay", "apple_pay": {}, "dynamic_last4": "0492" });
                json!({ "type": "card", "card": self.charge_card(charge, owner, &wallet) })
            }
            Method::LinkWallet => {
                let wallet = json!({ "type": "link", "link": { "funding_source_group": null }, "dynamic_last4": null });
                json!({ "type": "card", "card": self.charge_card(charge, owner, &wallet) })
            }
            Method::Link => {
                json!({ "type": "link", "link": { "country": "US", "funding_source_group": null } })
            }
            Method::SepaDebit => json!({
                "type": "sepa_debit",
                "sepa_debit": {
                    "bank_code": "37040044", "branch_code": null, "country": "DE", "expected_debit_date": null,
                    "fingerprint": format!("{:016x}", self.chance("iban", owner)), "last4": "3000",
                    "mandate": format!("mandate_1{}", self.chance("mandate", owner)),
                },
            }),
            Method::Unheard => json!({ "type": "stage_pass", "stage_pass": { "venue": "main" } }),
        }
    }

    fn charge_card(&self, charge: &Charge, owner: u64, wallet: &Value) -> Value {
        let card = self.card(owner);
        let details = json!({
            "amount_authorized": charge.amount,
            "authorization_code": null,
            "capture_before": if charge.captured { Value::Null } else { Value::from(charge.created + 7 * DAY) },
            "extended_authorization": { "status": "disabled" },
            "incremental_authorization": { "status": "unavailable" },
            "installments": null,
            "mandate": null,
            "multicapture": { "status": "unavailable" },
            "network": card["brand"],
            "network_token": { "used": false },
            "network_transaction_id": format!("{}", self.chance("network", owner)),
            "overcapture": { "maximum_amount_capturable": charge.amount, "status": "unavailable" },
            "regulated_status": "unregulated",
            "three_d_secure": null,
            "wallet": wallet,
        });
        extended(card, details)
    }

    pub(super) fn render_refund(&self, serial: Serial) -> Value {
        let refund: &Refund = &self.refunds[serial as usize];
        let charge = &self.charges[refund.charge as usize];
        json!({
            "id": self.id(Resource::Refund, serial),
            "object": "refund",
            "amount": refund.amount,
            "balance_transaction": self.optional_id(Resource::BalanceTransaction, refund.balance_transaction),
            "charge": self.id(Resource::Charge, refund.charge),
            "created": refund.created,
            "currency": charge.currency.code(),
            "destination_details": if charge.method.is_card() {
                json!({ "type": "card", "card": { "type": "refund", "reference_status": "pending", "reference_type": "acquirer_reference_number" } })
            } else {
                Value::Null
            },
            "failure_balance_transaction":
                self.optional_id(Resource::BalanceTransaction, refund.failure_balance_transaction),
            "failure_reason": (refund.status == "failed").then_some("expired_or_canceled_card"),
            "metadata": {},
            "payment_intent": self.id(Resource::PaymentIntent, charge.payment_intent),
            "pending_reason": (refund.status == "pending").then_some("processing"),
            "reason": refund.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": refund.status,
            "transfer_reversal": null,
        })
    }

    pub(super) fn render_dispute(&self, serial: Serial) -> Value {
        let dispute: &Dispute = &self.disputes[serial as usize];
        let charge = &self.charges[dispute.charge as usize];
        let lines: Vec<Value> = [dispute.withdrawn, dispute.reinstated]
            .into_iter()
            .flatten()
            .map(|line| self.render(Resource::BalanceTransaction, line))
            .collect();
        json!({
            "id": self.id(Resource::Dispute, serial),
            "object": "dispute",
            "amount": dispute.amount,
            "balance_transactions": lines,
            "charge": self.id(Resource::Charge, dispute.charge),
            "created": dispute.created,
            "currency": charge.currency.code(),
            "enhanced_eligibility_types": [],
            "evidence": { "customer_email_address": null, "product_description": null, "uncategorized_text": null },
            "evidence_details": {
                "due_by": dispute.created + 10 * DAY, "has_evidence": false, "past_due": false, "submission_count": 0,
            },
            "is_charge_refundable": dispute.status.starts_with("warning"),
            "livemode": self.livemode,
            "metadata": {},
            "payment_intent": self.id(Resource::PaymentIntent, charge.payment_intent),
            "payment_method_details": { "type": "card", "card": { "brand": "visa", "network_reason_code": "10.4" } },
            "reason": dispute.reason,
            "status": dispute.status,
        })
    }

    pub(super) fn render_payment_intent(&self, serial: Serial) -> Value {
        let charge = &self.charges[serial as usize];
        let status = match (charge.status, charge.captured) {
            (ChargeStatus::Failed, _) => "requires_payment_method",
            (ChargeStatus::Pending, _) => "processing",
            (ChargeStatus::Succeeded, false) => "requires_capture",
            (ChargeStatus::Succeeded, true) => "succeeded",
        };
        json!({
            "id": self.id(Resource::PaymentIntent, serial),
            "object": "payment_intent",
            "amount": charge.amount,
            "amount_capturable": if status == "requires_capture" { charge.amount } else { 0 },
            "amount_received": charge.amount_captured,
            "capture_method": if charge.captured { "automatic" } else { "manual" },
            "client_secret": format!("{}_secret_{}", self.id(Resource::PaymentIntent, serial), self.chance("secret", serial.into())),
            "confirmation_method": "automatic",
            "created": charge.created,
            "currency": charge.currency.code(),
            "customer": self.optional_id(Resource::Customer, charge.customer),
            "latest_charge": self.id(Resource::Charge, serial),
            "livemode": self.livemode,
            "metadata": {},
            "payment_method_types": ["card", "link"],
            "status": status,
        })
    }
}

/// One charge in 400 has an outcome that no published list names.
fn serial_is_odd_one(key: u64) -> bool {
    key % 400 == 13
}
