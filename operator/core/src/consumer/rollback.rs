//! Whether members are brought back to the last good revision.
//!
//! The deadline is the Deployment's own: its controller says `ProgressDeadlineExceeded` when no new member became ready for so long.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kafkapipelines_crds::{ConsumerStatus, LastGoodStatus, OnFailure, RollbackSpec, RolledBackStatus};

use crate::conditions;
use crate::pod_state::PodState;
use crate::vector::duration;

/// Members that are told in a message.
const TOLD: usize = 3;

/// What is seen of a rollout.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Name of the revision that the spec asks for.
    pub wanted: &'a str,
    /// What the spec says of failures.
    pub spec: &'a RollbackSpec,
    /// The newest known status.
    pub before: &'a ConsumerStatus,
    /// Whether the last good revision is still kept.
    pub is_kept: bool,
    /// The Deployment; `None` unless the watch shows it with the wanted revision.
    pub deployment: Option<&'a Deployment>,
    /// The members, by name.
    pub members: &'a [PodState],
}

/// How a rollout stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// What ran last with all members ready.
    pub last_good: Option<LastGoodStatus>,
    /// The wanted revision, if members are to run the last good one instead.
    pub rolled_back: Option<RolledBackStatus>,
    /// Why the deadline passed, and nothing is brought back.
    pub failed: Option<String>,
}

impl Rollout {
    /// As it was: what is seen says nothing of it.
    pub fn unseen(before: &ConsumerStatus) -> Self {
        Self { last_good: before.last_good.clone(), rolled_back: before.rolled_back.clone(), failed: None }
    }

    /// Whether this is the moment at which a revision is given up. It is written down before anything is done.
    pub fn is_news(&self, before: &ConsumerStatus) -> bool {
        self.rolled_back.is_some() && self.rolled_back != before.rolled_back
    }

    /// The sentence of a consumer that was brought back.
    pub fn told(&self) -> Option<String> {
        let (from, to) = (self.rolled_back.as_ref()?, self.last_good.as_ref()?);
        Some(format!(
            "{}: the members run {} again, the last good revision. Change the spec; an annotation in spec.template.metadata is enough to try the same again",
            from.message, to.revision
        ))
    }
}

/// Judges a rollout.
pub fn judge(seen: &Seen<'_>, now: Timestamp) -> Rollout {
    let Seen { wanted, before, spec, .. } = *seen;
    let last_good = before.last_good.clone();
    let target = last_good.as_ref().filter(|good| seen.is_kept && good.revision != wanted);
    let may_return = target.is_some() && spec.on_failure == OnFailure::Automatic;
    let rolled_back = before.rolled_back.clone().filter(|from| from.revision == wanted && may_return);
    if rolled_back.is_some() {
        return Rollout { last_good, rolled_back, failed: None };
    }
    match seen.deployment {
        Some(deployment) if is_exceeded(deployment) => {
            let message =
                format!("revision {wanted} was not ready within {}: {}", spec.deadline, said(deployment, seen.members));
            if may_return {
                let from = RolledBackStatus { revision: wanted.to_owned(), at: Time(now), message };
                return Rollout { last_good, rolled_back: Some(from), failed: None };
            }
            let why =
                if target.is_some() { "spec.rollback.onFailure is Manual" } else { "there is no other good revision" };
            Rollout { last_good, rolled_back: None, failed: Some(format!("{message}; it stays, for {why}")) }
        }
        Some(deployment) if is_complete(deployment) => {
            Rollout { last_good: Some(good(wanted, last_good, now)), ..Rollout::default() }
        }
        _ => Rollout { last_good, ..Rollout::default() },
    }
}

/// Seconds within which a new member is to become ready.
pub(super) fn deadline_seconds(spec: &RollbackSpec) -> i32 {
    i32::try_from(duration::of(&spec.deadline).as_secs()).unwrap_or(i32::MAX)
}

/// Whether all Pods are made from the newest template and no other Pods are left.
pub(crate) fn is_rolled_out(deployment: &Deployment, wanted: i32) -> bool {
    deployment.status.as_ref().is_some_and(|status| {
        is_current(deployment)
            && status.updated_replicas.unwrap_or_default() == wanted
            && status.replicas.unwrap_or_default() == wanted
    })
}

/// Rolled out, and each of the members has been ready for a while.
fn is_complete(deployment: &Deployment) -> bool {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or_default();
    let available = deployment.status.as_ref().and_then(|status| status.available_replicas).unwrap_or_default();
    wanted > 0 && available == wanted && is_rolled_out(deployment, wanted)
}

fn is_exceeded(deployment: &Deployment) -> bool {
    let exceeded =
        |progressing: &DeploymentCondition| progressing.reason.as_deref() == Some("ProgressDeadlineExceeded");
    is_current(deployment) && condition(deployment, "Progressing").is_some_and(exceeded)
}

/// Whether the status speaks of the newest spec.
fn is_current(deployment: &Deployment) -> bool {
    deployment.status.as_ref().is_some_and(|status| status.observed_generation >= deployment.metadata.generation)
}

fn condition<'a>(deployment: &'a Deployment, type_: &str) -> Option<&'a DeploymentCondition> {
    deployment.status.as_ref()?.conditions.iter().flatten().find(|condition| condition.type_ == type_)
}

fn good(revision: &str, before: Option<LastGoodStatus>, now: Timestamp) -> LastGoodStatus {
    before
        .filter(|good| good.revision == revision)
        .unwrap_or_else(|| LastGoodStatus { revision: revision.to_owned(), since: Time(now) })
}

/// What the members that do not serve say; without any, why there are none.
fn said(deployment: &Deployment, members: &[PodState]) -> String {
    let down: Vec<_> = members.iter().filter(|member| !member.ready && !member.terminating).map(line).collect();
    if !down.is_empty() {
        return conditions::sentence(down.iter(), TOLD);
    }
    let failure = condition(deployment, "ReplicaFailure").and_then(|failure| failure.message.clone());
    failure.unwrap_or_else(|| "no new member was made".to_owned())
}

fn line(member: &PodState) -> String {
    let ended = member.ended.as_ref().map(|ended| format!(" ({ended})")).unwrap_or_default();
    format!("{}: {}{ended}", member.name, member.message.as_deref().unwrap_or("Starting"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn deployment(observed: i64, reason: &str, available: i32) -> Deployment {
        let conditions = json!([{"type": "Progressing", "status": "False", "reason": reason}]);
        serde_json::from_value(json!({"metadata": {"generation": 7}, "spec": {"replicas": 2, "selector": {}, "template": {}}, "status": {
            "observedGeneration": observed, "replicas": 2, "updatedReplicas": 2, "availableReplicas": available, "conditions": conditions}}))
        .unwrap()
    }

    fn before(last_good: Option<&str>, rolled_back: Option<&str>) -> ConsumerStatus {
        let since = Time(Timestamp::UNIX_EPOCH);
        let good = |name: &str| LastGoodStatus { revision: name.to_owned(), since: since.clone() };
        let back = |name: &str| RolledBackStatus {
            revision: name.to_owned(),
            at: since.clone(),
            message: "b: said".to_owned(),
        };
        ConsumerStatus {
            last_good: last_good.map(good),
            rolled_back: rolled_back.map(back),
            ..ConsumerStatus::default()
        }
    }

    /// Last good, rolled back, and whether the deadline is told without either.
    fn stands(rollout: &Rollout) -> String {
        let good = rollout.last_good.as_ref().map_or("-", |good| &good.revision);
        let back = rollout.rolled_back.as_ref().map_or("-", |back| &back.revision);
        format!("{good} {back} {}", if rollout.failed.is_some() { "failed" } else { "-" })
    }

    #[test]
    fn members_are_brought_back_once_the_deadline_has_passed_and_there_is_something_to_go_back_to() {
        const EXCEEDED: &str = "ProgressDeadlineExceeded";
        let [late, older, complete, starting] = [
            deployment(7, EXCEEDED, 0),
            deployment(6, EXCEEDED, 0),
            deployment(7, "NewReplicaSetAvailable", 2),
            deployment(7, "ReplicaSetUpdated", 1),
        ];
        let (automatic, manual) = (OnFailure::Automatic, OnFailure::Manual);
        let cases = [
            // The first rollout.
            (None, None, true, automatic, Some(&starting), "- - -"),
            (None, None, true, automatic, Some(&late), "- - failed"),
            (None, None, true, automatic, Some(&complete), "new - -"),
            // A later one.
            (Some("old"), None, true, automatic, Some(&starting), "old - -"),
            (Some("old"), None, true, automatic, Some(&older), "old - -"),
            (Some("old"), None, true, automatic, None, "old - -"),
            (Some("old"), None, true, automatic, Some(&late), "old new -"),
            (Some("old"), None, true, automatic, Some(&complete), "new - -"),
            (Some("old"), None, true, manual, Some(&late), "old - failed"),
            (Some("old"), None, false, automatic, Some(&late), "old - failed"),
            (Some("new"), None, true, automatic, Some(&late), "new - failed"),
            // Brought back, until the spec asks for something else.
            (Some("old"), Some("new"), true, automatic, None, "old new -"),
            (Some("old"), Some("new"), true, automatic, Some(&complete), "old new -"),
            (Some("old"), Some("other"), true, automatic, None, "old - -"),
            (Some("old"), Some("new"), true, manual, None, "old - -"),
            (Some("old"), Some("new"), false, automatic, None, "old - -"),
        ];
        for (last_good, rolled_back, is_kept, on_failure, deployment, expected) in cases {
            let (before, spec) =
                (before(last_good, rolled_back), RollbackSpec { on_failure, ..RollbackSpec::default() });
            let seen = Seen { wanted: "new", spec: &spec, before: &before, is_kept, deployment, members: &[] };
            let rollout = judge(&seen, Timestamp::UNIX_EPOCH);
            assert_eq!(stands(&rollout), expected, "{seen:?}");
            assert_eq!(rollout.is_news(&before), expected == "old new -" && rolled_back.is_none());
        }
    }

    #[test]
    fn without_members_nothing_is_good() {
        let mut none = deployment(7, "NewReplicaSetAvailable", 0);
        none.spec.as_mut().unwrap().replicas = Some(0);
        let status: Value = json!({"observedGeneration": 7});
        none.status = serde_json::from_value(status).unwrap();
        assert!(!is_complete(&none));
    }

    #[test]
    fn a_revision_stays_good_since_it_was() {
        let (before, spec, complete) = (before(Some("new"), None), RollbackSpec::default(), deployment(7, "", 2));
        let seen = Seen {
            wanted: "new",
            spec: &spec,
            before: &before,
            is_kept: true,
            deployment: Some(&complete),
            members: &[],
        };
        assert_eq!(judge(&seen, Timestamp::MAX).last_good, before.last_good);
    }

    #[test]
    fn it_is_told_what_the_new_members_said_and_what_to_do() {
        let member = |name: &str, ready: bool, message: &str, ended: Option<&str>| PodState {
            name: name.to_owned(),
            ready,
            message: (!ready).then(|| message.to_owned()),
            ended: ended.map(str::to_owned),
            ..PodState::default()
        };
        let (before, spec, late) =
            (before(Some("old"), None), RollbackSpec::default(), deployment(7, "ProgressDeadlineExceeded", 0));
        let told = |members: &[PodState]| {
            let seen =
                Seen { wanted: "new", spec: &spec, before: &before, is_kept: true, deployment: Some(&late), members };
            judge(&seen, Timestamp::UNIX_EPOCH).told().unwrap()
        };
        let crashing = member("b", false, "CrashLoopBackOff", Some("Error, exit code 78"));
        assert_eq!(
            told(&[member("a", true, "", Some("OOMKilled")), crashing]),
            "revision new was not ready within 5m: b: CrashLoopBackOff (Error, exit code 78): the members run old again, \
             the last good revision. Change the spec; an annotation in spec.template.metadata is enough to try the same again"
        );
        let leaving = PodState { terminating: true, ..member("c", false, "Terminating", None) };
        for members in [&[][..], &[leaving]] {
            assert!(told(members).contains("5m: no new member was made: "), "{}", told(members));
        }
        let mut refused = late.clone();
        let failure = json!({"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"});
        let conditions = refused.status.as_mut().unwrap().conditions.as_mut().unwrap();
        conditions.push(serde_json::from_value(failure).unwrap());
        assert_eq!(said(&refused, &[]), "exceeded quota");
    }

    #[test]
    fn the_deadline_is_the_deployments_own() {
        for (deadline, seconds) in [("90s", 90), ("5m", 300), ("1h", 3_600)] {
            let spec = RollbackSpec { deadline: deadline.to_owned(), ..RollbackSpec::default() };
            assert_eq!(deadline_seconds(&spec), seconds);
        }
    }

    #[test]
    fn it_is_rolled_out_once_all_pods_are_new_and_no_other_is_left() {
        let with = |pods: i32, new: i32| {
            let mut deployment = deployment(7, "", 2);
            let status = deployment.status.as_mut().unwrap();
            (status.replicas, status.updated_replicas) = (Some(pods), Some(new));
            is_rolled_out(&deployment, 2)
        };
        assert!(with(2, 2) && !with(3, 2) && !with(2, 1));
    }
}
