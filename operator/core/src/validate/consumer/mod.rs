//! A Consumer and the pipeline it reads from.

mod programs;
mod raw;
mod secret_text;
mod stores;

use std::collections::BTreeSet;

use kafkapipelines_crds::{Consumer, ConsumerSpec, ListenerType, LogPipeline};
use kube::ResourceExt;

use super::{consumer_tests, names, pipeline_not_found, pod_template, resources};
use crate::kafka_config::librdkafka;
use crate::program::Vrl;
use crate::refusal::Refusal;
use crate::topic_selection;
use crate::vector::Bootstrap;

/// Why the consumer cannot be carried out, if it cannot. Without its pipeline it is refused with
/// [`super::PIPELINE_NOT_FOUND`], which passes once the pipeline exists.
pub fn consumer(object: &Consumer, pipeline: Option<&LogPipeline>, vrl: Vrl) -> Result<(), Vec<Refusal>> {
    let mut refusals = alone(object, vrl);
    match pipeline {
        None => refusals.push(pipeline_not_found(&object.spec.pipeline)),
        Some(pipeline) => {
            refusals.extend(no_way_in(pipeline).into_iter().chain(nodes_name(object, pipeline)));
            refusals.extend(stores::unlisted_topics(&object.spec, pipeline));
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

/// What works, but not well. `partitions` are those of all its topics, where they are known.
pub fn warnings(object: &Consumer, partitions: Option<i32>) -> Vec<Refusal> {
    let spec = &object.spec;
    if partitions == Some(0) { no_topic(spec) } else { idle_members(spec, partitions) }.into_iter().collect()
}

/// What a consumer's spec tells by itself.
pub(super) fn alone(object: &Consumer, vrl: Vrl) -> Vec<Refusal> {
    let spec = &object.spec;
    let mut refusals: Vec<_> = names::consumer(&object.name_any()).into_iter().collect();
    refusals.extend(loops(spec).into_iter().chain(topic_selection::refusal(spec)));
    refusals.extend(twice(spec));
    refusals.extend(programs::refusals(spec, vrl));
    refusals.extend(librdkafka::check("spec.librdkafka", &spec.librdkafka).1);
    refusals.extend(secret_text::refusals(spec));
    refusals.extend(stores::refusals(spec));
    refusals.extend(raw::refusals(spec, vrl));
    refusals.extend(resources::refusals("spec.vector.resources", &spec.vector.resources));
    refusals.extend(pod_template::refusals(&spec.template));
    if refusals.is_empty() { consumer_tests::refusals(object, vrl) } else { refusals }
}

fn no_way_in(pipeline: &LogPipeline) -> Option<Refusal> {
    const NONE: &str =
        "the pipeline has no listener of type internal to read from: add one to its spec.kafka.listeners";
    const UNUSABLE: &str = "of the pipeline's listeners of type internal, a consumer needs one with authentication {type: tls}, for it has a \
        certificate and no password, and with authorization it may do nothing unless it proves who it is: add one to spec.kafka.listeners";
    if Bootstrap::of(pipeline).is_some() {
        return None;
    }
    let has_internal = pipeline.spec.kafka.listeners.iter().any(|listener| listener.type_ == ListenerType::Internal);
    let (reason, message) =
        if has_internal { ("NoListenerForConsumers", UNUSABLE) } else { ("NoInternalListener", NONE) };
    Some(Refusal::new(reason, "spec.pipeline", pipeline.name_any(), message))
}

/// A consumer's user that is called like the nodes would be a super user.
fn nodes_name(object: &Consumer, pipeline: &LogPipeline) -> Option<Refusal> {
    let nodes = crate::names::node_common_name(&pipeline.name_any());
    let message =
        format!("its user in Kafka would be {nodes}, which is what the nodes are called: choose another name");
    (crate::names::consumer_user(&object.name_any()) == nodes)
        .then(|| Refusal::new("ReservedName", "metadata.name", object.name_any(), message))
}

fn loops(spec: &ConsumerSpec) -> Option<Refusal> {
    let topic = &spec.dead_letter.topic;
    let message =
        "the dead-letter topic is one of the topics, and bad lines would go round for ever: name another topic";
    spec.topics.contains(topic).then(|| Refusal::new("DeadLetterLoop", "spec.deadLetter.topic", topic, message))
}

/// Transforms and sinks are components of one Vector file.
fn twice(spec: &ConsumerSpec) -> Vec<Refusal> {
    let transforms = spec.transforms.iter().map(|transform| ("transforms", &transform.name));
    let components = transforms.chain(spec.sinks.iter().map(|sink| ("sinks", &sink.name)));
    let mut seen = BTreeSet::new();
    let message = "another transform or sink has this name: give each its own";
    components
        .filter(|(_, name)| !seen.insert(*name))
        .map(|(list, name)| Refusal::new("DuplicateName", format!("spec.{list}[{name}].name"), name, message))
        .collect()
}

/// Members wait for topics in peace, and begin with the oldest line of one.
fn no_topic(spec: &ConsumerSpec) -> Option<Refusal> {
    let pattern = spec.topic_pattern.as_ref().filter(|_| topic_selection::refusal(spec).is_none())?;
    let message = "no topic matches yet; one that is made is read within a minute. What consumers of the pipeline write, and names that begin with __, \
        never match";
    Some(Refusal::new("NoTopicMatches", "spec.topicPattern", pattern, message))
}

fn idle_members(spec: &ConsumerSpec, partitions: Option<i32>) -> Option<Refusal> {
    let most = partitions?;
    let message = format!(
        "its topics have {most} partitions, and members beyond that would stay idle, so there are none: set it to {most} or less, or add partitions"
    );
    (spec.replicas > most).then(|| Refusal::new("IdleMembers", "spec.replicas", spec.replicas, message))
}
