//! Events about conditions: one for each change of their status or reason.

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
    const TOLD: [&str; 5] = ["Ready", "Accepted", "Warning", "QuorumComplete", "Suspended"];
    TOLD.into_iter().find(|name| *name == condition)
}

fn is_good(topic: &str, status: &str) -> bool {
    match topic {
        "Warning" => status != "True",
        "Ready" | "Suspended" => true,
        _ => status == "True",
    }
}
