//! Passwords of users, as Kafka knows them: set where Kafka does not have that of the Secret, removed where none is wanted.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::users::progress::Progress;
use kafkapipelines_crds::AuthenticationType;
use kafkapipelines_kafka::Client;
use kafkapipelines_kafka::calls::users::Credential;

use super::secrets::Shown;
use super::{Error, People, refused};

/// Brings the passwords to Kafka that are in Secrets already: one that only Kafka knew could never be handed out.
/// Returns those that Kafka has taken.
pub(super) async fn keep<'a>(
    kafka: &Client,
    people: &People<'_>,
    shown: &'a [Shown<'a>],
    progress: &mut Progress,
) -> Result<Vec<&'a Shown<'a>>, Error> {
    let known = kafka.list_scram_users().await?;
    let is_surplus = |user: &&String| {
        let mut by_certificate =
            people.wanted.iter().filter(|wanted| wanted.authentication.type_ == AuthenticationType::Tls);
        people.gone.contains(user.as_str()) || by_certificate.any(|wanted| wanted.name == **user)
    };
    remove(kafka, known.iter().filter(is_surplus).cloned().collect(), progress).await?;
    let is_due = |shown: &&Shown<'_>| !shown.is_applied || !known.contains(&shown.user.name);
    set(kafka, shown.iter().filter(is_due).collect(), progress).await
}

async fn remove(kafka: &Client, surplus: Vec<String>, progress: &mut Progress) -> Result<(), Error> {
    if surplus.is_empty() {
        return Ok(());
    }
    tracing::info!(users = ?surplus, "passwords are taken away");
    for (user, outcome) in kafka.remove_scram_credentials(&surplus).await? {
        if let Err(error) = outcome {
            refused(progress, &user, &error);
        }
    }
    Ok(())
}

async fn set<'a>(
    kafka: &Client,
    due: Vec<&'a Shown<'a>>,
    progress: &mut Progress,
) -> Result<Vec<&'a Shown<'a>>, Error> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let mut credentials = BTreeMap::new();
    for shown in &due {
        credentials.insert(shown.user.name.clone(), Credential::of(shown.password.text())?);
        // Each takes milliseconds of computing, and other pipelines wait.
        tokio::task::yield_now().await;
    }
    tracing::info!(users = ?credentials.keys(), "passwords are given");
    let outcomes = kafka.set_scram_credentials(&credentials).await?;
    for (user, outcome) in &outcomes {
        if let Err(error) = outcome {
            refused(progress, user, error);
        }
    }
    Ok(due.into_iter().filter(|shown| outcomes.get(&shown.user.name).is_some_and(Result::is_ok)).collect())
}
