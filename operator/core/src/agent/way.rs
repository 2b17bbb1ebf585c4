//! By which listener agents come.

use kafkapipelines_crds::{AuthenticationType, ListenerSpec, LogPipeline};
use kube::ResourceExt;

use crate::build::listeners;

/// A listener that is reached from outside, as an agent sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Way {
    /// Name of the listener.
    pub listener: String,
    /// Where the agent begins, `host:port`.
    pub servers: String,
    /// How the agent must prove who it is.
    pub authentication: Option<AuthenticationType>,
}

/// All ways into a pipeline from outside, in the order of its listeners. All of them speak TLS.
pub fn ways(pipeline: &LogPipeline) -> Vec<Way> {
    let (name, namespace) = (pipeline.name_any(), pipeline.namespace().unwrap_or_default());
    of_listeners(&name, &namespace, &pipeline.spec.kafka.listeners)
}

pub(super) fn of_listeners(pipeline: &str, namespace: &str, all: &[ListenerSpec]) -> Vec<Way> {
    let external = all.iter().filter(|listener| listener.ingress.is_some());
    let way = |listener: &ListenerSpec| Way {
        listener: listener.name.clone(),
        servers: listeners::bootstrap_address(pipeline, namespace, listener),
        authentication: listener.authentication.as_ref().map(|authentication| authentication.type_),
    };
    external.map(way).collect()
}
