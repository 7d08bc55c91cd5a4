//! The paths of users in the OpenAPI document.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    IMPORT, PATH,
    answers::{Added, Consents, Noted, Standing, UserAnswer, Users},
    import::Imported,
};

const FIND: &str = "/api/v1/users/find";
const ONE: &str = "/api/v1/users/{user}";
const WITHDRAW: &str = "/api/v1/users/{user}/withdraw";
const CONSENTS: &str = "/api/v1/users/{user}/consents";

/// What can be asked: path, method, what it does, the schema of its answer, what its body is.
type Asked = (&'static str, &'static str, &'static str, Value, Option<Value>);

/// By path. `refusal` is the schema of what is answered otherwise.
pub fn paths(generator: &mut SchemaGenerator, refusal: &Value) -> Map<String, Value> {
    let mut paths: Map<String, Value> = Map::new();
    for asked in all(generator) {
        let (path, method, ..) = asked;
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method] = document(asked, refusal);
    }
    paths
}

fn all(generator: &mut SchemaGenerator) -> Vec<Asked> {
    let mut of = Schemas(generator);
    vec![
        (PATH, "get", "A tenant's users, without anything personal.", of.schema::<Users>(), None),
        (PATH, "post", "Adds a user.", of.schema::<Added>(), Some(sent(&record()))),
        (
            IMPORT,
            "post",
            "Adds or corrects users, a record a line, at most 4 MiB.",
            of.schema::<Imported>(),
            Some(lines()),
        ),
        (
            FIND,
            "post",
            "Opens the user with this address, or with this id at the tenant.",
            of.schema::<UserAnswer>(),
            Some(sent(&sought())),
        ),
        (ONE, "get", "Opens a user.", of.schema::<UserAnswer>(), None),
        (ONE, "patch", "Corrects a user.", of.schema::<Standing>(), Some(sent(&record()))),
        (
            WITHDRAW,
            "post",
            "The person leaves: every consent is taken back. What is stored stays.",
            of.schema::<Standing>(),
            Some(leaving()),
        ),
        (CONSENTS, "get", "Every word that a user said.", of.schema::<Consents>(), None),
        (CONSENTS, "post", "Adds a word about a purpose.", of.schema::<Noted>(), Some(sent(&word()))),
    ]
}

fn document((path, method, summary, answer, body): Asked, refusal: &Value) -> Value {
    let told = |description: &str, schema: &Value| json!({ "description": description, "content": { "application/json": { "schema": schema } } });
    let mut parameters =
        vec![query("tenant", "Whose users: needed of operators; a tenant's token has its own.")];
    if path.contains("{user}") {
        let text = json!({ "type": "string" });
        parameters.push(json!({ "name": "user", "in": "path", "required": true, "schema": text, "description": "The id here." }));
    }
    if (path, method) == (PATH, "get") {
        parameters.push(query("external_id", "Only the user with this id at the tenant."));
    }
    let mut document = json!({
        "summary": summary,
        "description": "Needs authentication to be configured, an encryption key and a key store.",
        "parameters": parameters,
        "responses": {
            "200": told("Done.", &answer),
            "400": told("What was sent is not of the expected form, or whose users are meant is not said.", refusal),
            "401": { "$ref": "#/components/responses/Unauthenticated" },
            "403": told("No authentication is configured, another site's page asked, or another tenant is meant.", refusal),
            "404": told("The tenant has no such user.", refusal),
            "409": told("It is not done, and why.", refusal),
            "422": told("Nobody under 13 is served.", refusal),
            "503": told("There is no key or key store, or they do not answer.", refusal),
        },
    });
    if let Some(body) = body {
        document["requestBody"] = body;
    }
    document
}

/// Schemas of answers.
struct Schemas<'a>(&'a mut SchemaGenerator);

// === impl Schemas ===

impl Schemas<'_> {
    fn schema<T: JsonSchema>(&mut self) -> Value {
        json!(self.0.subschema_for::<T>())
    }
}

fn query(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "query", "schema": { "type": "string" }, "description": description })
}

fn sent(schema: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn lines() -> Value {
    json!({ "required": true, "content": { "application/x-ndjson": { "schema": { "type": "string" } } } })
}

fn record() -> Value {
    let text = json!({ "type": ["string", "null"] });
    json!({
        "type": "object",
        "description": "What is not named stays, null empties. birth_date or age_statement is needed.",
        "properties": {
            "external_id": text, "name": text, "email": text, "account": text,
            "birth_date": { "type": ["string", "null"], "format": "date" },
            "age_statement": { "enum": ["at_least_13", "at_least_16", "at_least_18", "under_13", null] },
        },
        "additionalProperties": false,
    })
}

fn sought() -> Value {
    json!({
        "type": "object",
        "properties": { "email": { "type": "string" }, "external_id": { "type": "string" } },
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

fn word() -> Value {
    json!({
        "type": "object",
        "properties": {
            "purpose": { "type": "string" },
            "granted": { "type": "boolean" },
            "version": { "type": "string", "description": "The one that holds now unless given." },
            "source": { "type": "string", "description": "Where it was said. Not a name." },
        },
        "required": ["purpose", "granted"],
        "additionalProperties": false,
    })
}

fn leaving() -> Value {
    let source = json!({ "type": "string", "description": "Where it was said. Not a name." });
    let schema =
        json!({ "type": "object", "properties": { "source": source }, "additionalProperties": false });
    json!({ "content": { "application/json": { "schema": schema } } })
}
