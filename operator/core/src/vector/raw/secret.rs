//! References to Secrets in users' words: `{secretKeyRef: {name: NAME, key: KEY}}` in the place of a value.

use kafkapipelines_crds::{RawSpec, SecretKey};
use serde_json::Value;

use crate::vector::secret_names;

/// The only key of a reference.
pub(crate) const REFERENCE: &str = "secretKeyRef";
/// What names of options end with whose value is the path of a file.
const FILE: &str = "_file";

/// A reference, and whether Vector is to read its file by itself.
pub(crate) struct Reference {
    /// The key.
    pub key: SecretKey,
    /// Whether it stands where Vector wants a path.
    pub is_file: bool,
}

/// All references in the user's own words.
pub(crate) fn references(raw: &RawSpec) -> Vec<Reference> {
    let mut found = Vec::new();
    let sections = [&raw.sources, &raw.transforms, &raw.sinks];
    let fields = sections.into_iter().flat_map(|section| section.values().flatten());
    fields.for_each(|(field, value)| collect(field, value, &mut found));
    found
}

/// The key that a value refers to, if it is a reference. Whether the key can be one is judged elsewhere.
pub(crate) fn referred(value: &Value) -> Option<SecretKey> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    serde_json::from_value(fields.get(REFERENCE)?.clone()).ok()
}

/// The value of `field`, with what Vector reads in the place of references.
pub(super) fn resolved(field: &str, value: &Value) -> Value {
    if let Some(key) = referred(value) {
        return if field.ends_with(FILE) { secret_names::path(&key) } else { secret_names::text(&key.name, &key.key) }
            .into();
    }
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(field, value)| (field.clone(), resolved(field, value))).collect::<Value>()
        }
        Value::Array(items) => items.iter().map(|item| resolved(field, item)).collect(),
        other => other.clone(),
    }
}

fn collect(field: &str, value: &Value, found: &mut Vec<Reference>) {
    if let Some(key) = referred(value) {
        found.push(Reference { key, is_file: field.ends_with(FILE) });
        return;
    }
    match value {
        Value::Object(fields) => fields.iter().for_each(|(field, value)| collect(field, value, found)),
        Value::Array(items) => items.iter().for_each(|item| collect(field, item, found)),
        _ => {}
    }
}
