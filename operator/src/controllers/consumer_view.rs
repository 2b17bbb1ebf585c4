//! What a reconcile of a Consumer sees, all of it from the watches, and how it is judged: for its members, and for the replay of its dead letters.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kafkapipelines_core::consumer::{self, Certificates};
use kafkapipelines_core::pod_state::PodState;
use kafkapipelines_core::program_sources::{ConfigMaps, PROGRAM_NOT_FOUND};
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::vector::{Bootstrap, CA_KEY, Security, USER_CERTIFICATE, USER_KEY};
use kafkapipelines_core::{conditions, labels, names, program_sources, validate};
use kafkapipelines_crds::{Consumer, ConsumerStatus, LogPipeline};
use kube::ResourceExt as _;

use super::kafka_nodes::pipeline_of;
use crate::io::watches::Watches;

/// Missing programs that are told.
const TOLD: usize = 5;

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
    /// The ConfigMaps that hold its programs, as far as there are any.
    programs: ConfigMaps,
}

/// What is to be done with the consumer.
pub(super) enum Judged {
    /// Carry it out.
    Good(Box<Good>),
    /// A user error.
    Refused(Vec<Refusal>),
    /// Something that will come by itself, or with another object: reason and message.
    Waiting(&'static str, String),
}

/// What members need besides the spec.
pub(super) struct Good {
    /// The consumer with each program in its place.
    pub(super) object: Consumer,
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
            members: members(&pods(watches, object)),
            certificates: Certificates {
                authority: authority.and_then(|secret| file(&secret, CA_KEY)),
                own: user.filter(|secret| file(secret, USER_KEY).is_some()).and_then(|s| file(&s, USER_CERTIFICATE)),
            },
            programs: programs(watches, object),
        }
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.pipeline.as_ref().is_some_and(|pipeline| pipeline.spec.suspend)
    }

    /// How many members there were before they were stopped for a seek, while they are.
    pub(super) fn members_before_seek(&self) -> Option<i32> {
        self.deployment.as_deref().and_then(consumer::members_before_seek)
    }

    /// What members need whatever they run, if all of it is there.
    pub(super) fn way(&self) -> Option<(Bootstrap, Certificates)> {
        let bootstrap = Bootstrap::of(self.pipeline.as_deref()?)?;
        let certificates = self.certificates_for(bootstrap.security).ok()?;
        Some((bootstrap, certificates))
    }

    pub(super) fn judge(&self) -> Judged {
        match program_sources::resolved(self.object, &self.programs) {
            Ok(object) => self.judge_resolved(object),
            Err(refusals) if validate::is_waiting(&refusals) => {
                Judged::Waiting(PROGRAM_NOT_FOUND, conditions::sentence(refusals.iter(), TOLD))
            }
            Err(refusals) => Judged::Refused(refusals),
        }
    }

    fn judge_resolved(&self, object: Consumer) -> Judged {
        let pipeline = self.pipeline.as_deref();
        match validate::consumer::consumer(&object, pipeline, kafkapipelines_vrl::VRL) {
            Ok(()) => match pipeline.and_then(Bootstrap::of) {
                Some(bootstrap) => match self.certificates_for(bootstrap.security) {
                    Ok(certificates) => Judged::Good(Box::new(Good { object, bootstrap, certificates })),
                    Err((reason, message)) => Judged::Waiting(reason, message),
                },
                None => self.no_pipeline(),
            },
            Err(refusals) if validate::is_waiting(&refusals) => self.no_pipeline(),
            Err(refusals) => Judged::Refused(refusals),
        }
    }

    fn no_pipeline(&self) -> Judged {
        let refusal = validate::pipeline_not_found(&self.object.spec.pipeline);
        Judged::Waiting(validate::PIPELINE_NOT_FOUND, refusal.to_string())
    }

    /// Members that started without a certificate would have to start again with it.
    fn certificates_for(&self, security: Security) -> Result<Certificates, (&'static str, String)> {
        let pipeline = &self.object.spec.pipeline;
        let certificates = Certificates {
            authority: self.certificates.authority.clone().filter(|_| security.has_tls()),
            own: self.certificates.own.clone().filter(|_| security.needs_certificate()),
        };
        if security.has_tls() && certificates.authority.is_none() {
            let secret = names::cluster_ca_cert(pipeline);
            return Err(("PipelineNotReady", format!("waits for the cluster CA in the Secret {secret}")));
        }
        if security.needs_certificate() && certificates.own.is_none() {
            let secret = names::user(pipeline, &names::consumer_user(&self.object.name_any()));
            return Err(("UserPending", format!("waits for its certificate in the Secret {secret}")));
        }
        Ok(certificates)
    }
}

fn file(secret: &Secret, key: &str) -> Option<Vec<u8>> {
    Some(secret.data.as_ref()?.get(key)?.0.clone())
}

fn programs(watches: &Watches, object: &Consumer) -> ConfigMaps {
    let namespace = object.namespace().unwrap_or_default();
    let found: Vec<_> = program_sources::named(&object.spec)
        .into_iter()
        .filter_map(|name| watches.programs.get(&namespace, name))
        .collect();
    program_sources::usable(found.iter().map(AsRef::as_ref))
}

/// The Pods of a consumer, in no special order.
pub(super) fn pods(watches: &Watches, object: &Consumer) -> Vec<Arc<Pod>> {
    let name = object.name_any();
    watches.pods.list(&object.namespace().unwrap_or_default(), |pod| {
        pipeline_of(pod) == Some(&object.spec.pipeline) && pod.labels().get(labels::CONSUMER) == Some(&name)
    })
}

fn members(pods: &[Arc<Pod>]) -> Vec<PodState> {
    let mut members: Vec<_> = pods.iter().map(|pod| PodState::of(pod, None)).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}
