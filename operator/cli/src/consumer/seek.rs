//! `kubectl kafkapipelines consumer seek`: the offsets of a consumer's group are moved.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use jiff::Timestamp;
use kafkapipelines_core::conditions::{self, READY};
use kafkapipelines_core::consumer_seek::record;
use kafkapipelines_core::consumer_seek::request::Request;
use kafkapipelines_core::labels::SEEK;
use kafkapipelines_crds::{Consumer, SeekPartition, SeekPhase, SeekStatus};
use kube::ResourceExt as _;
use tokio::time::timeout;

use super::asked::{self, Asked};
use super::follow::{Progress, Seen, follow};
use crate::args::ConsumerSeekArgs;
use crate::cluster::Scope;
use crate::terminal;

/// Partitions of a plan that are shown.
const SHOWN: usize = 20;
/// Members that start take less long by far.
const READY_WITHIN: Duration = Duration::from_mins(10);
/// Why members that start are not ready yet.
const PASSING: [&str; 5] = ["Seeking", "RolloutInProgress", "MembersNotReady", "MembersIdle", "DeadLetterTopicPending"];

/// Moves the offsets, or joins who does, and follows it until the members read again; or ends it.
pub async fn run(args: &ConsumerSeekArgs) -> Result<()> {
    let scope = Scope::of_one_namespace(&args.cluster).await?;
    let found = asked::consumer(&scope, &args.name).await?;
    let Some(to) = args.to.filter(|_| !args.cancel) else { return cancel(&scope, &found).await };
    let wanted =
        Request { id: Timestamp::now(), to, topics: args.topics.clone(), dry_run: args.dry_run, skip_lines: args.yes };
    wanted.fits(&found).map_err(|why| anyhow!("Consumer {}: {why}", args.name))?;
    match asked::under_way(&found) {
        Some(other) => join(&scope, &args.name, &other, &wanted).await,
        None => ask(&scope, &args.name, wanted).await,
    }
}

async fn ask(scope: &Scope, name: &str, wanted: Request) -> Result<()> {
    if !wanted.dry_run && wanted.skip_lines {
        return finish(scope, name, &wanted).await;
    }
    let plan = carried_out(scope, name, &Request { dry_run: true, ..wanted.clone() }).await?;
    terminal::print(&planned(&plan))?;
    if wanted.dry_run {
        return Ok(terminal::print("nothing was changed\n")?);
    }
    let skip_lines = plan.lines_skipped > 0;
    if skip_lines {
        confirm(name, plan.lines_skipped)?;
    }
    finish(scope, name, &Request { id: Timestamp::now(), skip_lines, ..wanted }).await
}

/// Has it done, and waits until members read again.
async fn finish(scope: &Scope, name: &str, request: &Request) -> Result<()> {
    let done = carried_out(scope, name, request).await?;
    terminal::print(&format!("{}\n", moved(&done)))?;
    members_read(scope, name).await
}

/// Somebody else's seek, or one's own that was interrupted.
async fn join(scope: &Scope, name: &str, other: &SeekStatus, wanted: &Request) -> Result<()> {
    let SeekStatus { id, to, .. } = other;
    if wanted.dry_run {
        bail!("a seek to {to} is under way since {id}: there is nothing to plan before it is over");
    }
    terminal::print(&format!("a seek to {to} is under way since {id}: it is followed, and no other begins\n"))?;
    let done = succeeded(asked::to_the_end(scope, name, id).await?)?;
    terminal::print(&format!("{}\n", moved(&done)))?;
    members_read(scope, name).await?;
    if *to != wanted.to.to_string() {
        bail!("that was a seek to {to}: ask again for the one to {}", wanted.to);
    }
    Ok(())
}

/// The members start again, wherever it was.
async fn cancel(scope: &Scope, found: &Consumer) -> Result<()> {
    let Some(status) = asked::cancel::<SeekStatus>(scope, found).await? else { return Ok(()) };
    let end = match status.phase {
        SeekPhase::Failed => status.message.clone().unwrap_or_default(),
        _ => format!("it was over before; {}", moved(&status)),
    };
    terminal::print(&format!("{end}\n"))?;
    members_read(scope, &found.name_any()).await
}

async fn carried_out(scope: &Scope, name: &str, request: &Request) -> Result<SeekStatus> {
    succeeded(asked::carry_out(scope, name, &request.id.to_string(), &request.annotation()).await?)
}

fn succeeded(status: SeekStatus) -> Result<SeekStatus> {
    match status.phase {
        SeekPhase::Failed => bail!("{}", status.message.unwrap_or_default()),
        _ => Ok(status),
    }
}

impl Asked for SeekStatus {
    const NAME: &'static str = "seek";
    const ANNOTATION: &'static str = SEEK;

    fn recorded(consumer: &Consumer) -> Option<&Self> {
        consumer.status.as_ref()?.seek.as_ref()
    }

    fn wanted(consumer: &Consumer, dry_runs: bool) -> Option<Self> {
        let request = Request::of(consumer).ok().flatten().filter(|request| dry_runs || !request.dry_run)?;
        Some(record::pending(&request))
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_over(&self) -> bool {
        self.phase.is_final()
    }

    fn line(&self, consumer: &Consumer) -> String {
        line(self, members(consumer))
    }
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

    fn consumer() -> Consumer {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain"}, "status": {"replicas": 2},
            "spec": {"pipeline": "logs", "topics": ["a"], "sinks": [], "deadLetter": {"topic": "dead"}}}))
        .unwrap()
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
            let mut consumer = consumer();
            let condition =
                json!({"type": "Ready", "status": ready, "reason": reason, "message": "why", "lastTransitionTime": AT});
            consumer.status.as_mut().unwrap().conditions = vec![serde_json::from_value(condition).unwrap()];
            assert_eq!(readiness(&consumer).0, is_over, "{reason}");
        }
    }
}
