//! `kubectl kafkapipelines consumer replay`: dead letters pass the chain of their consumer again.

use anyhow::{Result, bail};
use jiff::Timestamp;
use kafkapipelines_core::consumer_replay::request::Request;
use kafkapipelines_core::labels::REPLAY;
use kafkapipelines_crds::{Consumer, ReplayPartition, ReplayPhase, ReplayStatus};

use super::asked::{self, Asked};
use crate::args::ConsumerReplayArgs;
use crate::cluster::Scope;
use crate::terminal;

/// Asks for a replay, or joins the one that is under way, and follows it to its end; or ends it.
pub async fn run(args: &ConsumerReplayArgs) -> Result<()> {
    let scope = Scope::of_one_namespace(&args.cluster).await?;
    let found = asked::consumer(&scope, &args.name).await?;
    if args.cancel {
        return asked::cancel(&scope, &found).await?.map_or(Ok(()), |status| end(&status, true));
    }
    let status = match asked::under_way::<ReplayStatus>(&found) {
        Some(ReplayStatus { id, .. }) if args.dry_run => {
            bail!("the replay of {id} is under way: without --dry-run it is followed")
        }
        Some(ReplayStatus { id, .. }) => {
            terminal::print(&format!("the replay of {id} is under way\n"))?;
            asked::to_the_end(&scope, &args.name, &id).await?
        }
        None => {
            let request = Request { id: Timestamp::now(), since: args.since, dry_run: args.dry_run };
            asked::carry_out(&scope, &args.name, &request.id.to_string(), &request.annotation()).await?
        }
    };
    end(&status, false)
}

impl Asked for ReplayStatus {
    const NAME: &'static str = "replay";
    const ANNOTATION: &'static str = REPLAY;

    fn recorded(consumer: &Consumer) -> Option<&Self> {
        consumer.status.as_ref()?.replay.as_ref()
    }

    fn wanted(consumer: &Consumer, dry_runs: bool) -> Option<Self> {
        let request = Request::of(consumer).ok().flatten().filter(|request| dry_runs || !request.dry_run)?;
        Some(Self { id: request.id.to_string(), ..Self::default() })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_over(&self) -> bool {
        self.phase.is_final()
    }

    fn line(&self, _: &Consumer) -> String {
        line(self)
    }
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
}
