//! Components of one's own: their ids, their types, and what the operator writes into them.

use kafkapipelines_crds::{ConsumerSpec, Fields};
use serde_json::Value;

use super::types::{ASKS, Kind};
use super::{INVALID, OWNED, REFUSED, shown, type_of};
use crate::refusal::Refusal;
use crate::vector::raw::own_sinks;

/// The longest id.
const ID: usize = 63;

const PROMISES_NOTHING: &str = "a sink of your own must not hold up the chain, so that the operator gives it a disk of 256 MiB which drops what it has no \
    room for; remove it, or make it a sink of the spec";
const IN_A_FILE: &str = "there are no files of yours in a member: write the program in source";

/// A component of the user's own.
pub(super) struct Own<'a> {
    pub kind: Kind,
    pub id: &'a String,
    pub fields: &'a Fields,
}

impl Own<'_> {
    pub(super) fn path(&self) -> String {
        format!("spec.raw.{}.{}", self.kind.section(), self.id)
    }
}

/// All components of the user's own.
pub(super) fn all(spec: &ConsumerSpec) -> impl Iterator<Item = Own<'_>> {
    let raw = &spec.raw;
    let sources = raw.sources.iter().map(|(id, fields)| Own { kind: Kind::Source, id, fields });
    let transforms = raw.transforms.iter().filter(|(id, _)| !is_of_chain(spec, id));
    let transforms = transforms.map(|(id, fields)| Own { kind: Kind::Transform, id, fields });
    let sinks = own_sinks(spec).map(|(id, fields)| Own { kind: Kind::Sink, id, fields });
    sources.chain(transforms).chain(sinks)
}

/// What is wrong with them, each by itself, and with their ids.
pub(super) fn refusals(spec: &ConsumerSpec) -> Vec<Refusal> {
    let each = all(spec).flat_map(|own| match clash(spec, &own) {
        Some(clash) => vec![clash],
        None => bad_id(&own)
            .into_iter()
            .chain(unfit(&own))
            .chain(asks(&own))
            .chain(owned(&own))
            .chain(loops(spec, &own))
            .collect(),
    });
    of_chain(spec).chain(each).collect()
}

fn is_of_chain(spec: &ConsumerSpec, id: &str) -> bool {
    spec.transforms.iter().any(|transform| transform.name == id)
}

/// Options of the spec's transforms: what becomes of a line is said where tests see it.
fn of_chain(spec: &ConsumerSpec) -> impl Iterator<Item = Refusal> {
    spec.raw.transforms.keys().filter(|id| is_of_chain(spec, id)).map(|id| {
        let message = format!(
            "this transform is one of the chain, and what becomes of a line is said where tests see it: set the fields of spec.transforms[{id}]"
        );
        Refusal::new(OWNED, format!("spec.raw.transforms.{id}"), id, message)
    })
}

fn bad_id(own: &Own) -> Option<Refusal> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let good =
        own.id.len() <= ID && own.id.starts_with(|c: char| c.is_ascii_alphabetic()) && own.id.chars().all(is_fine);
    let message =
        "an id has at most 63 letters, digits, - and _, a letter first: what begins with _ is the operator's own";
    (!good).then(|| Refusal::new(INVALID, own.path(), own.id, message))
}

/// Two components of a file cannot have one name, whatever they are.
fn clash(spec: &ConsumerSpec, own: &Own) -> Option<Refusal> {
    let of_spec =
        spec.transforms.iter().map(|transform| &transform.name).chain(spec.sinks.iter().map(|sink| &sink.name));
    let of_raw = all(spec).filter(|other| other.kind != own.kind).map(|other| other.id);
    let message = "another component has this name: give each its own";
    of_spec.chain(of_raw).any(|id| id == own.id).then(|| Refusal::new("DuplicateName", own.path(), own.id, message))
}

fn unfit(own: &Own) -> Option<Refusal> {
    let path = format!("{}.type", own.path());
    match own.fields.get("type") {
        Some(Value::String(type_)) => Some(Refusal::new(REFUSED, path, type_, own.kind.unfit(type_)?)),
        other => {
            let message = "says no type: write for example type: http. Only sinks of the spec have one without it";
            Some(Refusal::new(INVALID, path, other.map(shown).unwrap_or_default(), message))
        }
    }
}

/// `ClickHouse` is asked for its columns in one format.
fn asks(own: &Own) -> Option<Refusal> {
    let format =
        own.fields.get("format").filter(|format| *format == "arrow_stream").or(own.fields.get("batch_encoding"))?;
    let message = || format!("in this format {ASKS}");
    let is_asked = own.kind == Kind::Sink && type_of(own.fields) == "clickhouse";
    is_asked.then(|| Refusal::new(REFUSED, format!("{}.format", own.path()), shown(format), message()))
}

/// What the operator writes itself, or what would read a file.
fn owned(own: &Own) -> Vec<Refusal> {
    let (keys, why): (&[&str], _) = match own.kind {
        Kind::Sink => (&["acknowledgements", "buffer"], PROMISES_NOTHING),
        Kind::Transform if type_of(own.fields) == "remap" => (&["file", "files"], IN_A_FILE),
        _ => return Vec::new(),
    };
    let written = keys.iter().filter_map(|key| Some((key, own.fields.get(*key)?)));
    written.map(|(key, value)| Refusal::new(OWNED, format!("{}.{key}", own.path()), shown(value), why)).collect()
}

fn loops(spec: &ConsumerSpec, own: &Own) -> Option<Refusal> {
    let topic =
        own.fields.get("topic")?.as_str().filter(|_| own.kind == Kind::Sink && type_of(own.fields) == "kafka")?;
    let message = "the consumer reads this topic, and its lines would go round for ever: name another topic";
    let is_read = spec.topics.iter().any(|read| read == topic);
    is_read.then(|| Refusal::new("SinkLoop", format!("{}.topic", own.path()), topic, message))
}
