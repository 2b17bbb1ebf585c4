//! What `spec.raw` may not say: whatever the promise, the Pod or other people depend on. What only Vector can judge, such as a wrong field of a
//! component of one's own, keeps new members from starting, and they are brought back.

mod components;
mod credentials;
mod inputs;
mod options;
mod programs;
mod sections;
mod types;

use kafkapipelines_crds::{ConsumerSpec, Fields};
use serde_json::Value;

use crate::program::Vrl;
use crate::refusal::Refusal;
use crate::vector::raw::secret;

/// Reason: the operator answers for this, or another field says it.
const OWNED: &str = "RawOwned";
/// Reason: not in a member of a consumer.
const REFUSED: &str = "RawRefused";
/// Reason: Vector would not take it, or not as it is meant.
const INVALID: &str = "RawInvalid";
/// Reason: a credential that everybody can read who can read the object.
const CREDENTIAL: &str = "RawCredential";

/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// What is wrong with a spec's own words for Vector.
pub(super) fn refusals(spec: &ConsumerSpec, vrl: Vrl) -> Vec<Refusal> {
    if spec.raw.is_empty() {
        return Vec::new();
    }
    let mut found = sections::refusals(&spec.raw);
    found.extend(credentials::refusals(&spec.raw));
    found.extend(options::refusals(spec));
    found.extend(components::refusals(spec));
    found.extend(programs::refusals(&spec.raw, vrl));
    found.extend(inputs::refusals(spec));
    found
}

/// Every value that is no object, and every reference to a Secret, with its path.
fn leaves<'a>(path: &str, fields: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Vec<(String, &'a Value)> {
    let mut found = Vec::new();
    for (key, value) in fields {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Object(inner) if secret::referred(value).is_none() => found.extend(leaves(&path, inner)),
            value => found.push((path, value)),
        }
    }
    found
}

/// A value in a message, cut.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}

/// The type that a component says it has.
fn type_of(component: &Fields) -> &str {
    component.get("type").and_then(Value::as_str).unwrap_or_default()
}
