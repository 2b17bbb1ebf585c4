//! How a gateway is, by what was observed.

use kafkapipelines_crds::GatewayStatus;

use crate::conditions::{Finding, GATEWAY_READY};
use crate::pod_state::PodState;

/// What was observed of a gateway that the spec asks for.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Pods that there are to be.
    pub wanted: i32,
    /// Its Pods, by name.
    pub pods: Vec<PodState>,
    /// What must come before its Pods are made or changed: reason and message.
    pub waiting: Option<(&'static str, String)>,
}

impl Seen {
    /// The numbers.
    pub fn status(&self) -> GatewayStatus {
        let ready = self.pods.iter().filter(|pod| pod.serves()).count();
        GatewayStatus { desired: self.wanted, ready: i32::try_from(ready).unwrap_or(i32::MAX) }
    }
}

/// The condition.
pub fn finding(seen: &Seen) -> Finding {
    let GatewayStatus { desired, ready } = seen.status();
    let down = seen.pods.iter().filter(|pod| !pod.serves());
    let down: Vec<_> =
        down.map(|pod| format!("{}: {}", pod.name, pod.message.as_deref().unwrap_or("Terminating"))).collect();
    match &seen.waiting {
        Some((reason, message)) => Finding::new(GATEWAY_READY, false, *reason, message.clone()),
        None if desired == 0 => {
            Finding::new(GATEWAY_READY, false, "GatewayStopped", "spec.gateway.replicas is 0: nobody takes lines")
        }
        None if ready >= desired => Finding::new(GATEWAY_READY, true, "GatewayServes", "all its Pods take lines"),
        None if down.is_empty() => {
            Finding::new(GATEWAY_READY, false, "GatewayNotReady", "there are fewer Pods than wanted")
        }
        None => Finding::new(GATEWAY_READY, false, "GatewayNotReady", down.join("; ")),
    }
}
