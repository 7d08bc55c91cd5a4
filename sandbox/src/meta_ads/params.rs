//! Reading a request: parameters from query and form, field lists, filters, cursors.

use std::collections::HashSet;

use serde_json::Value;

use super::errors::MetaError;
use crate::exchange::Request;

/// Rows on a page when the client does not say.
const DEFAULT_PAGE: usize = 25;

/// The largest page given, whatever the client says.
const LARGEST_PAGE: usize = 500;

/// Marks cursors; what follows is of no concern to clients.
const CURSOR_PREFIX: &str = "QVFIU";
const CURSOR_MASK: usize = 0x5a_3c91;

/// A request's parameters, from the query and, for `POST`, the form.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn of(request: &Request) -> Self {
        let mut all = request.query.clone();
        if request.method == "POST" {
            all.extend(request.form());
        }
        Self(all)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A list, as JSON text, comma-separated text, or repeated `name[]`.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<String>>, MetaError> {
        let repeated = format!("{name}[]");
        let several = self.0.iter().filter(|(key, _)| *key == repeated).map(|(_, value)| value.clone());
        let several = several.collect::<Vec<_>>();
        if !several.is_empty() {
            return Ok(Some(several));
        }
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        if !text.trim_start().starts_with('[') {
            return Ok(Some(text.split(',').map(|item| item.trim().to_owned()).collect()));
        }
        let list = serde_json::from_str::<Vec<String>>(text);
        list.map(Some).map_err(|_| MetaError::parameter(format_args!("Param {name} must be an array.")))
    }

    /// The names in `fields`, without what is asked of their inner objects: `creative{id}` is `creative`.
    pub(crate) fn fields(&self, known: &[&str], node: &str) -> Result<Vec<String>, MetaError> {
        let mut names = Vec::new();
        for name in top_level_names(&self.field_list()) {
            if !known.contains(&name.as_str()) {
                let message = format!("Tried accessing nonexisting field ({name}) on node type ({node})");
                return Err(MetaError::parameter(message));
            }
            names.push(name);
        }
        Ok(names)
    }

    /// `fields` as comma-separated text; a JSON list is taken for the same.
    pub(crate) fn field_list(&self) -> String {
        let text = self.get("fields").unwrap_or_default();
        serde_json::from_str::<Vec<String>>(text).map_or_else(|_| text.to_owned(), |names| names.join(","))
    }

    pub(crate) fn filters(&self) -> Result<Vec<Filter>, MetaError> {
        let Some(text) = self.get("filtering") else {
            return Ok(Vec::new());
        };
        let malformed =
            || MetaError::parameter("Param filtering must be an array of field, operator and value.");
        let list = serde_json::from_str::<Vec<Value>>(text).map_err(|_| malformed())?;
        list.iter().map(|item| Filter::read(item).ok_or_else(malformed)).collect()
    }

    /// Rows a page, and how many rows come before it.
    pub(crate) fn page(&self, cursor_limit: Option<usize>) -> Result<Page, MetaError> {
        let size = match self.get("limit") {
            None => DEFAULT_PAGE,
            Some(text) => text.parse().map_err(|_| MetaError::parameter("Param limit must be an integer"))?,
        };
        let start = match self.get("after") {
            None => 0,
            Some(cursor) => offset(cursor).ok_or_else(|| MetaError::parameter("Invalid after cursor"))?,
        };
        if cursor_limit.is_some_and(|most| start > most) {
            return Err(MetaError::parameter("After Cursor specified exceeds the max limit"));
        }
        Ok(Page { start, size: size.clamp(1, LARGEST_PAGE) })
    }
}

/// One page of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) start: usize,
    pub(crate) size: usize,
}

impl Page {
    /// The page's part of `items`.
    pub(crate) fn of<T>(self, items: &[T]) -> &[T] {
        let start = self.start.min(items.len());
        &items[start..(start + self.size).min(items.len())]
    }

    /// The list's envelope: rows, cursors, and the next page's address where there is one.
    pub(crate) fn envelope(self, request: &Request, rows: &[Value], total: usize) -> Value {
        if rows.is_empty() {
            return serde_json::json!({ "data": [] });
        }
        let end = self.start + rows.len();
        let mut paging =
            serde_json::json!({ "cursors": { "before": cursor(self.start), "after": cursor(end) } });
        if end < total {
            paging["next"] = self.next_url(request, end).into();
        }
        serde_json::json!({ "data": rows, "paging": paging })
    }

    fn next_url(self, request: &Request, end: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in request.query.iter().filter(|(name, _)| name != "after" && name != "limit") {
            query.append_pair(name, value);
        }
        query.append_pair("limit", &self.size.to_string());
        query.append_pair("after", &cursor(end));
        format!("{}{}?{}", request.root_url, request.path, query.finish())
    }
}

fn cursor(offset: usize) -> String {
    format!("{CURSOR_PREFIX}{:x}ZD", offset ^ CURSOR_MASK)
}

fn offset(cursor: &str) -> Option<usize> {
    let hidden = cursor.strip_prefix(CURSOR_PREFIX)?.strip_suffix("ZD")?;
    Some(usize::from_str_radix(hidden, 16).ok()? ^ CURSOR_MASK)
}

/// One condition of `filtering`.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) field: String,
    pub(crate) operator: String,
    /// Its value or values, as texts.
    pub(crate) values: HashSet<String>,
}

impl Filter {
    fn read(item: &Value) -> Option<Self> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let values = match item.get("value")? {
            Value::Array(values) => values.iter().map(text).collect::<Option<_>>()?,
            value => HashSet::from([text(value)?]),
        };
        let field = item.get("field")?.as_str()?.to_owned();
        Some(Self { field, operator: item.get("operator")?.as_str()?.to_owned(), values })
    }

    /// Whether a text passes, by `IN`, `NOT_IN` or `EQUAL`.
    pub(crate) fn admits(&self, text: &str) -> Result<bool, MetaError> {
        match self.operator.as_str() {
            "IN" | "EQUAL" => Ok(self.values.contains(text)),
            "NOT_IN" | "NOT_EQUAL" => Ok(!self.values.contains(text)),
            operator => Err(self.unsupported(operator)),
        }
    }

    /// Whether a number passes, by `GREATER_THAN` or `LESS_THAN`.
    pub(crate) fn admits_number(&self, number: i64) -> Result<bool, MetaError> {
        let bound = self.values.iter().next().and_then(|text| text.parse::<i64>().ok());
        match (self.operator.as_str(), bound) {
            ("GREATER_THAN", Some(bound)) => Ok(number > bound),
            ("LESS_THAN", Some(bound)) => Ok(number < bound),
            (operator, _) => Err(self.unsupported(operator)),
        }
    }

    pub(crate) fn unsupported(&self, operator: &str) -> MetaError {
        MetaError::parameter(format_args!(
            "Filtering field {} with operation {operator} is not supported",
            self.field
        ))
    }
}

/// Splits at commas outside braces and drops the braces.
pub(crate) fn top_level_names(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 0_usize;
    for letter in text.chars() {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => names.push(String::new()),
            letter if depth == 0 && !letter.is_whitespace() => {
                if let Some(name) = names.last_mut() {
                    name.push(letter);
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}
