//! What is deleted, edited or killed comes back, and then nothing more is written.

use std::time::Duration;

use anyhow::Result;
use kafkapipelines_e2e::audit::AuditLog;
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::Operator;
use serde_json::Value;

use super::bed::{Bed, READY_WITHIN, pod, reference};

/// Longer than a Lease lives, for the operator that held it may be gone.
const HEALED_WITHIN: Duration = Duration::from_mins(2);
const QUIET: Duration = Duration::from_mins(2);

#[test]
fn a_deleted_kafka_pod_comes_back() -> Result<()> {
    let bed = reference()?;
    let broker = pod("broker", 1);
    let before = bed.pipeline.pod_uids()?;
    bed.pipeline.kubectl(&["delete", "pod", &broker])?;
    until("another Pod", HEALED_WITHIN, || {
        Ok(bed.pipeline.pod_uids()?.get(&broker).is_some_and(|uid| *uid != before[&broker]))
    })?;
    bed.pipeline.kubectl(&["wait", "pod", &broker, "--for=condition=Ready", "--timeout=240s"])?;
    bed.pipeline.await_ready(READY_WITHIN)
}

#[test]
fn deleted_children_come_back() -> Result<()> {
    let bed = reference()?;
    let children = [
        ("service", "log-aggregator-kafka-kafka-bootstrap"),
        ("service", "log-aggregator-kafka-broker-2-external"),
        ("ingress", "log-aggregator-kafka-broker-0-external"),
        ("configmap", "log-aggregator-kafka-broker-config"),
        ("poddisruptionbudget", "log-aggregator-kafka-kafka-broker"),
    ];
    for (kind, name) in children {
        let before = bed.pipeline.object(kind, name)?;
        bed.pipeline.kubectl(&["delete", kind, name])?;
        until(&format!("{kind} {name} is back"), HEALED_WITHIN, || {
            Ok(bed.pipeline.object(kind, name).is_ok_and(|now| now["metadata"]["uid"] != before["metadata"]["uid"]))
        })?;
    }
    bed.pipeline.await_ready(READY_WITHIN)
}

/// An edit by hand: the child's kind and name, its part that the operator says, and the merge patch.
type Edit = (&'static str, &'static str, &'static str, &'static str);

/// What a restart could come from. It may: the roll can see the edit before the edit is undone.
const TEMPLATE_EDIT: Edit = (
    "statefulset",
    "log-aggregator-kafka-broker",
    "/spec/template/metadata/annotations",
    r#"{"spec": {"template": {"metadata": {"annotations": {"kafkapipelines.io/config-hash": "0"}}}}}"#,
);
const EDITS: [Edit; 4] = [
    ("configmap", "log-aggregator-kafka-broker-config", "/data", r#"{"data": {"start.env": "CLUSTER_ID=other"}}"#),
    (
        "service",
        "log-aggregator-kafka-kafka-bootstrap",
        "/spec/ports",
        r#"{"spec": {"ports": [{"name": "plain", "port": 9999, "targetPort": 9999}]}}"#,
    ),
    ("networkpolicy", "log-aggregator-kafka-kafka-controller", "/spec", r#"{"spec": {"ingress": [{}]}}"#),
    (
        "statefulset",
        "log-aggregator-kafka-controller",
        "/spec/updateStrategy",
        r#"{"spec": {"updateStrategy": {"type": "RollingUpdate"}}}"#,
    ),
];

#[test]
fn edits_by_hand_are_undone_and_restart_nobody() -> Result<()> {
    let bed = reference()?;
    let pods = bed.pipeline.pod_uids()?;
    EDITS.into_iter().try_for_each(|edit| is_undone(&bed, edit))?;
    bed.pipeline.await_ready(READY_WITHIN)?;
    assert_eq!(bed.pipeline.pod_uids()?, pods);
    Ok(())
}

#[test]
fn an_edited_pod_template_is_undone() -> Result<()> {
    let bed = reference()?;
    is_undone(&bed, TEMPLATE_EDIT)?;
    bed.pipeline.await_ready(READY_WITHIN)
}

fn is_undone(bed: &Bed, (kind, name, part, patch): Edit) -> Result<()> {
    let part_now = || Ok::<_, anyhow::Error>(bed.pipeline.object(kind, name)?.pointer(part).cloned());
    let before: Option<Value> = part_now()?;
    bed.pipeline.kubectl(&["patch", kind, name, "--type=merge", "--field-manager=somebody", "--patch", patch])?;
    until(&format!("{kind} {name} is as it was"), HEALED_WITHIN, || Ok(part_now().is_ok_and(|now| now == before)))
}

#[test]
fn killing_the_operator_that_acts_delays_healing_and_no_more() -> Result<()> {
    let bed = reference()?;
    let leader = bed.operator.leader()?;
    let children = ["service/log-aggregator-kafka-broker-0-external", "ingress/log-aggregator-kafka-broker-1-external"];
    bed.pipeline.kubectl(&[&["delete", "--wait=false"], &children[..]].concat())?;
    bed.pipeline.kubectl(&["delete", "pod", &leader, "--grace-period=0", "--force"])?;
    until("another operator acts", HEALED_WITHIN, || Ok(bed.operator.leader().is_ok_and(|now| now != leader)))?;
    until("both children are back", HEALED_WITHIN, || {
        Ok(bed.pipeline.kubectl(&[&["get"], &children[..]].concat()).is_ok())
    })?;
    bed.operator.await_ready()?;
    bed.pipeline.await_ready(READY_WITHIN)
}

#[test]
fn nothing_is_written_in_two_minutes_of_quiet() -> Result<()> {
    let Bed { cluster, operator, .. } = reference()?;
    let (log, since) = AuditLog::await_settled(&cluster, |log| writes(log, &operator))?;
    until("two minutes are over", QUIET * 2, || Ok(since.elapsed() >= QUIET))?;
    assert_eq!(writes(&log, &operator)?, [""; 0]);
    Ok(())
}

/// The operator's requests that can change something, its Lease aside.
fn writes(log: &AuditLog, operator: &Operator) -> Result<Vec<String>> {
    let requests = log.requests_of(&operator.user())?;
    let writes = requests.iter().filter(|request| request.is_write() && !request.is_about_lease());
    Ok(writes.map(ToString::to_string).collect())
}
