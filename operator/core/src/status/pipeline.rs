//! Status of a LogPipeline.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kafkapipelines_crds::{
    ListenerSpec, ListenerStatus, LogPipeline, LogPipelineStatus, NodesStatus, OperationKind, OperationStatus,
    VersionStatus,
};
use kube::ResourceExt;

use super::kafka::Known;
use super::{Verdict, nodes_ready};
use crate::build::listeners;
use crate::cluster::report::Report;
use crate::conditions::{self, Finding, PARTITIONS_HEALTHY, READY, SUSPENDED, Status};
use crate::gateway::{self, Seen};
use crate::identity::Identity;
use crate::kafka_version::KafkaVersion;
use crate::roll::{NodeState, Step};
use crate::{labels, names};

/// What was observed of a pipeline.
#[derive(Clone, Debug)]
pub struct Observed<'a> {
    /// The object.
    pub object: &'a LogPipeline,
    /// Its newest known status.
    pub before: &'a LogPipelineStatus,
    /// Its settled identity, once there is one.
    pub identity: Option<&'a Identity>,
    /// What was found wrong.
    pub verdict: &'a Verdict,
    /// All nodes of all pools.
    pub nodes: &'a [NodeState],
    /// What the roll does next.
    pub step: &'a Step,
    /// Consumers ready, and consumers in all.
    pub consumers: (usize, usize),
    /// Its gateway, where the spec asks for one.
    pub gateway: Option<&'a Seen>,
    /// The newest look into its Kafka, once there was one.
    pub report: Option<&'a Report>,
}

/// The status to write.
pub fn status(observed: &Observed<'_>, now: Timestamp) -> LogPipelineStatus {
    let Observed { object, before, identity, nodes, .. } = observed;
    let ready = nodes.iter().filter(|node| node.serves()).count();
    let (ready_consumers, consumers) = observed.consumers;
    let kafka = Known::new(observed.report, before, now);
    LogPipelineStatus {
        observed_generation: object.metadata.generation,
        conditions: conditions_of(observed, &kafka, now),
        cluster_id: identity.map(|identity| identity.cluster_id.clone()),
        version: Some(VersionStatus {
            running: running(nodes),
            metadata: kafka.metadata_version().or(identity.map(|identity| &identity.metadata_version)).cloned(),
        }),
        nodes: Some(counts(nodes)),
        ready_nodes: Some(format!("{ready}/{}", nodes.len())),
        ready_consumers: Some(format!("{ready_consumers}/{consumers}")),
        listeners: object.spec.kafka.listeners.iter().map(|listener| listener_status(object, listener)).collect(),
        node_pools: identity.map(Identity::node_pools).unwrap_or_default(),
        controller_quorum: identity.and_then(|identity| identity.controller_quorum(kafka.voters().to_vec())),
        operation: operation(observed),
        topics: kafka.topics().cloned(),
        users: kafka.users().cloned(),
        gateway: observed.gateway.map(Seen::status),
        partitions: kafka.partitions().cloned(),
        fullest_disk_percent: kafka.fullest_disk_percent(),
    }
}

/// `Ready` first, the others by their types.
fn conditions_of(observed: &Observed<'_>, kafka: &Known<'_>, now: Timestamp) -> Vec<Condition> {
    let Observed { object, before, .. } = observed;
    let findings = findings(observed, kafka);
    let mut conditions = conditions::merge(&before.conditions, &findings, object.metadata.generation, now);
    if let Some(warning) = kafka.warning_of_before(object) {
        conditions.retain(|condition| condition.type_ != warning.type_);
        conditions.push(warning.clone());
    }
    let serves = observed.nodes.iter().any(|state| state.node.is_broker() && state.serves());
    conditions.extend(kafka.conditions.iter().flat_map(|condition| {
        let untold = !serves && condition.type_ == PARTITIONS_HEALTHY;
        if untold { unknown(condition, before, now) } else { vec![condition.clone()] }
    }));
    conditions.sort_by(|a, b| (a.type_ != READY, &a.type_).cmp(&(b.type_ != READY, &b.type_)));
    conditions
}

/// How the partitions are while there is nobody to ask.
fn unknown(seen: &Condition, before: &LogPipelineStatus, now: Timestamp) -> Vec<Condition> {
    let finding = Finding::new(
        PARTITIONS_HEALTHY,
        Status::Unknown,
        "NoBrokerServes",
        "no broker serves, so nobody reads or writes, and nobody can tell how the partitions are",
    );
    conditions::merge(&before.conditions, &[finding], seen.observed_generation, now)
}

fn findings(observed: &Observed<'_>, kafka: &Known<'_>) -> Vec<Finding> {
    let verdict = observed.verdict;
    let suspended = observed.object.spec.suspend.then(|| {
        Finding::new(
            SUSPENDED,
            true,
            "SuspendedByUser",
            "spec.suspend is true: nothing is written until it is false again",
        )
    });
    let gateway = observed.gateway.map(gateway::finding);
    let own = [Some(readiness(observed, kafka)), suspended, gateway].into_iter().flatten();
    own.chain(verdict.findings()).chain(kafka.findings()).collect()
}

/// What stands in the way, the most important first: the spec, the nodes, then what is inside Kafka.
fn readiness(observed: &Observed<'_>, kafka: &Known<'_>) -> Finding {
    if let Some(refused) = observed.verdict.not_ready() {
        return refused;
    }
    let nodes = nodes_ready(observed.nodes, observed.step);
    if nodes.status == Status::True { kafka.not_ready(observed.object).unwrap_or(nodes) } else { nodes }
}

fn counts(nodes: &[NodeState]) -> NodesStatus {
    let count = |matches: fn(&NodeState) -> bool| {
        i32::try_from(nodes.iter().filter(|node| matches(node)).count()).unwrap_or(i32::MAX)
    };
    NodesStatus {
        desired: count(|_| true),
        ready: count(NodeState::serves),
        up_to_date: count(NodeState::is_up_to_date),
    }
}

/// The lowest version that a Pod runs.
fn running(nodes: &[NodeState]) -> Option<String> {
    let versions = nodes
        .iter()
        .filter_map(|node| node.pod.as_ref()?.stamps.get(labels::KAFKA_VERSION)?.parse::<KafkaVersion>().ok());
    versions.min().map(|version| version.to_string())
}

fn operation(observed: &Observed<'_>) -> Option<OperationStatus> {
    let nodes = counts(observed.nodes);
    let (node, reason, waiting_for) = match observed.step {
        Step::Done => return None,
        Step::Wait { reason } => (None, None, Some(reason.clone())),
        Step::Restart { id, reasons, .. } => (Some(*id), Some(reasons.join(", ")), None),
    };
    Some(OperationStatus {
        kind: OperationKind::Restart,
        node,
        reason,
        done: nodes.up_to_date,
        of: nodes.desired,
        waiting_for,
    })
}

fn listener_status(object: &LogPipeline, listener: &ListenerSpec) -> ListenerStatus {
    let name = object.name_any();
    ListenerStatus {
        name: listener.name.clone(),
        addresses: vec![listeners::bootstrap_address(&name, &object.namespace().unwrap_or_default(), listener)],
        ca_secret: listener.tls.then(|| names::cluster_ca_cert(&name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Node;
    use crate::pod_state::PodState;
    use crate::refusal::Refusal;
    use crate::roll::Template;
    use kafkapipelines_crds::{PartitionsStatus, Role, TopicsStatus, UsersStatus};
    use serde_json::json;

    fn pipeline(suspend: bool) -> LogPipeline {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline",
            "metadata": {"name": "logs", "namespace": "kafka", "generation": 2},
            "spec": {"suspend": suspend, "kafka": {"version": "4.3.1", "listeners": [
                {"name": "plain", "port": 9092, "type": "internal", "tls": false},
                {"name": "external", "port": 9094, "type": "ingress", "tls": true, "ingress":
                    {"className": "nginx", "bootstrapHost": "kafka.example.com", "brokerHostTemplate": "b-{nodeId}.example.com"}}]}}}))
        .unwrap()
    }

    fn node(id: i32, role: Role, ready: bool) -> NodeState {
        let stamps = [(labels::KAFKA_VERSION.to_owned(), if id == 0 { "3.9.2" } else { "4.3.1" }.to_owned())].into();
        let pod = PodState {
            name: format!("logs-{id}"),
            ready,
            message: (!ready).then(|| "Starting".to_owned()),
            revision: Some("r".into()),
            stamps,
            ..PodState::default()
        };
        NodeState {
            node: Node { id, pod: pod.name.clone(), roles: vec![role] },
            pod: Some(pod),
            template: Some(Template { revision: "r".into(), ..Template::default() }),
        }
    }

    fn identity() -> Identity {
        Identity {
            cluster_id: "c".into(),
            metadata_version: "4.3".into(),
            bases: [("broker".to_owned(), 0)].into(),
            initial_voters: vec![9000],
        }
    }

    fn status_of(object: &LogPipeline, verdict: &Verdict, nodes: &[NodeState], step: &Step) -> LogPipelineStatus {
        let before = LogPipelineStatus::default();
        let (identity, consumers, report) = (identity(), (1, 2), Some(&looked()));
        let observed = Observed {
            object,
            before: &before,
            identity: Some(&identity),
            verdict,
            nodes,
            step,
            consumers,
            gateway: None,
            report,
        };
        status(&observed, Timestamp::UNIX_EPOCH)
    }

    /// A look into a Kafka that is as it should be.
    fn looked() -> Report {
        Report {
            generation: Some(2),
            complete: true,
            topics: Some(TopicsStatus { desired: 2, ready: 2, ..TopicsStatus::default() }),
            users: Some(UsersStatus { desired: 1, ready: 1, ..UsersStatus::default() }),
            partitions: Some(PartitionsStatus { total: 24, ..PartitionsStatus::default() }),
            fullest_disk_percent: Some(40),
            voters: Some(vec![9000]),
            findings: vec![Finding::new(PARTITIONS_HEALTHY, true, "AllInSync", "all is well")],
            ..Report::default()
        }
    }

    fn ready(status: &LogPipelineStatus) -> (&str, &str) {
        let condition = conditions::find(&status.conditions, conditions::READY).unwrap();
        (&condition.status, &condition.reason)
    }

    #[test]
    fn a_whole_status() {
        let nodes = [node(0, Role::Broker, true), node(1, Role::Broker, true), node(9000, Role::Controller, true)];
        insta::assert_yaml_snapshot!(status_of(&pipeline(false), &Verdict::default(), &nodes, &Step::Done));
    }

    #[test]
    fn readiness_says_the_most_important_thing_first() {
        let down = [node(0, Role::Broker, true), node(1, Role::Broker, false)];
        let up = [node(0, Role::Broker, true)];
        let old = [NodeState { template: None, ..node(0, Role::Broker, true) }];
        let refused = Verdict {
            refusals: vec![Refusal::new("InvalidConfig", "spec.kafka.config[node.id]", 7, "remove it")],
            ..Verdict::default()
        };
        let failed = Verdict { failure: Some(("Forbidden", "patch Service".into())), ..Verdict::default() };
        let wait = Step::Wait { reason: "node 1".into() };
        for (verdict, nodes, step, expected) in [
            (&Verdict::default(), &up[..], &Step::Done, ("True", "AllNodesReady")),
            (&Verdict::default(), &down[..], &Step::Done, ("False", "NodesNotReady")),
            (&Verdict::default(), &up[..], &wait, ("False", "Restarting")),
            (&Verdict::default(), &[], &Step::Done, ("False", "NoNodes")),
            (&Verdict::default(), &old[..], &Step::Done, ("False", "SpecPending")),
            (&failed, &up[..], &Step::Done, ("False", "Forbidden")),
            (&refused, &up[..], &Step::Done, ("False", "InvalidConfig")),
        ] {
            assert_eq!(ready(&status_of(&pipeline(false), verdict, nodes, step)), expected);
        }
    }

    #[test]
    fn partitions_are_unknown_while_no_broker_serves() {
        let told = |ready: bool| {
            let nodes = [node(0, Role::Broker, ready), node(9000, Role::Controller, true)];
            let status = status_of(&pipeline(false), &Verdict::default(), &nodes, &Step::Done);
            let condition = conditions::find(&status.conditions, PARTITIONS_HEALTHY).unwrap();
            (condition.status.clone(), condition.reason.clone(), condition.observed_generation)
        };
        assert_eq!(told(true), ("True".to_owned(), "AllInSync".to_owned(), Some(2)));
        assert_eq!(told(false), ("Unknown".to_owned(), "NoBrokerServes".to_owned(), Some(2)));
    }

    #[test]
    fn suspension_is_said() {
        let nodes = [node(9000, Role::Controller, true)];
        let status = status_of(&pipeline(true), &Verdict::default(), &nodes, &Step::Done);
        assert!(conditions::is_true(&status.conditions, SUSPENDED));
    }
}
