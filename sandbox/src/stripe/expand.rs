//! `expand[]`: ids that become objects, and fields that appear only when asked for.

use serde_json::Value;

use super::catalogue::COUPONS;
use super::fault::Fault;
use super::records::{Resource, Serial};
use super::world::World;

/// Fields whose ids can be expanded.
const EXPANDABLE: [&str; 13] = [
    "balance_transaction",
    "charge",
    "coupon",
    "customer",
    "default_payment_method",
    "default_price",
    "discounts",
    "failure_balance_transaction",
    "invoice",
    "latest_invoice",
    "product",
    "source",
    "subscription",
];

impl World {
    /// Follows a dotted path through objects and arrays.
    pub(super) fn expand(&self, value: &mut Value, path: &str) -> Result<(), Fault> {
        let (field, rest) = path.split_once('.').map_or((path, None), |(field, rest)| (field, Some(rest)));
        match value {
            Value::Array(elements) => elements.iter_mut().try_for_each(|element| self.expand(element, path)),
            Value::Object(_) => {
                self.include(value, field);
                let target = value.get_mut(field).ok_or_else(|| refused(path))?;
                self.resolve(target, field)?;
                rest.map_or(Ok(()), |rest| self.expand(target, rest))
            }
            Value::Null => Ok(()),
            _ => Err(refused(path)),
        }
    }

    /// Replaces ids by the objects they name.
    fn resolve(&self, target: &mut Value, field: &str) -> Result<(), Fault> {
        match target {
            Value::String(id) => {
                let known = EXPANDABLE.contains(&field).then(|| self.object(id)).flatten();
                *target = known.ok_or_else(|| refused(field))?;
                Ok(())
            }
            Value::Array(elements) if field == "discounts" => {
                elements.iter_mut().try_for_each(|element| self.resolve(element, field))
            }
            _ => Ok(()),
        }
    }

    /// Adds a field that is absent unless asked for.
    fn include(&self, object: &mut Value, field: &str) {
        let Some(id) = object["id"].as_str() else { return };
        let added = match (field, self.find_any(id)) {
            ("tiers", Some((Resource::Price, serial))) => self.render_tiers(serial),
            ("payments", Some((Resource::Invoice, serial))) => self.render_payments(serial),
            ("billed_until", Some((Resource::SubscriptionItem, serial))) => {
                let item = &self.items[serial as usize];
                Value::from(self.subscriptions[item.subscription as usize].current_period.1)
            }
            _ => return,
        };
        object[field] = added;
    }

    fn object(&self, id: &str) -> Option<Value> {
        if COUPONS.iter().any(|coupon| coupon.id == id) {
            return self.render_coupon(id);
        }
        let (resource, serial) = self.find_any(id)?;
        Some(self.retrieved(resource, serial))
    }

    /// The object, or the stub of a deleted one.
    pub(super) fn retrieved(&self, resource: Resource, serial: Serial) -> Value {
        if self.is_gone(resource, serial) && resource.leaves_stub() {
            self.render_stub(resource, serial)
        } else {
            self.render(resource, serial)
        }
    }
}

fn refused(path: &str) -> Fault {
    Fault::bad_parameter("expand", format!("This property cannot be expanded ({path})."))
}
