//! `GET /api/v1/openapi.json`: generated from the types that are answered.

use rows::money::RawSpend;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    Campaigns, Connections,
    actions::{Done, Refusal},
    query::{LIMIT, LIMIT_MAX},
    schema, users,
};

/// The document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let connections = generator.subschema_for::<Connections>();
    let campaigns = generator.subschema_for::<Campaigns<RawSpend>>();
    let done = generator.subschema_for::<Done>();
    let refusal = generator.subschema_for::<Refusal>();
    let state = schema::state(&mut generator);
    let text = String::json_schema(&mut generator);
    let query = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    let mut filters = vec![
        query("tenant", json!(text), "Only this tenant's."),
        query("provider", json!(text), "Only this integration's."),
        query("state", json!(state), "Only connections in this state, and what they read."),
        query("after", json!(text), "`next` of the answer before: goes on behind it."),
        query(
            "limit",
            json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT }),
            "Items of an answer at most.",
        ),
    ];
    let answer = |description: &str, schema: &Value| json!({ "description": description, "content": { "application/json": { "schema": schema } } });
    let refusal = json!(refusal);
    let list = |summary: &str, schema: Value, filters: &[Value]| {
        json!({ "get": {
            "summary": summary,
            "parameters": filters,
            "responses": {
                "200": answer("As it stands.", &schema),
                "400": answer("The question makes no sense.", &refusal),
                "401": { "$ref": "#/components/responses/Unauthenticated" },
            },
        } })
    };
    let action = json!({ "post": {
        "summary": "Holds a connection, lets it go on, or polls it now.",
        "description": "Needs authentication to be configured. Takes no body. Answers once the connection has heard of it.",
        "parameters": [
            { "name": "connection", "in": "path", "required": true, "schema": { "type": "string" } },
            {
                "name": "action", "in": "path", "required": true,
                "schema": { "type": "string", "enum": ["pause", "resume", "poll"] },
            },
        ],
        "responses": {
            "200": answer("Done.", &json!(done)),
            "401": { "$ref": "#/components/responses/Unauthenticated" },
            "403": answer("No authentication is configured, or another site's page asked.", &refusal),
            "404": answer("There is no such connection or action.", &refusal),
            "503": answer("It could not be noted; nothing was changed.", &refusal),
        },
    } });
    let users = users::paths(&mut generator, &refusal);
    let of_connections = list("Connections by name.", json!(connections), &filters);
    filters.push(query(
        "name",
        json!(text),
        "Only with this text in their name, whatever the case, or as their id.",
    ));
    let of_campaigns = list("Campaigns by provider, account and id.", json!(campaigns), &filters);
    let definitions: Map<String, Value> = generator.take_definitions(true);
    let mut paths = Map::new();
    paths.insert("/api/v1/connections".to_owned(), of_connections);
    paths.insert("/api/v1/campaigns".to_owned(), of_campaigns);
    paths.insert("/api/v1/connections/{connection}/{action}".to_owned(), action);
    paths.extend(users);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "dynamoi",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The worker's connections, campaigns and users. Null is unknown, never zero. A tenant's token sees \
                            what is that tenant's, and spend as it is shown it.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{}, { "bearer": [] }, { "basic": [] }],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "responses": { "Unauthenticated": {
                "description": "Authentication is configured, and the request brings none that is known; after too many \
                                wrong attempts 429 with Retry-After.",
            } },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "basic": { "type": "http", "scheme": "basic" },
            },
        },
    })
}
