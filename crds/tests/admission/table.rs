//! The table of what the API accepts and refuses: judged offline by the plugin's tests, and by a real API server in the e2e suite.
//!
//! A case says what differs from the file's `base` object, as a JSON merge patch (`null` removes a field).

use serde::Deserialize;
use serde_json::Value;

const FILES: [&str; 3] =
    [include_str!("kafkanodepools.yaml"), include_str!("logpipelines.yaml"), include_str!("consumers.yaml")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    base: Value,
    cases: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    object: Value,
    old: Option<Value>,
    reject: Option<Rejection>,
}

/// What a refusal must say.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// The field that it is about; empty for the object as a whole.
    pub field: String,
    /// What its message contains.
    pub contains: String,
}

impl Rejection {
    /// Whether a problem is the expected one. The API server adds the index to a field with a duplicate.
    pub fn fits(&self, field: &str, message: &str) -> bool {
        let indexed = field.strip_prefix(&self.field).is_some_and(|rest| rest.starts_with('['));
        (field == self.field || indexed) && message.contains(&self.contains)
    }
}

/// An object to create, or to put in the place of `old`.
pub struct Case {
    /// Kind and name, for messages.
    pub name: String,
    /// The object.
    pub object: Value,
    /// What is there before; then the case is an update.
    pub old: Option<Value>,
    /// Absent: it is accepted.
    pub reject: Option<Rejection>,
}

/// All cases of all kinds.
///
/// # Errors
/// When a file of the table is malformed.
pub fn cases() -> Result<Vec<Case>, serde_saphyr::Error> {
    let mut cases = Vec::new();
    for text in FILES {
        let file: File = serde_saphyr::from_str(text)?;
        cases.extend(file.cases.into_iter().map(|row| case(&file.base, row)));
    }
    Ok(cases)
}

fn case(base: &Value, row: Row) -> Case {
    let merged = |patch: &Value| {
        let mut object = base.clone();
        // A case without a patch is the base itself; merged, null would replace it.
        if patch.is_object() {
            json_patch::merge(&mut object, patch);
        }
        object
    };
    Case {
        name: format!("{}: {}", base["kind"].as_str().unwrap_or_default(), row.name),
        object: merged(&row.object),
        old: row.old.as_ref().map(merged),
        reject: row.reject,
    }
}
