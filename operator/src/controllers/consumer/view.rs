//! What a reconcile of a Consumer sees, all of it from the watches, and how it is judged.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_core::consumer::Certificates;
use kafkapipelines_core::pod_state::PodState;
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::vector::{Bootstrap, CA_KEY, USER_CERTIFICATE, USER_KEY};
use kafkapipelines_core::{labels, names, validate};
use kafkapipelines_crds::{Consumer, ConsumerStatus, LogPipeline};
use kube::ResourceExt as _;

use super::super::kafka_nodes::pipeline_of;
use crate::io::watches::Watches;

/// The consumer, its pipeline and its members.
pub(super) struct View<'a> {
    pub(super) object: &'a Consumer,
    /// The newest known status.
    pub(super) before: ConsumerStatus,
    pub(super) pipeline: Option<Arc<LogPipeline>>,
    pub(super) deployment: Option<Arc<Deployment>>,
    /// The Pods, by name.
    pub(super) members: Vec<PodState>,
    /// The certificates that there are.
    certificates: Certificates,
}

/// What is to be done with the consumer.
pub(super) enum Judged {
    /// Carry it out.
    Good(Good),
    /// A user error.
    Refused(Vec<Refusal>),
    /// Something that will come by itself, or with another object: reason and message.
    Waiting(&'static str, String),
}

/// What members need besides the spec.
pub(super) struct Good {
    pub(super) bootstrap: Bootstrap,
    pub(super) certificates: Certificates,
}

impl<'a> View<'a> {
    pub(super) fn observe(watches: &Watches, object: &'a Consumer, before: ConsumerStatus) -> Self {
        let (namespace, name, pipeline) =
            (object.namespace().unwrap_or_default(), object.name_any(), &object.spec.pipeline);
        let is_there = |pipeline: &Arc<LogPipeline>| pipeline.metadata.deletion_timestamp.is_none();
        let authority = watches.secrets.get(&namespace, &names::cluster_ca_cert(pipeline));
        let user = watches.secrets.get(&namespace, &names::user(pipeline, &names::consumer_user(&name)));
        Self {
            object,
            before,
            pipeline: watches.pipelines.get(&namespace, pipeline).filter(is_there),
            deployment: watches.deployments.get(&namespace, &names::consumer(pipeline, &name)),
            members: members(watches, &namespace, pipeline, &name),
            certificates: Certificates {
                authority: authority.and_then(|secret| file(&secret, CA_KEY)),
                own: user.filter(|secret| file(secret, USER_KEY).is_some()).and_then(|s| file(&s, USER_CERTIFICATE)),
            },
        }
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.pipeline.as_ref().is_some_and(|pipeline| pipeline.spec.suspend)
    }

    pub(super) fn judge(&self) -> Judged {
        let pipeline = self.pipeline.as_deref();
        match validate::consumer::consumer(self.object, pipeline, kafkapipelines_vrl::VRL) {
            Ok(()) => pipeline.and_then(Bootstrap::of).map_or_else(|| self.no_pipeline(), |way| self.trust(way)),
            Err(refusals) if validate::is_waiting(&refusals) => self.no_pipeline(),
            Err(refusals) => Judged::Refused(refusals),
        }
    }

    fn no_pipeline(&self) -> Judged {
        let refusal = validate::pipeline_not_found(&self.object.spec.pipeline);
        Judged::Waiting(validate::PIPELINE_NOT_FOUND, refusal.to_string())
    }

    /// Members that started without a certificate would have to start again with it.
    fn trust(&self, bootstrap: Bootstrap) -> Judged {
        let (pipeline, security) = (&self.object.spec.pipeline, bootstrap.security);
        let certificates = Certificates {
            authority: self.certificates.authority.clone().filter(|_| security.has_tls()),
            own: self.certificates.own.clone().filter(|_| security.needs_certificate()),
        };
        if security.has_tls() && certificates.authority.is_none() {
            let secret = names::cluster_ca_cert(pipeline);
            return Judged::Waiting("PipelineNotReady", format!("waits for the cluster CA in the Secret {secret}"));
        }
        if security.needs_certificate() && certificates.own.is_none() {
            let secret = names::user(pipeline, &names::consumer_user(&self.object.name_any()));
            return Judged::Waiting("UserPending", format!("waits for its certificate in the Secret {secret}"));
        }
        Judged::Good(Good { bootstrap, certificates })
    }
}

fn file(secret: &Secret, key: &str) -> Option<Vec<u8>> {
    Some(secret.data.as_ref()?.get(key)?.0.clone())
}

fn members(watches: &Watches, namespace: &str, pipeline: &str, consumer: &str) -> Vec<PodState> {
    let pods = watches.pods.list(namespace, |pod| {
        pipeline_of(pod) == Some(pipeline) && pod.labels().get(labels::CONSUMER).is_some_and(|name| name == consumer)
    });
    let mut members: Vec<_> = pods.iter().map(|pod| PodState::of(pod, None)).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}
