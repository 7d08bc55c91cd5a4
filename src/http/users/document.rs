//! The paths of users in the OpenAPI document.

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::{
    IMPORT, PATH,
    answers::{Added, Consents, Noted, Standing, UserAnswer, Users},
    import::Imported,
};

/// By path. `refusal` is the schema of what is answered otherwise.
pub fn paths(generator: &mut SchemaGenerator, refusal: &Value) -> Map<String, Value> {
    let mut schema = Schemas(generator);
    let record = json_schema!({
        "type": "object",
        "description": "What is said of a user: what is not named stays, null empties. birth_date or age_statement is needed.",
        "properties": {
            "external_id": { "type": ["string", "null"] },
            "name": { "type": ["string", "null"] },
            "email": { "type": ["string", "null"] },
            "account": { "type": ["string", "null"] },
            "birth_date": { "type": ["string", "null"], "format": "date" },
            "age_statement": { "enum": ["at_least_13", "at_least_16", "at_least_18", "under_13", null] },
        },
        "additionalProperties": false,
    });
    let sought = json!({
        "type": "object",
        "properties": { "email": { "type": "string" }, "external_id": { "type": "string" } },
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    });
    let word = json!({
        "type": "object",
        "properties": {
            "purpose": { "type": "string" },
            "granted": { "type": "boolean" },
            "version": { "type": "string", "description": "The one that holds now unless given." },
            "source": { "type": "string", "description": "Where it was said. Not a name." },
        },
        "required": ["purpose", "granted"],
        "additionalProperties": false,
    });
    let leaving = json!({
        "type": "object",
        "properties": { "source": { "type": "string", "description": "Where it was said. Not a name." } },
        "additionalProperties": false,
    });
    let (record, sent) = (
        json!(record),
        |schema: &Value| json!({ "required": true, "content": { "application/json": { "schema": schema } } }),
    );
    let lines = json!({ "required": true, "content": { "application/x-ndjson": { "schema": { "type": "string" } } } });
    let external = query("external_id", "Only the user with this id at the tenant.");
    let of = |method: &Method<'_>| method.document(refusal);
    let entry = |path: &str, methods: &[(&str, Method<'_>)]| {
        let methods: Map<String, Value> =
            methods.iter().map(|(name, method)| ((*name).to_owned(), of(method))).collect();
        (path.to_owned(), Value::Object(methods))
    };
    [
        entry(
            PATH,
            &[
                (
                    "get",
                    Method::new("A tenant's users, without anything personal.", schema.of::<Users>())
                        .with(vec![external]),
                ),
                ("post", Method::new("Adds a user.", schema.of::<Added>()).taking(sent(&record))),
            ],
        ),
        entry(
            IMPORT,
            &[(
                "post",
                Method::new(
                    "Adds or corrects users, a record a line, at most 4 MiB.",
                    schema.of::<Imported>(),
                )
                .taking(lines),
            )],
        ),
        entry(
            "/api/v1/users/find",
            &[(
                "post",
                Method::new(
                    "Opens the user with this address, or this id at the tenant.",
                    schema.of::<UserAnswer>(),
                )
                .taking(sent(&sought)),
            )],
        ),
        entry(
            "/api/v1/users/{user}",
            &[
                ("get", Method::new("Opens a user.", schema.of::<UserAnswer>()).with(vec![user()])),
                (
                    "patch",
                    Method::new("Corrects a user.", schema.of::<Standing>())
                        .with(vec![user()])
                        .taking(sent(&record)),
                ),
            ],
        ),
        entry(
            "/api/v1/users/{user}/withdraw",
            &[(
                "post",
                Method::new(
                    "The person leaves: every consent is taken back. What is stored stays.",
                    schema.of::<Standing>(),
                )
                .with(vec![user()])
                .taking(json!({ "content": { "application/json": { "schema": leaving } } })),
            )],
        ),
        entry(
            "/api/v1/users/{user}/consents",
            &[
                (
                    "get",
                    Method::new("Every word that a user said.", schema.of::<Consents>()).with(vec![user()]),
                ),
                (
                    "post",
                    Method::new("Adds a word about a purpose.", schema.of::<Noted>())
                        .with(vec![user()])
                        .taking(sent(&word)),
                ),
            ],
        ),
    ]
    .into_iter()
    .collect()
}

/// Schemas of answers.
struct Schemas<'a>(&'a mut SchemaGenerator);

/// What can be asked at a path.
struct Method<'a> {
    summary: &'a str,
    answer: Value,
    parameters: Vec<Value>,
    body: Option<Value>,
}

// === impl Schemas ===

impl Schemas<'_> {
    fn of<T: JsonSchema>(&mut self) -> Value {
        json!(self.0.subschema_for::<T>())
    }
}

// === impl Method ===

impl<'a> Method<'a> {
    fn new(summary: &'a str, answer: Value) -> Self {
        Self { summary, answer, parameters: Vec::new(), body: None }
    }

    fn with(self, parameters: Vec<Value>) -> Self {
        Self { parameters, ..self }
    }

    fn taking(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn document(&self, refusal: &Value) -> Value {
        let answer = |description: &str, schema: &Value| json!({ "description": description, "content": { "application/json": { "schema": schema } } });
        let tenant = query("tenant", "Whose users: needed of operators; a tenant's token has its own.");
        let parameters: Vec<&Value> = self.parameters.iter().chain([&tenant]).collect();
        let mut document = json!({
            "summary": self.summary,
            "description": "Needs authentication to be configured, an encryption key and a key store.",
            "parameters": parameters,
            "responses": {
                "200": answer("Done.", &self.answer),
                "400": answer("What was sent is not of the expected form, or whose users are meant is not said.", refusal),
                "401": { "$ref": "#/components/responses/Unauthenticated" },
                "403": answer("No authentication is configured, another site's page asked, or another tenant is meant.", refusal),
                "404": answer("The tenant has no such user.", refusal),
                "409": answer("It is not done, and why.", refusal),
                "422": answer("Nobody under 13 is served.", refusal),
                "503": answer("There is no key or key store, or they do not answer.", refusal),
            },
        });
        if let Some(body) = &self.body {
            document["requestBody"] = body.clone();
        }
        document
    }
}

fn query(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "query", "schema": { "type": "string" }, "description": description })
}

fn user() -> Value {
    json!({ "name": "user", "in": "path", "required": true, "schema": { "type": "string" }, "description": "The id here." })
}
