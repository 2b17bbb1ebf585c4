//! What is to be done next for a replay: by what was asked for, and by what the status has on record.
//!
//! ```text
//! request → Pending → Planned → Running → Ending → Done or Cancelled
//!                   └ dry run → Counted
//! ```
//!
//! A step is taken only once the one before is on record, and each can be taken again: so an operator that starts anew goes on where it was.

use kafkapipelines_crds::{Consumer, ReplayPhase, ReplayStatus};

use super::request::Request;

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub enum Step<'a> {
    /// Nothing: nothing was asked for, or it is done.
    Rest,
    /// Settle what is to be read.
    Plan(&'a Request),
    /// Set where the group begins.
    Seed(&'a ReplayStatus),
    /// Have a member that reads, and see how far it is.
    Run(&'a ReplayStatus),
    /// Remove the member.
    End(&'a ReplayStatus),
}

/// `request` is what the annotation asks for, an error where it cannot be read: then what is under way goes on. What is asked for while another
/// replay is under way waits for its end.
pub fn next<'a, E>(request: &'a Result<Option<Request>, E>, recorded: Option<&'a ReplayStatus>) -> Step<'a> {
    let wanted = request.as_ref().map_or(None, Option::as_ref);
    let cancelled = matches!(request, Ok(None));
    match recorded.map(|recorded| (recorded, recorded.phase)) {
        Some((recorded, ReplayPhase::Planned)) if !cancelled => Step::Seed(recorded),
        Some((recorded, ReplayPhase::Running)) if !cancelled => Step::Run(recorded),
        Some((_, ReplayPhase::Pending)) if !cancelled => wanted.map_or(Step::Rest, Step::Plan),
        Some((recorded, phase)) if !phase.is_final() => Step::End(recorded),
        Some((recorded, _)) => {
            wanted.filter(|wanted| wanted.id.to_string() != recorded.id).map_or(Step::Rest, Step::Plan)
        }
        None => wanted.map_or(Step::Rest, Step::Plan),
    }
}

/// Whether the consumer's user needs what a replay needs: to read the dead-letter topic, in the group of replays.
pub fn needs_access(consumer: &Consumer) -> bool {
    let request = Request::of(consumer);
    match next(&request, consumer.status.as_ref().and_then(|status| status.replay.as_ref())) {
        Step::Rest => false,
        Step::Plan(request) => !request.dry_run,
        Step::Seed(_) | Step::Run(_) | Step::End(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn request(second: i64) -> Request {
        Request { id: Timestamp::from_second(second).unwrap(), since: None, dry_run: false }
    }

    fn recorded(second: i64, phase: ReplayPhase) -> ReplayStatus {
        ReplayStatus { id: request(second).id.to_string(), phase, ..ReplayStatus::default() }
    }

    #[test]
    fn one_step_follows_the_other_once_it_is_on_record() {
        use ReplayPhase::{Cancelled, Counted, Done, Ending, Pending, Planned, Running};
        let name = |step: Step<'_>| match step {
            Step::Rest => "rest",
            Step::Plan(_) => "plan",
            Step::Seed(_) => "seed",
            Step::Run(_) => "run",
            Step::End(_) => "end",
        };
        for (asked, on_record, expected) in [
            (Ok(None), None, "rest"),
            (Err(()), None, "rest"),
            (Ok(Some(1)), None, "plan"),
            (Ok(Some(1)), Some((1, Pending)), "plan"),
            (Ok(Some(2)), Some((1, Pending)), "plan"),
            (Ok(None), Some((1, Pending)), "end"),
            (Err(()), Some((1, Pending)), "rest"),
            (Ok(Some(1)), Some((1, Planned)), "seed"),
            (Ok(Some(1)), Some((1, Running)), "run"),
            (Ok(Some(1)), Some((1, Ending)), "end"),
            (Ok(Some(1)), Some((1, Done)), "rest"),
            (Ok(Some(1)), Some((1, Cancelled)), "rest"),
            (Ok(Some(1)), Some((1, Counted)), "rest"),
            (Ok(Some(2)), Some((1, Done)), "plan"),
            (Ok(Some(2)), Some((1, Counted)), "plan"),
            (Ok(Some(2)), Some((1, Planned)), "seed"),
            (Ok(Some(2)), Some((1, Running)), "run"),
            (Ok(Some(2)), Some((1, Ending)), "end"),
            (Ok(None), Some((1, Planned)), "end"),
            (Ok(None), Some((1, Running)), "end"),
            (Ok(None), Some((1, Ending)), "end"),
            (Ok(None), Some((1, Done)), "rest"),
            (Err(()), Some((1, Running)), "run"),
            (Err(()), Some((1, Done)), "rest"),
        ] {
            let asked = asked.map(|asked| asked.map(request));
            let on_record = on_record.map(|(id, phase)| recorded(id, phase));
            assert_eq!(name(next(&asked, on_record.as_ref())), expected, "{asked:?} {on_record:?}");
        }
    }

    #[test]
    fn what_is_under_way_needs_rights_and_a_count_needs_none() {
        use ReplayPhase::{Done, Ending, Planned, Running};
        let needs = |dry_run: bool, phase: Option<ReplayPhase>| {
            let annotation = Request { dry_run, ..request(1) }.annotation();
            let consumer = serde_json::json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
                "metadata": {"name": "drain", "annotations": {crate::labels::REPLAY: annotation}},
                "status": {"replay": phase.map(|phase| recorded(1, phase))},
                "spec": {"pipeline": "logs", "topics": ["a"], "sinks": [], "deadLetter": {"topic": "dead"}}});
            needs_access(&serde_json::from_value(consumer).unwrap())
        };
        assert!(needs(false, None) && !needs(true, None) && !needs(false, Some(Done)));
        assert!([Planned, Running, Ending].into_iter().all(|phase| needs(false, Some(phase))));
    }
}
