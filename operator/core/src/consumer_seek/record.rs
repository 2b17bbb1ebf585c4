//! What the status tells of a seek, and whether members are to stay stopped.

use jiff::{Timestamp, Unit};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kafkapipelines_crds::{SeekPhase, SeekStatus};

use super::plan::Plan;
use super::request::Request;
use crate::refusal::Refusal;

/// Partitions that a status takes.
const MOST_PARTITIONS: usize = 1000;
/// Characters of a message that a status takes.
const MOST_CHARACTERS: usize = 1000;

/// What a seek of a suspended pipeline waits for.
pub const SUSPENDED: &str = "waits for the end of the pipeline's suspension";

/// What was last done for a seek.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeekReport {
    /// The newest state that may not be on record yet.
    pub status: Option<SeekStatus>,
    /// Why what was asked for cannot be read.
    pub refusal: Option<Refusal>,
}

/// Whether what was told last is on record, whatever it waits for meanwhile.
pub fn is_same_step(told: &SeekStatus, recorded: Option<&SeekStatus>) -> bool {
    recorded.is_some_and(|recorded| (&told.id, told.phase) == (&recorded.id, recorded.phase))
}

/// Why there are to be no members now: reason and message. Only what is on record counts, so that nobody starts before the end is.
pub fn held(recorded: Option<&SeekStatus>) -> Option<(&'static str, String)> {
    let recorded = recorded.filter(|recorded| is_held(recorded.phase))?;
    let message = format!(
        "members are stopped while the offsets of the group are moved to {}; they start again by themselves",
        recorded.to
    );
    Some(("Seeking", message))
}

fn is_held(phase: SeekPhase) -> bool {
    matches!(phase, SeekPhase::Stopping | SeekPhase::Setting)
}

/// A seek that has not begun.
pub fn pending(request: &Request) -> SeekStatus {
    SeekStatus { id: request.id.to_string(), to: request.to.to_string(), ..SeekStatus::default() }
}

/// What is due could not be done, and is tried again: of what is `under_way`, or else of what is asked for.
pub fn awaiting(request: Option<&Request>, under_way: Option<&SeekStatus>, why: &str) -> Option<SeekStatus> {
    let told = under_way.cloned().or_else(|| request.map(pending))?;
    Some(waits(&told, why))
}

/// It waits for something.
pub fn waits(recorded: &SeekStatus, message: &str) -> SeekStatus {
    SeekStatus { message: Some(shown(message)), ..recorded.clone() }
}

/// Members begin to stop, so that the offsets of `group` can be moved.
pub fn stopping(recorded: SeekStatus, group: String, now: Timestamp) -> SeekStatus {
    let message = Some("waits for members to stop".to_owned());
    let (group, started_at) = (Some(group), Some(whole_second(now)));
    SeekStatus { phase: SeekPhase::Stopping, group, started_at, message, ..recorded }
}

/// It ends before anything was moved.
pub fn failed(recorded: SeekStatus, why: &str, now: Timestamp) -> SeekStatus {
    let message = Some(shown(&format!("nothing was moved: {why}")));
    SeekStatus { phase: SeekPhase::Failed, message, finished_at: Some(whole_second(now)), ..recorded }
}

/// It ends, and what was to be moved may have been, or a part of it.
pub fn half_done(recorded: &SeekStatus, why: &str, now: Timestamp) -> SeekStatus {
    let cause = recorded.message.as_deref().map(|cause| format!(": it {cause}")).unwrap_or_default();
    let message = Some(shown(&format!("some offsets may have been moved: {why}{cause}; ask for it again")));
    SeekStatus { phase: SeekPhase::Failed, message, finished_at: Some(whole_second(now)), ..recorded.clone() }
}

/// What is moved is settled.
pub fn settled(request: &Request, recorded: &SeekStatus, plan: Plan, now: Timestamp) -> SeekStatus {
    let counted = SeekStatus { lines_again: plan.again, lines_skipped: plan.skipped, ..recorded.clone() };
    if plan.partitions.len() > MOST_PARTITIONS {
        let why = format!("it is more than {MOST_PARTITIONS} partitions: ask for one topic after the other");
        return failed(counted, &why, now);
    }
    if !request.dry_run && !request.skip_lines && plan.skipped > 0 {
        let why = format!(
            "{} lines that were never read would be passed over, and nobody has agreed to that (--yes)",
            plan.skipped
        );
        return failed(counted, &why, now);
    }
    let message = (plan.gone > 0).then(|| format!("{} lines are gone: Kafka has deleted them", plan.gone));
    let counted = SeekStatus { message, ..counted };
    if request.dry_run {
        return ended(SeekPhase::Planned, SeekStatus { partitions: plan.partitions, ..counted }, now);
    }
    if plan.partitions.is_empty() {
        return done(&counted, now);
    }
    SeekStatus { phase: SeekPhase::Setting, partitions: plan.partitions, ..counted }
}

/// Kafka has what was settled.
pub fn done(recorded: &SeekStatus, now: Timestamp) -> SeekStatus {
    ended(SeekPhase::Done, recorded.clone(), now)
}

fn ended(phase: SeekPhase, recorded: SeekStatus, now: Timestamp) -> SeekStatus {
    SeekStatus { phase, finished_at: Some(whole_second(now)), ..recorded }
}

fn shown(message: &str) -> String {
    message.chars().take(MOST_CHARACTERS).collect()
}

/// A status has whole seconds.
fn whole_second(now: Timestamp) -> Time {
    Time(now.round(Unit::Second).unwrap_or(now))
}
