//! The steps that a line passes on its way to a store.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step of the chain, of one kind.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.remap), has(self.filter), has(self.throttle), has(self.sample), has(self.dedupe), has(self.reduce)].filter(k, k).size() == 1")
    .message("give one of remap, filter, throttle, sample, dedupe and reduce").reason(Reason::FieldValueRequired))]
pub struct TransformSpec {
    /// Name; appears in Vector's metrics and in the dead letters' headers.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-zA-Z][a-zA-Z0-9_-]*$"))]
    pub name: String,
    /// A program in VRL (Vector Remap Language) that changes the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remap: Option<RemapSpec>,
    /// Keeps the lines for which a condition holds. The others are dropped on purpose: they are neither stored nor dead letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<FilterSpec>,
    /// Keeps so many lines of each window of time; each member counts by itself. What is above is dropped on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<ThrottleSpec>,
    /// Keeps one line of so many, with the field `sample_rate`. The others are dropped on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleSpec>,
    /// Keeps the first of lines that are alike, as far as one member remembers. The others are dropped on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedupe: Option<DedupeSpec>,
    /// Makes one line of several, for example of a stack trace. A group is kept in memory until it ends, and so long no offset of its
    /// lines, or after them, is committed: a member that stops repeats them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reduce: Option<ReduceSpec>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TransformKind<'a> {
    /// Runs a program.
    Remap(&'a RemapSpec),
    /// Keeps what fits.
    Filter(&'a FilterSpec),
    /// Keeps so many in a time.
    Throttle(&'a ThrottleSpec),
    /// Keeps one of so many.
    Sample(&'a SampleSpec),
    /// Keeps the first of those alike.
    Dedupe(&'a DedupeSpec),
    /// Makes one of several.
    Reduce(&'a ReduceSpec),
}

impl TransformSpec {
    /// What it does; `None` only for an object that no API server has seen, for the schema asks for one kind.
    pub fn kind(&self) -> Option<TransformKind<'_>> {
        let remap = self.remap.as_ref().map(TransformKind::Remap);
        remap
            .or(self.filter.as_ref().map(TransformKind::Filter))
            .or(self.throttle.as_ref().map(TransformKind::Throttle))
            .or(self.sample.as_ref().map(TransformKind::Sample))
            .or(self.dedupe.as_ref().map(TransformKind::Dedupe))
            .or(self.reduce.as_ref().map(TransformKind::Reduce))
    }
}

/// A VRL program. The line is in `.message`; a runtime error or `abort` sends it to the dead-letter topic.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.source) != has(self.sourceFrom)").message("give source or sourceFrom, one of the two").reason(Reason::FieldValueRequired))]
pub struct RemapSpec {
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65536))]
    #[x_kube(validation = Rule::new("self.trim() != ''").message("the VRL program is blank"))]
    pub source: Option<String>,
    /// Where the program is written, instead of here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_from: Option<ProgramFrom>,
}

/// Where a program is written.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramFrom {
    /// A key of a ConfigMap.
    pub config_map_key_ref: ConfigMapKey,
}

/// A key of a ConfigMap in the Consumer's namespace. The operator sees ConfigMaps with the label `kafkapipelines.io/programs: "true"` and no
/// others. One that changes is compiled and tested like a changed spec; if it is refused, or gone, the members keep running what they had.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapKey {
    /// Name of the ConfigMap.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub name: String,
    /// Key with the program, at most 65536 bytes.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub key: String,
}

/// Which lines are kept.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterSpec {
    /// A condition in VRL, for example `.level != "debug"`. It cannot fail: say what holds where a function may.
    #[schemars(schema_with = "crate::schema::condition")]
    pub condition: String,
}

/// How many lines are kept.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThrottleSpec {
    /// Lines of a window.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub threshold: u32,
    /// Length of a window, for example `1m`. Default: `1s`.
    #[serde(default = "one_second")]
    #[schemars(schema_with = "crate::schema::duration")]
    #[x_kube(validation = Rule::new("duration(self) > duration('0s')").message("a window has a length: write for example 1s"))]
    pub window: String,
    /// Field whose values are counted each by itself, for example `host`. Default: all lines together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::field_name")]
    pub key_field: Option<String>,
}

/// Which share of the lines is kept.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleSpec {
    /// One line of so many is kept.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub rate: u32,
    /// Field by whose value it is decided: of one value all lines are kept, or none. Default: every so-many-th line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::field_name")]
    pub key_field: Option<String>,
    /// A condition in VRL: lines for which it holds are always kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::condition")]
    pub exclude: Option<String>,
}

/// When two lines are alike: by the fields of `match`, or by all but those of `ignore`.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(has(self.match) && self.match.size() > 0) != (has(self.ignore) && self.ignore.size() > 0)")
    .message("give match or ignore, one of the two").reason(Reason::FieldValueRequired))]
pub struct DedupeSpec {
    /// Fields whose values make lines alike.
    #[serde(default, rename = "match", skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::field_names")]
    pub match_: Vec<String>,
    /// Fields that may differ between lines that are alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::field_names")]
    pub ignore: Vec<String>,
    /// Lines that a member remembers. Default: 5000.
    #[serde(default = "five_thousand")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub cache_events: u32,
}

/// Which lines become one, and how their fields do.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!(has(self.startsWhen) && has(self.endsWhen))").message("give startsWhen or endsWhen, not both"))]
pub struct ReduceSpec {
    /// Fields whose values tell groups apart, for example `host`. Default: all lines of a member are one group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::field_names")]
    pub group_by: Vec<String>,
    /// A condition in VRL for the first line of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::condition")]
    pub starts_when: Option<String>,
    /// A condition in VRL for the last line of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::condition")]
    pub ends_when: Option<String>,
    /// A group also ends so long after its last line. Default: `30s`.
    #[serde(default = "thirty_seconds")]
    #[schemars(schema_with = "crate::schema::duration")]
    #[x_kube(validation = Rule::new("duration(self) > duration('0s')").message("a group needs time to gather: write for example 30s"))]
    pub expire_after: String,
    /// A group also ends with so many lines. Default: 1000.
    #[serde(default = "one_thousand")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_events: u32,
    /// How the values of a field become one, by the field's name. Default: the first text is kept, numbers are added, of
    /// times the first is kept and the last goes to `<field>_end`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.all(field, field.matches('^[A-Za-z0-9_.@-]{1,128}$'))")
        .message("a field's name has letters, digits and _ . @ -"))]
    pub merge_strategies: BTreeMap<String, MergeStrategy>,
}

/// How the values of a field become one, in Vector's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeStrategy {
    /// All values, as a list.
    Array,
    /// Texts with a blank between them; lists one after the other.
    Concat,
    /// Texts, each on its own line.
    ConcatNewline,
    /// Texts with nothing between them.
    ConcatRaw,
    /// The first value.
    Discard,
    /// All values once, as a flat list.
    FlatUnique,
    /// The longest list.
    LongestArray,
    /// The largest number.
    Max,
    /// The smallest number.
    Min,
    /// The last value.
    Retain,
    /// The shortest list.
    ShortestArray,
    /// The numbers added.
    Sum,
}

fn one_second() -> String {
    "1s".to_owned()
}

fn thirty_seconds() -> String {
    "30s".to_owned()
}

fn one_thousand() -> u32 {
    1_000
}

fn five_thousand() -> u32 {
    5_000
}
