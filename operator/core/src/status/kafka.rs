//! What is inside a pipeline's Kafka, as its status tells it: by the newest look, and by the status itself as far as there was none.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kafkapipelines_crds::{LogPipeline, LogPipelineStatus, PartitionsStatus, ProblemStatus, TopicsStatus, UsersStatus};

use crate::cluster::report::Report;
use crate::conditions::{
    self, ACCEPTED, Finding, GATEWAY_READY, PARTITIONS_HEALTHY, READY, STALLED, SUSPENDED, SYNCED, Status,
    TOPICS_READY, USERS_READY, WARNING,
};

/// Conditions that do not come from a look into Kafka, or not from it alone.
const ELSEWHERE: [&str; 6] = [READY, ACCEPTED, WARNING, STALLED, SUSPENDED, GATEWAY_READY];

/// What is wrong with a topic or user while data moves: it becomes as the spec says by itself, and works all the while.
const IN_PROGRESS: [&str; 1] = ["Reassigning"];

/// What a person must fix: what Kafka or the API server refuses as often as it is asked.
const NEEDS_A_PERSON: [&str; 14] = [
    "CertificateError",
    "Forbidden",
    "InternalError",
    "InvalidConfig",
    "InvalidPartitions",
    "InvalidTopicException",
    "KafkaConfigRefused",
    "KafkaUnsupported",
    "NameTaken",
    "PartitionsDecreaseRefused",
    "PolicyViolation",
    "Refused",
    "TopicDeletionDisabled",
    "UnacceptableCredential",
];

/// How many problems a message names.
const NAMED: usize = 3;

/// What is known of the Kafka.
pub(super) struct Known<'a> {
    report: Option<&'a Report>,
    before: &'a LogPipelineStatus,
    /// Conditions that come from a look into Kafka.
    pub(super) conditions: Vec<Condition>,
}

impl<'a> Known<'a> {
    /// By the newest look and the newest known status. A condition stays as long as no look was complete without it.
    pub(super) fn new(report: Option<&'a Report>, before: &'a LogPipelineStatus, now: Timestamp) -> Self {
        let is_of_kafka = |type_: &str| !ELSEWHERE.contains(&type_);
        let findings: Vec<_> = report.iter().flat_map(|report| &report.findings).cloned().collect();
        let findings: Vec<_> = findings.into_iter().filter(|finding| is_of_kafka(finding.type_)).collect();
        let generation = match report {
            Some(report) if report.complete => report.generation,
            _ => looked_at(&before.conditions),
        };
        let mut conditions = conditions::merge(&before.conditions, &findings, generation, now);
        if report.is_none_or(|report| !report.complete) {
            let said: Vec<_> = conditions.iter().map(|condition| condition.type_.clone()).collect();
            let stays = |condition: &&Condition| is_of_kafka(&condition.type_) && !said.contains(&condition.type_);
            conditions.extend(before.conditions.iter().filter(stays).cloned());
        }
        Self { report, before, conditions }
    }

    /// Topics of the spec.
    pub(super) fn topics(&self) -> Option<&'a TopicsStatus> {
        self.part(|report| report.topics.as_ref(), self.before.topics.as_ref())
    }

    /// Users of the spec.
    pub(super) fn users(&self) -> Option<&'a UsersStatus> {
        self.part(|report| report.users.as_ref(), self.before.users.as_ref())
    }

    /// Partitions of all topics.
    pub(super) fn partitions(&self) -> Option<&'a PartitionsStatus> {
        self.part(|report| report.partitions.as_ref(), self.before.partitions.as_ref())
    }

    /// Space in use on the fullest disk in percent, in steps of 5.
    pub(super) fn fullest_disk_percent(&self) -> Option<i32> {
        self.report.and_then(|report| report.fullest_disk_percent).or(self.before.fullest_disk_percent)
    }

    /// Controllers that vote.
    pub(super) fn voters(&self) -> &'a [i32] {
        let before = self.before.controller_quorum.as_ref().map(|quorum| &quorum.voters);
        self.part(|report| report.voters.as_ref(), before).map(Vec::as_slice).unwrap_or_default()
    }

    /// The `metadata.version` that is finalized.
    pub(super) fn metadata_version(&self) -> Option<&'a String> {
        self.report.and_then(|report| report.metadata_version.as_ref())
    }

    fn part<T>(&self, of: impl Fn(&'a Report) -> Option<&'a T>, before: Option<&'a T>) -> Option<&'a T> {
        self.report.and_then(of).or(before)
    }

    /// What wants attention and what a person must fix.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let found = self.report.iter().flat_map(|report| &report.findings);
        found.filter(|finding| finding.type_ == WARNING).cloned().chain(self.stalled()).collect()
    }

    /// The warning of before, while no look has shown that it has come to its end.
    pub(super) fn warning_of_before(&self, object: &LogPipeline) -> Option<&'a Condition> {
        let is_known = self.report.is_some_and(|report| report.complete);
        let same_spec = self.before.observed_generation == object.metadata.generation;
        let warning = conditions::find(&self.before.conditions, WARNING);
        warning.filter(|_| !is_known && same_spec && !object.spec.suspend)
    }

    /// Why the pipeline is not ready though its nodes are, if there is such a reason.
    pub(super) fn not_ready(&self, object: &LogPipeline) -> Option<Finding> {
        let not_ready = |reason: &str, message: String| Finding::new(READY, false, reason, message);
        if let Some(condition) = self.out_of_sync() {
            return Some(not_ready(&condition.reason, condition.message.clone()));
        }
        if !object.spec.suspend && looked_at(&self.conditions) < object.metadata.generation {
            return Some(not_ready("SpecPending", "Kafka has not been looked at for the newest spec yet".to_owned()));
        }
        let topics = self.topics().filter(|topics| is_missing(topics.desired, topics.ready, &topics.problems));
        if let Some(topics) = topics {
            return Some(not_ready("TopicsNotReady", self.missing(TOPICS_READY, &topics.problems)));
        }
        let users = self.users().filter(|users| is_missing(users.desired, users.ready, &users.problems))?;
        Some(not_ready("UsersNotReady", self.missing(USERS_READY, &users.problems)))
    }

    /// What keeps topics or users from being as the spec says.
    fn missing(&self, type_: &str, problems: &[ProblemStatus]) -> String {
        let told: Vec<_> = problems.iter().filter(|problem| !is_in_progress(problem)).collect();
        let condition = conditions::find(&self.conditions, type_).filter(|_| told.is_empty());
        condition.map_or_else(|| sentence(&told), |condition| condition.message.clone())
    }

    /// What a person must fix.
    fn stalled(&self) -> Option<Finding> {
        let needs_a_person = |reason: &str| NEEDS_A_PERSON.contains(&reason);
        if let Some(condition) = self.out_of_sync().filter(|condition| needs_a_person(&condition.reason)) {
            return Some(Finding::new(STALLED, true, &condition.reason, &condition.message));
        }
        let problems: Vec<_> = self.problems().filter(|problem| needs_a_person(&problem.reason)).collect();
        Some(Finding::new(STALLED, true, &problems.first()?.reason, sentence(&problems)))
    }

    fn problems(&self) -> impl Iterator<Item = &'a ProblemStatus> {
        let topics = self.topics().into_iter().flat_map(|topics| &topics.problems);
        topics.chain(self.users().into_iter().flat_map(|users| &users.problems))
    }

    fn out_of_sync(&self) -> Option<&Condition> {
        conditions::find(&self.conditions, SYNCED).filter(|condition| condition.status == Status::False.as_str())
    }
}

/// Generation of the spec with which Kafka was compared last: every look says how the partitions are.
fn looked_at(conditions: &[Condition]) -> Option<i64> {
    conditions::find(conditions, PARTITIONS_HEALTHY)?.observed_generation
}

/// Whether some are not ready, those aside that will be and work already.
fn is_missing(desired: i32, ready: i32, problems: &[ProblemStatus]) -> bool {
    let moving = problems.iter().filter(|problem| is_in_progress(problem)).count();
    moving < problems.len() || ready.saturating_add(i32::try_from(moving).unwrap_or(i32::MAX)) < desired
}

fn is_in_progress(problem: &ProblemStatus) -> bool {
    IN_PROGRESS.contains(&problem.reason.as_str())
}

fn sentence(problems: &[&ProblemStatus]) -> String {
    conditions::sentence(problems.iter().map(|problem| format!("{}: {}", problem.name, problem.message)), NAMED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::DISKS_HEALTHY;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pipeline(generation: i64, suspend: bool) -> LogPipeline {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline",
            "metadata": {"name": "logs", "generation": generation},
            "spec": {"suspend": suspend, "kafka": {"version": "4.3.1", "listeners": []}}}))
        .unwrap()
    }

    fn problem(name: &str, reason: &str) -> ProblemStatus {
        ProblemStatus { name: name.to_owned(), reason: reason.to_owned(), message: format!("{reason} it is") }
    }

    fn topics(desired: i32, problems: &[(&str, &str)]) -> TopicsStatus {
        let problems: Vec<_> = problems.iter().map(|(name, reason)| problem(name, reason)).collect();
        let ready = desired - i32::try_from(problems.len()).unwrap();
        TopicsStatus { desired, ready, problems, ..TopicsStatus::default() }
    }

    fn healthy() -> Finding {
        Finding::new(PARTITIONS_HEALTHY, true, "AllInSync", "")
    }

    fn report(findings: &[Finding]) -> Report {
        Report { generation: Some(2), complete: true, findings: findings.to_vec(), ..Report::default() }
    }

    fn types(known: &Known<'_>) -> Vec<String> {
        let mut types: Vec<_> = known.conditions.iter().map(|condition| condition.type_.clone()).collect();
        types.sort();
        types
    }

    fn not_ready(
        report: Option<&Report>,
        before: &LogPipelineStatus,
        object: &LogPipeline,
    ) -> Option<(String, String)> {
        let finding = Known::new(report, before, at(9)).not_ready(object)?;
        Some((finding.reason, finding.message))
    }

    /// The status that this report leads to, as far as Kafka is concerned.
    fn told(report: &Report) -> LogPipelineStatus {
        let none = LogPipelineStatus::default();
        let known = Known::new(Some(report), &none, at(1));
        let ready = conditions::merge(&[], &[Finding::new(READY, true, "AllNodesReady", "")], Some(2), at(1));
        LogPipelineStatus {
            conditions: [ready, known.conditions.clone()].concat(),
            topics: known.topics().cloned(),
            ..LogPipelineStatus::default()
        }
    }

    #[test]
    fn an_operator_that_has_just_started_tells_what_was_told() {
        let looked = Report {
            topics: Some(topics(3, &[("a", "Reassigning")])),
            ..report(&[healthy(), Finding::new(DISKS_HEALTHY, false, "DiskFilling", "which")])
        };
        let before = told(&looked);
        for newest in [None, Some(&Report::default()), Some(&looked)] {
            let known = Known::new(newest, &before, at(9));
            assert_eq!(known.conditions, before.conditions[1..], "{newest:?}");
            assert_eq!(known.topics(), before.topics.as_ref());
            assert_eq!(known.not_ready(&pipeline(2, false)), None);
        }
    }

    #[test]
    fn a_condition_ends_with_a_complete_look_and_not_before() {
        let before = told(&report(&[healthy(), Finding::new(DISKS_HEALTHY, false, "DiskFilling", "which")]));
        let unsynced = Finding::new(SYNCED, false, "KafkaUnreachable", "no connection");
        let offline = Finding::new(PARTITIONS_HEALTHY, false, "OfflinePartitions", "");
        let cut_short = Report { complete: false, generation: None, ..report(&[unsynced, offline]) };
        let known = Known::new(Some(&cut_short), &before, at(9));
        assert_eq!(types(&known), [DISKS_HEALTHY, PARTITIONS_HEALTHY, SYNCED]);
        let partitions = conditions::find(&known.conditions, PARTITIONS_HEALTHY).unwrap();
        assert_eq!(
            (partitions.status.as_str(), partitions.observed_generation),
            ("False", Some(2)),
            "that of the last whole look"
        );
        assert_eq!(types(&Known::new(Some(&report(&[healthy()])), &before, at(9))), [PARTITIONS_HEALTHY]);
    }

    #[test]
    fn readiness_wants_kafka_to_be_as_the_newest_spec_says() {
        let none = LogPipelineStatus::default();
        let reason = |report: &Report, object| not_ready(Some(report), &none, &object).map(|(reason, _)| reason);
        let good = report(&[healthy()]);
        assert_eq!(reason(&good, pipeline(2, false)), None);
        assert_eq!(reason(&good, pipeline(3, false)).as_deref(), Some("SpecPending"));
        assert_eq!(reason(&good, pipeline(3, true)), None, "a suspended pipeline waits for nothing");
        assert_eq!(not_ready(None, &none, &pipeline(1, false)).unwrap().0, "SpecPending");
        let unsynced = Finding::new(SYNCED, false, "KafkaUnreachable", "no connection");
        assert_eq!(reason(&report(&[unsynced]), pipeline(2, false)).as_deref(), Some("KafkaUnreachable"));
        let users = Some(UsersStatus { desired: 2, ready: 1, problems: vec![problem("shop", "CaNotFound")] });
        let both = Report { topics: Some(topics(3, &[("a", "InvalidConfig")])), users, ..good.clone() };
        assert_eq!(reason(&both, pipeline(2, false)).as_deref(), Some("TopicsNotReady"));
        let only_users = Report { topics: Some(topics(3, &[])), ..both };
        assert_eq!(reason(&only_users, pipeline(2, false)).as_deref(), Some("UsersNotReady"));
    }

    #[test]
    fn a_topic_whose_data_moves_is_no_reason_to_wait() {
        let none = LogPipelineStatus::default();
        let message = |topics: TopicsStatus| {
            let topics = Some(topics);
            let pending = Finding::new(TOPICS_READY, false, "TopicsPending", "1 topics are being made");
            let report = Report { topics, ..report(&[healthy(), pending]) };
            not_ready(Some(&report), &none, &pipeline(2, false)).map(|(_, message)| message)
        };
        assert_eq!(message(topics(3, &[("a", "Reassigning")])), None);
        assert_eq!(message(topics(3, &[("a", "Reassigning"), ("b", "Odd")])).as_deref(), Some("b: Odd it is"));
        let unexplained = TopicsStatus { ready: 2, ..topics(3, &[]) };
        assert_eq!(message(unexplained).as_deref(), Some("1 topics are being made"));
        let many = message(topics(9, &[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E")])).unwrap();
        assert!(many.ends_with("c: C it is; and 2 more"), "{many}");
    }

    #[test]
    fn a_warning_stays_until_a_look_is_complete_or_the_spec_is_another() {
        let warned = conditions::merge(&[], &[Finding::new(WARNING, true, "EvenControllers", "")], Some(2), at(1));
        let before =
            LogPipelineStatus { conditions: warned, observed_generation: Some(2), ..LogPipelineStatus::default() };
        let stays = |report: Option<&Report>, object: &LogPipeline| {
            Known::new(report, &before, at(9)).warning_of_before(object).is_some()
        };
        assert!(stays(None, &pipeline(2, false)) && stays(Some(&Report::default()), &pipeline(2, false)));
        assert!(!stays(Some(&report(&[])), &pipeline(2, false)));
        assert!(!stays(None, &pipeline(3, false)) && !stays(None, &pipeline(2, true)));
    }

    #[test]
    fn what_a_person_must_fix_is_stalled() {
        let none = LogPipelineStatus::default();
        let stalled = |report: &Report| {
            let findings = Known::new(Some(report), &none, at(9)).findings();
            findings
                .into_iter()
                .find(|finding| finding.type_ == STALLED)
                .map(|finding| (finding.reason, finding.message))
        };
        let of_topics = |problems| stalled(&Report { topics: Some(topics(9, problems)), ..report(&[healthy()]) });
        let expected = ("PartitionsDecreaseRefused".to_owned(), "b: PartitionsDecreaseRefused it is".to_owned());
        assert_eq!(of_topics(&[("a", "Reassigning"), ("b", "PartitionsDecreaseRefused")]), Some(expected));
        assert_eq!(of_topics(&[("a", "Reassigning")]), None);
        let unsynced = |reason: &str| stalled(&report(&[Finding::new(SYNCED, false, reason, "why")]));
        assert_eq!(unsynced("Forbidden"), Some(("Forbidden".to_owned(), "why".to_owned())));
        assert_eq!(unsynced("KafkaUnreachable"), None, "Kafka may come back");
    }
}
