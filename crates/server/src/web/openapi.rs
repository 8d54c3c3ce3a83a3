//! The description of the API (OpenAPI 3.1), put together from the endpoints themselves.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{
    endpoint::{Access, Endpoint, Operation},
    once::is_kept,
};
use crate::api::Problem;

/// The document.
pub(crate) fn document(endpoints: &[Endpoint]) -> Value {
    // OpenAPI 3.1 takes JSON Schema 2020-12 as it is; only the place of the definitions is its own.
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .into_generator();
    let problem = schemas.subschema_for::<Problem>().to_value();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints {
        let operation = endpoint.operation(&mut schemas);
        let path = paths.entry(format!("/api/v1{}", endpoint.path)).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(endpoint.method.as_str().to_lowercase(), describe(endpoint, operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Entente",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "What a node of Entente can be asked, by people and programs of its own party.",
            "description": "Who asks sees what it may see: anything else is answered as if it were not there (404). \
                            Errors are problem details (RFC 9457) with a `help` text.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "responses": {
                "Problem": {
                    "description": "It was not done, and why.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": crate::people::session::SESSION },
                "token": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

fn describe(endpoint: &Endpoint, operation: Operation) -> Value {
    let mut parameters: Vec<Value> = names(endpoint.path)
        .zip(operation.path)
        .map(|(name, schema)| json!({ "name": name, "in": "path", "required": true, "schema": schema }))
        .collect();
    if let Some(query) = operation.query {
        let query = query.to_value();
        let required = query.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<&str> = required.filter_map(Value::as_str).collect();
        for (name, schema) in query.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            parameters.push(json!({
                "name": name, "in": "query", "required": required.contains(&name.as_str()),
                "description": description, "schema": schema,
            }));
        }
    }
    let header = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema });
    if operation.speaks {
        parameters.push(header("Accept-Language", "`en`, `ja` or `ko`.", json!({ "type": "string" })));
    }
    if endpoint.method != axum::http::Method::GET && is_kept(endpoint.path) {
        let description = "A word of the client's own: sent again with the same, the write is not done again.";
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
        parameters.push(header("Idempotency-Key", description, schema));
    }
    let content = |(media_type, schema): (&str, Value)| json!({ media_type: { "schema": schema } });
    let mut answer = Map::from_iter([("description".to_owned(), json!("Done."))]);
    answer.extend(operation.answer.map(|body| ("content".to_owned(), content(body))));
    let secured = json!([{ "session": [] }, { "token": [] }]);
    let (security, roles) = match endpoint.access {
        Access::Everybody => (json!([]), None),
        Access::Own => (secured, None),
        Access::Roles(roles) => (secured, Some(roles.words())),
    };
    let mut described = Map::from_iter([
        ("operationId".to_owned(), json!(endpoint.name)),
        ("summary".to_owned(), json!(endpoint.summary)),
        ("parameters".to_owned(), json!(parameters)),
        ("responses".to_owned(), json!({ "200": answer, "default": { "$ref": "#/components/responses/Problem" } })),
        ("security".to_owned(), security),
    ]);
    let body = operation.body.map(|body| json!({ "required": true, "content": content(body) }));
    described.extend(body.map(|body| ("requestBody".to_owned(), body)));
    described.extend(roles.map(|roles| ("x-roles".to_owned(), json!(roles))));
    Value::Object(described)
}

/// The names of the parameters of a path, in order.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
