//! Who may ask what, and which path does what.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::errors::AnalyticsError;
use super::fields::{DIMENSIONS, Metric, dimension_metadata};
use super::world::Property;
use super::{GOALS, GoogleAnalytics};
use crate::exchange::Request;

const VERSION: &str = "v1beta";

impl GoogleAnalytics {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, AnalyticsError> {
        // Reports go to one path, so that scripts match on what is asked, too.
        let asked = format!("{} {}", request.path, String::from_utf8_lossy(&request.body));
        if let Some(error) = self.script.error(&asked) {
            return Err(error);
        }
        self.tokens.check(request).map_err(|_| AnalyticsError::unauthenticated())?;
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("POST", [VERSION, "properties", method]) => {
                let (id, method) = method.split_once(':').ok_or_else(AnalyticsError::no_method)?;
                self.ask(id, method, request)
            }
            ("GET", [VERSION, "accountSummaries"]) => Ok(self.summaries()),
            ("GET", [VERSION, "properties", id]) => Ok(described(self.permitted(id)?)),
            ("GET", [VERSION, "properties", id, "keyEvents"]) => Ok(key_events(self.permitted(id)?)),
            ("GET", [VERSION, "properties", id, "metadata"]) => {
                let property = self.permitted(id)?;
                Ok(json!({
                    "name": format!("properties/{id}/metadata"),
                    "dimensions": DIMENSIONS.map(dimension_metadata),
                    "metrics": Metric::all().map(|metric| metric.metadata(property.notes)).collect::<Vec<_>>(),
                }))
            }
            _ => Err(AnalyticsError::no_method()),
        }
    }

    fn ask(&mut self, id: &str, method: &str, request: &Request) -> Result<Value, AnalyticsError> {
        let malformed = |error| AnalyticsError::invalid(format!("Invalid JSON payload received. {error}"));
        if let Some(property) = self.world.properties.iter_mut().find(|property| property.id == id)
            && let Some(pool) = property.used.empty(request.now)
        {
            self.refused += 1;
            return Err(AnalyticsError::exhausted(pool));
        }
        match method {
            "runReport" => self.report(id, &serde_json::from_slice(&request.body).map_err(malformed)?),
            "batchRunReports" => self.batch(id, &serde_json::from_slice(&request.body).map_err(malformed)?),
            "checkCompatibility" => {
                self.compatibility(id, &serde_json::from_slice(&request.body).map_err(malformed)?)
            }
            _ => Err(AnalyticsError::no_method()),
        }
    }

    /// Takes what a report costs; what is left.
    pub(super) fn take_tokens(&mut self, id: &str, tokens: u64) -> Value {
        let mut found = self.world.properties.iter_mut().filter(|property| property.id == id);
        found.next().map_or(Value::Null, |property| {
            property.used.take(tokens);
            property.used.told(tokens)
        })
    }

    fn permitted(&self, id: &str) -> Result<&Property, AnalyticsError> {
        let found = self.world.property(id).filter(|property| !property.is_forbidden);
        found.ok_or_else(AnalyticsError::permission)
    }

    fn summaries(&self) -> Value {
        let seen = self.world.properties.iter().filter(|property| !property.is_forbidden);
        let properties = seen.map(|property| {
            json!({
                "property": format!("properties/{}", property.id),
                "displayName": property.name,
                "propertyType": "PROPERTY_TYPE_ORDINARY",
                "parent": "accounts/1",
            })
        });
        json!({ "accountSummaries": [{
            "name": "accountSummaries/1",
            "account": "accounts/1",
            "displayName": "Night Shift",
            "propertySummaries": properties.collect::<Vec<_>>(),
        }] })
    }
}

fn described(property: &Property) -> Value {
    json!({
        "name": format!("properties/{}", property.id),
        "parent": "accounts/1",
        "account": "accounts/1",
        "displayName": property.name,
        "timeZone": property.zone_name,
        "currencyCode": property.currency,
        "serviceLevel": "GOOGLE_ANALYTICS_STANDARD",
        "propertyType": "PROPERTY_TYPE_ORDINARY",
        "createTime": Timestamp::UNIX_EPOCH.to_string(),
    })
}

fn key_events(property: &Property) -> Value {
    let events = GOALS.iter().zip(1..).map(|(goal, number)| {
        json!({
            "name": format!("properties/{}/keyEvents/{number}", property.id),
            "eventName": goal,
            "createTime": Timestamp::UNIX_EPOCH.to_string(),
            "countingMethod": "ONCE_PER_EVENT",
        })
    });
    json!({ "keyEvents": events.collect::<Vec<_>>() })
}
