use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_crds::{KafkaNodePool, LogPipeline, Role};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::build::{Stamps, pipeline_children, pool_children};
use crate::child::Child;
use crate::node::Node;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// The installation of `examples/`: separate roles, Kafka 3.9.0.
pub fn reference() -> Pipeline {
    installation(include_str!("../../../../../examples/log-aggregator.yaml"))
}

/// One pool with both roles, Kafka 4.3.1.
pub fn combined() -> Pipeline {
    installation(include_str!("combined.yaml"))
}

/// The pool of that name.
pub fn pool<'a>(pipeline: &'a Pipeline, name: &str) -> &'a Pool {
    pipeline.pools.iter().find(|pool| pool.name == name).unwrap()
}

/// All children of the installation.
pub fn children(pipeline: &Pipeline) -> Vec<Child> {
    let stamps =
        Stamps { trust_hash: "trust".to_owned(), certificate_at_start: "1 until 2027-01-15T08:00:00Z".to_owned() };
    let mut children = pipeline_children(pipeline, &owner("LogPipeline", &pipeline.name));
    for pool in &pipeline.pools {
        children.extend(pool_children(pipeline, pool, &owner("LogPipeline", &pipeline.name), &stamps));
    }
    children
}

fn owner(kind: &str, name: &str) -> OwnerReference {
    OwnerReference {
        api_version: "kafkapipelines.io/v1alpha1".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: "00000000-0000-4000-8000-000000000000".to_owned(),
        controller: Some(true),
        ..OwnerReference::default()
    }
}

fn installation(yaml: &str) -> Pipeline {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap();
    let spec = objects::<LogPipeline>(&documents, "LogPipeline").remove(0);
    let pools = objects::<KafkaNodePool>(&documents, "KafkaNodePool");
    let mut pipeline = Pipeline {
        name: spec.metadata.name.unwrap(),
        namespace: spec.metadata.namespace.unwrap(),
        version: spec.spec.kafka.version.parse().unwrap(),
        metadata_version: spec.spec.kafka.metadata_version.clone().unwrap_or_else(|| "4.3".to_owned()),
        cluster_id: "cluster-id-of-22-chars".to_owned(),
        initial_voters: Vec::new(),
        config: spec.spec.kafka.config.iter().map(|(key, value)| (key.clone(), value.to_string())).collect(),
        spec: spec.spec,
        pools: pools.iter().map(|pool| Pool::new(pool, base(pool))).collect(),
        refused: Vec::new(),
    };
    pipeline.initial_voters = pipeline.controllers().iter().map(|node: &Node| node.id).collect();
    pipeline
}

fn objects<T: DeserializeOwned>(documents: &[Value], kind: &str) -> Vec<T> {
    let of_kind = documents.iter().filter(|document| document["kind"] == kind);
    of_kind.map(|document| serde_json::from_value(document.clone()).unwrap()).collect()
}

/// As node ids are given to pools that say nothing.
fn base(pool: &KafkaNodePool) -> i32 {
    if pool.spec.roles.contains(&Role::Broker) { 0 } else { 9000 }
}
