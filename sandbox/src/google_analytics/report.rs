//! `runReport`: what is asked for, and which rows that gives.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::AnalyticsError;
use super::fields::{DIMENSIONS, Metric, dimension};
use super::world::{Numbers, Property, World};
use super::{GoogleAnalytics, ROWS_MAX};
use crate::seed::Seed;

/// Rows of an answer where no limit is named.
const LIMIT_UNSAID: usize = 10_000;
/// Fewer people than this are withheld where that is what the property does.
const THRESHOLD_USERS: u64 = 60;
/// Origins behind these are rolled up where the property has too many.
const ORIGINS_KEPT: usize = 6;
/// Dimensions, metrics, date ranges and requests in a batch, at most.
const DIMENSIONS_MAX: usize = 9;
const METRICS_MAX: usize = 10;
const BATCH_MAX: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    property: Option<String>,
    dimensions: Vec<Name>,
    metrics: Vec<Name>,
    date_ranges: Vec<DateRange>,
    order_bys: Vec<OrderBy>,
    offset: Value,
    limit: Value,
    keep_empty_rows: bool,
    return_property_quota: bool,
    /// Given to `checkCompatibility` only.
    compatibility_filter: Value,
    // What follows is documented, and not imitated.
    dimension_filter: Option<Value>,
    metric_filter: Option<Value>,
    metric_aggregations: Vec<Value>,
    comparisons: Vec<Value>,
    cohort_spec: Option<Value>,
    currency_code: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DateRange {
    start_date: String,
    end_date: String,
    #[serde(default, rename = "name")]
    _name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct OrderBy {
    desc: bool,
    dimension: Option<DimensionOrder>,
    metric: Option<MetricOrder>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DimensionOrder {
    dimension_name: String,
    #[serde(default, rename = "orderType")]
    _order_type: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MetricOrder {
    metric_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    #[serde(rename = "property")]
    _property: Option<String>,
    #[serde(default)]
    requests: Vec<Asked>,
}

/// What is asked for, understood.
struct Fields {
    dimensions: Vec<&'static str>,
    metrics: Vec<Metric>,
}

/// A row before it is written.
struct Row {
    dimensions: Vec<String>,
    metrics: Vec<(f64, String)>,
}

impl Asked {
    fn fields(&self) -> Result<Fields, AnalyticsError> {
        let mut fields = Fields { dimensions: Vec::new(), metrics: Vec::new() };
        for Name { name } in &self.dimensions {
            let known = DIMENSIONS.into_iter().find(|(known, _)| known == name);
            fields.dimensions.push(known.ok_or_else(|| AnalyticsError::unknown("dimension", name))?.0);
        }
        for Name { name } in &self.metrics {
            fields.metrics.push(Metric::parse(name).ok_or_else(|| AnalyticsError::unknown("metric", name))?);
        }
        if fields.dimensions.len() > DIMENSIONS_MAX || fields.metrics.len() > METRICS_MAX {
            return Err(AnalyticsError::invalid("Requests are limited to 9 dimensions and 10 metrics."));
        }
        Ok(fields)
    }

    fn check(&self) -> Result<(), AnalyticsError> {
        let is_not_imitated = self.dimension_filter.is_some()
            || self.metric_filter.is_some()
            || self.cohort_spec.is_some()
            || !self.comparisons.is_empty()
            || !self.metric_aggregations.is_empty()
            || !self.currency_code.is_empty();
        if is_not_imitated {
            return Err(AnalyticsError::invalid("This part of the request is not imitated."));
        }
        Ok(())
    }

    fn days(&self, today: Date) -> Result<(Date, Date), AnalyticsError> {
        let [range] = self.date_ranges.as_slice() else {
            return Err(AnalyticsError::invalid("One date range is required; more are not imitated."));
        };
        let malformed = || {
            AnalyticsError::invalid(
                "Invalid value at 'date_ranges': expected YYYY-MM-DD, today, yesterday or NdaysAgo.",
            )
        };
        let day = |text: &str| {
            let ago = match text {
                "today" => Some(0),
                "yesterday" => Some(1),
                text => text.strip_suffix("daysAgo").and_then(|days| days.parse::<u32>().ok()),
            };
            match ago {
                Some(days) => today.checked_sub(i64::from(days).days()).map_err(|_| malformed()),
                None => text.parse().map_err(|_| malformed()),
            }
        };
        let (from, to) = (day(&range.start_date)?, day(&range.end_date)?);
        if from > to {
            return Err(AnalyticsError::invalid("startDate is after endDate."));
        }
        Ok((from, to))
    }

    /// Where a page begins and how many rows it has at most.
    fn page(&self) -> Result<(usize, usize), AnalyticsError> {
        let whole = |value: &Value, name: &str, unsaid| match value {
            Value::Null => Ok(unsaid),
            // An int64 is a text; numbers are taken, too.
            Value::String(text) => {
                text.parse().map_err(|_| AnalyticsError::invalid(format!("Invalid value at '{name}'.")))
            }
            other => other
                .to_string()
                .parse()
                .map_err(|_| AnalyticsError::invalid(format!("Invalid value at '{name}'."))),
        };
        let limit = whole(&self.limit, "limit", LIMIT_UNSAID)?;
        if limit == 0 {
            return Err(AnalyticsError::invalid("limit must be positive."));
        }
        Ok((whole(&self.offset, "offset", 0)?, limit.min(ROWS_MAX)))
    }
}

impl OrderBy {
    fn compare(&self, fields: &Fields, one: &Row, other: &Row) -> Ordering {
        let of_dimension = |name: &str| fields.dimensions.iter().position(|dimension| *dimension == name);
        let of_metric = |name: &str| fields.metrics.iter().position(|metric| metric.name == name);
        let order = match (&self.dimension, &self.metric) {
            (Some(by), _) => of_dimension(&by.dimension_name)
                .map(|place| one.dimensions[place].cmp(&other.dimensions[place])),
            (_, Some(by)) => of_metric(&by.metric_name)
                .map(|place| one.metrics[place].0.total_cmp(&other.metrics[place].0)),
            _ => None,
        };
        let order = order.unwrap_or(Ordering::Equal);
        if self.desc { order.reverse() } else { order }
    }
}

impl GoogleAnalytics {
    pub(super) fn batch(&mut self, id: &str, batch: &Batch) -> Result<Value, AnalyticsError> {
        if batch.requests.len() > BATCH_MAX {
            return Err(AnalyticsError::invalid("A batch is limited to 5 requests."));
        }
        let reports = batch.requests.iter().map(|asked| self.report(id, asked));
        let reports = reports.collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "kind": "analyticsData#batchRunReports", "reports": reports }))
    }

    /// Carries a report out and takes its tokens.
    pub(super) fn report(&mut self, id: &str, asked: &Asked) -> Result<Value, AnalyticsError> {
        let now = self.time.now();
        let found = self.world.property(id).filter(|property| !property.is_forbidden);
        let property = found.ok_or_else(AnalyticsError::permission)?;
        if asked.property.as_ref().is_some_and(|named| *named != format!("properties/{id}")) {
            return Err(AnalyticsError::invalid(
                "The property of the body is another than that of the path.",
            ));
        }
        asked.check()?;
        let fields = asked.fields()?;
        let is_alone = fields.dimensions.is_empty() && fields.metrics.len() == 1;
        if let Some(metric) = fields.metrics.iter().find(|metric| !is_alone && !metric.is_compatible()) {
            return Err(AnalyticsError::incompatible(&metric.name));
        }
        let days = asked.days(property.today(now))?;
        let (offset, limit) = asked.page()?;
        let mut rows = rows(&self.world, property, &fields, days, now);
        if !asked.keep_empty_rows {
            rows.retain(|row| row.metrics.iter().any(|(value, _)| *value != 0.0));
        }
        // In no order at all, unless one is asked for.
        let chance = Seed::new(self.answered);
        rows.sort_by_cached_key(|row| {
            let text = row.dimensions.join("/");
            text.bytes().fold(chance, |chance, byte| chance.at(u64::from(byte))).between(0, u64::MAX)
        });
        let by = |one: &Row, other: &Row| {
            let orders = asked.order_bys.iter().map(|order| order.compare(&fields, one, other));
            orders.fold(Ordering::Equal, Ordering::then)
        };
        rows.sort_by(by);
        let metadata = metadata(property, &fields);
        let mut body = json!({
            "dimensionHeaders": fields.dimensions.iter().map(|name| json!({ "name": name })).collect::<Value>(),
            "metricHeaders": fields.metrics.iter().map(|metric| json!({ "name": metric.name, "type": metric.kind })).collect::<Value>(),
            "metadata": metadata,
            "kind": "analyticsData#runReport",
        });
        let page: Vec<Value> =
            rows.iter().skip(offset).take(limit.min(self.rows_max)).map(Row::written).collect();
        if !rows.is_empty() {
            body["rowCount"] = rows.len().into();
        }
        let tokens = 2 + u64::try_from(page.len() / 500).unwrap_or(0);
        if !page.is_empty() {
            body["rows"] = Value::Array(page);
        }
        let told = self.take_tokens(id, tokens);
        if asked.return_property_quota {
            body["propertyQuota"] = told;
        }
        Ok(body)
    }

    /// `checkCompatibility`: of every field, whether it could be added to what is asked for.
    pub(super) fn compatibility(&self, id: &str, asked: &Asked) -> Result<Value, AnalyticsError> {
        let found = self.world.property(id).filter(|property| !property.is_forbidden);
        let notes = found.ok_or_else(AnalyticsError::permission)?.notes;
        let fields = asked.fields()?;
        let is_alone = fields.metrics.iter().any(|metric| !metric.is_compatible());
        let is_asked = !fields.dimensions.is_empty() || !fields.metrics.is_empty();
        let word = |is_compatible: bool| if is_compatible { "COMPATIBLE" } else { "INCOMPATIBLE" };
        // A name, or the number of an enum.
        let wanted = match &asked.compatibility_filter {
            Value::String(name) => Some(name.clone()),
            Value::Number(number) if number.as_u64() == Some(1) => Some("COMPATIBLE".to_owned()),
            Value::Number(number) if number.as_u64() == Some(2) => Some("INCOMPATIBLE".to_owned()),
            _ => None,
        };
        let keep = |(is_compatible, mut field): (bool, Value)| {
            let word = word(is_compatible);
            field["compatibility"] = word.into();
            wanted.as_ref().is_none_or(|wanted| wanted == word).then_some(field)
        };
        let dimensions = DIMENSIONS.into_iter().map(|dimension| {
            (
                !is_alone && !notes.dimensions_are_incompatible,
                json!({ "dimensionMetadata": super::fields::dimension_metadata(dimension) }),
            )
        });
        let metrics = Metric::all().map(|metric| {
            let is_compatible = if metric.is_compatible() {
                !is_alone && notes.incompatible_metric.is_none_or(|name| name != metric.name)
            } else {
                !is_asked
            };
            (is_compatible, json!({ "metricMetadata": metric.metadata(notes) }))
        });
        Ok(json!({
            "dimensionCompatibilities": dimensions.filter_map(keep).collect::<Vec<_>>(),
            "metricCompatibilities": metrics.filter_map(keep).collect::<Vec<_>>(),
        }))
    }
}

impl Row {
    fn written(&self) -> Value {
        let dimensions = self.dimensions.iter().map(|value| json!({ "value": value }));
        let metrics = self.metrics.iter().map(|(_, text)| json!({ "value": text }));
        let mut row = json!({ "metricValues": metrics.collect::<Vec<_>>() });
        if !self.dimensions.is_empty() {
            row["dimensionValues"] = dimensions.collect();
        }
        row
    }
}

/// All rows of a report.
fn rows(
    world: &World,
    property: &Property,
    fields: &Fields,
    (from, to): (Date, Date),
    now: jiff::Timestamp,
) -> Vec<Row> {
    let notes = property.notes;
    let is_by_origin = fields.dimensions.iter().any(|name| *name != "date");
    let mut groups: BTreeMap<Vec<String>, Vec<Numbers>> = BTreeMap::new();
    let days =
        from.max(property.first_day).series(1.day()).take_while(|day| *day <= to.min(property.today(now)));
    for day in days {
        let text = day.strftime("%Y%m%d").to_string();
        for (place, (origin, numbers)) in world.shown(property, day, now).into_iter().enumerate() {
            if is_by_origin && notes.thresholded && numbers.users < THRESHOLD_USERS {
                continue;
            }
            let is_rolled_up = notes.rolled_up && place >= ORIGINS_KEPT;
            let origin = if is_rolled_up { ("(other)", "(other)", "(other)") } else { origin };
            let key = fields.dimensions.iter().map(|name| dimension(name, &text, origin)).collect();
            groups.entry(key).or_default().push(numbers);
        }
    }
    let row = |(dimensions, numbers): (Vec<String>, Vec<Numbers>)| {
        let numbers = Numbers::together(&numbers);
        let metrics = fields.metrics.iter().map(|metric| metric.read(&numbers, notes)).collect();
        Row { dimensions, metrics }
    };
    groups.into_iter().map(row).collect()
}

fn metadata(property: &Property, fields: &Fields) -> Value {
    let notes = property.notes;
    let mut metadata = json!({ "currencyCode": property.currency, "timeZone": property.zone_name });
    if notes.thresholded {
        metadata["subjectToThresholding"] = true.into();
    }
    if notes.rolled_up {
        metadata["dataLossFromOtherRow"] = true.into();
    }
    if notes.sampled {
        metadata["samplingMetadatas"] =
            json!([{ "samplesReadCount": "9007199254740993", "samplingSpaceSize": "18014398509481986" }]);
    }
    let blocked = fields.metrics.iter().filter(|metric| metric.is_blocked(notes));
    let blocked: Vec<Value> = blocked
        .map(|metric| json!({ "metricName": metric.name, "restrictedMetricTypes": ["REVENUE_DATA"] }))
        .collect();
    if !blocked.is_empty() {
        metadata["schemaRestrictionResponse"] = json!({ "activeMetricRestrictions": blocked });
    }
    metadata
}
