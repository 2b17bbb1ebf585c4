//! Tests of a consumer's transforms: a line goes in, and this must become of it.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Fields by name, with values of any kind.
pub type Fields = BTreeMap<String, Value>;

/// A line and what must become of it. It passes the transforms by itself: what `dedupe` and `reduce` remember begins anew with each test.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerTest {
    /// Name, by which a failure is told.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-zA-Z0-9]([a-zA-Z0-9 ._-]*[a-zA-Z0-9])?$"))]
    pub name: String,
    /// The line.
    pub input: TestInput,
    /// What must become of it.
    pub expect: TestExpectation,
    /// The time of the line in Kafka, and what `now()` gives while the test runs. A store's limits for a line's age count from it, so a
    /// test says the same for ever. Default: `2026-01-01T00:00:00Z`.
    #[serde(default = "start_of_2026")]
    #[schemars(
        length(max = 40),
        regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$")
    )]
    pub now: String,
}

/// A line as it lies in Kafka.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.message) != has(self.fields)").message("give the line either as message (text) or as fields (an object)")
    .reason(Reason::FieldValueRequired))]
pub struct TestInput {
    /// The payload as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub message: Option<String>,
    /// The payload as an object, which becomes JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::anything")]
    pub fields: Option<Fields>,
    /// The key. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub key: Option<String>,
    /// The headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 64))]
    pub headers: BTreeMap<String, String>,
    /// The topic. Default: the first of `spec.topics`; empty with `spec.topicPattern`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 249))]
    pub topic: Option<String>,
}

/// What must become of a line: stored, a dead letter, or dropped on purpose.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.sink) || has(self.fields), has(self.deadLetter), has(self.dropped)].filter(k, k).size() == 1")
    .message("expect one thing: sink or fields (or both), deadLetter, or dropped").reason(Reason::FieldValueRequired))]
pub struct TestExpectation {
    /// Name of the sink that an event comes to. Default: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub sink: Option<String>,
    /// Fields that an event has when it comes to the sink; it may have more, also inside objects. `null` is a field that is null or missing. Of
    /// several events, one must have them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::anything")]
    pub fields: Option<Fields>,
    /// The line becomes a dead letter, and its error has this text in it; "" is any error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub dead_letter: Option<String>,
    /// The line is dropped on purpose, for example by a `filter`: it comes to no sink and is no dead letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("self").message("true, or leave it out"))]
    pub dropped: Option<bool>,
}

fn start_of_2026() -> String {
    "2026-01-01T00:00:00Z".to_owned()
}
