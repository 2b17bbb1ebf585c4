//! `kubectl kafkapipelines consumer seek`: the offsets of a consumer's group are moved.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use jiff::Timestamp;
use kafkapipelines_core::conditions::{self, READY};
use kafkapipelines_core::consumer_seek::request::Request;
use kafkapipelines_core::labels::SEEK;
use kafkapipelines_crds::{Consumer, SeekPartition, SeekPhase, SeekStatus};
use tokio::time::timeout;

use super::follow::{Progress, Seen, annotate, consumer, follow};
use crate::args::ConsumerSeekArgs;
use crate::cluster::Scope;
use crate::terminal;

/// Partitions of a plan that are shown.
const SHOWN: usize = 20;
/// Members that start take less long by far.
const READY_WITHIN: Duration = Duration::from_mins(10);
/// Why members that start are not ready yet.
const PASSING: [&str; 5] = ["Seeking", "RolloutInProgress", "MembersNotReady", "MembersIdle", "DeadLetterTopicPending"];

/// Moves the offsets, or joins who does, and follows it until the members read again.
pub async fn run(args: &ConsumerSeekArgs) -> Result<()> {
    let scope = Scope::of_one_namespace(&args.cluster).await?;
    let found = consumer(&scope, &args.name).await?;
    let wanted = request(args, Timestamp::now());
    wanted.fits(&found).map_err(|why| anyhow!("Consumer {}: {why}", args.name))?;
    match under_way(&found) {
        Some(other) => join(&scope, args, &other).await,
        None => ask(&scope, args, wanted).await,
    }
}

fn request(args: &ConsumerSeekArgs, now: Timestamp) -> Request {
    Request { id: now, to: args.to, topics: args.topics.clone(), dry_run: args.dry_run, skip_lines: args.yes }
}

async fn ask(scope: &Scope, args: &ConsumerSeekArgs, wanted: Request) -> Result<()> {
    if wanted.dry_run || !wanted.skip_lines {
        let plan = carried_out(scope, args, &Request { dry_run: true, ..wanted.clone() }).await?;
        terminal::print(&planned(&plan))?;
        if wanted.dry_run {
            return Ok(terminal::print("nothing was changed\n")?);
        }
        if plan.lines_skipped > 0 {
            confirm(&args.name, plan.lines_skipped)?;
        }
        let skip_lines = plan.lines_skipped > 0;
        return finish(scope, args, &Request { id: Timestamp::now(), skip_lines, ..wanted }).await;
    }
    finish(scope, args, &wanted).await
}

/// Has it done, and waits until members read again.
async fn finish(scope: &Scope, args: &ConsumerSeekArgs, request: &Request) -> Result<()> {
    let done = carried_out(scope, args, request).await?;
    terminal::print(&format!("{}\n", moved(&done)))?;
    members_read(scope, &args.name).await
}

/// Somebody else's seek, or one's own that was interrupted.
async fn join(scope: &Scope, args: &ConsumerSeekArgs, other: &SeekStatus) -> Result<()> {
    let SeekStatus { id, to, .. } = other;
    if args.dry_run {
        bail!("a seek to {to} is under way since {id}: there is nothing to plan before it is over");
    }
    terminal::print(&format!("a seek to {to} is under way since {id}: it is followed, and no other begins\n"))?;
    let done = to_the_end(scope, &args.name, id).await?;
    terminal::print(&format!("{}\n", moved(&done)))?;
    members_read(scope, &args.name).await?;
    if *to != args.to.to_string() {
        bail!("that was a seek to {to}: ask again for the one to {}", args.to);
    }
    Ok(())
}

async fn carried_out(scope: &Scope, args: &ConsumerSeekArgs, request: &Request) -> Result<SeekStatus> {
    annotate(scope, &args.name, SEEK, request.annotation()).await?;
    to_the_end(scope, &args.name, &request.id.to_string()).await
}

async fn to_the_end(scope: &Scope, name: &str, id: &str) -> Result<SeekStatus> {
    let mut progress = Progress::default();
    let end = follow(scope, name, |consumer| see(consumer, id, &mut progress)).await?;
    match end.phase {
        SeekPhase::Failed => bail!("{}", end.message.unwrap_or_default()),
        _ => Ok(end),
    }
}

fn recorded(consumer: &Consumer) -> Option<&SeekStatus> {
    consumer.status.as_ref()?.seek.as_ref()
}

/// The seek that is being done, or that was asked for and not taken up yet.
fn under_way(consumer: &Consumer) -> Option<SeekStatus> {
    let recorded = recorded(consumer);
    if let Some(recorded) = recorded.filter(|recorded| !recorded.phase.is_final()) {
        return Some(recorded.clone());
    }
    let asked = Request::of(consumer).ok().flatten().filter(|asked| !asked.dry_run)?;
    let (id, to) = (asked.id.to_string(), asked.to.to_string());
    let is_over = recorded.is_some_and(|recorded| recorded.id == id);
    (!is_over).then(|| SeekStatus { id, to, ..SeekStatus::default() })
}

fn see(consumer: &Consumer, id: &str, progress: &mut Progress) -> Result<Seen<SeekStatus>> {
    let Some(recorded) = recorded(consumer).filter(|recorded| recorded.id == id) else {
        let other = Request::of(consumer).ok().flatten().is_some_and(|asked| asked.id.to_string() != id);
        return if other { Err(anyhow!("something else was asked for meanwhile")) } else { Ok(Seen::Nothing) };
    };
    if recorded.phase.is_final() {
        return Ok(Seen::Over(recorded.clone()));
    }
    progress.show(&line(recorded, members(consumer)))?;
    Ok(Seen::UnderWay)
}

fn members(consumer: &Consumer) -> i32 {
    consumer.status.as_ref().map(|status| status.replicas).unwrap_or_default()
}

/// How far it is.
fn line(recorded: &SeekStatus, members: i32) -> String {
    let begun = match recorded.phase {
        SeekPhase::Pending => "not begun".to_owned(),
        SeekPhase::Stopping if members > 0 => format!("members stopping: {members} not told to yet"),
        SeekPhase::Stopping => "members stopping: all are told to".to_owned(),
        _ => format!("setting offsets: {}", counted(recorded)),
    };
    [Some(begun), recorded.message.clone()].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn counted(status: &SeekStatus) -> String {
    let SeekStatus { partitions, lines_again, lines_skipped, .. } = status;
    format!("{} partitions, {lines_again} lines again, {lines_skipped} lines skipped", partitions.len())
}

fn moved(done: &SeekStatus) -> String {
    let message = done.message.as_deref().map(|message| format!("; {message}")).unwrap_or_default();
    if done.partitions.is_empty() {
        return format!("nothing to move: every partition is there already{message}");
    }
    format!("offsets set to {}: {}{message}", done.to, counted(done))
}

/// What a dry run found.
fn planned(plan: &SeekStatus) -> String {
    let row = |of: &SeekPartition| {
        let from = of.from.map_or_else(|| "nothing read".to_owned(), |from| format!("at {from}"));
        format!("{}-{}  {from}, to {}\n", of.topic, of.partition, of.to)
    };
    let rows: String = plan.partitions.iter().take(SHOWN).map(row).collect();
    let more = plan.partitions.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("and {more} partitions more\n") } else { String::new() };
    let message = plan.message.as_deref().map(|message| format!("; {message}")).unwrap_or_default();
    format!("{rows}{more}to {}: {}{message}\n", plan.to, counted(plan))
}

/// Lines that are skipped reach no store, so a person has to agree.
fn confirm(name: &str, skipped: i64) -> Result<()> {
    let loss = format!("{skipped} lines that were never read would be skipped: they reach no store");
    if !io::stdin().is_terminal() {
        bail!("{loss}. To agree: --yes");
    }
    terminal::print(&format!("{loss}. To agree, type the name of the consumer: "))?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if typed.trim() != name {
        bail!("nothing was changed");
    }
    Ok(())
}

/// Follows the members until all are there again.
async fn members_read(scope: &Scope, name: &str) -> Result<()> {
    let mut progress = Progress::default();
    let followed = follow(scope, name, |consumer| {
        let (is_over, line) = readiness(consumer);
        progress.show(&line)?;
        Ok(if is_over { Seen::Over(()) } else { Seen::UnderWay })
    });
    timeout(READY_WITHIN, followed)
        .await
        .unwrap_or_else(|_| Err(anyhow!("the offsets are set, but members do not become ready")))
}

/// Whether the members are there again, or wait for somebody else; and how far they are.
fn readiness(consumer: &Consumer) -> (bool, String) {
    let status = consumer.status.clone().unwrap_or_default();
    let members = status.ready_members.unwrap_or_default();
    let ready = conditions::find(&status.conditions, READY);
    match ready.map(|ready| (ready.status.as_str(), ready.reason.as_str())) {
        Some(("True", _)) => (true, format!("members ready: {members}")),
        Some((_, reason)) if !PASSING.contains(&reason) => {
            (true, format!("members ready: {members}; {reason}: {}", ready.map_or("", |of| &of.message)))
        }
        _ => (false, format!("members starting: {members}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AT: &str = "2026-01-02T12:00:00Z";

    fn status(phase: SeekPhase) -> SeekStatus {
        let partition = |partition, from, to| SeekPartition { topic: "a".to_owned(), partition, from, to };
        SeekStatus {
            id: AT.to_owned(),
            to: "earliest".to_owned(),
            phase,
            partitions: vec![partition(0, Some(9), 2), partition(1, None, 4)],
            lines_again: 7,
            ..SeekStatus::default()
        }
    }

    fn consumer(annotation: Option<&str>, seek: Option<&SeekStatus>) -> Consumer {
        let annotations = annotation.map(|text| json!({SEEK: text}));
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain", "annotations": annotations}, "status": {"replicas": 2, "seek": seek},
            "spec": {"pipeline": "logs", "topics": ["a"], "sinks": [], "deadLetter": {"topic": "dead"}}}))
        .unwrap()
    }

    #[test]
    fn what_is_under_way_is_joined_and_what_is_over_is_not() {
        let asked = format!(r#"{{"id": "{AT}", "to": "earliest"}}"#);
        let dry = format!(r#"{{"id": "{AT}", "to": "earliest", "dryRun": true}}"#);
        let before = |phase| SeekStatus { id: "before".to_owned(), ..status(phase) };
        for (annotation, recorded, expected) in [
            (None, None, None),
            (Some(&asked), None, Some(AT)),
            (Some(&dry), None, None),
            (Some(&asked), Some(status(SeekPhase::Done)), None),
            (Some(&asked), Some(status(SeekPhase::Failed)), None),
            (Some(&asked), Some(status(SeekPhase::Stopping)), Some(AT)),
            (Some(&asked), Some(before(SeekPhase::Done)), Some(AT)),
            (Some(&asked), Some(before(SeekPhase::Setting)), Some("before")),
            (None, Some(before(SeekPhase::Pending)), Some("before")),
        ] {
            let found = under_way(&consumer(annotation.map(String::as_str), recorded.as_ref()));
            assert_eq!(found.as_ref().map(|found| found.id.as_str()), expected, "{annotation:?} {recorded:?}");
        }
    }

    #[test]
    fn each_step_is_told_and_its_end_is_one() {
        let mut progress = Progress::default();
        let mut sees = |phase, id| {
            let seen = see(&consumer(None, Some(&status(phase))), id, &mut progress).unwrap();
            match seen {
                Seen::Nothing => "nothing",
                Seen::UnderWay => "under way",
                Seen::Over(_) => "over",
            }
        };
        assert_eq!(sees(SeekPhase::Done, "another"), "nothing");
        assert_eq!(sees(SeekPhase::Setting, AT), "under way");
        assert_eq!(sees(SeekPhase::Failed, AT), "over");
        let replaced = format!(r#"{{"id": "{AT}", "to": "latest"}}"#);
        assert!(see(&consumer(Some(&replaced), None), "another", &mut progress).is_err());
    }

    #[test]
    fn what_is_shown_says_what_it_means_in_lines() {
        assert_eq!(line(&status(SeekPhase::Stopping), 2), "members stopping: 2 not told to yet");
        let waiting = SeekStatus { message: Some("waits for Kafka".to_owned()), ..status(SeekPhase::Setting) };
        assert_eq!(line(&waiting, 0), "setting offsets: 2 partitions, 7 lines again, 0 lines skipped; waits for Kafka");
        let plan =
            "a-0  at 9, to 2\na-1  nothing read, to 4\nto earliest: 2 partitions, 7 lines again, 0 lines skipped\n";
        assert_eq!(planned(&status(SeekPhase::Planned)), plan);
        let many = SeekStatus { partitions: vec![SeekPartition::default(); 25], ..status(SeekPhase::Planned) };
        assert!(planned(&many).contains("\nand 5 partitions more\n"));
        let nothing = SeekStatus { partitions: Vec::new(), ..status(SeekPhase::Done) };
        assert_eq!(moved(&nothing), "nothing to move: every partition is there already");
    }

    #[test]
    fn members_are_followed_until_they_read_or_somebody_else_is_waited_for() {
        for (ready, reason, is_over) in [
            ("True", "AllMembersReady", true),
            ("False", "Seeking", false),
            ("False", "RolloutInProgress", false),
            ("False", "ScaledToZero", true),
            ("False", "PipelineNotReady", true),
        ] {
            let mut consumer = consumer(None, None);
            let condition =
                json!({"type": "Ready", "status": ready, "reason": reason, "message": "why", "lastTransitionTime": AT});
            consumer.status.as_mut().unwrap().conditions = vec![serde_json::from_value(condition).unwrap()];
            assert_eq!(readiness(&consumer).0, is_over, "{reason}");
        }
    }
}
