//! `spec.raw`: users' own words in the Vector file. That they may stand there was judged before (`validate::consumer::raw`).
//!
//! ```text
//! … → parse → _guard_store → store
//!       └───────────┴──→ transforms of raw → disk that drops what it has no room for → sinks of raw
//! ```
//!
//! A source waits until every sink that got a copy of a line is done with it, whether that sink acknowledges or not: one that hangs would keep
//! offsets from being committed. On disk a copy counts as done, so nothing behind it reaches back to the chain.

pub(crate) mod secret;
#[cfg(test)]
mod tests;

use kafkapipelines_crds::{ConsumerSpec, Fields};
use serde_json::{Map, Value, json};

use super::file::{Sink, Source, Transform, Tree, VectorFile};

/// Bytes of disk before a sink of one's own: the least that Vector takes.
const DISK_BYTES: u64 = 268_435_488;

/// A sink of the spec with the user's options, which name nothing that the operator answers for.
pub(super) fn with_options(sink: Sink, options: Option<&Fields>) -> Sink {
    let Some(options) = options else { return sink };
    let Ok(mut written) = serde_json::to_value(&sink) else { return sink };
    merge(&mut written, tree_of(options));
    Sink::Raw(Tree(written))
}

/// Adds the user's own components, behind whatever the operator renders.
pub(super) fn add(file: &mut VectorFile, spec: &ConsumerSpec) {
    let raw = &spec.raw;
    file.sources.0.extend(raw.sources.iter().map(|(id, fields)| (id.clone(), Source::Raw(Tree(tree_of(fields))))));
    file.transforms
        .0
        .extend(raw.transforms.iter().map(|(id, fields)| (id.clone(), Transform::Raw(Tree(tree_of(fields))))));
    file.sinks.0.extend(own_sinks(spec).map(|(id, fields)| (id.clone(), own_sink(fields))));
}

/// The sinks of `raw` that are none of the spec.
pub(crate) fn own_sinks(spec: &ConsumerSpec) -> impl Iterator<Item = (&String, &Fields)> {
    spec.raw.sinks.iter().filter(|(id, _)| !spec.sinks.iter().any(|sink| sink.name == **id))
}

/// The ids of the user's own components: they promise nothing.
pub(crate) fn own_components(spec: &ConsumerSpec) -> impl Iterator<Item = &String> {
    spec.raw.sources.keys().chain(spec.raw.transforms.keys()).chain(own_sinks(spec).map(|(id, _)| id))
}

fn own_sink(fields: &Fields) -> Sink {
    let mut tree = tree_of(fields);
    let buffer = json!({"type": "disk", "max_size": DISK_BYTES, "when_full": "drop_newest"});
    merge(&mut tree, json!({"buffer": buffer}));
    Sink::Raw(Tree(tree))
}

/// What is written of an object, with what Vector reads in the place of references to Secrets.
fn tree_of(fields: &Fields) -> Value {
    Value::Object(fields.iter().map(|(key, value)| (key.clone(), secret::resolved(key, value))).collect::<Map<_, _>>())
}

/// Puts `more` into `written`: objects into objects, anything else in the place of what was there.
fn merge(written: &mut Value, more: Value) {
    match (written, more) {
        (Value::Object(written), Value::Object(more)) => {
            more.into_iter().for_each(|(key, value)| merge(written.entry(key).or_insert(Value::Null), value));
        }
        (written, more) => *written = more,
    }
}
