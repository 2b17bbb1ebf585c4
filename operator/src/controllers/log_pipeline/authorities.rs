//! The two certificate authorities of a pipeline.

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_core::child::{Child, owned_by};
use kafkapipelines_core::names;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pki::authority::{self, AuthorityName, Found, Settled};
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_crds::CaSpec;

use super::super::authority_secrets;
use super::{Error, LogPipelineController, View};
use crate::fresh_keys::FreshKeys;

/// A user's Secret is not watched, so it is looked at this often.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// The Secrets of both authorities, and when they are to be looked at again.
pub(super) struct Authorities {
    /// Applied first: a certificate whose key was lost on the way would be worth nothing.
    pub(super) keys: Vec<Child>,
    pub(super) certificates: Vec<Child>,
    pub(super) due: Timestamp,
}

/// One of the two, by all its names.
struct Which<'a> {
    field: &'static str,
    spec: &'a CaSpec,
    common_name: String,
    certificate: String,
    key: String,
}

impl LogPipelineController {
    /// Both authorities: kept, renewed, made, or taken from the user's Secrets.
    pub(super) async fn authorities(
        &self,
        view: &View<'_>,
        pipeline: &Pipeline,
    ) -> Result<Result<Authorities, Vec<Refusal>>, Error> {
        let mut authorities = Authorities { keys: Vec::new(), certificates: Vec::new(), due: Timestamp::MAX };
        let mut refusals = Vec::new();
        for which in both(pipeline) {
            match self.settle_authority(pipeline, &which).await? {
                Ok(settled) => authorities.add(&which, &settled, pipeline, view),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Ok(if refusals.is_empty() { Ok(authorities) } else { Err(refusals) })
    }

    async fn settle_authority(
        &self,
        pipeline: &Pipeline,
        which: &Which<'_>,
    ) -> Result<Result<Settled, Refusal>, Error> {
        let now = Timestamp::now();
        if let Some(user) = &which.spec.secret_ref {
            let found = authority_secrets::read(&self.io, &pipeline.namespace, &user.name).await?;
            let settled = authority::of_user(&found, which.field, &user.name, now);
            let again = |settled: Settled| Settled { due: settled.due.min(now + LOOK_AGAIN), ..settled };
            return Ok(settled.map(again));
        }
        let found = self.own_secrets(pipeline, which).await?;
        let settled = authority::own(&found, which.spec, &which.name(), now, &FreshKeys)?;
        if let Ok(Settled { change: Some(reason), .. }) = &settled {
            tracing::info!(authority = which.common_name, reason, "a certificate authority's certificate is made");
        }
        Ok(settled)
    }
}

impl LogPipelineController {
    /// What the operator's own Secrets hold. A key that the watch does not show may have lost only its label: it is looked for.
    async fn own_secrets(&self, pipeline: &Pipeline, which: &Which<'_>) -> Result<Found, Error> {
        let secret = |name: &str| self.watches.secrets.get(&pipeline.namespace, name);
        let (certificate, key) = (secret(&which.certificate), secret(&which.key));
        let mut found = Found::read(certificate.as_deref(), key.as_deref());
        if found.certificates.is_some() && found.key.is_none() {
            found.key = authority_secrets::read(&self.io, &pipeline.namespace, &which.key).await?.key;
        }
        Ok(found)
    }
}

impl Authorities {
    fn add(&mut self, which: &Which<'_>, settled: &Settled, pipeline: &Pipeline, view: &View<'_>) {
        let own_key = which.spec.secret_ref.is_none();
        let of = (pipeline.name.as_str(), pipeline.namespace.as_str());
        let secrets = authority::secrets(&settled.authority, &which.name(), of, &owned_by(view.object));
        self.keys.extend(own_key.then_some(secrets.key));
        self.certificates.push(secrets.certificate);
        self.due = self.due.min(settled.due);
    }
}

impl Which<'_> {
    fn name(&self) -> AuthorityName<'_> {
        AuthorityName { common_name: &self.common_name, certificate_secret: &self.certificate, key_secret: &self.key }
    }
}

fn both(pipeline: &Pipeline) -> [Which<'_>; 2] {
    let name = &pipeline.name;
    let certificates = &pipeline.spec.certificates;
    [
        Which {
            field: "spec.certificates.clusterCA.secretRef.name",
            spec: &certificates.cluster_ca,
            common_name: format!("{name} cluster CA"),
            certificate: names::cluster_ca_cert(name),
            key: names::cluster_ca_key(name),
        },
        Which {
            field: "spec.certificates.clientsCA.secretRef.name",
            spec: &certificates.clients_ca,
            common_name: format!("{name} clients CA"),
            certificate: names::clients_ca_cert(name),
            key: names::clients_ca_key(name),
        },
    ]
}
