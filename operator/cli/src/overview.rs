//! Which pools and consumers belong to which pipeline.

use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline};
use kube::ResourceExt as _;
use serde::Serialize;

/// What there is, in the order of namespaces and names.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// Every pipeline with what names it.
    pub pipelines: Vec<Installation>,
    /// Pools whose pipeline does not exist.
    pub stray_pools: Vec<KafkaNodePool>,
    /// Consumers whose pipeline does not exist.
    pub stray_consumers: Vec<Consumer>,
}

/// A pipeline with its pools and consumers.
#[derive(Clone, Debug, Serialize)]
pub struct Installation {
    /// The pipeline.
    pub pipeline: LogPipeline,
    /// Its pools.
    pub pools: Vec<KafkaNodePool>,
    /// Its consumers.
    pub consumers: Vec<Consumer>,
}

/// All objects of the three kinds, as the API server has them.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// Pipelines.
    pub pipelines: Vec<LogPipeline>,
    /// Pools.
    pub pools: Vec<KafkaNodePool>,
    /// Consumers.
    pub consumers: Vec<Consumer>,
}

/// Groups the objects by pipeline. With `name` only pipelines of that name are kept, and what names them.
pub fn overview(objects: Objects, name: Option<&str>) -> Overview {
    let mut overview = Overview::default();
    let wanted = |candidate: &str| name.is_none_or(|name| name == candidate);
    for mut pipeline in objects.pipelines.into_iter().filter(|pipeline| wanted(&pipeline.name_any())) {
        pipeline.metadata.managed_fields = None;
        overview.pipelines.push(Installation { pipeline, pools: Vec::new(), consumers: Vec::new() });
    }
    for mut pool in objects.pools.into_iter().filter(|pool| wanted(&pool.spec.pipeline)) {
        pool.metadata.managed_fields = None;
        match overview.installation(pool.metadata.namespace.as_ref(), &pool.spec.pipeline) {
            Some(installation) => installation.pools.push(pool),
            None => overview.stray_pools.push(pool),
        }
    }
    for mut consumer in objects.consumers.into_iter().filter(|consumer| wanted(&consumer.spec.pipeline)) {
        consumer.metadata.managed_fields = None;
        match overview.installation(consumer.metadata.namespace.as_ref(), &consumer.spec.pipeline) {
            Some(installation) => installation.consumers.push(consumer),
            None => overview.stray_consumers.push(consumer),
        }
    }
    overview.sort();
    overview
}

impl Overview {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.pipelines.is_empty() && self.stray_pools.is_empty() && self.stray_consumers.is_empty()
    }

    fn installation(&mut self, namespace: Option<&String>, pipeline: &str) -> Option<&mut Installation> {
        self.pipelines.iter_mut().find(|installation| {
            installation.pipeline.name_any() == pipeline
                && installation.pipeline.metadata.namespace.as_ref() == namespace
        })
    }

    fn sort(&mut self) {
        self.pipelines.sort_by_key(|installation| place(&installation.pipeline));
        for installation in &mut self.pipelines {
            installation.pools.sort_by_key(place);
            installation.consumers.sort_by_key(place);
        }
        self.stray_pools.sort_by_key(place);
        self.stray_consumers.sort_by_key(place);
    }
}

/// Namespace and name.
fn place(object: &impl kube::ResourceExt) -> (Option<String>, String) {
    (object.namespace(), object.name_any())
}
