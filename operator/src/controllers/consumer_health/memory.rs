//! What is remembered of a consumer from one look to the next, and what comes of it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use kafkapipelines_core::cluster::topics::TopicPartition;
use kafkapipelines_core::conditions::{self, AT_RISK, DELIVERING, Finding, WARNING};
use kafkapipelines_core::consumer_health::figures::{Figure, Of, Tolerance};
use kafkapipelines_core::consumer_health::loss::{self, Lost};
use kafkapipelines_core::consumer_health::reading::{Offsets, Reading};
use kafkapipelines_core::consumer_health::report::{ConsumerReport, Figures};
use kafkapipelines_core::consumer_health::start::{self, Start};
use kafkapipelines_core::consumer_health::{age, delivery, risk, topics};
use kafkapipelines_core::consumer_seek::plan;
use kafkapipelines_crds::{Consumer, ConsumerGroupStatus, LossStatus, SeekPartition, SeekPhase, SeekStatus};
use kafkapipelines_kafka::calls::groups::Group;
use kube::ResourceExt as _;
use tokio::time::Instant;

use super::absences::Absences;
use super::kafka::{Basics, Progress};
use super::members::Counted;
use super::metrics::Picture;
use super::{members, probe};

/// What members count is compared no sooner than after this time.
const SAMPLE: Duration = Duration::from_secs(10);
/// Looks that find fewer members at work before it is told: members change places.
const PATIENCE: u32 = 3;
/// While lines flow, the time of the last is told so exactly.
const EXACT: SignedDuration = SignedDuration::from_hours(1);
/// After so long without a line that was read, though some wait, nothing flows.
const STILL: SignedDuration = SignedDuration::from_mins(2);

/// What is remembered of one consumer.
#[derive(Default)]
pub(super) struct Memory {
    /// When it was looked at last.
    pub(super) looked_at: Option<Instant>,
    /// The Pods that served then.
    pub(super) served: Vec<String>,
    pub(super) members: members::Memory,
    pub(super) probe: probe::Memory,
    pub(super) absences: Absences,
    pub(super) report: ConsumerReport,
    pub(super) picture: Picture,
    sampled_at: Option<Instant>,
    /// What its status told was taken over.
    begun: bool,
    /// The newest seek that was taken note of.
    sought: Option<String>,
    reading: Option<(Reading, Timestamp)>,
    expired: Offsets,
    lag: Figure,
    age: Figure,
    rate: Figure,
    letters: Figure,
    flowed_at: Option<Timestamp>,
    fewer: u32,
    delivering: Option<Finding>,
    unread: Option<Finding>,
    risks: Vec<Finding>,
}

impl Memory {
    /// Takes over what the status tells: all at the first look of this process, and each seek.
    pub(super) fn begin(&mut self, object: &Consumer) {
        if !std::mem::replace(&mut self.begun, true) {
            self.take_over(object);
        }
        let seek = object.status.as_ref().and_then(|status| status.seek.as_ref());
        if let Some(seek) = seek.filter(|seek| seek.phase == SeekPhase::Done && self.sought.as_ref() != Some(&seek.id))
        {
            self.moved(seek);
        }
    }

    /// The group was moved: what it reads is counted from there, and what it had read before is not lost when Kafka deletes it.
    fn moved(&mut self, seek: &SeekStatus) {
        self.sought = Some(seek.id.clone());
        if let Some((reading, _)) = &mut self.reading {
            reading.set_to(plan::wanted(&seek.partitions));
        }
        for SeekPartition { topic, partition, from, .. } in &seek.partitions {
            let counted = self.expired.entry(TopicPartition::new(topic, *partition)).or_default();
            *counted = from.unwrap_or_default().max(*counted);
        }
    }

    fn take_over(&mut self, object: &Consumer) {
        let status = object.status.clone().unwrap_or_default();
        let told = |type_: &'static str| {
            let told = conditions::find(&status.conditions, type_)?;
            Some(Finding::new(type_, told.status == "True", told.reason.clone(), told.message.clone()))
        };
        self.delivering = told(DELIVERING);
        self.risks = told(AT_RISK).into_iter().collect();
        self.lag = Figure::told(status.lag);
        let age = status.time_lag.as_deref().and_then(age::parse);
        self.age = Figure::told(age.and_then(|age| i64::try_from(age.as_secs()).ok()));
        self.rate = Figure::told(status.lines_per_second);
        self.letters = Figure::told(status.dead_letters_last_hour);
        self.report.last_delivery = status.last_delivery.map(|at| at.0);
        self.report.loss = status.loss;
    }

    /// Whether what members count is to be compared now; then it is.
    pub(super) fn takes_sample(&mut self) -> bool {
        let due = self.sampled_at.is_none_or(|at| at.elapsed() >= SAMPLE);
        if due {
            self.sampled_at = Some(Instant::now());
        }
        due
    }

    /// What the members have counted since.
    pub(super) async fn counted(
        &mut self,
        http: &super::super::http::Http,
        object: &Consumer,
        mut counted: Counted,
        now: Timestamp,
    ) {
        self.lose(&counted.lost, now);
        if self.reading.as_ref().is_some_and(|(reading, _)| reading.lag() == 0) {
            delivery::nothing_waits(&mut counted.troubles);
        }
        self.probe.look(http, &object.spec, &counted.troubles).await;
        self.picture.blocked = counted.troubles.iter().map(|(sink, of)| (sink.clone(), !of.is_empty())).collect();
        self.picture.unread = counted.unread.len();
        if self.served.is_empty() {
            self.delivering = None;
        } else if !counted.troubles.is_empty() && !counted.undecided {
            self.delivering = Some(delivery::finding(&counted.troubles, &self.probe.answers));
        }
        let names = counted.unread.join(", ");
        self.unread = (!counted.unread.is_empty()).then(|| {
            let message = format!(
                "the metrics of {names} cannot be read at port 9598: whether lines are lost or refused is not known"
            );
            Finding::new(WARNING, true, "MetricsUnreachable", message)
        });
    }

    fn lose(&mut self, lost: &Lost, now: Timestamp) {
        let before = self.reading.as_ref().map(|(reading, _)| reading.places()).unwrap_or_default();
        self.report.loss = loss::add(self.report.loss.take(), lost, &before, now);
    }

    /// What its topics are like, and who is in its group.
    pub(super) fn basics(&mut self, object: &Consumer, basics: &Basics) {
        self.report.start = Some(start::start(&object.spec, &basics.facts, basics.may_work));
        self.report.topics = Some(topics::names(&object.spec, &basics.facts));
        self.report.partitions = topics::partitions(&object.spec, &basics.facts);
        self.report.generation = object.metadata.generation;
        self.group(&basics.group);
    }

    /// A group that is sharing out its partitions tells nothing.
    fn group(&mut self, group: &Group) {
        if !group.is_settled() {
            return;
        }
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let reading = count(group.members.iter().filter(|member| member.partitions > 0).count());
        let is_fewer = self.report.reading_members.is_some_and(|told| reading < told);
        self.fewer = if is_fewer { self.fewer + 1 } else { 0 };
        if is_fewer && self.fewer < PATIENCE {
            return;
        }
        self.report.reading_members = Some(reading);
        self.report.group = Some(ConsumerGroupStatus {
            members: count(group.members.len()),
            assigned: count(group.members.iter().map(|member| member.partitions).sum()),
            partitions: self.report.partitions.unwrap_or_default(),
        });
    }

    /// How far the group has read.
    pub(super) fn progress(&mut self, object: &Consumer, basics: &Basics, progress: Progress, now: Timestamp) {
        let Progress { reading, age, old, dead_letters_last_hour } = progress;
        self.expire(object, &reading, now);
        let (read, seconds) = match &self.reading {
            Some((before, at)) => (reading.read_since(before), now.duration_since(*at).as_secs().max(1)),
            None => (0, 1),
        };
        let (lag, seconds_behind) = (reading.lag(), i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        self.delivered(read, lag, now);
        let told_age = self.age.note(seconds_behind, Of::Highest, Tolerance::None, now);
        self.report.figures = Some(Figures {
            lag: self.lag.note(lag, Of::Highest, Tolerance::Double, now),
            time_lag: age::text(Duration::from_secs(u64::try_from(told_age).unwrap_or_default())),
            lines_per_second: self.rate.note(read / seconds, Of::Mean, Tolerance::Half, now),
            dead_letters_last_hour: self.letters.note(dead_letters_last_hour, Of::Highest, Tolerance::Half, now),
        });
        self.picture.lag = reading.lag_by_topic();
        self.picture.time_lag = Some(seconds_behind);
        self.picture.dead_letters_last_hour = Some(dead_letters_last_hour);
        self.risks = risk::findings(&object.spec, &basics.facts, &old);
        if self.served.is_empty() {
            // Nobody writes dead letters; what the first member waits for is told anyway.
            self.risks.retain(|risk| risk.reason == "RetentionNear");
        }
        self.reading = Some((reading, now));
    }

    fn expire(&mut self, object: &Consumer, reading: &Reading, now: Timestamp) {
        let expired = reading.newly_expired(&mut self.expired);
        let is_told = |loss: &LossStatus| loss.components.iter().any(|component| component.name == loss::RETENTION);
        let known =
            self.report.loss.as_ref().is_some_and(is_told) || loss::acknowledged(object.annotations()).is_some();
        if self.reading.is_some() || !known {
            self.lose(&Lost::from([(loss::RETENTION.to_owned(), u64::try_from(expired).unwrap_or_default())]), now);
        }
    }

    fn delivered(&mut self, read: i64, lag: i64, now: Timestamp) {
        let told = self.report.last_delivery;
        if read > 0 {
            self.flowed_at = Some(now);
            if told.is_none_or(|told| now.duration_since(told) >= EXACT) {
                self.report.last_delivery = now.round(Unit::Second).ok();
            }
        } else if let Some(flowed) = self.flowed_at.filter(|flowed| lag > 0 && now.duration_since(*flowed) >= STILL) {
            self.report.last_delivery = flowed.round(Unit::Second).ok();
        }
    }

    /// All conditions, and what of the loss nobody has acknowledged.
    pub(super) fn conclude(&mut self, object: &Consumer) {
        let acknowledged = loss::acknowledged(object.annotations());
        self.report.loss = loss::unacknowledged(self.report.loss.take(), acknowledged);
        let told = self.report.loss.as_ref();
        self.picture.lost = told.map_or(0, |told| told.lines);
        let no_loss = loss::finding(told, &object.namespace().unwrap_or_default(), &object.name_any());
        let others = self.delivering.iter().chain(&self.unread).chain(&self.risks).cloned();
        self.report.findings = std::iter::once(no_loss).chain(others).collect();
    }

    /// Whether something is awaited that Kafka does not announce: that members may start, or that they are given partitions.
    pub(super) fn is_awaiting(&self) -> bool {
        let reading = self.report.reading_members.unwrap_or_default();
        let served = i32::try_from(self.served.len()).unwrap_or(i32::MAX);
        let wanted = self.report.partitions.map_or(served, |partitions| served.min(partitions));
        self.report.start != Some(Start::May) || reading < wanted || self.fewer > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn offsets(offset: i64) -> Offsets {
        Offsets::from([(TopicPartition::new("logs", 0), offset)])
    }

    fn reading(committed: i64, earliest: i64) -> Reading {
        let end = offsets(1_000);
        Reading { committed: offsets(committed), earliest: offsets(earliest), end, ..Reading::default() }
    }

    fn consumer(seek: Option<(i64, i64)>) -> Consumer {
        let seek = seek.map(|(from, to)| {
            let partition = json!({"topic": "logs", "partition": 0, "from": from, "to": to});
            json!({"id": "a", "to": "earliest", "phase": "Done", "partitions": [partition]})
        });
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain", "namespace": "kafka"}, "status": {"seek": seek},
            "spec": {"pipeline": "pipe", "topics": ["logs"], "sinks": [], "deadLetter": {"topic": "dead"}}}))
        .unwrap()
    }

    #[test]
    fn a_group_that_is_set_back_or_forward_is_counted_from_there() {
        for (from, to, now, read) in [(500, 100, 130, 30), (500, 900, 910, 10), (500, 900, 900, 0)] {
            let mut memory =
                Memory { begun: true, reading: Some((reading(from, 0), Timestamp::UNIX_EPOCH)), ..Memory::default() };
            memory.begin(&consumer(Some((from, to))));
            assert_eq!(reading(now, 0).read_since(&memory.reading.as_ref().unwrap().0), read, "{from} {to} {now}");
            memory.reading = Some((reading(now, 0), Timestamp::UNIX_EPOCH));
            memory.begin(&consumer(Some((from, to))));
            assert_eq!(memory.reading.unwrap().0.committed, offsets(now), "a seek is taken note of once");
        }
    }

    #[test]
    fn what_was_read_before_a_seek_back_is_not_lost_when_kafka_deletes_it() {
        let expired = |seek, earliest| {
            let (object, mut memory) = (consumer(seek), Memory::default());
            memory.begin(&object);
            memory.expire(&object, &reading(100, earliest), Timestamp::UNIX_EPOCH);
            memory.report.loss.map_or(0, |loss| loss.lines)
        };
        assert_eq!(expired(None, 400), 300);
        assert_eq!(expired(Some((500, 100)), 400), 0, "also when the operator starts anew");
        assert_eq!(expired(Some((500, 100)), 520), 20);
    }
}
