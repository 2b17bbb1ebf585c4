//! One Kafka node.

use kafkapipelines_crds::Role;

/// A Kafka node: where it stands and what it does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// Kafka's node id, the suffix of the Pod's name.
    pub id: i32,
    /// Name of the Pod.
    pub pod: String,
    /// Its roles, controller before broker.
    pub roles: Vec<Role>,
}

impl Node {
    /// Whether the node keeps partitions.
    pub fn is_broker(&self) -> bool {
        self.roles.contains(&Role::Broker)
    }

    /// Whether the node votes in the KRaft quorum.
    pub fn is_controller(&self) -> bool {
        self.roles.contains(&Role::Controller)
    }
}
