//! A LogPipeline together with its pools.

use std::collections::BTreeMap;

use kafkapipelines_crds::{KafkaNodePool, Role};
use kube::ResourceExt;

pub use super::input::PipelineInput;
use super::replication::Replication;
use super::{authorization, certificates, gateway, listeners, pool, topics, users, version};
use crate::kafka_config;
use crate::kafka_version::KafkaVersion;
use crate::pipeline::Pipeline;
use crate::pool::Pool;
use crate::refusal::Refusal;

/// The pipeline with its good pools, or why it cannot be carried out.
/// Refused pools do not make it fail; [`super::pool::pool`] says what is wrong with them.
pub fn pipeline(input: &PipelineInput<'_>) -> Result<Pipeline, Vec<Refusal>> {
    let version = version::kafka(&input.object.spec.kafka.version).map_err(|refusal| vec![refusal])?;
    let (config, mut refusals) = kafka_config::check(version, &input.object.spec.kafka.config);
    let pipeline = assemble(input, version, config);
    refusals.extend(no_nodes(input.pools));
    refusals.extend(of_spec(input, &pipeline));
    if refusals.is_empty() { Ok(pipeline) } else { Err(refusals) }
}

/// What works, but not for long or not well.
pub fn warnings(input: &PipelineInput<'_>) -> Vec<Refusal> {
    let spec = &input.object.spec;
    let Ok(version) = version::kafka(&spec.kafka.version) else { return Vec::new() };
    let (config, _) = kafka_config::check(version, &spec.kafka.config);
    let replication = Replication { brokers: wanted(input.pools, Role::Broker), config: &config };
    let mut warnings: Vec<_> = even_controllers(input.pools).into_iter().collect();
    warnings.extend(authorization::warnings(spec));
    warnings.extend(replication.warnings());
    warnings.extend(topics::warnings(&spec.topics, version, replication));
    warnings.extend(users::warnings(spec));
    warnings
}

fn of_spec(input: &PipelineInput<'_>, pipeline: &Pipeline) -> Vec<Refusal> {
    let spec = &input.object.spec;
    let replication = Replication { brokers: wanted(input.pools, Role::Broker), config: &pipeline.config };
    let brokers: Vec<_> = pipeline.brokers().iter().map(|node| node.id).collect();
    let metadata_version = spec.kafka.metadata_version.as_deref();
    let mut refusals = replication.refusals();
    refusals.extend(version::metadata(pipeline.version, metadata_version, &pipeline.metadata_version));
    refusals.extend(listeners::refusals(&spec.kafka.listeners, &brokers));
    refusals.extend(authorization::refusals(&pipeline.name, spec));
    refusals.extend(certificates::refusals(&pipeline.name, &spec.certificates));
    refusals.extend(topics::refusals(&spec.topics, pipeline.version, replication));
    refusals.extend(users::refusals(&pipeline.name, spec));
    refusals.extend(gateway::refusals(input.object));
    refusals
}

fn assemble(input: &PipelineInput<'_>, version: KafkaVersion, config: BTreeMap<String, String>) -> Pipeline {
    let (pools, refused) = sort_out(input);
    Pipeline {
        name: input.object.name_any(),
        namespace: input.object.namespace().unwrap_or_default(),
        version,
        metadata_version: input.identity.metadata_version.clone(),
        cluster_id: input.identity.cluster_id.clone(),
        initial_voters: input.identity.initial_voters.clone(),
        config,
        spec: input.object.spec.clone(),
        pools,
        refused,
    }
}

/// Good and refused pools, each by name; a pool without node ids is neither yet.
fn sort_out(input: &PipelineInput<'_>) -> (Vec<Pool>, Vec<Pool>) {
    let mut sorted: Vec<_> = input.pools.iter().collect();
    sorted.sort_by_key(|pool| pool.name_any());
    let (mut good, mut refused) = (Vec::new(), Vec::new());
    for object in sorted {
        match (pool::pool(object, input), input.identity.bases.get(&object.name_any())) {
            (Ok(pool), _) => good.push(pool),
            (Err(_), Some(base)) => refused.push(Pool::new(object, *base)),
            (Err(_), None) => {}
        }
    }
    (good, refused)
}

fn no_nodes(pools: &[KafkaNodePool]) -> Vec<Refusal> {
    [(Role::Controller, "NoControllers", "controller"), (Role::Broker, "NoBrokers", "broker")]
        .into_iter()
        .filter(|(role, _, _)| wanted(pools, *role) == 0)
        .map(|(_, reason, role)| {
            let message = format!(
                "no KafkaNodePool that names this pipeline has the role {role} and replicas above 0: create one, 3 replicas are usual"
            );
            Refusal::new(reason, "KafkaNodePool spec.roles", role, message)
        })
        .collect()
}

fn even_controllers(pools: &[KafkaNodePool]) -> Option<Refusal> {
    let controllers = wanted(pools, Role::Controller);
    let message = format!(
        "an even number of controllers survives no more losses than one less: have {} or {} in all",
        controllers - 1,
        controllers + 1
    );
    (controllers > 0 && controllers % 2 == 0)
        .then(|| Refusal::new("EvenControllers", "KafkaNodePool spec.replicas", controllers, message))
}

/// Nodes with a role that the pools ask for, refused ones too: they run, or will once corrected.
fn wanted(pools: &[KafkaNodePool], role: Role) -> i64 {
    pools.iter().filter(|pool| pool.spec.roles.contains(&role)).map(|pool| i64::from(pool.spec.replicas)).sum()
}
