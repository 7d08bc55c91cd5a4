//! Which path does what, who may, and how a query is answered.

use serde_json::{Map, Value, json};

use super::errors::PostHogError;
use super::hogql::{self, Output, Setting, iso};
use super::tables::Tables;
use super::world::Project;
use super::{Asked, Key, PostHog};
use crate::exchange::{Answer, Request};
use crate::stage::Standing;

/// The longest name of a query, in characters.
const NAME_LIMIT: usize = 128;

/// What may be asked for in `refresh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refresh {
    /// A fresh result that is kept, else a new one.
    Blocking,
    /// A new result.
    ForceBlocking,
    /// A fresh result that is kept, else a query that runs on.
    Async,
    /// A query that runs on.
    ForceAsync,
    /// A result that is kept, or nothing.
    ForceCache,
}

/// A query as it came.
struct Sent {
    text: String,
    values: Map<String, Value>,
    refresh: Refresh,
    key: String,
}

impl PostHog {
    pub(super) fn respond(&mut self, request: &Request) -> Result<Answer, PostHogError> {
        let Some(path) = request.path.strip_suffix('/') else {
            return Ok(slashed(request));
        };
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        if segments == ["api", "projects"] && request.method == "GET" {
            return self.project_list(request);
        }
        let ["api", "projects", id, rest @ ..] = segments.as_slice() else {
            return Err(PostHogError::not_found());
        };
        let scope = if rest.is_empty() { "project:read" } else { "query:read" };
        let project = self.admit(request, id, scope)?;
        match (request.method.as_str(), rest) {
            ("GET", []) => Ok(Answer::json(200, &self.project_body(project))),
            ("POST", ["query"]) => self.query(request, project),
            ("GET", ["query", query_id]) => {
                let (status, body) = self.answers.poll(self.projects[project].id, query_id, request.now)?;
                Ok(Answer::json(status, &body))
            }
            ("DELETE", ["query", query_id]) => {
                self.answers.cancel(self.projects[project].id, query_id)?;
                Ok(Answer { status: 204, headers: Vec::new(), body: Vec::new() })
            }
            (method, [] | ["query"] | ["query", _]) => Err(PostHogError::method_not_allowed(method)),
            _ => Err(PostHogError::not_found()),
        }
    }

    /// The projects that the key opens.
    fn project_list(&self, request: &Request) -> Result<Answer, PostHogError> {
        let key = self.key(request, "project:read")?;
        let own = (0..self.projects.len()).filter(|place| self.projects[*place].id == key.project);
        let own: Vec<Value> = own.map(|place| self.project_body(place)).collect();
        Ok(Answer::json(200, &json!({ "count": own.len(), "next": null, "previous": null, "results": own })))
    }

    /// The key that came, if it may do this.
    fn key(&self, request: &Request, scope: &'static str) -> Result<&Key, PostHogError> {
        let sent = request.header("authorization").ok_or_else(PostHogError::no_key)?;
        let sent = sent.strip_prefix("Bearer ").ok_or_else(PostHogError::no_key)?.trim();
        let key = self.keys.iter().find(|key| key.credential.standing(sent) == Standing::Valid);
        let key = key.ok_or_else(PostHogError::wrong_key)?;
        if !key.credential.permits(&scope) {
            return Err(PostHogError::missing_scope(scope));
        }
        Ok(key)
    }

    /// The project's place, if the key may see it and do this there.
    fn admit(&self, request: &Request, id: &str, scope: &'static str) -> Result<usize, PostHogError> {
        let key = self.key(request, scope)?;
        let seen = |project: &Project| project.id == key.project && project.id.to_string() == id;
        self.projects.iter().position(seen).ok_or_else(PostHogError::no_project)
    }

    fn project_body(&self, project: usize) -> Value {
        let project = &self.projects[project];
        json!({
            "id": project.id,
            "uuid": format!("0192d1aa-0000-0000-0000-{:012x}", project.id),
            "organization": "0192d1aa-0000-0000-0000-0000000000ff",
            "name": project.name,
            "timezone": project.zone_name,
            "api_token": "phc_never_keep_this_token",
            "test_account_filters": [{ "key": "email", "value": "staff@label.example", "operator": "not_icontains" }],
        })
    }

    fn query(&mut self, request: &Request, project: usize) -> Result<Answer, PostHogError> {
        let sent = sent(request)?;
        let id = self.projects[project].id;
        if self.asked.len() == super::ASKED_KEPT {
            self.asked.remove(0);
        }
        self.asked.push(Asked {
            project_id: id,
            query: sent.text.clone(),
            values: sent.values.clone().into(),
        });
        let key = format!("{id} {}", sent.key);
        let cached = self.answers.cached(&key, request.now);
        match (sent.refresh, cached) {
            (Refresh::Blocking | Refresh::Async | Refresh::ForceCache, Some(body)) => {
                return Ok(Answer::json(200, &body));
            }
            (Refresh::ForceCache, None) => {
                return Ok(Answer::json(200, &json!({ "cache_key": null, "query_status": null })));
            }
            _ => {}
        }
        let outcome = self.evaluate(project, &sent);
        let outcome = outcome.map(|body| self.answers.keep(&key, body, request.now));
        if [Refresh::Async, Refresh::ForceAsync].contains(&sent.refresh) {
            return Ok(Answer::json(202, &self.answers.start(id, outcome, request.now)?));
        }
        outcome.map(|body| Answer::json(200, &body))
    }

    fn evaluate(&mut self, project: usize, sent: &Sent) -> Result<Value, PostHogError> {
        let now = self.now();
        let project = &self.projects[project];
        let query = hogql::parse(&sent.text, &sent.values)?;
        let tables = Tables::new(project, now);
        let output = hogql::run(&query, &tables, &Setting { zone: project.zone.clone(), now });
        self.personal.extend(tables.personal());
        let output = output?;
        let types: Vec<Value> = output
            .columns
            .iter()
            .enumerate()
            .map(|(place, name)| json!([name, type_of(&output, place)]))
            .collect();
        let rows: Vec<Value> = output
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.to_json(self.decimals_as_text)).collect())
            .collect();
        let mut body = json!({
            "results": rows,
            "columns": output.columns,
            "types": types,
            "limit": output.limit.min(hogql::MAX_LIMIT),
            "offset": output.offset,
            "hasMore": output.more,
            "hogql": sent.text,
            "query": { "kind": "HogQLQuery", "query": sent.text },
            "timings": [{ "k": ".", "t": 0.042 }],
            "modifiers": { "personsOnEventsMode": "person_id_override_properties_joined" },
            "query_status": null,
            "timezone": iso(now, &project.zone).get(19..).unwrap_or_default(),
            "error": null,
        });
        if self.has_more_hidden && output.own_limit {
            body["hasMore"] = Value::Null;
        }
        Ok(body)
    }
}

/// A path without its last slash is sent on, as Django does: whoever follows it with a GET finds nothing there.
fn slashed(request: &Request) -> Answer {
    let answer = Answer { status: 301, headers: Vec::new(), body: Vec::new() };
    answer.with_header("Location", format!("{}{}/", request.root_url, request.path))
}

fn sent(request: &Request) -> Result<Sent, PostHogError> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| PostHogError::invalid(format!("JSON parse error - {error}")))?;
    let query = &body["query"];
    match query["kind"].as_str() {
        Some("HogQLQuery") => {}
        Some(kind) => return Err(PostHogError::invalid(format!("Unsupported query kind: {kind}"))),
        None => return Err(PostHogError::invalid("query: Field required")),
    }
    let text = query["query"].as_str().ok_or_else(|| PostHogError::invalid("query.query: Field required"))?;
    if body["name"].as_str().is_some_and(|name| name.chars().count() > NAME_LIMIT) {
        return Err(PostHogError::invalid("name: Ensure this field has no more than 128 characters."));
    }
    let refresh = match &body["refresh"] {
        Value::Null | Value::Bool(_) => Refresh::Blocking,
        Value::String(word) => match word.as_str() {
            "blocking" | "async_except_on_cache_miss" => Refresh::Blocking,
            "force_blocking" => Refresh::ForceBlocking,
            "async" | "lazy_async" => Refresh::Async,
            "force_async" => Refresh::ForceAsync,
            "force_cache" => Refresh::ForceCache,
            other => {
                return Err(PostHogError::invalid(format!("refresh: \"{other}\" is not a valid choice.")));
            }
        },
        _ => return Err(PostHogError::invalid("refresh: Not a valid choice.")),
    };
    let values = query["values"].as_object().cloned().unwrap_or_default();
    let key = format!("{text} {}", Value::Object(values.clone()));
    Ok(Sent { text: text.to_owned(), values, refresh, key })
}

/// The type of a column by its values; `Nullable` where one is missing.
fn type_of(output: &Output, place: usize) -> String {
    let cells = || output.rows.iter().filter_map(|row| row.get(place));
    let Some(value) = cells().find(|cell| !cell.is_null()) else {
        return "Nullable(Nothing)".to_owned();
    };
    let name = value.type_name();
    if cells().any(hogql::Value::is_null) { format!("Nullable({name})") } else { name }
}
