//! The document, its references resolved.

use serde_json::{Map, Value, json};

/// The official document.
pub(crate) struct Document(Value);

/// One path and method.
pub(crate) struct Operation {
    pub(crate) path: String,
    pub(crate) method: String,
    request: Option<Value>,
    responses: Value,
}

impl Document {
    /// The document, where it is present beside the workspace.
    pub(crate) fn load() -> Option<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/anrok-openapi-1.1.yml");
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("SKIPPED: the official Anrok document is not present at {path}");
            return None;
        };
        Some(Self(serde_yaml_ng::from_str(&text).expect("the document is YAML")))
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                let resolved = self.resolve(operation);
                let schema = |body: &Value| self.schema_of(body);
                let request = resolved.get("requestBody").map(|body| schema(&self.resolve(body)));
                let mut responses = Map::new();
                for (status, response) in resolved["responses"].as_object().unwrap() {
                    let response = self.resolve(response);
                    let examples = self.examples_of(&response);
                    let schema =
                        if response.get("content").is_some() { schema(&response) } else { Value::Null };
                    responses.insert(status.clone(), json!({"schema": schema, "examples": examples}));
                }
                found.push(Operation {
                    path: path.clone(),
                    method: method.to_uppercase(),
                    request,
                    responses: responses.into(),
                });
            }
        }
        found
    }

    /// Follows a reference. Siblings of `$ref` (a 3.1 habit, oddity 4) only describe; they are dropped.
    fn resolve(&self, value: &Value) -> Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(target) => self.resolve(self.0.pointer(target.trim_start_matches('#')).expect(target)),
            None => value.clone(),
        }
    }

    fn schema_of(&self, body: &Value) -> Value {
        let content = body["content"].as_object().unwrap();
        let schema = content.values().next().unwrap()["schema"].clone();
        self.plain(&schema)
    }

    fn examples_of(&self, body: &Value) -> Vec<Value> {
        let mut found = Vec::new();
        for media in body["content"].as_object().into_iter().flat_map(Map::values) {
            found.extend(media.get("example").cloned());
            for example in media["examples"].as_object().into_iter().flat_map(Map::values) {
                found.push(self.resolve(example)["value"].clone());
            }
        }
        found
    }

    /// A schema as JSON Schema, without references, `allOf` and `nullable`.
    fn plain(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        let mut out = Map::new();
        for (key, value) in schema.as_object().unwrap() {
            match key.as_str() {
                "allOf" => {
                    for part in value.as_array().unwrap() {
                        self.merge(&mut out, part);
                    }
                }
                "properties" => {
                    let members = value.as_object().unwrap();
                    let members = members.iter().map(|(name, part)| (name.clone(), self.plain(part)));
                    out.insert(key.clone(), Value::Object(members.collect()));
                }
                "items" | "additionalProperties" => {
                    out.insert(key.clone(), self.plain(value));
                }
                "oneOf" | "anyOf" => {
                    let parts = value.as_array().unwrap().iter().map(|part| self.plain(part)).collect();
                    out.insert(key.clone(), parts);
                }
                "type" | "enum" | "required" | "format" | "minimum" | "maximum" | "minLength"
                | "maxLength" | "nullable" => {
                    out.entry(key.clone()).or_insert_with(|| value.clone());
                }
                // Descriptions, examples, defaults, titles, deprecation.
                _ => {}
            }
        }
        if out.remove("nullable").is_some() {
            let kind = out.get("type").cloned().unwrap();
            out.insert("type".to_owned(), json!([kind, "null"]));
        }
        out.into()
    }

    /// Adds a part of an `allOf`; some parts hold an example only.
    fn merge(&self, out: &mut Map<String, Value>, part: &Value) {
        let Value::Object(part) = self.plain(part) else { unreachable!() };
        for (key, value) in part {
            match (key.as_str(), out.get_mut(&key), value) {
                ("properties", Some(Value::Object(members)), Value::Object(more)) => members.extend(more),
                ("required", Some(Value::Array(names)), Value::Array(more)) => names.extend(more),
                (_, Some(_), _) => {}
                (_, None, value) => {
                    out.insert(key, value);
                }
            }
        }
    }
}

impl Operation {
    pub(crate) fn request(&self) -> Option<Value> {
        self.request.clone()
    }

    /// The schema of the answer with this status.
    pub(crate) fn answer(&self, status: u16) -> Option<Value> {
        self.responses.get(status.to_string()).map(|response| response["schema"].clone())
    }

    pub(crate) fn examples(&self, status: u16) -> Vec<Value> {
        let examples =
            self.responses.get(status.to_string()).and_then(|response| response["examples"].as_array());
        examples.cloned().unwrap_or_default()
    }
}

/// Visits every schema below `schema` with the path of its member: `lineItems[].amount`.
pub(crate) fn walk(schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
    step("", schema, visit);
}

fn step(path: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, schema);
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        let dot = if path.is_empty() { "" } else { "." };
        step(&format!("{path}{dot}{name}"), part, visit);
    }
    if let Some(items) = schema.get("items") {
        step(&format!("{path}[]"), items, visit);
    }
    for alternatives in ["oneOf", "anyOf"] {
        for part in schema[alternatives].as_array().into_iter().flatten() {
            step(path, part, visit);
        }
    }
}

/// The same schema, refusing members that it does not list.
pub(crate) fn strict(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut members: Map<String, Value> =
                members.iter().map(|(key, value)| (key.clone(), strict(value))).collect();
            let is_schema = members.get("type").is_some_and(|kind| kind.is_string() || kind.is_array());
            let is_object = members
                .get("type")
                .is_some_and(|kind| kind == "object" || kind == &json!(["object", "null"]));
            if is_schema && is_object {
                members.entry("additionalProperties").or_insert(json!(false));
            }
            members.into()
        }
        Value::Array(parts) => parts.iter().map(strict).collect(),
        other => other.clone(),
    }
}

/// Checks a value against a schema.
pub(crate) fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft7)
        .should_validate_formats(true)
        .build(schema)
        .expect("the schema is one");
    match validator.iter_errors(value).next() {
        Some(error) => Err(format!("{} at {}", error, error.instance_path())),
        None => Ok(()),
    }
}
