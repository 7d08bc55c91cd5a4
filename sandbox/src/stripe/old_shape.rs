//! Invoices, subscriptions and charges as they were before `basil` (2025-03-31): what events of an old version
//! carry, and what requests without a current version header get.

use serde_json::{Value, json};

use super::records::{Resource, Serial};
use super::world::World;

fn remove(object: &mut Value, names: &[&str]) {
    if let Some(fields) = object.as_object_mut() {
        for name in names {
            fields.remove(*name);
        }
    }
}

impl World {
    /// Rewrites an object into its old shape; objects that have not changed since stay.
    pub(super) fn age(&self, object: &mut Value) {
        let Some(id) = object["id"].as_str().map(str::to_owned) else {
            return;
        };
        match self.find_any(&id) {
            Some((Resource::Invoice, serial)) => self.age_invoice(object, serial),
            Some((Resource::Subscription, serial)) => self.age_subscription(object, serial),
            Some((Resource::Charge, serial)) => self.age_charge(object, serial),
            _ => {}
        }
    }

    fn age_invoice(&self, object: &mut Value, serial: Serial) {
        let invoice = &self.invoices[serial as usize];
        let charge =
            invoice.payments.first().and_then(|payment| self.invoice_payments[*payment as usize].charge);
        let subscription = object["parent"]["subscription_details"]["subscription"].take();
        object["subscription"] = subscription;
        object["charge"] = json!(charge.map(|charge| self.id(Resource::Charge, charge)));
        object["payment_intent"] = json!(charge.map(|charge| {
            self.id(Resource::PaymentIntent, self.charges[charge as usize].payment_intent)
        }));
        object["paid"] = Value::from(object["status"] == "paid");
        object["paid_out_of_band"] = Value::from(object["paid"] == true && charge.is_none());
        object["tax"] = Value::Null;
        object["total_tax_amounts"] = json!([]);
        object["discount"] = Value::Null;
        remove(
            object,
            &["parent", "payments", "total_taxes", "amount_overpaid", "total_pretax_credit_amounts"],
        );
        if let Some(lines) = object["lines"]["data"].as_array_mut() {
            for (line, record) in lines.iter_mut().zip(&invoice.lines) {
                line["price"] = line["pricing"]["price_details"]["price"].take();
                line["plan"] =
                    record.item.map_or(Value::Null, |item| self.render_plan(self.items[item as usize].price));
                line["proration"] = Value::from(record.proration);
                line["type"] =
                    Value::from(if record.item.is_some() { "subscription" } else { "invoiceitem" });
                remove(line, &["parent", "pricing", "taxes", "quantity_decimal", "subtotal"]);
            }
        }
    }

    fn age_subscription(&self, object: &mut Value, serial: Serial) {
        let record = &self.subscriptions[serial as usize];
        object["current_period_start"] = Value::from(record.current_period.0);
        object["current_period_end"] = Value::from(record.current_period.1);
        let single = record.items.len() == 1;
        let plan = record.items.first().filter(|_| single).map(|item| self.items[*item as usize].price);
        object["plan"] = plan.map_or(Value::Null, |price| self.render_plan(price));
        object["quantity"] =
            if single { object["items"]["data"][0]["quantity"].clone() } else { Value::Null };
        object["discount"] = Value::Null;
        remove(object, &["discounts", "billing_mode", "billing_schedules", "status_details"]);
        if let Some(items) = object["items"]["data"].as_array_mut() {
            for item in items {
                remove(item, &["current_period_start", "current_period_end", "discounts"]);
            }
        }
    }

    fn age_charge(&self, object: &mut Value, serial: Serial) {
        let id = self.id(Resource::Charge, serial);
        let payment = self.invoice_payments.iter().find(|payment| payment.charge == Some(serial));
        object["invoice"] = json!(payment.map(|payment| self.id(Resource::Invoice, payment.invoice)));
        object["source"] = Value::Null;
        object["order"] = Value::Null;
        object["dispute"] = Value::Null;
        object["refunds"] = json!({
            "object": "list", "data": [], "has_more": false, "total_count": 0, "url": format!("/v1/charges/{id}/refunds"),
        });
    }
}
