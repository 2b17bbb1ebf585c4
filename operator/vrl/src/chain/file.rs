//! The parts of a Vector file that say which way a line goes and what is done to it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use vrl::path::{OwnedValuePath, parse_value_path};

use super::ChainError;

/// A Vector file.
#[derive(Deserialize)]
pub(super) struct VectorFile {
    pub sources: BTreeMap<String, Source>,
    #[serde(default)]
    pub transforms: BTreeMap<String, Component>,
    pub sinks: BTreeMap<String, Wired>,
}

#[derive(Deserialize)]
pub(super) struct Source {
    #[serde(rename = "type")]
    pub type_: String,
    #[serde(default)]
    pub decoding: Decoding,
}

#[derive(Deserialize)]
pub(super) struct Decoding {
    pub codec: String,
}

impl Default for Decoding {
    fn default() -> Self {
        Self { codec: "bytes".to_owned() }
    }
}

#[derive(Deserialize)]
pub(super) struct Wired {
    pub inputs: Vec<String>,
}

/// A transform with its inputs.
#[derive(Deserialize)]
pub(super) struct Component {
    pub inputs: Vec<String>,
    #[serde(flatten)]
    pub transform: Transform,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Transform {
    Remap(Remap),
    Filter { condition: Condition },
    Route(Route),
    ExclusiveRoute { routes: Vec<NamedRoute> },
    Dedupe(Dedupe),
    Reduce(Reduce),
    Throttle {},
    Sample {},
}

#[derive(Deserialize)]
pub(super) struct Remap {
    pub source: String,
    #[serde(default)]
    pub drop_on_error: bool,
    #[serde(default = "yes")]
    pub drop_on_abort: bool,
    #[serde(default)]
    pub reroute_dropped: bool,
}

/// A condition: a program, alone or as the source of `type: vrl`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Condition {
    Program(String),
    Vrl { source: String },
}

impl Condition {
    pub(super) fn program(&self) -> &str {
        match self {
            Self::Program(program) | Self::Vrl { source: program } => program,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Route {
    pub route: BTreeMap<String, Condition>,
    #[serde(default = "yes")]
    pub reroute_unmatched: bool,
}

#[derive(Deserialize)]
pub(super) struct NamedRoute {
    pub name: String,
    pub condition: Condition,
}

#[derive(Deserialize)]
pub(super) struct Dedupe {
    #[serde(default)]
    pub fields: DedupeFields,
    #[serde(default)]
    pub cache: DedupeCache,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DedupeFields {
    Match(Vec<Field>),
    Ignore(Vec<Field>),
}

impl Default for DedupeFields {
    fn default() -> Self {
        Self::Match(["timestamp", "host", "message"].map(Field::single).into())
    }
}

#[derive(Deserialize)]
pub(super) struct DedupeCache {
    pub num_events: usize,
}

impl Default for DedupeCache {
    fn default() -> Self {
        Self { num_events: 5000 }
    }
}

#[derive(Deserialize)]
pub(super) struct Reduce {
    #[serde(default)]
    pub group_by: Vec<Field>,
    #[serde(default)]
    pub merge_strategies: BTreeMap<Field, Strategy>,
    pub starts_when: Option<Condition>,
    pub ends_when: Option<Condition>,
    pub max_events: Option<usize>,
}

/// What `reduce` makes of a field's values.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Strategy {
    Discard,
    Retain,
    Sum,
    Max,
    Min,
    Array,
    Concat,
    ConcatNewline,
    ConcatRaw,
    ShortestArray,
    LongestArray,
    FlatUnique,
}

/// The path of a field, with or without the dot before it.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
pub(super) struct Field(pub OwnedValuePath);

impl Field {
    pub(super) fn single(name: &str) -> Self {
        Self(OwnedValuePath::single_field(name))
    }
}

impl TryFrom<String> for Field {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let path = parse_value_path(text.strip_prefix('.').unwrap_or(&text));
        path.map(Self).map_err(|_| format!("{text} is no path of a field"))
    }
}

/// Reads a file.
pub(super) fn read(file: &str) -> Result<VectorFile, ChainError> {
    let unreadable = |error: &dyn std::fmt::Display| ChainError::Unreadable(error.to_string());
    let file: Value = serde_saphyr::from_str(file).map_err(|error| unreadable(&error))?;
    serde_json::from_value(file).map_err(|error| unreadable(&error))
}

fn yes() -> bool {
    true
}
