//! What is to be done next for a seek: by what was asked for, and by what the status has on record.
//!
//! ```text
//! request → (Pending) → Stopping → Setting → Done
//!         │                 └─────────┴────→ Failed
//!         └ dry run → Planned
//! ```
//!
//! A step is taken only once the one before is on record, and each can be taken again: so an operator that starts anew goes on where it was.

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_crds::{Consumer, SeekPhase, SeekStatus};
use kube::ResourceExt as _;

use super::record;
use super::request::Request;
use super::target::Target;
use crate::vector;

/// So long members may take to leave the group; then they start again.
const STOPPED_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// So long after the beginning all is over.
const SET_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// What is seen of the consumer.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The object.
    pub consumer: &'a Consumer,
    /// Whether its pipeline is suspended.
    pub suspended: bool,
    /// Whether its spec is refused.
    pub refused: bool,
    /// Members that are there, or that are to come.
    pub members: usize,
    /// The time.
    pub now: Timestamp,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub enum Step<'a> {
    /// Nothing: nothing was asked for, or it is over.
    Rest,
    /// Put this on record.
    Record(SeekStatus),
    /// See what would be moved.
    Count(&'a Request),
    /// Once the group is empty, settle what is moved.
    Settle(&'a Request, &'a SeekStatus),
    /// Set the offsets that are settled.
    Set(&'a SeekStatus),
}

/// `request` is what the annotation asks for, an error where it cannot be read.
pub fn next<'a, E>(
    request: &'a Result<Option<Request>, E>,
    recorded: Option<&'a SeekStatus>,
    seen: &Seen<'_>,
) -> Step<'a> {
    let asked = request.as_ref().ok().and_then(Option::as_ref);
    let is_asked = |recorded: &SeekStatus| asked.is_some_and(|asked| asked.id.to_string() == recorded.id);
    match recorded {
        Some(recorded) if recorded.phase == SeekPhase::Setting => {
            // What was settled does not depend on what is asked for meanwhile.
            let withdrawn = matches!(request, Ok(None)).then_some(WITHDRAWN);
            match late(recorded, SET_WITHIN, seen.now).or(withdrawn).or_else(|| regrouped(recorded, seen)) {
                Some(why) => Step::Record(record::half_done(recorded, why, seen.now)),
                None => Step::Set(recorded),
            }
        }
        Some(recorded) if recorded.phase == SeekPhase::Stopping => match asked.filter(|_| is_asked(recorded)) {
            Some(asked) => stopping(asked, recorded, seen),
            None => Step::Record(record::failed(recorded.clone(), WITHDRAWN, seen.now)),
        },
        Some(recorded) if recorded.phase.is_final() && (asked.is_none() || is_asked(recorded)) => Step::Rest,
        recorded => match asked {
            Some(asked) => begin(asked, seen),
            None => recorded
                .map_or(Step::Rest, |recorded| Step::Record(record::failed(recorded.clone(), WITHDRAWN, seen.now))),
        },
    }
}

const WITHDRAWN: &str = "what was asked for was withdrawn, or something else was asked for";
const REGROUPED: &str = "spec.groupId was changed meanwhile";
const REFUSED: &str =
    "the spec of the consumer is refused, so the members would not start with what it says: put it right first";

fn begin<'a>(asked: &'a Request, seen: &Seen<'_>) -> Step<'a> {
    let beginning = record::pending(asked);
    if let Err(why) = asked.fits(seen.consumer) {
        return Step::Record(record::failed(beginning, &why, seen.now));
    }
    if let Target::Time(time) = asked.to
        && time > seen.now
    {
        return Step::Record(record::failed(beginning, &format!("{time} is in the future"), seen.now));
    }
    if asked.dry_run {
        return Step::Count(asked);
    }
    if seen.suspended {
        return Step::Record(record::waits(&beginning, record::SUSPENDED));
    }
    if seen.refused {
        return Step::Record(record::failed(beginning, REFUSED, seen.now));
    }
    Step::Record(record::stopping(beginning, group(seen), seen.now))
}

fn stopping<'a>(asked: &'a Request, recorded: &'a SeekStatus, seen: &Seen<'_>) -> Step<'a> {
    if let Some(why) = late(recorded, STOPPED_WITHIN, seen.now) {
        let waited = recorded.message.as_deref().unwrap_or_default();
        return Step::Record(record::failed(recorded.clone(), &format!("{why}: it {waited}"), seen.now));
    }
    if let Some(why) = regrouped(recorded, seen).or(seen.refused.then_some(REFUSED)) {
        return Step::Record(record::failed(recorded.clone(), why, seen.now));
    }
    if seen.members > 0 {
        return Step::Record(record::waits(recorded, "waits for members to stop"));
    }
    Step::Settle(asked, recorded)
}

fn group(seen: &Seen<'_>) -> String {
    vector::group(&seen.consumer.name_any(), &seen.consumer.spec)
}

/// Offsets that were settled for one group are set for no other.
fn regrouped(recorded: &SeekStatus, seen: &Seen<'_>) -> Option<&'static str> {
    recorded.group.as_ref().is_some_and(|moved| *moved != group(seen)).then_some(REGROUPED)
}

fn late(recorded: &SeekStatus, within: SignedDuration, now: Timestamp) -> Option<&'static str> {
    let began = recorded.started_at.as_ref()?.0;
    (now.duration_since(began) > within).then_some("it took too long")
}
