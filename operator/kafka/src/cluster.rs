//! The nodes of a cluster, as one of them tells.

use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

use crate::address::Address;
use crate::route::Endpoint;
use crate::wire::text;

const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

/// A Kafka cluster as one of its nodes sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cluster {
    /// Its id.
    pub id: String,
    /// The active controller. Only controllers know it: brokers name any live broker, so through them it is `None`.
    pub controller: Option<i32>,
    /// Its brokers or controllers, whichever were asked. Controllers that were removed stay listed for good.
    pub nodes: Vec<Node>,
}

/// A broker or a controller.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// Its id.
    pub id: i32,
    /// Where it listens.
    pub address: Address,
    /// Its rack.
    pub rack: Option<String>,
    /// Registered, but not serving. From 4.0 on; in 3.9 such nodes are not listed.
    pub fenced: bool,
}

impl Cluster {
    pub(crate) fn of(answer: &DescribeClusterResponse) -> Self {
        let controller = Some(answer.controller_id.0).filter(|id| *id >= 0 && answer.endpoint_type == CONTROLLERS);
        let nodes = answer.brokers.iter().filter_map(Node::of).collect();
        Self { id: text(&answer.cluster_id), controller, nodes }
    }

    /// Ids of the nodes that serve.
    pub fn live(&self) -> impl Iterator<Item = i32> {
        self.nodes.iter().filter(|node| !node.fenced).map(|node| node.id)
    }
}

impl Node {
    /// `None` for a node that listens nowhere.
    fn of(node: &DescribeClusterBroker) -> Option<Self> {
        Some(Self {
            id: node.broker_id.0,
            address: Address::told(&node.host, node.port)?,
            rack: node.rack.as_ref().map(text),
            fenced: node.is_fenced,
        })
    }
}

pub(crate) fn question(endpoint: Endpoint) -> DescribeClusterRequest {
    DescribeClusterRequest::default()
        .with_endpoint_type(if endpoint == Endpoint::Brokers { BROKERS } else { CONTROLLERS })
        .with_include_fenced_brokers(endpoint == Endpoint::Brokers)
}
