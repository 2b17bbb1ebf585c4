//! How the Kafka of a pipeline is, in one line.

use kafkapipelines_crds::{LogPipelineStatus, PartitionsStatus};

use crate::readiness::{BAD, DOUBTFUL};

/// From this percentage on, a disk is told in colour.
const FULL: i32 = 85;

/// Partitions, voters and the fullest disk, as far as the operator has looked.
pub fn line(status: &LogPipelineStatus) -> Option<String> {
    let voters = status.controller_quorum.as_ref().map(|quorum| quorum.voters.as_slice()).unwrap_or_default();
    let ids: Vec<_> = voters.iter().map(ToString::to_string).collect();
    let facts = [
        status.partitions.as_ref().map(partitions),
        (!ids.is_empty()).then(|| format!("voters {}", ids.join(" "))),
        status.fullest_disk_percent.map(disk),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    (!facts.is_empty()).then(|| facts.join("; "))
}

fn partitions(partitions: &PartitionsStatus) -> String {
    let PartitionsStatus { total, under_replicated, under_min_isr, offline, reassigning } = partitions;
    let told = [
        (BAD, *offline, "offline"),
        (BAD, *under_min_isr, "under min.insync.replicas"),
        (DOUBTFUL, *under_replicated, "under-replicated"),
        (DOUBTFUL, *reassigning, "being moved"),
    ];
    let told = told.into_iter().filter(|(_, count, _)| *count > 0);
    let told: Vec<_> = told.map(|(style, count, what)| format!("{style}{count} {what}{style:#}")).collect();
    if told.is_empty() {
        format!("{total} partitions in sync")
    } else {
        format!("{total} partitions: {}", told.join(", "))
    }
}

fn disk(percent: i32) -> String {
    let text = format!("fullest disk {percent} %");
    if percent >= FULL { format!("{DOUBTFUL}{text}{DOUBTFUL:#}") } else { text }
}
