//! Where the nodes are.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::cluster::Cluster;
use crate::error::Error;

/// Where the nodes are.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    nodes: BTreeMap<i32, Address>,
    controller: Option<i32>,
}

impl View {
    /// Of what Kafka tells, and of the nodes that are known besides; fenced brokers are not served by.
    pub(crate) fn of(cluster: &Cluster, known: &BTreeMap<i32, Address>) -> Self {
        let mut nodes = known.clone();
        nodes.extend(cluster.nodes.iter().filter(|node| !node.fenced).map(|node| (node.id, node.address.clone())));
        Self { nodes, controller: cluster.controller }
    }

    /// Whether `address` is a node's.
    pub(crate) fn has(&self, address: &Address) -> bool {
        self.nodes.values().any(|known| known == address)
    }

    /// The nodes, in the order of their ids.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.nodes.values()
    }

    /// Where a node is.
    pub(crate) fn node(&self, id: i32) -> Result<&Address, Error> {
        self.nodes.get(&id).ok_or(Error::UnknownNode(id))
    }

    /// Where the active controller is.
    pub(crate) fn controller(&self) -> Result<&Address, Error> {
        self.controller.and_then(|id| self.nodes.get(&id)).ok_or(Error::NoController)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Node;

    #[test]
    fn a_controller_that_did_not_register_is_found_where_it_is_known_to_be() {
        let [told, known] = [Address::new("told", 1), Address::new("known", 1)];
        let registered = Node { id: 2, address: told.clone(), rack: None, fenced: false };
        let cluster = Cluster { id: "c".to_owned(), controller: Some(1), nodes: vec![registered] };
        let view = View::of(&cluster, &BTreeMap::from([(1, known.clone()), (2, known.clone())]));
        assert_eq!((view.controller(), view.node(2)), (Ok(&known), Ok(&told)));
        assert_eq!(View::of(&cluster, &BTreeMap::new()).controller(), Err(Error::NoController));
    }
}
