//! Where components of one's own take lines from.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::{ConsumerSpec, DecodingCodec, SinkKind, TransformKind};
use serde_json::Value;

use super::components::{Own, all};
use super::types::Kind;
use super::{INVALID, shown, type_of};
use crate::refusal::Refusal;
use crate::vector::ids;

/// Inputs that nothing gives, and transforms that feed themselves.
pub(super) fn refusals(spec: &ConsumerSpec) -> Vec<Refusal> {
    let outputs: BTreeSet<_> = of_chain(spec).into_iter().chain(all(spec).flat_map(|own| of_own(&own))).collect();
    let readers = || all(spec).filter(|own| own.kind != Kind::Source);
    let each = readers().flat_map(|own| unusable(&own, &outputs));
    each.chain(circle(spec)).collect()
}

/// The outputs of the chain that anybody may read from.
fn of_chain(spec: &ConsumerSpec) -> Vec<String> {
    let mut outputs = [ids::ORIGIN, ids::DEAD_LETTER, ids::INTERNAL_METRICS].map(str::to_owned).to_vec();
    if spec.decoding.codec != DecodingCodec::Raw {
        outputs.push(ids::DECODE.to_owned());
    }
    for transform in &spec.transforms {
        outputs.push(transform.name.clone());
        if matches!(transform.kind(), Some(TransformKind::Remap(_))) {
            outputs.push(ids::dropped(&transform.name));
        }
    }
    let guarded = spec.sinks.iter().filter(|sink| !matches!(sink.kind(), Some(SinkKind::Http(_)) | None));
    outputs.extend(guarded.map(|sink| ids::guard(&sink.name)));
    outputs
}

/// The outputs of a component.
fn of_own(own: &Own) -> Vec<String> {
    let id = own.id;
    let named = |names: Vec<&str>| names.into_iter().chain(["_unmatched"]).map(|name| format!("{id}.{name}")).collect();
    match (own.kind, type_of(own.fields)) {
        (Kind::Sink, _) => Vec::new(),
        (_, "remap") => vec![id.clone(), ids::dropped(id)],
        (_, "route") => {
            let routes = own.fields.get("route").and_then(Value::as_object).into_iter().flatten();
            named(routes.map(|(name, _)| name.as_str()).collect())
        }
        (_, "exclusive_route") => {
            let routes = own.fields.get("routes").and_then(Value::as_array).into_iter().flatten();
            named(routes.filter_map(|route| route.get("name")?.as_str()).collect())
        }
        _ => vec![id.clone()],
    }
}

fn unusable(own: &Own, outputs: &BTreeSet<String>) -> Vec<Refusal> {
    let path = format!("{}.inputs", own.path());
    let written = own.fields.get("inputs");
    let inputs = names(written);
    if inputs.is_empty() || written.and_then(Value::as_array).is_none_or(|items| items.len() != inputs.len()) {
        let message = "takes lines from nowhere: write a list of names, for example inputs: [parse]";
        return vec![Refusal::new(INVALID, path, written.map(shown).unwrap_or_default(), message)];
    }
    let known = outputs.iter().cloned().collect::<Vec<_>>().join(", ");
    let missing = inputs.iter().filter(|input| !outputs.contains(**input));
    let refusal = |input: &&str| {
        Refusal::new(INVALID, path.clone(), input, format!("nothing of this name can be read from: there are {known}"))
    };
    missing.map(refusal).collect()
}

fn names(inputs: Option<&Value>) -> Vec<&str> {
    inputs.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A transform whose lines come back to it.
fn circle(spec: &ConsumerSpec) -> Option<Refusal> {
    let raw = &spec.raw.transforms;
    let feeds = |id: &String| -> Vec<&String> {
        let component = |input: &str| input.split('.').next().unwrap_or_default().to_owned();
        let inputs = raw.get(id).map(|fields| names(fields.get("inputs"))).unwrap_or_default();
        inputs.into_iter().filter_map(|input| raw.get_key_value(&component(input))).map(|(id, _)| id).collect()
    };
    let edges: BTreeMap<_, _> = raw.keys().map(|id| (id, feeds(id))).collect();
    let comes_back = |start: &&String| {
        let (mut seen, mut queue) = (BTreeSet::new(), edges[*start].clone());
        while let Some(id) = queue.pop() {
            if seen.insert(id) {
                queue.extend(&edges[id]);
            }
        }
        seen.contains(*start)
    };
    let id = raw.keys().find(comes_back)?;
    let message = "its lines come back to it: take the circle out";
    Some(Refusal::new(INVALID, format!("spec.raw.transforms.{id}.inputs"), id, message))
}
