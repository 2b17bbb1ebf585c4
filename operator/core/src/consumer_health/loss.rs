//! Lines that reached neither the store nor the dead letters. What was lost is kept in the status until a person says that he knows it.

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kafkapipelines_crds::{LossComponentStatus, LossStatus};

use super::counters::Counters;
use super::figures;
use super::reading::Offsets;
use crate::cluster::topics::TopicPartition;
use crate::conditions::{self, Finding, NO_LOSS};
use crate::labels::LOSS_ACKNOWLEDGED;

/// Stands for a component where Kafka has deleted lines that nobody had read.
pub const RETENTION: &str = "_retention";

/// Components that a status takes.
const MOST_COMPONENTS: usize = 20;
/// Offsets that a status takes.
pub const MOST_OFFSETS: usize = 100;
/// Offsets that a message names.
const SHOWN: usize = 5;

/// Lines by the component that lost them.
pub type Lost = BTreeMap<String, u64>;

/// What is told, with what was lost since. `before` is how far the group had read before; the first loss that is not acknowledged counts.
#[must_use]
pub fn add(told: Option<LossStatus>, lost: &Lost, before: &Offsets, now: Timestamp) -> Option<LossStatus> {
    if lost.values().all(|lines| *lines == 0) {
        return told;
    }
    let known = told.unwrap_or_else(|| LossStatus {
        lines: 0,
        at: Time(now),
        components: Vec::new(),
        rewind_to: before.iter().take(MOST_OFFSETS).map(offset_text).collect(),
    });
    let LossStatus { lines, mut components, rewind_to, .. } = known;
    for (name, more) in lost {
        let more = i64::try_from(*more).unwrap_or(i64::MAX);
        let full = components.len() >= MOST_COMPONENTS;
        match components.iter_mut().find(|component| component.name == *name) {
            Some(component) => component.lines = component.lines.saturating_add(more),
            None if full => {}
            None => components.push(LossComponentStatus { name: name.clone(), lines: more }),
        }
    }
    let all = lost.values().fold(0_u64, |sum, lines| sum.saturating_add(*lines));
    let lines = lines.saturating_add(i64::try_from(all).unwrap_or(i64::MAX));
    Some(LossStatus { lines, at: Time(whole_second(now)), components, rewind_to })
}

/// The annotation takes what the status shows, and that has whole seconds.
fn whole_second(now: Timestamp) -> Timestamp {
    now.round(Unit::Second).unwrap_or(now)
}

fn offset_text((TopicPartition { topic, partition }, offset): (&TopicPartition, &i64)) -> String {
    format!("{topic}-{partition}@{offset}")
}

/// Up to when losses are acknowledged, by the object's annotations.
pub fn acknowledged(annotations: &BTreeMap<String, String>) -> Option<Timestamp> {
    annotations.get(LOSS_ACKNOWLEDGED)?.trim().parse().ok()
}

/// What is told, unless a person knows it.
#[must_use]
pub fn unacknowledged(told: Option<LossStatus>, acknowledged: Option<Timestamp>) -> Option<LossStatus> {
    told.filter(|told| acknowledged.is_none_or(|until| until < told.at.0))
}

/// What a member has lost that was there before the operator looked, and that nobody was told of: neither is a loss told that is newer than
/// the member, nor was one acknowledged since it began.
pub fn untold(
    counters: &Counters,
    began: Option<Timestamp>,
    told: Option<&LossStatus>,
    acknowledged: Option<Timestamp>,
) -> Lost {
    let newest = told.map(|told| told.at.0).into_iter().chain(acknowledged).max();
    let is_told = newest.is_some_and(|newest| began.is_none_or(|began| newest >= began));
    if is_told { Lost::new() } else { counters.discarded.clone() }
}

/// Whether nothing was lost.
pub fn finding(told: Option<&LossStatus>, namespace: &str, name: &str) -> Finding {
    let Some(LossStatus { lines, at, components, rewind_to }) = told else {
        return Finding::new(
            NO_LOSS,
            true,
            "NothingLost",
            "every line reached a store or the dead letters, or waits in Kafka",
        );
    };
    let expired = components.iter().all(|component| component.name == RETENTION);
    let message = if expired {
        let lines = if *lines > 99 { format!("more than {}", figures::rounded(*lines - 1)) } else { lines.to_string() };
        format!(
            "Kafka deleted {lines} lines that were not read yet: they are gone; {}",
            acknowledge(namespace, name, at)
        )
    } else {
        // Of a request of which one line is refused, Vector counts all.
        let lines = if *lines > 99 { format!("up to {lines}") } else { lines.to_string() };
        let names: Vec<_> = components.iter().map(|component| component.name.as_str()).collect();
        let (rewind, to) = if rewind_to.is_empty() {
            ("how far the group had read before is not known".to_owned(), "TIME")
        } else {
            (format!("before that the group was at {}", conditions::sentence(rewind_to.iter(), SHOWN)), "loss")
        };
        format!(
            "{lines} lines were discarded by {}; {rewind}: kubectl kafkapipelines consumer seek {name} -n {namespace} --to {to} reads them again; {}",
            names.join(", "),
            acknowledge(namespace, name, at)
        )
    };
    Finding::new(NO_LOSS, false, if expired { "LinesExpired" } else { "LinesDiscarded" }, message)
}

fn acknowledge(namespace: &str, name: &str, at: &Time) -> String {
    format!(
        "when that is dealt with: kubectl annotate consumer {name} -n {namespace} --overwrite {LOSS_ACKNOWLEDGED}={}",
        at.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lost(component: &str, lines: u64) -> Lost {
        Lost::from([(component.to_owned(), lines)])
    }

    fn offsets(count: i32) -> Offsets {
        (0..count).map(|index| (TopicPartition::new("logs", index), i64::from(index) * 10)).collect()
    }

    fn said(told: Option<&LossStatus>) -> String {
        let Finding { status, reason, message, .. } = finding(told, "kafka", "drain");
        format!("{} {reason}: {message}", status.as_str())
    }

    #[test]
    fn losses_add_up_and_the_offsets_before_the_first_stay() {
        assert_eq!(add(None, &lost("store", 0), &offsets(2), at(5)), None);
        let told = add(None, &lost("store", 3), &offsets(7), at(10));
        let told =
            add(told, &Lost::from([("store".to_owned(), 2), ("_dead_letters".to_owned(), 1)]), &offsets(1), at(20));
        let told = told.unwrap();
        assert_eq!((told.lines, told.at.0, told.components.len()), (6, at(20), 2));
        assert_eq!(told.rewind_to[..2], ["logs-0@0", "logs-1@10"]);
        let said = said(Some(&told));
        assert!(said.starts_with("False LinesDiscarded: 6 lines were discarded by store, _dead_letters; before that the group was at logs-0@0; "), "{said}");
        assert!(said.contains("logs-4@40; and 2 more: "), "{said}");
        assert!(said.ends_with("kubectl annotate consumer drain -n kafka --overwrite kafkapipelines.io/loss-acknowledged=1970-01-01T00:00:20Z"), "{said}");
    }

    #[test]
    fn what_kafka_deleted_cannot_be_read_again() {
        let told = add(None, &lost(RETENTION, 1_234), &offsets(1), at(10));
        let said = said(told.as_ref());
        assert!(
            said.starts_with(
                "False LinesExpired: Kafka deleted more than 1200 lines that were not read yet: they are gone;"
            ),
            "{said}"
        );
    }

    #[test]
    fn a_status_takes_no_more_than_it_may() {
        let mut told = None;
        for index in 0..50 {
            told = add(told, &lost(&format!("sink-{index}"), u64::MAX), &offsets(500), at(1));
        }
        let told = told.unwrap();
        assert_eq!((told.components.len(), told.rewind_to.len(), told.lines), (20, 100, i64::MAX));
        assert!(said(Some(&told)).contains(&format!(": up to {} lines were discarded by sink-0, ", i64::MAX)));
    }

    #[test]
    fn a_loss_is_told_until_somebody_knows_it() {
        let annotated = |text: &str| acknowledged(&BTreeMap::from([(LOSS_ACKNOWLEDGED.to_owned(), text.to_owned())]));
        let told = add(None, &lost("store", 3), &Offsets::new(), "1970-01-01T00:01:40.4Z".parse().unwrap());
        assert!(said(told.as_ref()).contains("how far the group had read before is not known"));
        for (annotation, stays) in [
            ("1970-01-01T00:01:39Z", true),
            ("yes", true),
            ("1970-01-01T00:01:40Z", false),
            ("2030-01-01T00:00:00+02:00", false),
        ] {
            assert_eq!(unacknowledged(told.clone(), annotated(annotation)).is_some(), stays, "{annotation}");
        }
        assert_eq!(said(None), "True NothingLost: every line reached a store or the dead letters, or waits in Kafka");
    }

    #[test]
    fn what_was_lost_while_nobody_looked_is_told_once() {
        let counters = Counters { discarded: lost("store", 7), ..Counters::default() };
        let told = add(None, &lost("store", 7), &Offsets::new(), at(100));
        for (began, told, acknowledged, expected) in [
            (Some(at(50)), None, None, 7),
            (Some(at(50)), told.as_ref(), None, 0),
            (Some(at(150)), told.as_ref(), None, 7),
            (Some(at(50)), None, Some(at(100)), 0),
            (Some(at(150)), None, Some(at(100)), 7),
            (None, told.as_ref(), None, 0),
        ] {
            let lines: u64 = untold(&counters, began, told, acknowledged).values().sum();
            assert_eq!(lines, expected, "{began:?} {told:?} {acknowledged:?}");
        }
    }
}
