//! Whole manifests, judged without a cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline, LogPipelineStatus};
use kube::ResourceExt;

use super::pipeline::PipelineInput;
use super::{consumer, pipeline, pool};
use crate::consumer::members::declared_partitions;
use crate::identity::{self, Identity, Remembered};
use crate::program::Vrl;
use crate::program_sources::{self, PROGRAM_NOT_FOUND};
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
    /// ConfigMaps, of which consumers may take programs.
    pub config_maps: Vec<ConfigMap>,
}

impl Installation {
    /// The consumer with each program in its place, as far as the ConfigMaps are there; and what is wrong with the others.
    ///
    /// # Errors
    /// As [`program_sources::resolved`].
    pub fn resolved(&self, consumer: &Consumer) -> Result<Consumer, Vec<Refusal>> {
        program_sources::resolved(consumer, &program_sources::usable(self.beside(consumer)))
    }

    fn beside(&self, consumer: &Consumer) -> impl Iterator<Item = &ConfigMap> {
        self.config_maps.iter().filter(|map| map.namespace() == consumer.namespace())
    }

    /// Whether a program was refused only because its ConfigMap is not among the objects.
    fn lacks(&self, consumer: &Consumer, refusal: &Refusal) -> bool {
        let name = refusal.value.split('/').next().unwrap_or_default();
        refusal.reason == PROGRAM_NOT_FOUND && self.beside(consumer).all(|map| map.name_any() != name)
    }
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

/// A pipeline with its pools and the identity that a new cluster would get.
struct Cluster<'a> {
    object: &'a LogPipeline,
    pools: Vec<KafkaNodePool>,
    identity: Identity,
}

type Key = (String, String);

/// A verdict on every object: pipelines, pools, consumers, in the order given.
pub fn installation(installation: &Installation, vrl: Vrl) -> Vec<Verdict> {
    let clusters: BTreeMap<_, _> =
        installation.pipelines.iter().map(|object| (key(object), cluster(object, &installation.pools))).collect();
    let mut verdicts: Vec<_> =
        installation.pipelines.iter().filter_map(|object| Some(of_pipeline(clusters.get(&key(object))?))).collect();
    verdicts
        .extend(installation.pools.iter().map(|pool| of_pool(pool, clusters.get(&owner(pool, &pool.spec.pipeline)))));
    verdicts.extend(installation.consumers.iter().map(|consumer| {
        with_programs(installation, consumer, clusters.get(&owner(consumer, &consumer.spec.pipeline)), vrl)
    }));
    meetings(installation, &mut verdicts);
    verdicts
}

fn cluster<'a>(object: &'a LogPipeline, pools: &[KafkaNodePool]) -> Cluster<'a> {
    let pools: Vec<_> = pools.iter().filter(|pool| owner(*pool, &pool.spec.pipeline) == key(object)).cloned().collect();
    let identity = identity::settle(object, &LogPipelineStatus::default(), &pools, &Remembered::default());
    Cluster { object, pools, identity }
}

impl Cluster<'_> {
    fn input(&self) -> PipelineInput<'_> {
        PipelineInput { object: self.object, pools: &self.pools, identity: &self.identity }
    }
}

fn of_pipeline(cluster: &Cluster<'_>) -> Verdict {
    let mut refusals = pipeline::pipeline(&cluster.input()).err().unwrap_or_default();
    let mut notes = Vec::new();
    if cluster.pools.is_empty() {
        refusals.retain(|refusal| !["NoControllers", "NoBrokers"].contains(&refusal.reason));
        notes.push(
            "no KafkaNodePool of this pipeline is among the documents: what depends on nodes was not checked"
                .to_owned(),
        );
    }
    Verdict {
        refusals,
        warnings: pipeline::warnings(&cluster.input()),
        notes,
        ..verdict("LogPipeline", cluster.object)
    }
}

fn of_pool(object: &KafkaNodePool, cluster: Option<&Cluster<'_>>) -> Verdict {
    let verdict = verdict("KafkaNodePool", object);
    match cluster {
        Some(cluster) => {
            Verdict { refusals: pool::pool(object, &cluster.input()).err().unwrap_or_default(), ..verdict }
        }
        None => Verdict { refusals: pool::alone(object), notes: vec![missing(&object.spec.pipeline)], ..verdict },
    }
}

/// A consumer with the programs that are among the documents; of the others it is said that they are not.
fn with_programs(all: &Installation, object: &Consumer, cluster: Option<&Cluster<'_>>, vrl: Vrl) -> Verdict {
    match all.resolved(object) {
        Ok(resolved) => of_consumer(&resolved, cluster, vrl),
        Err(unusable) => {
            let (missing, wrong): (Vec<_>, Vec<_>) =
                unusable.into_iter().partition(|refusal| all.lacks(object, refusal));
            let mut verdict = of_consumer(object, cluster, vrl);
            verdict.refusals.extend(wrong);
            verdict.notes.extend(missing.iter().map(|refusal| {
                format!(
                    "{}: the ConfigMap of {} is not among the documents: what depends on it was not checked",
                    refusal.field, refusal.value
                )
            }));
            verdict
        }
    }
}

fn of_consumer(object: &Consumer, cluster: Option<&Cluster<'_>>, vrl: Vrl) -> Verdict {
    let verdict = verdict("Consumer", object);
    let Some(pipeline) = cluster.map(|cluster| cluster.object) else {
        return Verdict {
            refusals: consumer::alone(object, vrl),
            notes: vec![missing(&object.spec.pipeline)],
            ..verdict
        };
    };
    let refusals = consumer::consumer(object, Some(pipeline), vrl).err().unwrap_or_default();
    Verdict { refusals, warnings: consumer::warnings(object, declared_partitions(&object.spec, pipeline)), ..verdict }
}

/// Objects whose children would have one name: `<pipeline>-<name>` is the same for `a` and `b-c` as for `a-b` and `c`.
fn meetings(installation: &Installation, verdicts: &mut [Verdict]) {
    let pools =
        installation.pools.iter().map(|pool| ("KafkaNodePool", stem(pool, &pool.spec.pipeline), pool.name_any()));
    let consumers = installation
        .consumers
        .iter()
        .map(|consumer| ("Consumer", stem(consumer, &consumer.spec.pipeline), consumer.name_any()));
    let mut owners: BTreeMap<(&str, Key), Vec<String>> = BTreeMap::new();
    for (kind, stem, name) in pools.chain(consumers) {
        owners.entry((kind, stem)).or_default().push(name);
    }
    for ((kind, (namespace, child)), names) in owners.into_iter().filter(|(_, names)| names.len() > 1) {
        for verdict in
            verdicts.iter_mut().filter(|v| v.kind == kind && v.namespace == namespace && names.contains(&v.name))
        {
            let message = format!("objects of two pipelines would both be called {child}: choose another name");
            verdict.refusals.push(Refusal::new("NameTaken", "metadata.name", &verdict.name, message));
        }
    }
}

fn verdict(kind: &'static str, object: &impl ResourceExt) -> Verdict {
    let (namespace, name) = key(object);
    Verdict { kind, namespace, name, refusals: Vec::new(), warnings: Vec::new(), notes: Vec::new() }
}

fn key(object: &impl ResourceExt) -> Key {
    owner(object, &object.name_any())
}

fn owner(object: &impl ResourceExt, pipeline: &str) -> Key {
    (object.namespace().unwrap_or_default(), pipeline.to_owned())
}

fn stem(object: &impl ResourceExt, pipeline: &str) -> Key {
    (object.namespace().unwrap_or_default(), format!("{pipeline}-{}", object.name_any()))
}

fn missing(pipeline: &str) -> String {
    format!("the LogPipeline {pipeline} is not among the documents: what depends on it was not checked")
}
