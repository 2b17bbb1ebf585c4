//! Secrets of users: written before Kafka knows the user, deleted after it has forgotten it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_core::child::{Child, owned_by};
use kafkapipelines_core::cluster::users::credentials::{Credentials, Held, Input, credentials};
use kafkapipelines_core::cluster::users::password::Password;
use kafkapipelines_core::cluster::users::progress::Progress;
use kafkapipelines_core::cluster::users::secret::secret;
use kafkapipelines_core::pki::authority::Authority;
use kafkapipelines_core::retry::ReconcileError as _;
use kafkapipelines_core::{labels, names};
use kafkapipelines_crds::UserSpec;
use kube::ResourceExt as _;

use super::super::super::kafka_nodes::pipeline_of;
use super::super::super::{authority_secrets, unwatched_secret};
use super::{Error, Turn};
use crate::fresh_keys::FreshKeys;
use crate::io::apply::{Outcome, Prepared};
use crate::io::{self, delete};

/// How many Secrets are looked at a time.
const CONCURRENCY: usize = 8;

/// Keeps the Secrets of users.
pub(super) struct Keeper<'a> {
    turn: &'a Turn<'a>,
    owner: OwnerReference,
    clients_ca: Authority,
}

/// A user with a password, whose Secret is shown by the watch as it should be.
pub(super) struct Shown<'a> {
    pub(super) user: &'a UserSpec,
    pub(super) password: Password,
    /// Whether Kafka has taken this password, as the Secret tells.
    pub(super) is_applied: bool,
}

/// What became of a user's Secret.
enum Kept<'a> {
    /// It is as it should be; for users with a password, Kafka may be told.
    Done(Option<Shown<'a>>),
    /// It was written just now, or the view of it is old.
    Pending,
    /// Reason and message.
    Problem(&'static str, String),
}

impl<'a> Keeper<'a> {
    /// With the authority that signs users' certificates, once it is complete.
    pub(super) async fn of(turn: &'a Turn<'a>) -> Result<Option<Self>, Error> {
        let Turn { io, watches, pipeline, object, .. } = *turn;
        let clients_ca = authority_secrets::clients_ca(io, watches, pipeline).await?;
        Ok(clients_ca.map(|clients_ca| Self { turn, owner: owned_by(object), clients_ca }))
    }

    /// Secrets of users who are not wanted any more, by user.
    pub(super) fn left(&self, wanted: &[UserSpec]) -> BTreeMap<String, Arc<Secret>> {
        let Turn { watches, pipeline, .. } = *self.turn;
        let is_ours = |secret: &Secret| {
            let mut owners = secret.owner_references().iter();
            pipeline_of(secret) == Some(&pipeline.name) && owners.any(|owner| owner.uid == self.owner.uid)
        };
        let secrets = watches.secrets.list(&pipeline.namespace, is_ours);
        let of_users =
            secrets.into_iter().filter_map(|secret| Some((secret.labels().get(labels::USER)?.clone(), secret)));
        of_users.filter(|(name, _)| wanted.iter().all(|user| user.name != *name)).collect()
    }

    /// Writes the Secrets that differ. Returns the users with passwords whose Secrets the watch shows.
    pub(super) async fn keep<'b>(
        &self,
        wanted: &'b [UserSpec],
        progress: &mut Progress,
    ) -> Result<Vec<Shown<'b>>, Error> {
        let keeping: Vec<_> = wanted.iter().map(|user| self.keep_one(user)).collect();
        let kept: Vec<_> = stream::iter(keeping).buffered(CONCURRENCY).collect().await;
        let mut shown = Vec::new();
        for (user, kept) in wanted.iter().zip(kept) {
            match kept? {
                Kept::Done(with_password) => shown.extend(with_password),
                Kept::Pending => progress.pending(&user.name),
                Kept::Problem(reason, message) => progress.problem(&user.name, reason, message),
            }
        }
        Ok(shown)
    }

    async fn keep_one<'b>(&self, user: &'b UserSpec) -> Result<Kept<'b>, Error> {
        let given = match self.given(user).await? {
            Ok(given) => given,
            Err(message) => return Ok(Kept::Problem("InvalidPassword", message)),
        };
        let Turn { watches, pipeline, now, .. } = *self.turn;
        let held =
            Held::read(watches.secrets.get(&pipeline.namespace, &names::user(&pipeline.name, &user.name)).as_deref());
        let lifetime = &pipeline.spec.certificates.users;
        let input = Input { clients_ca: &self.clients_ca, lifetime, held: &held, given: given.as_ref(), now };
        let (credentials, why) = credentials(user, &input, &FreshKeys)?;
        let applied = held.applied.filter(|applied| Some(applied) == self.fingerprint(user, &credentials).as_ref());
        let written = self.write(user, &credentials, applied.as_deref()).await;
        if let (Some(why), Ok(_)) = (why, &written) {
            tracing::info!(user = user.name, why, "credentials of a user are made");
        }
        kept(user, credentials, applied.is_some(), written)
    }

    /// The password from the Secret that the spec names, or what is wrong with it.
    async fn given(&self, user: &UserSpec) -> Result<Result<Option<Password>, String>, Error> {
        let Some(from) = &user.authentication.password_from else { return Ok(Ok(None)) };
        let Turn { io, pipeline, .. } = *self.turn;
        let secret = unwatched_secret::get(io, &pipeline.namespace, &from.name).await?;
        let Some(secret) = secret else {
            return Ok(Err(format!("there is no Secret {} to take the password from: create it", from.name)));
        };
        let value = secret.data.as_ref().and_then(|data| data.get(&from.key)).map(|ByteString(bytes)| bytes.clone());
        let text = value.map(String::from_utf8);
        Ok(match text {
            None => Err(format!("the Secret {} has no key {}: add it", from.name, from.key)),
            Some(Err(_)) => Err(format!("{} of the Secret {} is no text", from.key, from.name)),
            Some(Ok(text)) => Password::new(text)
                .map(Some)
                .map_err(|flaw| format!("{} of the Secret {} {flaw}: correct it", from.key, from.name)),
        })
    }

    /// Notes in the Secrets that Kafka has taken the passwords.
    pub(super) async fn mark(&self, taken: &[&Shown<'_>], progress: &mut Progress) -> Result<(), Error> {
        for shown in taken {
            let credentials = Credentials::Password(shown.password.clone());
            let print = self.fingerprint(shown.user, &credentials);
            match self.write(shown.user, &credentials, print.as_deref()).await {
                Err(io::Error::Stale { .. }) => progress.pending(&shown.user.name),
                written => drop(written?),
            }
        }
        Ok(())
    }

    /// Deletes the Secrets of users of whom nothing is left in Kafka.
    pub(super) async fn delete(
        &self,
        left: &BTreeMap<String, Arc<Secret>>,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        for (user, secret) in left {
            if progress.is_ready(user) {
                tracing::info!(user, "a user is gone");
                delete::delete(&self.turn.io.api, secret.as_ref()).await?;
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        user: &UserSpec,
        credentials: &Credentials,
        applied: Option<&str>,
    ) -> Result<Outcome, io::Error> {
        let Turn { io, watches, pipeline, object, ref clients, .. } = *self.turn;
        let child: Child = secret(pipeline, &self.owner, user, credentials, &clients.trusted, applied);
        let live = watches.metadata(&child);
        let applied = io.children.apply(object, vec![Prepared::new(child, live.as_ref())?]).await?;
        Ok(applied.all().first().map_or(Outcome::Unchanged, |child| child.outcome))
    }

    fn fingerprint(&self, user: &UserSpec, credentials: &Credentials) -> Option<String> {
        match credentials {
            Credentials::Certificate(_) => None,
            Credentials::Password(password) => Some(password.fingerprint(&user.name, &self.clients_ca.key)),
        }
    }
}

/// Kafka is told of a password only once the watch shows it in the Secret, so that none is ever known to Kafka alone.
fn kept(
    user: &UserSpec,
    credentials: Credentials,
    is_applied: bool,
    written: Result<Outcome, io::Error>,
) -> Result<Kept<'_>, Error> {
    Ok(match (written, credentials) {
        (Err(io::Error::Stale { .. }) | Ok(Outcome::Terminating), _) => Kept::Pending,
        (Err(error @ io::Error::NotOurs { .. }), _) => Kept::Problem(error.reason(), error.to_string()),
        (Err(error), _) => return Err(error.into()),
        (Ok(_), Credentials::Certificate(_)) => Kept::Done(None),
        (Ok(Outcome::Unchanged), Credentials::Password(password)) => {
            Kept::Done(Some(Shown { user, password, is_applied }))
        }
        (Ok(_), Credentials::Password(_)) => Kept::Pending,
    })
}
