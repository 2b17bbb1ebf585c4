//! Bounds for whatever a schema leaves unbounded, so that every CEL rule's cost can be estimated and no object grows without end.

use serde_json::{Map, Value, json};

/// Formats that the API server knows; of others it warns.
const FORMATS: [&str; 3] = ["int32", "int64", "date-time"];

const STRING: u64 = 4096;
const LIST: u64 = 64;
const MAP: u64 = 64;

/// Walks a schema: adds missing bounds, removes what says nothing (`nullable`, empty lists, numeric formats of the code generator), writes limits as whole numbers.
pub(crate) fn tighten(schema: &mut Value) {
    let Value::Object(node) = schema else { return };
    node.remove("nullable");
    if node.get("format").and_then(Value::as_str).is_some_and(|format| !FORMATS.contains(&format)) {
        node.remove("format");
    }
    node.retain(|_, value| !is_empty(value));
    for key in ["minimum", "maximum"] {
        if let Some(number) = node.get_mut(key) {
            *number = whole(number);
        }
    }
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

/// `1000.0` as `1000`: limits are whole numbers, and people read them.
fn whole(number: &Value) -> Value {
    #[allow(clippy::cast_possible_truncation)] // limits are far below 2^53
    number.as_f64().filter(|n| n.fract() == 0.0).map_or_else(|| number.clone(), |n| json!(n as i64))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
