//! Conditions: what the operator says of an object, in the form that `kubectl wait` and Argo CD read.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Whether the object does its work.
pub const READY: &str = "Ready";
/// Whether the spec, or a part of it, was refused; then the last good state keeps running.
pub const ACCEPTED: &str = "Accepted";
/// Whether something needs a person's attention though the object works.
pub const WARNING: &str = "Warning";
/// Only `True`, or absent: a person must act, waiting does not help. kstatus (Flux, `helm --wait`) and Argo CD go by it.
pub const STALLED: &str = "Stalled";
/// Only `True`, or absent: the user has suspended the pipeline.
pub const SUSPENDED: &str = "Suspended";
/// Only `False`, or absent: Kafka could not be looked at, or not brought to what the spec says.
pub const SYNCED: &str = "Synced";
/// Whether all topics of the spec are in Kafka as it says; absent where there are none.
pub const TOPICS_READY: &str = "TopicsReady";
/// Whether all users of the spec are in Kafka as it says; absent where there are none.
pub const USERS_READY: &str = "UsersReady";
/// Whether all partitions have a leader and enough replicas.
pub const PARTITIONS_HEALTHY: &str = "PartitionsHealthy";
/// Whether the gateway takes lines; absent where there is none.
pub const GATEWAY_READY: &str = "GatewayReady";
/// Only `False`, or absent: disks fill up or have failed.
pub const DISKS_HEALTHY: &str = "DisksHealthy";
/// Only `False`, or absent: a controller does not vote, or does not keep up.
pub const QUORUM_COMPLETE: &str = "QuorumComplete";
/// Only `False`, or absent: a certificate has ended, or will and a person must renew it.
pub const CERTIFICATES_VALID: &str = "CertificatesValid";
/// Whether every line reached a store or the dead letters, or waits in Kafka.
pub const NO_LOSS: &str = "NoLoss";
/// Whether stores take lines; absent while no member serves.
pub const DELIVERING: &str = "Delivering";
/// Only `True`, or absent: lines will be lost unless somebody acts.
pub const AT_RISK: &str = "AtRisk";

/// One finding: the state of a condition, before time and generation are added.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Type of the condition.
    pub type_: &'static str,
    /// `True`, `False` or `Unknown`.
    pub status: Status,
    /// Reason, one CamelCase word.
    pub reason: String,
    /// What a person needs to know. Nothing volatile: a changed message is a write.
    pub message: String,
}

/// Status of a condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be told yet.
    Unknown,
}

impl Status {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

impl From<bool> for Status {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Finding {
    /// A finding; `status` may be a `bool`.
    pub fn new(
        type_: &'static str,
        status: impl Into<Status>,
        reason: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { type_, status: status.into(), reason: reason.into(), message: message.into() }
    }
}

/// The conditions to write: the findings, each with the time at which its status last changed.
/// A condition that no finding speaks of disappears. Findings of one type become one condition, with the first one's reason.
pub fn merge(old: &[Condition], findings: &[Finding], generation: Option<i64>, now: Timestamp) -> Vec<Condition> {
    let joined = joined(findings);
    joined.iter().map(|finding| condition(find(old, finding.type_), finding, generation, now)).collect()
}

fn joined(findings: &[Finding]) -> Vec<Finding> {
    let mut joined: Vec<Finding> = Vec::new();
    for finding in findings {
        match joined.iter_mut().find(|first| first.type_ == finding.type_) {
            Some(first) => first.message = format!("{}; {}", first.message, finding.message),
            None => joined.push(finding.clone()),
        }
    }
    joined
}

/// The condition of a type, if there is one.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Whether the condition of a type is `True`.
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    find(conditions, type_).is_some_and(|condition| condition.status == Status::True.as_str())
}

fn condition(old: Option<&Condition>, finding: &Finding, generation: Option<i64>, now: Timestamp) -> Condition {
    let status = finding.status.as_str().to_owned();
    let since =
        old.filter(|old| old.status == status).map_or_else(|| Time(now), |old| old.last_transition_time.clone());
    Condition {
        type_: finding.type_.to_owned(),
        status,
        reason: finding.reason.clone(),
        message: finding.message.clone(),
        observed_generation: generation,
        last_transition_time: since,
    }
}

/// The first `shown` of what there is to say, and how much more there is.
pub fn sentence<T: ToString>(all: impl ExactSizeIterator<Item = T>, shown: usize) -> String {
    let more = all.len().checked_sub(shown).filter(|more| *more > 0).map(|more| format!("and {more} more"));
    all.take(shown).map(|one| one.to_string()).chain(more).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_time_moves_only_with_the_status() {
        let ready = |status: bool, reason: &str| vec![Finding::new(READY, status, reason, "")];
        let first = merge(&[], &ready(false, "Starting"), Some(1), at(10));
        let second = merge(&first, &ready(false, "Waiting"), Some(2), at(20));
        let third = merge(&second, &ready(true, "AllNodesReady"), Some(2), at(30));
        assert_eq!(second[0].last_transition_time, Time(at(10)));
        assert_eq!((second[0].reason.as_str(), second[0].observed_generation), ("Waiting", Some(2)));
        assert_eq!(third[0].last_transition_time, Time(at(30)));
    }

    #[test]
    fn findings_of_one_type_are_one_condition() {
        let warning = |reason: &str| Finding::new(WARNING, true, reason, format!("what {reason} means"));
        let merged =
            merge(&[], &[warning("First"), Finding::new(READY, true, "Ok", ""), warning("Second")], None, at(1));
        assert_eq!(merged.len(), 2);
        assert_eq!(
            (merged[0].reason.as_str(), merged[0].message.as_str()),
            ("First", "what First means; what Second means")
        );
    }

    #[test]
    fn a_condition_without_a_finding_disappears() {
        let old = merge(&[], &[Finding::new(WARNING, true, "EvenControllers", "")], None, at(1));
        assert!(merge(&old, &[], None, at(2)).is_empty());
    }
}
