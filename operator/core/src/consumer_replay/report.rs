//! What is left for the status of the Consumer.

use jiff::{Timestamp, Unit};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kafkapipelines_crds::{ReplayPhase, ReplayStatus};

use super::plan::Plan;
use super::request::Request;
use crate::refusal::Refusal;

/// The largest number of partitions that a status holds.
const MOST_PARTITIONS: usize = 1_000;
/// Characters of a message that a status takes.
const MOST_CHARACTERS: usize = 1_000;

/// What was last done for a replay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplayReport {
    /// The newest state; none before anything was asked for.
    pub status: Option<ReplayStatus>,
    /// Why what was asked for cannot be read.
    pub refusal: Option<Refusal>,
}

/// A replay that cannot be planned yet.
pub fn pending(request: &Request, why: &str) -> ReplayStatus {
    ReplayStatus { id: request.id.to_string(), message: Some(shown(why)), ..ReplayStatus::default() }
}

/// It waits for something.
pub fn waits(status: &ReplayStatus, why: &str) -> ReplayStatus {
    ReplayStatus { message: Some(shown(why)), ..status.clone() }
}

/// The step that is due failed, and is tried again.
pub fn failed(request: Option<&Request>, recorded: Option<&ReplayStatus>, why: &str) -> Option<ReplayStatus> {
    match recorded.filter(|recorded| !recorded.phase.is_final() && recorded.phase != ReplayPhase::Pending) {
        Some(recorded) => Some(waits(recorded, why)),
        None => request.map(|request| pending(request, why)),
    }
}

/// A replay that was planned, with nothing done yet. One that has nothing to do is done, and one that was only to be counted is counted.
pub fn planned(request: &Request, plan: &Plan, now: Timestamp) -> ReplayStatus {
    let letters = plan.letters();
    let status = ReplayStatus {
        id: request.id.to_string(),
        phase: ReplayPhase::Planned,
        topic: plan.topic.clone(),
        since: request.since.map(Time),
        partitions: plan.record(),
        letters,
        ..ReplayStatus::default()
    };
    if plan.partitions.len() > MOST_PARTITIONS {
        let message = format!("the topic has more than {MOST_PARTITIONS} partitions: it cannot be replayed");
        return ended(&ReplayStatus { partitions: Vec::new(), ..status }, ReplayPhase::Cancelled, &message, now);
    }
    match (request.dry_run, letters) {
        (true, _) => ended(&status, ReplayPhase::Counted, &format!("{letters} records would be read again"), now),
        (false, 0) => ended(&status, ReplayPhase::Done, "there are no dead letters to replay", now),
        (false, _) => status,
    }
}

/// The member is gone: the replay is done, or was cancelled.
pub fn gone(status: &ReplayStatus, now: Timestamp) -> ReplayStatus {
    let (phase, begun) = if status.phase == ReplayPhase::Pending || status.done < status.letters {
        (ReplayPhase::Cancelled, format!("cancelled after {} of {} records", status.done, status.letters))
    } else {
        (ReplayPhase::Done, format!("{} records were read again", status.letters))
    };
    let again = (status.dead_again > 0).then(|| format!("{} became dead letters again", status.dead_again));
    let lost = (status.lost > 0).then(|| format!("{} were lost, and are still in {}", status.lost, status.topic));
    let message = [Some(begun), again, lost].into_iter().flatten().collect::<Vec<_>>().join("; ");
    ended(status, phase, &message, now)
}

fn ended(status: &ReplayStatus, phase: ReplayPhase, message: &str, now: Timestamp) -> ReplayStatus {
    let now = now.round(Unit::Second).unwrap_or(now);
    ReplayStatus { phase, message: Some(shown(message)), finished_at: Some(Time(now)), ..status.clone() }
}

/// As much of a message as a status takes.
fn shown(message: &str) -> String {
    message.chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer_replay::plan::Range;

    fn plan(letters: i64, partitions: i32) -> Plan {
        let range = |partition| (partition, Range { from: 5, until: if partition == 0 { 5 + letters } else { 5 } });
        Plan { topic: "dead".to_owned(), partitions: (0..partitions).map(range).collect() }
    }

    #[test]
    fn what_has_nothing_to_do_ends_at_once() {
        use ReplayPhase::{Cancelled, Counted, Done, Planned};
        for (dry_run, letters, partitions, phase, message) in [
            (false, 3, 2, Planned, None),
            (false, 0, 2, Done, Some("there are no dead letters to replay")),
            (false, 0, 0, Done, Some("there are no dead letters to replay")),
            (true, 3, 2, Counted, Some("3 records would be read again")),
            (false, 3, 1000, Planned, None),
            (false, 3, 1001, Cancelled, Some("the topic has more than 1000 partitions: it cannot be replayed")),
        ] {
            let request = Request { id: Timestamp::UNIX_EPOCH, since: Some(Timestamp::UNIX_EPOCH), dry_run };
            let status = planned(&request, &plan(letters, partitions), Timestamp::UNIX_EPOCH);
            assert_eq!((status.phase, status.message.as_deref()), (phase, message));
            assert_eq!(status.finished_at.is_some(), phase.is_final());
            assert_eq!(status.since.map(|since| since.0), Some(Timestamp::UNIX_EPOCH));
            assert!(status.partitions.len() <= MOST_PARTITIONS);
        }
    }

    #[test]
    fn a_failure_is_told_of_what_is_under_way() {
        let request = Request { id: Timestamp::UNIX_EPOCH, since: None, dry_run: false };
        let recorded = |phase| ReplayStatus { id: "before".to_owned(), phase, ..ReplayStatus::default() };
        for (asked, before, told) in [
            (true, None, Some("1970-01-01T00:00:00Z")),
            (true, Some(ReplayPhase::Done), Some("1970-01-01T00:00:00Z")),
            (true, Some(ReplayPhase::Pending), Some("1970-01-01T00:00:00Z")),
            (true, Some(ReplayPhase::Running), Some("before")),
            (false, Some(ReplayPhase::Ending), Some("before")),
            (false, Some(ReplayPhase::Done), None),
        ] {
            let status = failed(asked.then_some(&request), before.map(recorded).as_ref(), "why");
            assert_eq!(status.as_ref().map(|status| status.id.as_str()), told, "{asked} {before:?}");
            assert!(status.is_none_or(|status| status.message.as_deref() == Some("why") && !status.phase.is_final()));
        }
        let told = waits(&recorded(ReplayPhase::Running), &"long ".repeat(1_000)).message.unwrap();
        assert!(told.len() <= 1_024, "a status takes no more");
    }

    #[test]
    fn the_end_says_what_came_of_it() {
        for (done, dead_again, lost, phase, message) in [
            (7, 0, 0, ReplayPhase::Done, "7 records were read again"),
            (7, 2, 0, ReplayPhase::Done, "7 records were read again; 2 became dead letters again"),
            (7, 0, 1, ReplayPhase::Done, "7 records were read again; 1 were lost, and are still in dead"),
            (3, 0, 0, ReplayPhase::Cancelled, "cancelled after 3 of 7 records"),
        ] {
            let status = ReplayStatus {
                phase: ReplayPhase::Ending,
                topic: "dead".to_owned(),
                letters: 7,
                done,
                dead_again,
                lost,
                ..ReplayStatus::default()
            };
            let status = gone(&status, Timestamp::UNIX_EPOCH);
            assert_eq!((status.phase, status.message.as_deref()), (phase, Some(message)));
        }
        let unplanned = gone(&ReplayStatus::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(unplanned.phase, ReplayPhase::Cancelled, "nothing was read of nothing");
    }
}
