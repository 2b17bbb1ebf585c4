//! What a Pod's status says, in the few words that decisions need.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::ResourceExt;

use crate::vector::complaint_of;
use crate::{labels, names};

/// A Pod, as far as decisions about its node need it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PodState {
    /// Name.
    pub name: String,
    /// Uid: a new Pod of the same name has another.
    pub uid: String,
    /// Whether its condition Ready is true.
    pub ready: bool,
    /// Since when its condition Ready is true, if it is.
    pub ready_since: Option<Timestamp>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Why it will not become ready by itself, in Kubernetes' word (`CrashLoopBackOff`, `Unschedulable`, …).
    pub stuck: Option<String>,
    /// How its container ended last, if it did, for people: `OOMKilled, exit code 137`.
    pub ended: Option<String>,
    /// Why it is not ready, for people.
    pub message: Option<String>,
    /// Revision of the StatefulSet that it was made from.
    pub revision: Option<String>,
    /// The operator's annotations of the template that it was made from.
    pub stamps: BTreeMap<String, String>,
    /// Its rack: from the label that the API server copied from the Kubernetes node, or from the operator's annotation.
    pub rack: Option<String>,
    /// The Kubernetes node it is bound to.
    pub bound_to: Option<String>,
}

/// Annotations of a Pod template that tell what it starts with.
pub const STAMPS: [&str; 6] = [
    labels::CONFIG_HASH,
    labels::TRUST_HASH,
    labels::CERTIFICATE_AT_START,
    labels::CERTIFICATE_HASH,
    labels::AUTHORIZATION,
    labels::KAFKA_VERSION,
];

impl PodState {
    /// Reads a Pod; `topology_key` is the label that names racks, where rack awareness is on.
    pub fn of(pod: &Pod, topology_key: Option<&str>) -> Self {
        let ready = condition(pod, "Ready").is_some_and(|(status, _)| status == "True");
        let stuck = stuck(pod);
        let rack =
            topology_key.and_then(|key| pod.labels().get(key).or_else(|| pod.annotations().get(labels::RACK)).cloned());
        Self {
            name: pod.name_any(),
            uid: pod.uid().unwrap_or_default(),
            ready,
            ready_since: ready.then(|| ready_since(pod)).flatten(),
            terminating: pod.metadata.deletion_timestamp.is_some(),
            message: if ready { None } else { stuck.clone().or_else(|| Some(why_not_ready(pod))) },
            stuck,
            ended: containers(pod).find_map(how_it_ended),
            revision: pod.labels().get("controller-revision-hash").cloned(),
            stamps: stamps(pod.annotations()),
            rack,
            bound_to: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        }
    }

    /// Whether it serves: ready, and not on its way out.
    pub fn serves(&self) -> bool {
        self.ready && !self.terminating
    }
}

/// The operator's stamps among some annotations.
pub fn stamps(annotations: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    annotations.iter().filter(|(key, _)| STAMPS.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn condition<'a>(pod: &'a Pod, type_: &str) -> Option<(&'a str, Option<&'a str>)> {
    let found = pod.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == type_)?;
    Some((&found.status, found.reason.as_deref()))
}

fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == "Ready")?.last_transition_time.as_ref().map(|time| time.0)
}

fn stuck(pod: &Pod) -> Option<String> {
    if let Some(("False", Some("Unschedulable"))) = condition(pod, "PodScheduled") {
        return Some("Unschedulable".to_owned());
    }
    containers(pod).find_map(waiting_for_a_person)
}

/// Reasons with which a container waits that pass by themselves are no reason to call it stuck.
fn waiting_for_a_person(container: &ContainerStatus) -> Option<String> {
    const STUCK: [&str; 6] = [
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImagePull",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
    ];
    let reason = container.state.as_ref()?.waiting.as_ref()?.reason.as_deref()?;
    STUCK.contains(&reason).then(|| reason.to_owned())
}

/// Of what it wrote, which may hold secrets, only why Vector refused its file.
fn how_it_ended(container: &ContainerStatus) -> Option<String> {
    let [last, now] = [&container.last_state, &container.state].map(|state| state.as_ref()?.terminated.as_ref());
    let ended = now.or(last)?;
    let wrote = ended.message.as_deref().filter(|_| container.name == names::VECTOR_CONTAINER);
    let said = wrote.and_then(complaint_of).map(|said| format!(": {said}")).unwrap_or_default();
    Some(format!("{}, exit code {}{said}", ended.reason.as_deref().unwrap_or("ended"), ended.exit_code))
}

fn why_not_ready(pod: &Pod) -> String {
    let waiting = containers(pod).find_map(|c| c.state.as_ref()?.waiting.as_ref()?.reason.clone());
    if pod.metadata.deletion_timestamp.is_some() {
        "Terminating".to_owned()
    } else {
        waiting.unwrap_or_else(|| {
            if pod.spec.as_ref().is_none_or(|s| s.node_name.is_none()) { "Pending" } else { "Starting" }.to_owned()
        })
    }
}

fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(status: &serde_json::Value) -> Pod {
        let metadata = json!({"name": "p-0", "uid": "u", "labels": {"zone": "a", "controller-revision-hash": "r1"},
            "annotations": {"kafkapipelines.io/config-hash": "h", "other": "x"}});
        serde_json::from_value(
            json!({"metadata": metadata, "spec": {"containers": [], "nodeName": "n1"}, "status": status}),
        )
        .unwrap()
    }

    #[test]
    fn a_ready_pod_serves_until_it_is_deleted() {
        let mut object = pod(&json!({"conditions": [{"type": "Ready", "status": "True"}]}));
        let state = PodState::of(&object, Some("zone"));
        assert!(state.serves());
        assert_eq!((state.rack.as_deref(), state.revision.as_deref(), state.message), (Some("a"), Some("r1"), None));
        assert_eq!(state.stamps.len(), 1);
        object.metadata.deletion_timestamp =
            Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(jiff::Timestamp::UNIX_EPOCH));
        assert!(!PodState::of(&object, None).serves());
    }

    #[test]
    fn what_only_a_person_can_mend_is_called_stuck() {
        let waiting = |reason: &str| {
            pod(&json!({"containerStatuses": [{"name": "kafka", "ready": false, "restartCount": 1,
            "image": "", "imageID": "", "state": {"waiting": {"reason": reason}}}]}))
        };
        assert_eq!(PodState::of(&waiting("ImagePullBackOff"), None).stuck.as_deref(), Some("ImagePullBackOff"));
        let starting = PodState::of(&waiting("ContainerCreating"), None);
        assert_eq!((starting.stuck, starting.message.as_deref()), (None, Some("ContainerCreating")));
        let ended = json!({"terminated": {"reason": "OOMKilled", "exitCode": 137, "message": "a password"}});
        let mut crashing = waiting("CrashLoopBackOff");
        crashing.status.as_mut().unwrap().container_statuses.as_mut().unwrap()[0].last_state =
            serde_json::from_value(ended).unwrap();
        assert_eq!(PodState::of(&crashing, None).ended.as_deref(), Some("OOMKilled, exit code 137"));
        let container = &mut crashing.status.as_mut().unwrap().container_statuses.as_mut().unwrap()[0];
        let wrote =
            "ERROR Configuration error. error=unknown field `urii`\n\nin `sinks.own`\n internal_log_rate_limit=false";
        let ended = json!({"terminated": {"reason": "Error", "exitCode": 78, "message": wrote}});
        container.last_state = serde_json::from_value(ended).unwrap();
        assert_eq!(PodState::of(&crashing, None).ended.as_deref(), Some("Error, exit code 78"), "no Vector");
        let container = &mut crashing.status.as_mut().unwrap().container_statuses.as_mut().unwrap()[0];
        container.name = names::VECTOR_CONTAINER.to_owned();
        let said = "Error, exit code 78: unknown field urii in sinks.own";
        assert_eq!(PodState::of(&crashing, None).ended.as_deref(), Some(said));
        let unschedulable =
            pod(&json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}));
        assert_eq!(PodState::of(&unschedulable, None).stuck.as_deref(), Some("Unschedulable"));
    }
}
