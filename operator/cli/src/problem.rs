//! What is wrong with a field, in the API server's words.

use std::fmt;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use serde::Serialize;
use serde_json::Value;

/// What is wrong with a field.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// Path of the field, for example `spec.storage.volumes[0].size`; empty for the object as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    /// A problem with `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    /// A value that is none of those supported.
    pub fn unsupported<'a>(field: &str, value: &Value, supported: impl IntoIterator<Item = &'a str>) -> Self {
        let supported: Vec<String> = supported.into_iter().map(|name| format!("\"{name}\"")).collect();
        Self::new(field, format!("Unsupported value: {value}: supported values: {}", supported.join(", ")))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.field, self.message) }
    }
}

/// The problems that one broken keyword of the schema stands for: unknown fields come as one, and are told apart.
pub fn structural(error: &ValidationError<'_>) -> Vec<Problem> {
    let path = path(error.instance_path());
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|name| Problem::new(join(&path, name), "unknown field")).collect()
        }
        ValidationErrorKind::Required { property } => {
            vec![Problem::new(join(&path, property.as_str().unwrap_or_default()), "Required value")]
        }
        kind => vec![Problem::new(path, explain(kind, error.instance()).unwrap_or_else(|| error.to_string()))],
    }
}

fn explain(kind: &ValidationErrorKind, value: &Value) -> Option<String> {
    use ValidationErrorKind as Kind;
    let items = value.as_array().map_or(0, Vec::len);
    Some(match kind {
        Kind::Type { kind } => format!("Invalid value: {value}: must be of type {}", type_names(kind)),
        Kind::Enum { options } => {
            let options = options.as_array().into_iter().flatten().filter_map(Value::as_str);
            Problem::unsupported("", value, options).message
        }
        Kind::Pattern { pattern } => format!("Invalid value: {value}: should match '{pattern}'"),
        Kind::MaxLength { limit } => format!("Too long: may not be more than {limit} bytes"),
        Kind::MinLength { limit } => format!("Invalid value: {value}: should be at least {limit} chars long"),
        Kind::Minimum { limit } => format!("Invalid value: {value}: should be greater than or equal to {limit}"),
        Kind::Maximum { limit } => format!("Invalid value: {value}: should be less than or equal to {limit}"),
        Kind::MaxItems { limit } => format!("Too many: {items}: must have at most {limit} items"),
        Kind::MinItems { limit } => format!("Invalid value: {items}: should have at least {limit} items"),
        Kind::MaxProperties { limit } => {
            format!("Too many: {}: must have at most {limit} items", value.as_object().map_or(0, serde_json::Map::len))
        }
        Kind::MinProperties { limit } => format!("Invalid value: {value}: should have at least {limit} properties"),
        Kind::Custom { message, .. } => message.clone(),
        _ => return None,
    })
}

fn type_names(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(name) => name.to_string(),
        TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect::<Vec<_>>().join(","),
    }
}

fn path(location: &Location) -> String {
    location.iter().fold(String::new(), |path, segment| match segment {
        LocationSegment::Property(name) => join(&path, &name),
        LocationSegment::Index(index) => format!("{path}[{index}]"),
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
