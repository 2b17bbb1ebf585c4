//! The gateway of a pipeline: its children, and how it is.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_core::child::Child;
use kafkapipelines_core::consumer::Certificates;
use kafkapipelines_core::gateway::secrets::{NeededSecret, needed};
use kafkapipelines_core::gateway::{Gateway, Seen};
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pod_state::PodState;
use kafkapipelines_core::vector::{Bootstrap, CA_KEY, USER_CERTIFICATE, USER_KEY};
use kafkapipelines_core::{labels, names};
use kafkapipelines_crds::GatewaySpec;
use kube::ResourceExt as _;

use super::super::kafka_nodes::pipeline_of;
use super::super::unwatched_secret;
use super::{Error, LogPipelineController, View};

/// A user's Secret is not watched, so it is looked at this often.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What is to become of the gateway.
#[derive(Default)]
pub(super) struct Plan {
    /// All its children, with the Deployment last; none while something is missing, and then what is there stays.
    pub(super) children: Vec<Child>,
    /// What is missing: reason and message.
    pub(super) waiting: Option<(&'static str, String)>,
    /// When it is to be looked at again.
    pub(super) due: Option<Timestamp>,
}

/// Something that is missing: reason and message.
type Missing = (&'static str, String);

impl LogPipelineController {
    /// The gateway, if the spec asks for one.
    pub(super) async fn gateway(
        &self,
        view: &View<'_>,
        pipeline: &Pipeline,
        owner: &OwnerReference,
    ) -> Result<Plan, Error> {
        let Some((spec, bootstrap)) = pipeline.spec.gateway.as_ref().zip(Bootstrap::of(view.object)) else {
            return Ok(Plan::default());
        };
        let secrets = needed(spec);
        let due = (!secrets.is_empty()).then(|| Timestamp::now() + LOOK_AGAIN);
        let found = match self.certificates(pipeline, &bootstrap) {
            Ok(certificates) => self.versions(pipeline, &secrets).await?.map(|versions| (certificates, versions)),
            Err(missing) => Err(missing),
        };
        let (certificates, versions) = match found {
            Ok(found) => found,
            Err(missing) => return Ok(Plan { waiting: Some(missing), due, ..Plan::default() }),
        };
        let gateway = Gateway::new(pipeline, spec, bootstrap, certificates, versions)?;
        Ok(Plan { children: gateway.children(owner), waiting: None, due })
    }

    /// The certificates that the listener asks for, once the watch shows them.
    fn certificates(&self, pipeline: &Pipeline, bootstrap: &Bootstrap) -> Result<Certificates, Missing> {
        let file = |secret: &str, key: &str| {
            let secret = self.watches.secrets.get(&pipeline.namespace, secret)?;
            Some(secret.data.as_ref()?.get(key)?.0.clone())
        };
        let missing = |secret: &str| ("GatewayPending", format!("waits for the certificate in the Secret {secret}"));
        let mut certificates = Certificates::default();
        if bootstrap.security.has_tls() {
            let secret = names::cluster_ca_cert(&pipeline.name);
            certificates.authority = Some(file(&secret, CA_KEY).ok_or_else(|| missing(&secret))?);
        }
        if bootstrap.security.needs_certificate() {
            let secret = names::user(&pipeline.name, names::GATEWAY_USER);
            let own = file(&secret, USER_KEY).and_then(|_| file(&secret, USER_CERTIFICATE));
            certificates.own = Some(own.ok_or_else(|| missing(&secret))?);
        }
        Ok(certificates)
    }

    /// The versions of the user's Secrets: another one makes new Pods.
    async fn versions(&self, pipeline: &Pipeline, secrets: &[NeededSecret]) -> Result<Result<String, Missing>, Error> {
        let mut versions = Vec::new();
        for NeededSecret { field, name, keys } in secrets {
            let secret = unwatched_secret::get(&self.io, &pipeline.namespace, name).await?;
            let has =
                |key: &&str| secret.as_ref().and_then(|s| s.data.as_ref()).is_some_and(|data| data.contains_key(*key));
            if let Some(key) = keys.iter().find(|key| !has(key)) {
                let message = format!("{field}: the Secret {name} with the key {key} is not there: create it");
                return Ok(Err(("GatewaySecretMissing", message)));
            }
            let version = secret.and_then(|secret| secret.resource_version()).unwrap_or_default();
            versions.push(format!("{name}={version}"));
        }
        versions.dedup();
        Ok(Ok(versions.join(",")))
    }

    /// How it is.
    pub(super) fn seen(&self, view: &View<'_>, spec: &GatewaySpec, waiting: Option<Missing>) -> Seen {
        let name = view.object.name_any();
        let is_of_it = |pod: &Pod| pipeline_of(pod) == Some(&name) && pod.labels().contains_key(labels::GATEWAY);
        let pods = self.watches.pods.list(&view.namespace(), is_of_it);
        let mut pods: Vec<_> = pods.iter().map(|pod| PodState::of(pod, None)).collect();
        pods.sort_by(|a, b| a.name.cmp(&b.name));
        Seen { wanted: spec.replicas, pods, waiting }
    }
}
