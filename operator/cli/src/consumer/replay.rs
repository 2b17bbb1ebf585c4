//! `kubectl kafkapipelines consumer replay`: dead letters pass the chain of their consumer again.

use anyhow::{Context as _, Result, bail};
use jiff::{SignedDuration, Timestamp, Unit};
use kafkapipelines_core::consumer_replay::request::Request;
use kafkapipelines_core::labels::REPLAY;
use kafkapipelines_crds::{Consumer, ReplayPartition, ReplayPhase, ReplayStatus};
use kube::ResourceExt as _;

use super::follow::{Progress, Seen, annotate, consumer, follow};
use crate::args::ConsumerReplayArgs;
use crate::cluster::Scope;
use crate::terminal;

/// Asks for a replay, or joins the one that is under way, and follows it to its end; or ends it.
pub async fn run(args: &ConsumerReplayArgs) -> Result<()> {
    let scope = Scope::of_one_namespace(&args.cluster).await?;
    let found = consumer(&scope, &args.name).await?;
    let under_way = under_way(&found);
    if args.cancel {
        return cancel(&scope, &found, under_way).await;
    }
    let id = match under_way {
        Some(id) if args.dry_run => bail!("the replay of {id} is under way: without --dry-run it is followed"),
        Some(id) => {
            terminal::print(&format!("the replay of {id} is under way\n"))?;
            id
        }
        None => {
            let request = request(args, Timestamp::now())?;
            annotate(&scope, &args.name, REPLAY, request.annotation()).await?;
            request.id.to_string()
        }
    };
    let status = to_the_end(&scope, &args.name, &id).await?;
    end(&status, false)
}

/// Without the annotation no replay goes on.
async fn cancel(scope: &Scope, found: &Consumer, under_way: Option<String>) -> Result<()> {
    let name = found.name_any();
    let Some(id) = under_way else { bail!("no replay of the Consumer {name} is under way") };
    annotate(scope, &name, REPLAY, None::<&str>).await?;
    if recorded(found).is_none_or(|status| status.id != id) {
        return Ok(terminal::print("cancelled before it began\n")?);
    }
    let status = to_the_end(scope, &name, &id).await?;
    end(&status, true)
}

async fn to_the_end(scope: &Scope, name: &str, id: &str) -> Result<ReplayStatus> {
    let mut progress = Progress::default();
    follow(scope, name, |consumer| see(consumer, id, &mut progress)).await
}

fn recorded(consumer: &Consumer) -> Option<&ReplayStatus> {
    consumer.status.as_ref()?.replay.as_ref()
}

/// Name of the replay that is being done, or that was asked for and not taken up yet.
fn under_way(consumer: &Consumer) -> Option<String> {
    let status = recorded(consumer);
    if let Some(status) = status.filter(|status| !status.phase.is_final()) {
        return Some(status.id.clone());
    }
    let asked = Request::of(consumer).ok().flatten().filter(|request| !request.dry_run)?.id.to_string();
    status.is_none_or(|status| status.id != asked).then_some(asked)
}

fn request(args: &ConsumerReplayArgs, now: Timestamp) -> Result<Request> {
    let since = args.since.as_deref().map(|since| time(since, now)).transpose()?;
    Ok(Request { id: now, since, dry_run: args.dry_run })
}

/// A time, or how long ago.
fn time(text: &str, now: Timestamp) -> Result<Timestamp> {
    let ago = || now.checked_sub(text.parse::<SignedDuration>().ok()?.abs()).ok()?.round(Unit::Second).ok();
    let time = text.parse().ok().or_else(ago);
    time.with_context(|| {
        format!("{text} is neither a time with its zone, such as 2026-01-01T00:00Z, nor how long ago, such as 2h")
    })
}

fn see(consumer: &Consumer, id: &str, progress: &mut Progress) -> Result<Seen<ReplayStatus>> {
    let Some(status) = recorded(consumer).filter(|status| status.id == id) else { return Ok(Seen::Nothing) };
    if status.phase.is_final() {
        return Ok(Seen::Over(status.clone()));
    }
    progress.show(&line(status))?;
    Ok(Seen::UnderWay)
}

/// How far it is.
fn line(status: &ReplayStatus) -> String {
    let ReplayStatus { topic, letters, done, dead_again, lost, message, .. } = status;
    let begun = match status.phase {
        ReplayPhase::Pending => "not begun".to_owned(),
        ReplayPhase::Planned => format!("{letters} records of {topic} are to be read again"),
        _ => format!("{done} of {letters} records of {topic}"),
    };
    let again = (*dead_again > 0).then(|| format!("{dead_again} dead letters again"));
    let lost = (*lost > 0).then(|| format!("{lost} LOST"));
    [Some(begun), again, lost, message.clone()].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Prints what came of it. An error, where that is not what was asked for.
fn end(status: &ReplayStatus, cancel: bool) -> Result<()> {
    let message = status.message.as_deref().unwrap_or_default();
    match status.phase {
        ReplayPhase::Cancelled if !cancel => bail!("{message}"),
        _ if status.lost > 0 => bail!("{message}"),
        ReplayPhase::Counted => Ok(terminal::print(&counted(status))?),
        _ => Ok(terminal::print(&format!("{message}\n"))?),
    }
}

/// What would be read, by partition.
fn counted(status: &ReplayStatus) -> String {
    let ReplayStatus { topic, letters, .. } = status;
    let row = |of: &ReplayPartition| {
        let ReplayPartition { partition, from, until } = of;
        format!("{topic}-{partition}  offsets {from} to {until}  {} records\n", until - from)
    };
    let rows: String = status.partitions.iter().filter(|of| of.until > of.from).map(row).collect();
    let total = format!(
        "{letters} records of {topic} would be read again; dead letters of other consumers among them are passed over\n"
    );
    format!("{rows}{total}nothing was changed\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(phase: ReplayPhase) -> ReplayStatus {
        let partition = |partition, from, until| ReplayPartition { partition, from, until };
        ReplayStatus {
            id: "a".to_owned(),
            phase,
            topic: "dead".to_owned(),
            partitions: vec![partition(0, 2, 5), partition(1, 4, 4), partition(2, 0, 1)],
            letters: 4,
            done: 1,
            ..ReplayStatus::default()
        }
    }

    #[test]
    fn since_is_a_time_or_how_long_ago() {
        let now: Timestamp = "2026-01-02T12:00:00.5Z".parse().unwrap();
        for (text, expected) in [
            ("2026-01-01T00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
            ("2h", "2026-01-02T10:00:01Z"),
            ("90m", "2026-01-02T10:30:01Z"),
        ] {
            assert_eq!(time(text, now).unwrap().to_string(), expected);
        }
        for text in ["", "yesterday", "2026-01-01", "2026-01-01T00:00"] {
            assert!(time(text, now).unwrap_err().to_string().contains("neither"), "{text}");
        }
    }

    #[test]
    fn how_far_it_is_is_one_line() {
        assert_eq!(line(&status(ReplayPhase::Planned)), "4 records of dead are to be read again");
        let running = ReplayStatus { dead_again: 1, lost: 2, ..status(ReplayPhase::Running) };
        assert_eq!(line(&running), "1 of 4 records of dead; 1 dead letters again; 2 LOST");
        let pending = ReplayStatus { message: Some("waits for Kafka".to_owned()), ..ReplayStatus::default() };
        assert_eq!(line(&pending), "not begun; waits for Kafka");
    }

    #[test]
    fn a_dry_run_says_what_would_be_read() {
        let expected = "dead-0  offsets 2 to 5  3 records\ndead-2  offsets 0 to 1  1 records\n\
            4 records of dead would be read again; dead letters of other consumers among them are passed over\nnothing was changed\n";
        assert_eq!(counted(&status(ReplayPhase::Counted)), expected);
    }

    #[test]
    fn an_end_that_was_not_asked_for_is_an_error() {
        let lost = ReplayStatus { lost: 1, ..status(ReplayPhase::Done) };
        for (status, cancel, is_good) in [
            (status(ReplayPhase::Done), false, true),
            (status(ReplayPhase::Cancelled), false, false),
            (status(ReplayPhase::Cancelled), true, true),
            (lost, false, false),
        ] {
            assert_eq!(end(&status, cancel).is_ok(), is_good, "{status:?}");
        }
    }

    #[test]
    fn what_is_under_way_is_joined_and_what_is_over_is_not() {
        let at = "2026-01-02T12:00:00Z";
        let consumer = |annotation: Option<&str>, recorded: Option<(&str, ReplayPhase)>| -> Consumer {
            let replay = recorded.map(|(id, phase)| ReplayStatus { id: id.to_owned(), ..status(phase) });
            let annotations = annotation.map(|text| serde_json::json!({REPLAY: text}));
            let consumer = serde_json::json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
                "metadata": {"name": "drain", "annotations": annotations}, "status": {"replay": replay},
                "spec": {"pipeline": "logs", "topics": ["a"], "sinks": [], "deadLetter": {"topic": "dead"}}});
            serde_json::from_value(consumer).unwrap()
        };
        let (asked, dry) = (format!("{{\"id\":\"{at}\"}}"), format!("{{\"id\":\"{at}\",\"dryRun\":true}}"));
        for (annotation, recorded, expected) in [
            (None, None, None),
            (Some(&asked), None, Some(at)),
            (Some(&dry), None, None),
            (Some(&asked), Some((at, ReplayPhase::Done)), None),
            (Some(&asked), Some((at, ReplayPhase::Running)), Some(at)),
            (Some(&asked), Some(("before", ReplayPhase::Done)), Some(at)),
            (Some(&asked), Some(("before", ReplayPhase::Ending)), Some("before")),
        ] {
            let consumer = consumer(annotation.map(String::as_str), recorded);
            assert_eq!(under_way(&consumer).as_deref(), expected, "{annotation:?} {recorded:?}");
        }
    }
}
