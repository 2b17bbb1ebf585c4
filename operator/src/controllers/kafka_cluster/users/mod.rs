//! Users: their Secrets, what Kafka knows of them, and the end of those who are taken off the list.
//!
//! A user's Secret is the memory of it: it is there before Kafka knows the user, and goes only after Kafka has forgotten everything
//! of it. So whenever the operator is stopped, the next turn goes on where it was.

mod access;
#[cfg(test)]
mod life_tests;
mod passwords;
mod quotas;
mod secrets;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::cluster::users;
use kafkapipelines_core::cluster::users::progress::Progress;
use kafkapipelines_core::retry::ReconcileError as _;
use kafkapipelines_crds::UserSpec;
use kafkapipelines_kafka::KafkaError;

use super::Error;
use super::turn::Turn;
use secrets::Keeper;

/// Those whom Kafka is to know, those whom it is to forget, and those who keep the rights that they have for now.
struct People<'a> {
    wanted: &'a [UserSpec],
    gone: BTreeSet<&'a str>,
    unsettled: BTreeSet<String>,
}

/// Brings users to what the spec says.
pub(super) async fn run(turn: &Turn<'_>, report: &mut Report) -> Result<(), Error> {
    let Some(keeper) = Keeper::of(turn).await? else { return Ok(()) };
    // Those that the spec lists are known before Kafka has them: a member that looks by a pattern finds a new one at once.
    let listed = turn.pipeline.topics().iter().map(|topic| &topic.name);
    let there = turn.seen.topics.keys().chain(listed).cloned().collect();
    let consumers = || turn.consumers.iter().map(AsRef::as_ref);
    let wanted = users::wanted(&turn.pipeline.spec, consumers(), &there);
    let left = keeper.left(&wanted);
    let gone = left.keys().map(String::as_str).collect();
    let people = People { wanted: &wanted, gone, unsettled: users::unsettled(consumers()) };
    let mut progress = Progress::of(&wanted);

    let kafka = &turn.clients.brokers;
    let spec = &turn.pipeline.spec.kafka;
    let shown = keeper.keep(&wanted, &mut progress).await?;
    let taken = passwords::keep(kafka, &people, &shown, &mut progress).await?;
    keeper.mark(&taken, &mut progress).await?;
    let in_place =
        access::keep(&turn.clients.controllers, &people, spec.authorization.is_some(), &mut progress).await?;
    report.acls_in_place = turn.object.metadata.generation.filter(|_| in_place);
    quotas::keep(kafka, &people, spec.default_quotas.as_ref(), &mut progress).await?;
    keeper.delete(&left, &mut progress).await?;

    report.users = Some(progress.status());
    report.findings.extend(progress.finding());
    report.busy |= progress.is_busy();
    Ok(())
}

/// What Kafka refused is a problem of that user's, and of nobody else.
fn refused(progress: &mut Progress, user: &str, error: &KafkaError) {
    progress.problem(user, error.reason(), error.to_string());
}
