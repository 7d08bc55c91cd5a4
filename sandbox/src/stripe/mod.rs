//! Imitation of the Stripe API, version 2026-10-28.endive: the billing account of a platform that markets music.
//!
//! The world is a simulation that runs from `days` ago to now and goes on with every [`Imitation::advance`]; the
//! same seed and the same moments give the same world. Reads only: lists, retrievals, `expand[]`.
//!
//! What changes **without an event**, so that a reader who trusts events alone goes wrong:
//! - a charge's `description` and `outcome.risk_score`, some days after the payment (one charge in fifty);
//! - `charge.disputed`, when a dispute is opened (there is `charge.dispute.created`, no `charge.updated`);
//! - `customer.delinquent`, when an invoice's payment is declined;
//! - `balance_transaction.status`, which becomes `available` with time;
//! - `subscription.latest_invoice`, when a first invoice is drafted.
//!
//! Two of three events carry the object in the shape of 2020-08-27. Events of the past that was built at the
//! beginning show the object as it is now; later events show it as it was.

mod agenda;
mod authority;
mod balance;
mod catalogue;
mod controls;
mod expand;
mod fault;
mod ids;
mod invoices;
mod list;
mod old_shape;
mod payments;
mod plans;
mod query;
mod records;
mod render;
mod resource;
mod returns;
mod subscriptions;
mod world;

#[cfg(test)]
mod tests;

use std::any::Any;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use agenda::Scale;
pub use authority::SANDBOX_KEY;
pub use resource::Resource;

use crate::exchange::{Answer, Imitation, Request};
use crate::stage::ShownTime;
use authority::Authority;
use fault::Fault;
use query::Query;
use records::Serial;
use render::{CURRENT_VERSION, OLD_VERSION};
use world::World;

/// Versions with the current shape of every object that is imitated here.
const NEW_VERSIONS: [&str; 4] =
    ["2025-09-30.clover", "2026-03-25.dahlia", "2026-09-30.endive", CURRENT_VERSION];
/// Versions before `basil` moved the fields of invoices and subscriptions.
const OLD_VERSIONS: [&str; 3] = [OLD_VERSION, "2024-06-20", "2025-02-24.acacia"];

/// One Stripe account.
#[derive(Debug)]
pub struct Stripe {
    world: World,
    authority: Authority,
    time: ShownTime,
    /// Requests answered so far: the source of `Request-Id`.
    requests: u64,
}

impl Stripe {
    /// An account with `days` of past before `now`: 150 customers, 60 subscriptions, eight payments a day.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self::with_scale(seed, days, now, Scale::of_days(days))
    }

    /// An account of any size; a million charges take some 270 MB.
    pub fn with_scale(seed: u64, days: u32, now: Timestamp, scale: Scale) -> Self {
        Self {
            world: World::build(seed, days, now.as_second(), scale),
            authority: Authority::default(),
            time: ShownTime::new(now),
            requests: 0,
        }
    }

    fn request_id(&self, number: u64) -> String {
        format!("req_{}", ids::base62(self.world.chance("request id", number), 14))
    }

    /// The version asked for, or the account's default.
    fn version(request: &Request) -> Result<&str, Fault> {
        let asked = request.header("stripe-version").unwrap_or(OLD_VERSION);
        if NEW_VERSIONS.contains(&asked) || OLD_VERSIONS.contains(&asked) {
            return Ok(asked);
        }
        Err(Fault::bad_request(format!("Invalid Stripe API version: {asked}")))
    }

    fn respond(&self, request: &Request) -> Result<Value, Fault> {
        let key = self.authority.admit(request)?;
        let version = Self::version(request)?;
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let unknown = || Fault::unknown_path(&request.method, &request.path);
        if request.method != "GET" || segments.first() != Some(&"v1") {
            return Err(unknown());
        }
        if let ["v1", "coupons", id] = segments[..] {
            return self.coupon(id, request);
        }
        let resource = segments.get(1).and_then(|name| plural(name)).ok_or_else(unknown)?;
        self.authority.permit(&key, resource)?;
        let mut answer = match segments.get(2..).unwrap_or_default() {
            [] if resource != Resource::PaymentIntent => {
                self.world.list(resource, &Query::read(resource, request)?)
            }
            [id] => self.retrieve(resource, id, request),
            [id, "lines"] if resource == Resource::Invoice => self.invoice_lines(id, request),
            _ => Err(unknown()),
        }?;
        if OLD_VERSIONS.contains(&version) {
            self.age_answer(&mut answer);
        }
        Ok(answer)
    }

    /// Objects in the shape of an old version; events have their own.
    fn age_answer(&self, answer: &mut Value) {
        if answer["object"] != "list" {
            self.world.age(answer);
        } else if let Some(data) = answer["data"].as_array_mut() {
            for object in data {
                self.world.age(object);
            }
        }
    }

    fn serial(&self, resource: Resource, id: &str) -> Result<Serial, Fault> {
        self.world
            .find(resource, id)
            .filter(|serial| resource.leaves_stub() || !self.world.is_gone(resource, *serial))
            .ok_or_else(|| Fault::missing(404, resource.object(), id, "id"))
    }

    fn retrieve(&self, resource: Resource, id: &str, request: &Request) -> Result<Value, Fault> {
        let paths = query::expansions(request)?;
        let serial = self.serial(resource, id)?;
        let mut object = self.world.retrieved(resource, serial);
        for path in &paths {
            self.world.expand(&mut object, path)?;
        }
        Ok(object)
    }

    /// A coupon by id; there is no table of them. Ours hold for every product and in one currency, so that what may be
    /// expanded is not there.
    fn coupon(&self, id: &str, request: &Request) -> Result<Value, Fault> {
        let coupon =
            self.world.render_coupon(id).ok_or_else(|| Fault::missing(404, "coupon", id, "coupon"))?;
        let known = ["applies_to", "currency_options"];
        match query::expansions(request)?.iter().find(|path| !known.contains(&path.as_str())) {
            Some(path) => Err(Fault::bad_request(format!("This property cannot be expanded ({path})."))),
            None => Ok(coupon),
        }
    }

    /// All lines of an invoice, of which the invoice itself shows ten.
    fn invoice_lines(&self, id: &str, request: &Request) -> Result<Value, Fault> {
        let serial = self.serial(Resource::Invoice, id)?;
        let lines = self.world.render_lines(serial, usize::MAX)["data"].take();
        let lines = lines.as_array().map(Vec::as_slice).unwrap_or_default();
        let (mut limit, mut begin) = (10, 0);
        for (name, value) in &request.query {
            match name.as_str() {
                "limit" => limit = query::limit(value)?,
                "starting_after" => {
                    let cursor = lines.iter().position(|line| line["id"] == **value);
                    begin = cursor.ok_or_else(|| Fault::missing(400, "line_item", value, name))? + 1;
                }
                _ => return Err(Fault::unknown_parameter(name)),
            }
        }
        let end = lines.len().min(begin + limit);
        Ok(json!({
            "object": "list", "url": request.path, "has_more": end < lines.len(), "data": lines[begin..end],
        }))
    }
}

/// The resource at a path; discounts are shown only inside others.
fn plural(name: &str) -> Option<Resource> {
    let resource = name.strip_suffix('s').and_then(Resource::named)?;
    (resource != Resource::Discount).then_some(resource)
}

impl Imitation for Stripe {
    fn id(&self) -> &'static str {
        "stripe"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.requests += 1;
        self.world.clock = self.world.clock.max(request.now.as_second());
        let answer = match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(fault) => fault.answer(),
        };
        let version = Self::version(request).unwrap_or(OLD_VERSION);
        let answer = answer
            .with_header("Request-Id", self.request_id(self.requests))
            .with_header("Stripe-Version", version);
        match request.header("stripe-account") {
            Some(account) => answer.with_header("Stripe-Account", account),
            None => answer,
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
        if self.time.frozen().is_some() {
            self.world.clock = self.world.clock.max(now.as_second());
        } else {
            self.world.run(now.as_second());
        }
    }

    fn limited(&self, request: &Request, _usage_percent: f64, _wait: Duration) -> Answer {
        // Stripe gives no Retry-After: the client has to back off by itself.
        Fault::rate_limited()
            .answer()
            .with_header("Stripe-Rate-Limited-Reason", "global-rate")
            .with_header("Request-Id", self.request_id(request.now.as_microsecond().unsigned_abs()))
            .with_header("Stripe-Version", Self::version(request).unwrap_or(OLD_VERSION))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
