//! A component in users' words, as YAML.

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_saphyr::{FlowSeq, LitString};

/// What any text begins with that Vector replaces by a secret.
const SECRET: &str = "SECRET[";

/// What people look for first.
const FIRST: [&str; 2] = ["inputs", "type"];

/// A component, written as it is.
pub(crate) struct Tree(pub Value);

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(fields) = &self.0 else { return Node(&self.0).serialize(serializer) };
        let is_first = |(key, _): &(&String, &Value)| FIRST.contains(&key.as_str());
        let (first, rest): (Vec<_>, Vec<_>) = fields.iter().partition(is_first);
        // As in the alphabet, but backwards: type, then inputs.
        let fields = first.into_iter().rev().chain(rest);
        serializer.collect_map(fields.map(|(key, value)| (key, Node(value))))
    }
}

struct Node<'a>(&'a Value);

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => serializer.collect_map(fields.iter().map(|(key, value)| (key, Node(value)))),
            Value::Array(items) if items.iter().all(Value::is_number) => FlowSeq(items).serialize(serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Node)),
            // A literal block: there a password may have any character but a line break.
            Value::String(text) if text.contains(SECRET) => LitString(text.clone()).serialize(serializer),
            other => other.serialize(serializer),
        }
    }
}
