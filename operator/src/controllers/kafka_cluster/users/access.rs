//! What users may do: the rules that are missing are made, those of managed users that are not wanted are deleted, once nobody runs on them.

use std::collections::BTreeSet;

use kafkapipelines_core::cluster::users::progress::Progress;
use kafkapipelines_core::cluster::{access, acls};
use kafkapipelines_kafka::calls::Outcomes;
use kafkapipelines_kafka::calls::acls::Acl;
use kafkapipelines_kafka::{Client, Code, KafkaError};

use super::{Error, People, refused};

/// Brings the rules to Kafka, by the controllers: they have the authorizer before the brokers get it. Without authorization those who
/// are gone lose theirs, as far as Kafka knows rules at all. Returns whether authorization is wanted and Kafka has all rules of those who are.
pub(super) async fn keep(
    controllers: &Client,
    people: &People<'_>,
    is_authorized: bool,
    progress: &mut Progress,
) -> Result<bool, Error> {
    if !is_authorized && people.gone.is_empty() {
        return Ok(false);
    }
    let actual: BTreeSet<Acl> = match controllers.describe_acls().await {
        Ok(actual) => actual.into_iter().collect(),
        Err(error) if error.kafka().is_some_and(has_no_authorizer) => {
            if is_authorized {
                progress.authorizer_pending();
            }
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let wanted = people.wanted.iter().filter(|_| is_authorized).map(|user| user.name.as_str());
    let managed = wanted.chain(people.gone.iter().copied()).collect();
    let kept = actual.iter().filter(|acl| acl.user().is_some_and(|user| people.unsettled.contains(user)));
    let desired = access::rules(people.wanted).into_iter().chain(kept.cloned()).collect();
    let changes = acls::plan(&desired, &actual, &managed);
    if changes != acls::Changes::default() {
        tracing::info!(created = changes.create.len(), deleted = changes.delete.len(), "access of users is changed");
    }
    let created = controllers.create_acls(&changes.create).await?;
    let in_place = is_authorized && created.values().all(Result::is_ok);
    tell(created, progress);
    tell(controllers.delete_acls(&changes.delete).await?, progress);
    Ok(in_place)
}

fn tell(outcomes: Outcomes<Acl>, progress: &mut Progress) {
    for (acl, outcome) in outcomes {
        match outcome {
            Ok(()) => {}
            // Some controllers have the authorizer already, the active one has not.
            Err(error) if has_no_authorizer(&error) => progress.authorizer_pending(),
            Err(error) => refused(progress, acl.user().unwrap_or(&acl.principal), &error),
        }
    }
}

fn has_no_authorizer(error: &KafkaError) -> bool {
    error.code == Code::SECURITY_DISABLED
}
