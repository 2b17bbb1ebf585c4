//! Secrets stand in Secrets: whoever may read a Consumer, its ConfigMap or the commit that it came from would read them in `raw`.

use kafkapipelines_crds::{RawComponents, RawSpec};
use serde_json::{Map, Value};

use super::{CREDENTIAL, INVALID, leaves};
use crate::refusal::Refusal;
use crate::vector::raw::secret::{REFERENCE, referred};

/// What the name of an option or of a header has in it, with `_` for `-`, whose value nobody else should know.
const SECRET_NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "key_pass",
    "secret",
    "token",
    "api_key",
    "apikey",
    "license_key",
    "private_key",
    "access_key",
    "authorization",
    "connection_string",
    "cookie",
];
/// What the names of options end with that only say where a secret is, or which.
const NO_SECRETS: [&str; 4] = ["_file", "_path", "_id", "_url"];

/// Credentials that are written out, and references that refer to nothing.
pub(super) fn refusals(raw: &RawSpec) -> Vec<Refusal> {
    let sections = [("sources", &raw.sources), ("transforms", &raw.transforms), ("sinks", &raw.sinks)];
    sections.into_iter().flat_map(|(name, section)| of_section(name, section)).collect()
}

fn of_section(name: &str, section: &RawComponents) -> Vec<Refusal> {
    let components = section.iter().flat_map(|(id, fields)| leaves(&format!("spec.raw.{name}.{id}"), fields));
    components.filter_map(|(path, value)| of_value(&path, value)).collect()
}

fn of_value(path: &str, value: &Value) -> Option<Refusal> {
    let name = path.rsplit('.').next().unwrap_or_default();
    if let Some(key) = referred(value) {
        let message =
            "name is that of a Secret in the same namespace, and key one of its keys: letters, digits, - _ and .";
        let is_good = is_name(&key.name) && is_name(&key.key);
        return (!is_good).then(|| Refusal::new(INVALID, path, format!("{}/{}", key.name, key.key), message));
    }
    if name == REFERENCE || path.contains(&format!(".{REFERENCE}.")) {
        let message =
            "a reference has name and key, and nothing stands beside it: write {secretKeyRef: {name: NAME, key: KEY}}";
        return Some(Refusal::new(INVALID, path, "…", message));
    }
    let message = "a credential does not belong here, where many can read it: put it into a Secret, and write {secretKeyRef: {name: NAME, key: KEY}}";
    let is_credential = is_secret(name) && !value.is_boolean() && *value != Value::Null || has_credentials(value);
    is_credential.then(|| Refusal::new(CREDENTIAL, path, "…", message))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SECRET_NAMES.iter().any(|secret| name.contains(secret)) && !NO_SECRETS.iter().any(|end| name.ends_with(end))
}

/// Whether a URL in it has a user with a password, as in `https://user:password@host`.
fn has_credentials(value: &Value) -> bool {
    match value {
        Value::String(text) => text.split("://").skip(1).any(|rest| {
            let authority = rest.split(['/', '?', '#', ' ', '\n']).next().unwrap_or_default();
            authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
        }),
        Value::Array(items) => items.iter().any(has_credentials),
        Value::Object(fields) => fields.values().any(has_credentials) || has_secret_names(fields),
        _ => false,
    }
}

/// Objects in lists have no path of their own.
fn has_secret_names(fields: &Map<String, Value>) -> bool {
    fields.iter().any(|(name, value)| is_secret(name) && referred(value).is_none())
}

/// Whether it can be the name of a Secret, or of a key in it; never a way out of a directory.
fn is_name(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 253 && !text.starts_with('.') && text.chars().all(is_fine)
}
