//! Bounds for whatever a schema leaves unbounded, so that every CEL rule's cost can be estimated and no object grows without end.

use serde_json::{Map, Value, json};

const STRING: u64 = 4096;
const LIST: u64 = 64;
const MAP: u64 = 64;

/// Walks a schema: adds missing bounds, removes what says nothing (`nullable`, empty lists, numeric formats of the code generator).
pub(crate) fn tighten(schema: &mut Value) {
    let Value::Object(node) = schema else { return };
    node.remove("nullable");
    if node.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("uint")) {
        node.remove("format");
    }
    node.retain(|_, value| !is_empty(value));
    if let Some(Value::Array(values)) = node.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    bound(node);
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = node.get_mut(key) {
            tighten(inner);
        }
    }
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        properties.values_mut().for_each(tighten);
    }
}

fn bound(node: &mut Map<String, Value>) {
    let (key, limit) = match node.get("type").and_then(Value::as_str) {
        Some("string") if !node.contains_key("enum") && !node.contains_key("format") => ("maxLength", STRING),
        Some("array") => ("maxItems", LIST),
        Some("object") if node.contains_key("additionalProperties") => ("maxProperties", MAP),
        _ => return,
    };
    node.entry(key).or_insert_with(|| json!(limit));
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
