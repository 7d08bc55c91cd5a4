//! Lists: newest first, cursors by id, `has_more`.

use serde_json::{Value, json};

use super::fault::Fault;
use super::query::Query;
use super::records::{Resource, Seconds, Serial};
use super::world::{EVENT_RETENTION_SECONDS, World};

impl World {
    /// One page of a list.
    pub(super) fn list(&self, resource: Resource, query: &Query) -> Result<Value, Fault> {
        // Positions count from the oldest; `end` is exclusive.
        let oldest =
            if resource == Resource::Event { self.clock - EVENT_RETENTION_SECONDS } else { Seconds::MIN };
        let mut begin = self.created_before(resource, query.created.from.max(oldest));
        let mut end = match query.created.to.checked_add(1) {
            Some(after) => self.created_before(resource, after),
            None => self.len(resource),
        };
        if let Some(cursor) = &query.starting_after {
            end = end.min(self.cursor(resource, cursor, "starting_after")?);
        }
        let backwards = query.ending_before.is_some();
        if let Some(cursor) = &query.ending_before {
            begin = begin.max(self.cursor(resource, cursor, "ending_before")? + 1);
        }
        let positions: Box<dyn Iterator<Item = usize>> =
            if backwards { Box::new(begin..end) } else { Box::new((begin..end.max(begin)).rev()) };
        let mut found = positions
            .map(|position| self.at_position(resource, position))
            .filter(|serial| !self.is_gone(resource, *serial) && self.passes(resource, *serial, query));
        let mut page: Vec<Serial> = found.by_ref().take(query.limit).collect();
        let has_more = found.next().is_some();
        if backwards {
            page.reverse();
        }
        let mut data = Vec::with_capacity(page.len());
        for serial in page {
            data.push(self.render(resource, serial));
        }
        let mut list = json!({
            "object": "list", "url": format!("/v1/{}s", resource.object()), "has_more": has_more, "data": data,
        });
        for path in &query.expand {
            self.expand(&mut list, path)?;
        }
        Ok(list)
    }

    fn cursor(&self, resource: Resource, id: &str, param: &str) -> Result<usize, Fault> {
        let serial = self.find(resource, id).filter(|serial| !self.is_gone(resource, *serial));
        let serial = serial.ok_or_else(|| Fault::missing(400, resource.object(), id, param))?;
        Ok(self.position(resource, serial))
    }

    fn passes(&self, resource: Resource, serial: Serial, query: &Query) -> bool {
        match resource {
            Resource::Event => return self.event_passes(serial, query),
            // Without a status, everything but the canceled.
            Resource::Subscription
                if !query.filters.iter().any(|(name, _)| name == "status")
                    && self.subscription_status(serial) == "canceled" =>
            {
                return false;
            }
            _ => {}
        }
        if query.filters.is_empty() && query.any_of.is_empty() {
            return true;
        }
        let object = self.render(resource, serial);
        let wanted = query.any_of.is_empty() || query.any_of.iter().any(|id| object["id"] == **id);
        wanted && query.filters.iter().all(|(name, value)| matches_filter(resource, &object, name, value))
    }

    /// The status as shown: a patch may have changed it.
    fn subscription_status(&self, serial: Serial) -> &str {
        let patch = self.patches.get(&(Resource::Subscription, serial));
        let patched = patch.and_then(|patch| patch["status"].as_str());
        patched.unwrap_or(self.subscriptions[serial as usize].status)
    }

    fn event_passes(&self, serial: Serial, query: &Query) -> bool {
        let kind = self.events[serial as usize].kind;
        // Every event has been delivered, so `delivery_success=false` finds none.
        let by_filter = query.filters.iter().all(|(name, value)| match value.split_once('*') {
            _ if name == "delivery_success" => value == "true",
            Some((start, end)) => {
                kind.len() >= start.len() + end.len() && kind.starts_with(start) && kind.ends_with(end)
            }
            None => kind == value,
        });
        by_filter && (query.any_of.is_empty() || query.any_of.iter().any(|wanted| wanted == kind))
    }
}

fn matches_filter(resource: Resource, object: &Value, name: &str, value: &str) -> bool {
    match (resource, name) {
        (Resource::Subscription, "status") => match value {
            "all" => true,
            "ended" => matches!(object["status"].as_str(), Some("canceled" | "incomplete_expired")),
            status => object["status"] == status,
        },
        (Resource::Subscription, "price" | "plan") => object["items"]["data"]
            .as_array()
            .is_some_and(|items| items.iter().any(|item| item[name]["id"] == value)),
        (Resource::Invoice, "subscription") => {
            object["parent"]["subscription_details"]["subscription"] == value
        }
        (Resource::InvoicePayment, _) if name.starts_with("payment[") => {
            let field = name.trim_start_matches("payment[").trim_end_matches(']');
            object["payment"][field] == value
        }
        _ => match &object[name] {
            Value::Bool(flag) => value == if *flag { "true" } else { "false" },
            field => field == value,
        },
    }
}
