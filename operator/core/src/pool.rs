//! A pool whose spec was found good.

use kafkapipelines_crds::{KafkaNodePool, KafkaNodePoolSpec, Role};

use crate::{names, node::Node};

/// A node pool, validated: its node ids are settled and overlap with no other pool's.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Name of the KafkaNodePool.
    pub name: String,
    /// Name of the LogPipeline.
    pub pipeline: String,
    /// Namespace of both.
    pub namespace: String,
    /// Lowest node id.
    pub base: i32,
    /// Roles, controller before broker.
    pub roles: Vec<Role>,
    /// The rest, as the user wrote it.
    pub spec: KafkaNodePoolSpec,
}

impl Pool {
    /// A pool over an object whose node ids begin at `base`.
    pub fn new(object: &KafkaNodePool, base: i32) -> Self {
        let mut roles = object.spec.roles.clone();
        roles.sort();
        Self {
            name: object.metadata.name.clone().unwrap_or_default(),
            pipeline: object.spec.pipeline.clone(),
            namespace: object.metadata.namespace.clone().unwrap_or_default(),
            base,
            roles,
            spec: object.spec.clone(),
        }
    }

    /// Its nodes in order.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        (self.base..self.base + self.spec.replicas).map(|id| Node {
            id,
            pod: names::pod(&self.pipeline, &self.name, id),
            roles: self.roles.clone(),
        })
    }

    /// Whether its nodes keep partitions.
    pub fn is_broker(&self) -> bool {
        self.roles.contains(&Role::Broker)
    }

    /// Whether its nodes vote in the KRaft quorum.
    pub fn is_controller(&self) -> bool {
        self.roles.contains(&Role::Controller)
    }
}
