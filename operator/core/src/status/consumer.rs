//! Status of a Consumer.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kafkapipelines_crds::{Consumer, ConsumerStatus, LogPipeline};
use kube::ResourceExt;

use super::Verdict;
use crate::conditions::{self, AT_RISK, DELIVERING, Finding, NO_LOSS, READY, STALLED};
use crate::consumer::rollback::{Rollout, is_rolled_out};
use crate::consumer_health::report::{ConsumerReport, Figures};
use crate::labels;
use crate::pod_state::PodState;

/// What was observed of a consumer.
#[derive(Clone, Debug)]
pub struct Observed<'a> {
    /// The object.
    pub object: &'a Consumer,
    /// Its newest known status.
    pub before: &'a ConsumerStatus,
    /// Its pipeline, if there is one.
    pub pipeline: Option<&'a LogPipeline>,
    /// What was found wrong.
    pub verdict: &'a Verdict,
    /// Its Deployment as last seen; `None` also while a write of it has not been seen.
    pub deployment: Option<&'a Deployment>,
    /// Its members, by name.
    pub members: &'a [PodState],
    /// How many of them there are to be.
    pub wanted: i32,
    /// How the newest rollout stands.
    pub rollout: &'a Rollout,
    /// The newest look at how it does, once there was one.
    pub report: Option<&'a ConsumerReport>,
}

/// Conditions that come from a look at how it does.
const LOOKED_AT: [&str; 3] = [NO_LOSS, DELIVERING, AT_RISK];

/// Topics that the status names.
const TOPICS_SHOWN: usize = 10;

/// Reason of a consumer whose members were brought back to the last good revision.
const ROLLED_BACK: &str = "RolledBack";

/// The status to write.
pub fn status(observed: &Observed<'_>, now: Timestamp) -> ConsumerStatus {
    let Observed { object, before, members, wanted, report, rollout, .. } = observed;
    let spec = &object.spec;
    let selector = labels::consumer_selector(&spec.pipeline, &object.name_any());
    let figures = report.and_then(|report| report.figures.clone());
    let figure = |now: fn(&Figures) -> i64, before: Option<i64>| figures.as_ref().map(now).or(before);
    ConsumerStatus {
        observed_generation: object.metadata.generation,
        conditions: conditions_of(observed, now),
        replicas: count(members.iter().filter(|member| !member.terminating)),
        ready_members: Some(format!("{}/{wanted}", serving(members).min(*wanted))),
        topics: Some(topics(observed)),
        sinks: Some(spec.sinks.iter().map(|sink| sink.name.as_str()).collect::<Vec<_>>().join(",")),
        selector: Some(labels::to_query(&selector)),
        config_hash: config_hash(members).or_else(|| before.config_hash.clone()),
        last_good: rollout.last_good.clone(),
        rolled_back: rollout.rolled_back.clone(),
        group: report.and_then(|report| report.group.clone()).or_else(|| before.group.clone()),
        lag: figure(|figures| figures.lag, before.lag),
        time_lag: figures.as_ref().map(|figures| figures.time_lag.clone()).or_else(|| before.time_lag.clone()),
        lines_per_second: figure(|figures| figures.lines_per_second, before.lines_per_second),
        dead_letters_last_hour: figure(|figures| figures.dead_letters_last_hour, before.dead_letters_last_hour),
        last_delivery: report
            .and_then(|report| report.last_delivery)
            .map(Time)
            .or_else(|| before.last_delivery.clone()),
        loss: report.map_or_else(|| before.loss.clone(), |report| report.loss.clone()),
        seek: before.seek.clone(),
        replay: before.replay.clone(),
    }
}

/// The topics in short: those that a pattern matches once Kafka was asked, and it itself while there are none.
fn topics(Observed { object, before, report, .. }: &Observed<'_>) -> String {
    let Some(pattern) = &object.spec.topic_pattern else { return object.spec.topics.join(",") };
    let generation = object.metadata.generation;
    let found = report.filter(|report| report.generation == generation).and_then(|report| report.topics.as_ref());
    match found {
        Some(found) if found.is_empty() => pattern.clone(),
        Some(found) => conditions::sentence(found.iter(), TOPICS_SHOWN).replace("; ", ","),
        None => before
            .topics
            .clone()
            .filter(|_| before.observed_generation == generation)
            .unwrap_or_else(|| pattern.clone()),
    }
}

/// `Ready` first. Until there was a look, what was seen last stays.
fn conditions_of(observed: &Observed<'_>, now: Timestamp) -> Vec<Condition> {
    let Observed { object, before, verdict, report, .. } = observed;
    let ready = verdict.not_ready().unwrap_or_else(|| ready(observed));
    let given_up =
        (ready.reason == ROLLED_BACK).then(|| Finding::new(STALLED, true, ROLLED_BACK, ready.message.clone()));
    let seen = report.iter().flat_map(|report| report.findings.iter().cloned());
    let findings: Vec<_> = std::iter::once(ready).chain(verdict.findings()).chain(given_up).chain(seen).collect();
    let mut conditions = conditions::merge(&before.conditions, &findings, object.metadata.generation, now);
    if report.is_none() {
        let stays = |condition: &&Condition| LOOKED_AT.contains(&condition.type_.as_str());
        conditions.extend(before.conditions.iter().filter(stays).cloned());
    }
    conditions
}

/// Readiness by what is seen of the members, and of the Kafka that they read from.
fn ready(observed: &Observed<'_>) -> Finding {
    let Observed { object, members, wanted, .. } = *observed;
    let not_ready = |reason: &str, message: String| Finding::new(READY, false, reason, message);
    let stuck: Vec<_> = members.iter().filter(|member| member.stuck.is_some() && !member.terminating).collect();
    if wanted == 0 {
        not_ready("ScaledToZero", "spec.replicas is 0: nothing reads the topics".to_owned())
    } else if let Some(told) = observed.rollout.told() {
        not_ready(ROLLED_BACK, told)
    } else if let Some(failed) = observed.rollout.failed.clone() {
        not_ready("DeadlineExceeded", failed)
    } else if !stuck.is_empty() {
        not_ready("MembersNotReady", describe(&stuck))
    } else if !observed.deployment.is_some_and(|deployment| is_rolled_out(deployment, wanted)) {
        not_ready("RolloutInProgress", "members are being brought to what the spec says".to_owned())
    } else if serving(members) < wanted {
        let down: Vec<_> = members.iter().filter(|member| !member.serves()).collect();
        not_ready("MembersNotReady", describe(&down))
    } else if !observed.pipeline.is_some_and(has_ready_node) {
        let message = format!("all members are ready, but no Kafka node of {} is", object.spec.pipeline);
        not_ready("PipelineNotReady", message)
    } else if let Some(idle) = idle(observed.report, wanted) {
        let message = format!("{idle} members serve, but Kafka has not given them partitions, though there are enough");
        not_ready("MembersIdle", message)
    } else {
        Finding::new(READY, true, "AllMembersReady", "all members are ready")
    }
}

/// Members that read nothing though there are partitions for them; none where Kafka was not asked.
fn idle(report: Option<&ConsumerReport>, wanted: i32) -> Option<i32> {
    let report = report?;
    let idle = wanted.min(report.partitions?) - report.reading_members?;
    (idle > 0).then_some(idle)
}

fn describe(members: &[&PodState]) -> String {
    let why = |member: &PodState| {
        let message = member.message.as_deref().unwrap_or("Terminating");
        format!("{}: {message}", member.name)
    };
    if members.is_empty() {
        return "there are fewer members than wanted".to_owned();
    }
    members.iter().map(|member| why(member)).collect::<Vec<_>>().join("; ")
}

fn has_ready_node(pipeline: &LogPipeline) -> bool {
    pipeline.status.as_ref().and_then(|status| status.nodes.as_ref()).is_some_and(|nodes| nodes.ready > 0)
}

/// The hash of the file that every serving member has; nothing while they differ.
fn config_hash(members: &[PodState]) -> Option<String> {
    let mut hashes =
        members.iter().filter(|member| member.serves()).map(|member| member.stamps.get(labels::CONFIG_HASH));
    let first = hashes.next()??;
    hashes.all(|hash| hash == Some(first)).then(|| first.clone())
}

fn serving(members: &[PodState]) -> i32 {
    count(members.iter().filter(|member| member.serves()))
}

fn count<T>(items: impl Iterator<Item = T>) -> i32 {
    i32::try_from(items.count()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::find;
    use crate::refusal::Refusal;
    use serde_json::json;

    fn consumer(replicas: i32) -> Consumer {
        let sink = json!({"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}});
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain", "namespace": "kafka", "generation": 3},
            "spec": {"pipeline": "logs", "replicas": replicas, "topics": ["a", "b"], "sinks": [sink], "deadLetter": {"topic": "dead"}}}))
        .unwrap()
    }

    fn pipeline(ready: i32) -> LogPipeline {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline", "metadata": {"name": "logs"},
            "spec": {"kafka": {"version": "4.3.1", "listeners": []}}, "status": {"nodes": {"desired": 3, "ready": ready, "upToDate": 3}}}))
        .unwrap()
    }

    fn deployment(observed: i64, updated: i32, replicas: i32) -> Deployment {
        serde_json::from_value(json!({"metadata": {"generation": 7},
            "status": {"observedGeneration": observed, "updatedReplicas": updated, "replicas": replicas}}))
        .unwrap()
    }

    fn member(name: &str, why: Option<&str>) -> PodState {
        PodState {
            name: name.to_owned(),
            ready: why.is_none(),
            stuck: why.filter(|why| why.ends_with("BackOff")).map(str::to_owned),
            message: why.map(str::to_owned),
            stamps: [(labels::CONFIG_HASH.to_owned(), "h1".to_owned())].into(),
            ..PodState::default()
        }
    }

    /// Members wanted, Deployment, members, ready Kafka nodes; what is said and what the message has.
    type Case<'a> = (i32, Option<&'a Deployment>, Vec<&'a PodState>, i32, &'a str, &'a str);

    /// Status and reason of `Ready`, and its message.
    fn judge(observed: &Observed<'_>) -> (String, String) {
        let status = status(observed, Timestamp::UNIX_EPOCH);
        let ready = find(&status.conditions, READY).unwrap();
        (format!("{} {}", ready.status, ready.reason), ready.message.clone())
    }

    #[test]
    fn a_whole_status() {
        let (object, before, members) =
            (consumer(2), ConsumerStatus::default(), [member("a", None), member("b", None)]);
        let (pipeline, deployment) = (pipeline(3), deployment(7, 2, 2));
        let observed = Observed {
            object: &object,
            before: &before,
            pipeline: Some(&pipeline),
            verdict: &Verdict::default(),
            deployment: Some(&deployment),
            members: &members,
            wanted: object.spec.replicas,
            rollout: &Rollout::default(),
            report: None,
        };
        insta::assert_yaml_snapshot!(status(&observed, Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn readiness_says_what_is_seen() {
        let (up, starting, crashing) =
            (member("a", None), member("b", Some("Starting")), member("b", Some("CrashLoopBackOff")));
        let (rolled_out, unseen, half) = (deployment(7, 2, 2), deployment(6, 2, 2), deployment(7, 1, 2));
        let surging = deployment(7, 2, 3);
        let cases: [Case; 10] = [
            (2, Some(&rolled_out), vec![&up, &up], 1, "True AllMembersReady", ""),
            (2, Some(&rolled_out), vec![&up, &up], 0, "False PipelineNotReady", "no Kafka node of logs"),
            (2, Some(&rolled_out), vec![&up, &starting], 1, "False MembersNotReady", "b: Starting"),
            (2, Some(&half), vec![&up, &crashing], 1, "False MembersNotReady", "b: CrashLoopBackOff"),
            (2, Some(&rolled_out), vec![&up], 1, "False MembersNotReady", "fewer members"),
            (2, Some(&half), vec![&up, &starting], 1, "False RolloutInProgress", ""),
            (2, Some(&surging), vec![&up, &up, &up], 1, "False RolloutInProgress", ""),
            (2, Some(&unseen), vec![&up, &up], 1, "False RolloutInProgress", ""),
            (2, None, vec![], 1, "False RolloutInProgress", ""),
            (0, Some(&rolled_out), vec![], 1, "False ScaledToZero", "spec.replicas"),
        ];
        for (replicas, deployment, members, nodes, expected, message) in cases {
            let members: Vec<_> = members.into_iter().cloned().collect();
            let (object, pipeline, before) = (consumer(replicas), pipeline(nodes), ConsumerStatus::default());
            let verdict = Verdict::default();
            let observed = Observed {
                object: &object,
                before: &before,
                pipeline: Some(&pipeline),
                verdict: &verdict,
                deployment,
                members: &members,
                wanted: object.spec.replicas,
                rollout: &Rollout::default(),
                report: None,
            };
            let (said, text) = judge(&observed);
            assert_eq!(said, expected, "{text}");
            assert!(text.contains(message), "{text}");
        }
    }

    #[test]
    fn topics_of_a_pattern_are_told_once_they_are_known() {
        let mut object = consumer(1);
        let (verdict, rollout, before) = (Verdict::default(), Rollout::default(), ConsumerStatus::default());
        let told = |object: &Consumer, found: Option<&[&str]>, before: &ConsumerStatus| {
            let topics = found.map(|found| found.iter().map(|name| (*name).to_owned()).collect());
            let report = ConsumerReport { generation: Some(3), topics, ..ConsumerReport::default() };
            let observed = Observed {
                object,
                before,
                pipeline: None,
                verdict: &verdict,
                deployment: None,
                members: &[],
                wanted: 1,
                rollout: &rollout,
                report: Some(&report),
            };
            status(&observed, Timestamp::UNIX_EPOCH).topics.unwrap()
        };
        assert_eq!(told(&object, Some(&["c"]), &before), "a,b");
        (object.spec.topics, object.spec.topic_pattern) = (Vec::new(), Some("l.*".to_owned()));
        assert_eq!(told(&object, Some(&["la", "lb"]), &before), "la,lb");
        let many: Vec<_> = ["l"; 12].into();
        assert!(told(&object, Some(&many), &before).ends_with("l,l,and 2 more"));
        assert_eq!(told(&object, Some(&[]), &before), "l.*");
        let before = |generation| ConsumerStatus {
            topics: Some("la".to_owned()),
            observed_generation: Some(generation),
            ..ConsumerStatus::default()
        };
        assert_eq!(
            (told(&object, None, &before(3)), told(&object, None, &before(2))),
            ("la".to_owned(), "l.*".to_owned())
        );
    }

    #[test]
    fn a_refused_spec_is_not_ready_and_names_the_field_though_the_members_run() {
        let (object, before, members) = (consumer(1), ConsumerStatus::default(), [member("a", None)]);
        let refusal = Refusal::new("DeadLetterLoop", "spec.deadLetter.topic", "a", "name another topic");
        let verdict = Verdict { refusals: vec![refusal], ..Verdict::default() };
        let observed = Observed {
            object: &object,
            before: &before,
            pipeline: None,
            verdict: &verdict,
            deployment: None,
            members: &members,
            wanted: object.spec.replicas,
            rollout: &Rollout::default(),
            report: None,
        };
        let (said, message) = judge(&observed);
        assert_eq!(said, "False DeadLetterLoop");
        assert!(message.contains("spec.deadLetter.topic: a: name another topic"), "{message}");
        assert_eq!(status(&observed, Timestamp::UNIX_EPOCH).ready_members.as_deref(), Some("1/1"));
    }

    #[test]
    fn while_it_scales_down_no_more_members_are_counted_than_are_wanted() {
        let members = [member("a", None), member("b", None)];
        let (object, before, verdict) = (consumer(1), ConsumerStatus::default(), Verdict::default());
        let observed = Observed {
            object: &object,
            before: &before,
            pipeline: None,
            verdict: &verdict,
            deployment: None,
            members: &members,
            wanted: object.spec.replicas,
            rollout: &Rollout::default(),
            report: None,
        };
        let status = status(&observed, Timestamp::UNIX_EPOCH);
        assert_eq!((status.ready_members.as_deref(), status.replicas), (Some("1/1"), 2));
    }

    #[test]
    fn what_was_seen_last_stays_until_there_is_a_look() {
        let finding = |type_, status: bool| Finding::new(type_, status, "Seen", "");
        let seen = [finding(NO_LOSS, false), finding(DELIVERING, true), finding(AT_RISK, true)];
        let before = ConsumerStatus {
            conditions: conditions::merge(&[], &seen, Some(1), Timestamp::UNIX_EPOCH),
            lag: Some(1200),
            time_lag: Some("30m".to_owned()),
            ..ConsumerStatus::default()
        };
        let (object, verdict, members) = (consumer(1), Verdict::default(), [member("a", None)]);
        let told = |report: Option<&ConsumerReport>| {
            let observed = Observed {
                object: &object,
                before: &before,
                pipeline: None,
                verdict: &verdict,
                deployment: None,
                members: &members,
                wanted: 1,
                rollout: &Rollout::default(),
                report,
            };
            let status = status(&observed, Timestamp::UNIX_EPOCH);
            let types: Vec<_> = status.conditions.into_iter().map(|condition| condition.type_).collect();
            (types.join(" "), status.lag, status.time_lag)
        };
        let stays = "Ready Accepted NoLoss Delivering AtRisk";
        assert_eq!(told(None), (stays.to_owned(), Some(1200), Some("30m".to_owned())));
        let figures = Figures { lag: 7, time_lag: "0s".to_owned(), ..Figures::default() };
        let report = ConsumerReport {
            figures: Some(figures),
            findings: vec![finding(NO_LOSS, true)],
            ..ConsumerReport::default()
        };
        assert_eq!(told(Some(&report)), ("Ready Accepted NoLoss".to_owned(), Some(7), Some("0s".to_owned())));
    }

    #[test]
    fn the_hash_is_the_one_that_all_members_run() {
        let mut newer = member("b", None);
        newer.stamps = [(labels::CONFIG_HASH.to_owned(), "h2".to_owned())].into();
        let older = member("a", None);
        assert_eq!(config_hash(&[older.clone(), older.clone()]).as_deref(), Some("h1"));
        assert_eq!(config_hash(&[older.clone(), newer.clone()]), None);
        newer.ready = false;
        assert_eq!(config_hash(&[older, newer]).as_deref(), Some("h1"));
        assert_eq!(config_hash(&[]), None);
    }
}
