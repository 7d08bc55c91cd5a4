//! Customers, their cards and addresses. All of them are made up.

use serde_json::{Value, json};

use crate::stripe::records::{Resource, Serial};
use crate::stripe::world::World;

const GIVEN: [&str; 10] =
    ["Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Femi", "Greta", "Hiro", "Inés", "Jonas"];
const FAMILY: [&str; 10] =
    ["Okafor", "Lindqvist", "Moreau", "Tanaka", "Silva", "Novak", "Haddad", "Byrne", "Kaya", "Weiss"];
/// City, state, postal code, country.
const PLACES: [(&str, Option<&str>, &str, &str); 6] = [
    ("Nashville", Some("TN"), "37203", "US"),
    ("Berlin", None, "10435", "DE"),
    ("Osaka", Some("Osaka"), "530-0001", "JP"),
    ("Kuwait City", None, "13001", "KW"),
    ("Leeds", None, "LS1 4AP", "GB"),
    ("Lyon", None, "69001", "FR"),
];

impl World {
    fn name(&self, key: u64) -> String {
        format!("{} {}", self.choose("given", key, &GIVEN), self.choose("family", key, &FAMILY))
    }

    fn email(&self, key: u64) -> String {
        let (given, family) = (self.choose("given", key, &GIVEN), self.choose("family", key, &FAMILY));
        format!("{}.{}{key}@example.com", given.to_lowercase(), family.to_lowercase())
    }

    fn address(&self, key: u64) -> Value {
        let (city, state, postal_code, country) = self.choose("place", key, &PLACES);
        json!({
            "city": city,
            "country": country,
            "line1": format!("{} Harbour Street", self.below("house", key, 200) + 1),
            "line2": null,
            "postal_code": postal_code,
            "state": state,
        })
    }

    /// The customer's details, or those that a guest typed in.
    pub(super) fn billing_details(&self, customer: Option<Serial>, key: u64) -> Value {
        let owner = customer.map_or(key + 5_000_000, u64::from);
        json!({
            "address": self.address(owner),
            "email": self.email(owner),
            "name": self.name(owner),
            "phone": null,
            "tax_id": null,
        })
    }

    /// The card of this person, as charges and payment methods both show it.
    pub(super) fn card(&self, owner: u64) -> Value {
        json!({
            "brand": self.choose("brand", owner, &["visa", "visa", "mastercard", "amex", "cartes_bancaires"]),
            "checks": { "address_line1_check": "pass", "address_postal_code_check": "pass", "cvc_check": "pass" },
            "country": self.choose("place", owner, &PLACES).3,
            "exp_month": self.below("month", owner, 12) + 1,
            "exp_year": self.below("year", owner, 5) + 2027,
            "fingerprint": format!("{:016x}", self.chance("fingerprint", owner)),
            "funding": self.choose("funding", owner, &["credit", "debit", "prepaid"]),
            "last4": format!("{:04}", self.below("last4", owner, 10_000)),
        })
    }

    pub(super) fn render_payment_method(&self, customer: Serial) -> Value {
        let created = self.customers[customer as usize].created;
        json!({
            "id": self.id(Resource::PaymentMethod, customer),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": self.billing_details(Some(customer), 0),
            "card": self.card(customer.into()),
            "created": created,
            "customer": self.id(Resource::Customer, customer),
            "livemode": self.livemode,
            "metadata": {},
            "type": "card",
        })
    }

    pub(super) fn render_customer(&self, serial: Serial) -> Value {
        let customer = &self.customers[serial as usize];
        let key = u64::from(serial);
        // Some never gave an address; the one of their last charge is all there is.
        let address = if key % 5 == 4 { Value::Null } else { self.address(key) };
        let method = (key % 3 != 1).then(|| self.id(Resource::PaymentMethod, serial));
        json!({
            "id": self.id(Resource::Customer, serial),
            "object": "customer",
            "address": address,
            "balance": 0,
            "business_name": null,
            "created": customer.created,
            "currency": "usd",
            "customer_account": null,
            "default_source": null,
            "delinquent": customer.delinquent,
            "description": null,
            "email": self.email(key),
            "individual_name": self.name(key),
            "invoice_prefix": format!("{:08X}", self.chance("prefix", key) & 0xFFFF_FFFF),
            "invoice_settings": {
                "custom_fields": null, "default_payment_method": method, "footer": null, "rendering_options": null,
            },
            "livemode": self.livemode,
            "metadata": { "label": self.choose("label", key, &["Aurora Tapes", "Low Tide Records", "Kite & Lantern"]) },
            "name": self.name(key),
            "next_invoice_sequence": 2,
            "phone": null,
            "preferred_locales": [],
            "shipping": null,
            "tax_exempt": "none",
            "test_clock": null,
        })
    }
}
