//! The text by which a Vector file names a secret: Vector replaces it wherever it stands, so users may not write it.

use kafkapipelines_crds::ConsumerSpec;
use serde_json::Value;

use crate::refusal::Refusal;

const TEXT: &str = "SECRET[";

/// Every field of the spec that would be replaced in the Vector file.
pub(super) fn refusals(spec: &ConsumerSpec) -> Vec<Refusal> {
    let message = "Vector would replace SECRET[…] by the contents of a Secret: write it in another way, and name Secrets in auth and tls, or in raw by {secretKeyRef: {name: NAME, key: KEY}}";
    let mut written = serde_json::to_value(spec).unwrap_or_default();
    if let Some(fields) = written.as_object_mut() {
        // These two are no part of the file.
        fields.retain(|field, _| field != "template" && field != "tests");
    }
    let mut found = Vec::new();
    collect("spec", &written, &mut found);
    found.into_iter().map(|field| Refusal::new("SecretInText", field, TEXT, message)).collect()
}

fn collect(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(TEXT) => found.push(path.to_owned()),
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| {
            if key.contains(TEXT) {
                found.push(path.to_owned());
            }
            collect(&format!("{path}.{key}"), inner, found);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| {
            let name = item["name"].as_str().map_or_else(|| index.to_string(), str::to_owned);
            collect(&format!("{path}[{name}]"), item, found);
        }),
        _ => {}
    }
}
