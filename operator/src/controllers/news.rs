//! Events about conditions: one for each change of their status or reason.

use kafkapipelines_core::conditions::{
    ACCEPTED, AT_RISK, CERTIFICATES_VALID, DELIVERING, DISKS_HEALTHY, NO_LOSS, PARTITIONS_HEALTHY, QUORUM_COMPLETE,
    READY, SUSPENDED, SYNCED, TOPICS_READY, USERS_READY, WARNING,
};
use kube::Resource;
use kube::runtime::events::EventType;

use crate::io::Io;
use crate::io::events::News;
use crate::io::status::{Outcome, Transition};

/// Publishes an Event for each condition that changed.
pub(super) async fn tell<K: Resource<DynamicType = ()>>(io: &Io, object: &K, outcome: Outcome) {
    let Outcome::Written(transitions) = outcome else { return };
    for Transition { condition, status, reason, message } in transitions {
        let Some(topic) = topic(&condition) else { continue };
        let kind = if is_good(topic, &status) { EventType::Normal } else { EventType::Warning };
        io.events.publish(object, News { kind, topic, reason, note: message }).await;
    }
}

/// Conditions worth an Event, by the names that Events carry.
fn topic(condition: &str) -> Option<&'static str> {
    const TOLD: [&str; 14] = [
        READY,
        ACCEPTED,
        WARNING,
        SUSPENDED,
        SYNCED,
        TOPICS_READY,
        USERS_READY,
        PARTITIONS_HEALTHY,
        DISKS_HEALTHY,
        QUORUM_COMPLETE,
        CERTIFICATES_VALID,
        NO_LOSS,
        DELIVERING,
        AT_RISK,
    ];
    TOLD.into_iter().find(|name| *name == condition)
}

fn is_good(topic: &str, status: &str) -> bool {
    match topic {
        WARNING | AT_RISK => status != "True",
        READY | SUSPENDED => true,
        _ => status == "True",
    }
}
