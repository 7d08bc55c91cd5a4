//! Reading a request's parameters: what each list understands, and refusals for everything else.

use crate::exchange::Request;

use super::fault::Fault;
use super::records::{Resource, Seconds};

const MOST_PER_PAGE: usize = 100;
const DEFAULT_PER_PAGE: usize = 10;
/// Levels that one `expand[]` may go down.
const EXPAND_DEPTH: usize = 4;
const MOST_EVENT_TYPES: usize = 20;

/// Bounds on `created`, both inclusive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Created {
    pub from: Seconds,
    pub to: Seconds,
}

/// A list request, understood.
#[derive(Debug)]
pub(super) struct Query {
    pub limit: usize,
    pub starting_after: Option<String>,
    pub ending_before: Option<String>,
    pub created: Created,
    pub expand: Vec<String>,
    /// Values of `types[]` or `ids[]`.
    pub any_of: Vec<String>,
    /// The remaining filters, by parameter name.
    pub filters: Vec<(String, String)>,
}

/// Filters of each list, beside paging, `created` and `expand[]`. Ranges other than `created` (`due_date`,
/// `current_period_end` …) and `search` are not imitated.
fn filters(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Charge => &["customer", "payment_intent", "transfer_group"],
        Resource::Refund | Resource::Dispute => &["charge", "payment_intent"],
        Resource::Invoice => &["status", "subscription", "customer", "collection_method"],
        Resource::InvoicePayment => {
            &["invoice", "status", "payment[payment_intent]", "payment[charge]", "payment[type]"]
        }
        Resource::Subscription => &["status", "price", "plan", "customer", "collection_method"],
        Resource::SubscriptionItem => &["subscription"],
        Resource::BalanceTransaction => &["type", "source", "currency"],
        Resource::Customer => &["email"],
        Resource::Product => &["active", "type"],
        Resource::Price => &["active", "currency", "product", "type"],
        Resource::Event => &["type", "delivery_success"],
        Resource::Payout => &["status"],
        Resource::PaymentMethod => &["customer", "type"],
        Resource::Discount | Resource::PaymentIntent => &[],
    }
}

/// `name[]` and `name[0]` mean one more element of `name`.
fn array_name(name: &str) -> Option<&str> {
    let (base, index) = name.strip_suffix(']')?.split_once('[')?;
    index.bytes().all(|byte| byte.is_ascii_digit()).then_some(base)
}

fn integer(name: &str, value: &str) -> Result<i64, Fault> {
    value.parse().map_err(|_| Fault::bad_parameter(name, format!("Invalid integer: {value}")))
}

fn checked_expansion(path: &str) -> Result<String, Fault> {
    if path.split('.').count() > EXPAND_DEPTH {
        let message = format!("You cannot expand more than {EXPAND_DEPTH} levels of a property: {path}.");
        return Err(Fault::bad_parameter("expand", message));
    }
    Ok(path.to_owned())
}

/// The expansions of a retrieval, which takes no other parameter.
pub(super) fn expansions(request: &Request) -> Result<Vec<String>, Fault> {
    request
        .query
        .iter()
        .map(|(name, value)| match array_name(name) {
            Some("expand") => checked_expansion(value),
            _ => Err(Fault::unknown_parameter(name)),
        })
        .collect()
}

impl Query {
    pub(super) fn read(resource: Resource, request: &Request) -> Result<Self, Fault> {
        let mut query = Self {
            limit: DEFAULT_PER_PAGE,
            starting_after: None,
            ending_before: None,
            created: Created { from: Seconds::MIN, to: Seconds::MAX },
            expand: Vec::new(),
            any_of: Vec::new(),
            filters: Vec::new(),
        };
        for (name, value) in &request.query {
            query.take(resource, name, value)?;
        }
        query.check(resource)?;
        Ok(query)
    }

    fn take(&mut self, resource: Resource, name: &str, value: &str) -> Result<(), Fault> {
        match name {
            "limit" => self.limit = limit(value)?,
            "starting_after" => self.starting_after = Some(value.to_owned()),
            "ending_before" => self.ending_before = Some(value.to_owned()),
            // Neither subscription items nor payment methods can be filtered by time.
            _ if name.starts_with("created")
                && !matches!(resource, Resource::SubscriptionItem | Resource::PaymentMethod) =>
            {
                self.take_created(name, integer(name, value)?)?;
            }
            _ if filters(resource).contains(&name) => self.filters.push((name.to_owned(), value.to_owned())),
            _ => match (array_name(name), resource) {
                (Some("expand"), _) => self.expand.push(checked_expansion(value)?),
                (Some("types"), Resource::Event) | (Some("ids"), Resource::Product) => {
                    self.any_of.push(value.to_owned());
                }
                _ => return Err(Fault::unknown_parameter(name)),
            },
        }
        Ok(())
    }

    fn take_created(&mut self, name: &str, moment: Seconds) -> Result<(), Fault> {
        let Created { from, to } = &mut self.created;
        match name {
            "created" => (*from, *to) = (moment, moment),
            "created[gte]" => *from = moment.max(*from),
            "created[gt]" => *from = moment.saturating_add(1).max(*from),
            "created[lte]" => *to = moment.min(*to),
            "created[lt]" => *to = moment.saturating_sub(1).min(*to),
            _ => return Err(Fault::unknown_parameter(name)),
        }
        Ok(())
    }

    fn check(&self, resource: Resource) -> Result<(), Fault> {
        if self.starting_after.is_some() && self.ending_before.is_some() {
            return Err(Fault::bad_request(
                "You can only provide one of starting_after or ending_before, not both.",
            ));
        }
        if resource == Resource::Event {
            if !self.any_of.is_empty() && self.filters.iter().any(|(name, _)| name == "type") {
                return Err(Fault::bad_parameter(
                    "types",
                    "You may only specify one of these parameters: type, types.",
                ));
            }
            if self.any_of.len() > MOST_EVENT_TYPES {
                let message = format!("You may only specify up to {MOST_EVENT_TYPES} types.");
                return Err(Fault::bad_parameter("types", message));
            }
            if let Some(wildcard) = self.any_of.iter().find(|kind| kind.contains('*')) {
                let message = format!("Invalid event type {wildcard}: wildcards are only allowed in `type`.");
                return Err(Fault::bad_parameter("types", message));
            }
        }
        if resource == Resource::SubscriptionItem && self.filters.is_empty() {
            return Err(Fault::bad_parameter("subscription", "Missing required param: subscription."));
        }
        Ok(())
    }
}

/// 1 to 100.
pub(super) fn limit(value: &str) -> Result<usize, Fault> {
    match usize::try_from(integer("limit", value)?) {
        Ok(0) => Err(Fault::bad_parameter("limit", "This value must be greater than or equal to 1.")),
        Ok(limit) if limit <= MOST_PER_PAGE => Ok(limit),
        _ => {
            let message = format!(
                "This value must be less than or equal to {MOST_PER_PAGE} (it currently is '{value}')."
            );
            Err(Fault::bad_parameter("limit", message))
        }
    }
}
