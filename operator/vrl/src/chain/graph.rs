//! Which component takes its lines from which.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock::Clock;
use super::file::{Component, VectorFile};
use super::step::Step;
use super::{ChainError, Node, Target};

/// Takers by the output that they take from.
type Takers = BTreeMap<String, Vec<Target>>;

/// Who takes what the source reads, and all transforms with their takers.
pub(super) fn build(file: VectorFile, clock: &Clock) -> Result<(Vec<Target>, Vec<Node>), ChainError> {
    let source = source(&file)?;
    let order = order(&file.transforms)?;
    let mut takers = takers(&file, &order);
    let first = takers.remove(&source).unwrap_or_default();
    let mut transforms = file.transforms;
    let functions = clock.functions();
    let mut nodes = Vec::new();
    for id in &order {
        let Some(Component { transform, .. }) = transforms.remove(id) else { continue };
        let step = Step::of(id, transform, &functions)?;
        let outputs = step.outputs().into_iter().map(|output| takers.remove(&output).unwrap_or_default()).collect();
        nodes.push(Node { step, outputs });
    }
    for other in file.sources.keys() {
        takers.remove(other);
    }
    match takers.into_iter().find_map(|(input, targets)| Some((input, targets.into_iter().next()?))) {
        None => Ok((first, nodes)),
        Some((input, Target::Node(index))) => Err(ChainError::Input { component: order[index].clone(), input }),
        Some((input, Target::Sink(sink))) => Err(ChainError::Input { component: sink.to_string(), input }),
    }
}

fn source(file: &VectorFile) -> Result<String, ChainError> {
    let is_kafka = |type_: &str, codec: &str| type_ == "kafka" && codec == "bytes";
    let sources: Vec<_> = file.sources.iter().filter(|(_, s)| is_kafka(&s.type_, &s.decoding.codec)).collect();
    match sources.as_slice() {
        [(id, _)] => Ok((*id).clone()),
        several => Err(ChainError::Source(several.len())),
    }
}

fn takers(file: &VectorFile, order: &[String]) -> Takers {
    let inputs = |id: &String| file.transforms.get(id).map(|component| &component.inputs);
    let transforms = order.iter().enumerate().map(|(index, id)| (Target::Node(index), inputs(id)));
    let sinks = file.sinks.iter().map(|(id, sink)| (Target::Sink(Arc::from(id.as_str())), Some(&sink.inputs)));
    let mut takers = Takers::new();
    for (target, inputs) in transforms.chain(sinks) {
        for input in inputs.into_iter().flatten() {
            takers.entry(input.clone()).or_default().push(target.clone());
        }
    }
    takers
}

/// The ids of the transforms, each after those that feed it.
fn order(transforms: &BTreeMap<String, Component>) -> Result<Vec<String>, ChainError> {
    let mut waiting: BTreeMap<_, Vec<_>> =
        transforms.iter().map(|(id, component)| (id, feeders(&component.inputs, transforms))).collect();
    let mut order = Vec::new();
    while let Some(first) = waiting.keys().next().copied() {
        let is_ready = |feeders: &Vec<&String>| feeders.iter().all(|feeder| !waiting.contains_key(feeder));
        let ready = waiting.iter().find(|(_, feeders)| is_ready(feeders)).map(|(id, _)| *id);
        let id = ready.ok_or_else(|| ChainError::Circle(first.clone()))?;
        waiting.remove(id);
        order.push(id.clone());
    }
    Ok(order)
}

/// The transforms whose outputs these are: `id` or `id.output`.
fn feeders<'a>(inputs: &[String], transforms: &'a BTreeMap<String, Component>) -> Vec<&'a String> {
    let id = |input: &String| input.split_once('.').map_or_else(|| input.clone(), |(id, _)| id.to_owned());
    inputs.iter().filter_map(|input| transforms.get_key_value(&id(input)).map(|(id, _)| id)).collect()
}
