//! NetworkPolicies: the nodes' own ports are for the nodes and the operator; a listener is for its peers.

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kafkapipelines_crds::{ListenerSpec, ListenerType, Role};

use super::metadata;
use crate::labels::{self, Labels};
use crate::names;
use crate::pipeline::Pipeline;

/// Value of `app.kubernetes.io/name` on the operator's Pods, in whatever namespace they run.
const OPERATOR: &str = "kafkapipelines-operator";

/// One policy for each role. What they do not open is closed; what the nodes themselves reach is not restricted.
pub fn network_policies(pipeline: &Pipeline, owner: &OwnerReference) -> Vec<NetworkPolicy> {
    let nodes = |port| rule(port, vec![peer(None, labels::kafka_selector(&pipeline.name)), operator()]);
    let brokers = std::iter::once(nodes(names::REPLICATION_PORT))
        .chain(pipeline.listeners().iter().map(|each| listener(pipeline, each)));
    vec![
        policy(pipeline, owner, ("broker", Role::Broker), brokers.collect()),
        policy(pipeline, owner, ("controller", Role::Controller), vec![nodes(names::CONTROLLER_PORT)]),
    ]
}

/// Without peers a listener is open to whoever can reach the Pods. With peers, the pipeline's own consumers may still read.
fn listener(pipeline: &Pipeline, listener: &ListenerSpec) -> NetworkPolicyIngressRule {
    let mut peers = listener.network_policy_peers.clone();
    if !peers.is_empty() && listener.type_ == ListenerType::Internal {
        peers.push(peer(None, labels::all_consumers_selector(&pipeline.name)));
    }
    rule(listener.port, peers)
}

fn policy(
    pipeline: &Pipeline,
    owner: &OwnerReference,
    (name, role): (&str, Role),
    rules: Vec<NetworkPolicyIngressRule>,
) -> NetworkPolicy {
    NetworkPolicy {
        metadata: metadata::of_pipeline(pipeline, owner, names::role(&pipeline.name, name)),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selector(labels::role_selector(&pipeline.name, role))),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(rules),
            ..NetworkPolicySpec::default()
        }),
    }
}

fn rule(port: i32, peers: Vec<NetworkPolicyPeer>) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule {
        ports: Some(vec![NetworkPolicyPort { port: Some(IntOrString::Int(port)), ..NetworkPolicyPort::default() }]),
        from: (!peers.is_empty()).then_some(peers),
    }
}

fn operator() -> NetworkPolicyPeer {
    let name = Labels::from([("app.kubernetes.io/name".to_owned(), OPERATOR.to_owned())]);
    peer(Some(LabelSelector::default()), name)
}

fn peer(namespaces: Option<LabelSelector>, pods: Labels) -> NetworkPolicyPeer {
    NetworkPolicyPeer { namespace_selector: namespaces, pod_selector: Some(selector(pods)), ip_block: None }
}

fn selector(labels: Labels) -> LabelSelector {
    LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }
}
