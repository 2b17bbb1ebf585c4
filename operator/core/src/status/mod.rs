//! Status: what was observed, said for people and for `kubectl wait`.

pub mod consumer;
mod kafka;
pub mod pipeline;
pub mod pool;

use crate::conditions::{self, ACCEPTED, Finding, READY, STALLED, WARNING};
use crate::refusal::Refusal;
use crate::roll::{NodeState, Step};

/// Refusals that another object ends when it arrives: pools and Secrets come with their pipeline in any order.
const AWAITED: [&str; 3] = ["NoControllers", "NoBrokers", "CaSecretNotFound"];

/// What stands in the way of readiness besides the nodes themselves.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// User errors in the object's spec, or in what it needs.
    pub refusals: Vec<Refusal>,
    /// What works, but not for long or not well.
    pub warnings: Vec<Refusal>,
    /// Reason and message of the error that ended the reconcile early, where trying again will not help.
    pub failure: Option<(&'static str, String)>,
    /// Reason and message of something that is awaited and will come by itself.
    pub waiting: Option<(&'static str, String)>,
}

impl Verdict {
    /// Conditions besides `Ready`.
    fn findings(&self) -> Vec<Finding> {
        let accepted = match self.refusals.first() {
            None => Finding::new(ACCEPTED, true, "Valid", "the spec is carried out"),
            Some(first) => Finding::new(ACCEPTED, false, first.reason, sentence(&self.refusals)),
        };
        let warning =
            self.warnings.first().map(|first| Finding::new(WARNING, true, first.reason, sentence(&self.warnings)));
        [Some(accepted), warning, self.stalled()].into_iter().flatten().collect()
    }

    /// What a person must fix, if there is such a thing. Whatever else keeps the object from being ready may pass by itself,
    /// and who waits for it should go on waiting.
    fn stalled(&self) -> Option<Finding> {
        if let Some(first) = self.refusals.first() {
            // Without its pools a pipeline cannot be judged, so the other refusals may pass with these.
            let awaits = self.refusals.iter().any(|refusal| AWAITED.contains(&refusal.reason));
            return (!awaits).then(|| Finding::new(STALLED, true, first.reason, sentence(&self.refusals)));
        }
        let (reason, message) = self.failure.as_ref()?;
        Some(Finding::new(STALLED, true, *reason, message.clone()))
    }

    /// Why the object is not ready, if the verdict says so before any node is looked at.
    fn not_ready(&self) -> Option<Finding> {
        if let Some(first) = self.refusals.first() {
            let message = format!("{}; what runs keeps running as it was", sentence(&self.refusals));
            return Some(Finding::new(READY, false, first.reason, message));
        }
        self.failure
            .as_ref()
            .or(self.waiting.as_ref())
            .map(|(reason, message)| Finding::new(READY, false, *reason, message.clone()))
    }
}

/// Readiness by the nodes: all serve and run what they should.
fn nodes_ready(nodes: &[NodeState], step: &Step) -> Finding {
    let down: Vec<_> = nodes.iter().filter(|node| !node.serves()).map(describe).collect();
    match step {
        _ if nodes.is_empty() => Finding::new(READY, false, "NoNodes", "there are no nodes: set replicas"),
        Step::Restart { reasons, .. } => {
            Finding::new(READY, false, "Restarting", format!("nodes are restarted one by one: {}", reasons.join(", ")))
        }
        Step::Wait { reason } => {
            Finding::new(READY, false, "Restarting", format!("before the next restart it waits for {reason}"))
        }
        Step::Done if down.is_empty() && nodes.iter().any(|node| node.template.is_none()) => {
            Finding::new(READY, false, "SpecPending", "what the nodes should run is being written")
        }
        Step::Done if down.is_empty() => Finding::new(READY, true, "AllNodesReady", "all nodes are ready"),
        Step::Done => Finding::new(READY, false, "NodesNotReady", down.join("; ")),
    }
}

fn describe(state: &NodeState) -> String {
    let why = state.pod.as_ref().map_or("no Pod yet", |pod| pod.message.as_deref().unwrap_or("Terminating"));
    format!("node {} ({}): {why}", state.node.id, state.node.pod)
}

fn sentence(refusals: &[Refusal]) -> String {
    const SHOWN: usize = 5;
    conditions::sentence(refusals.iter(), SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::Status;

    fn refused(reasons: &[&'static str]) -> Verdict {
        let refusals = reasons.iter().map(|reason| Refusal::new(reason, "spec.field", "x", "way out")).collect();
        Verdict { refusals, ..Verdict::default() }
    }

    fn failed(reason: &'static str) -> Verdict {
        Verdict { failure: Some((reason, "why".to_owned())), ..Verdict::default() }
    }

    #[test]
    fn it_is_stalled_where_a_person_must_act_and_nowhere_else() {
        let waiting = Verdict { waiting: Some(("PipelineNotFound", "why".to_owned())), ..Verdict::default() };
        let warned = Verdict { warnings: refused(&["EvenControllers"]).refusals, ..Verdict::default() };
        let retained = refused(&["ScaleDownRefused"]);
        for (verdict, expected) in [
            (&Verdict::default(), None),
            (&waiting, None),
            (&warned, None),
            (&refused(&["OwnedKafkaConfig"]), Some("OwnedKafkaConfig")),
            (&refused(&["InvalidCaSecret", "CaKeyLost"]), Some("InvalidCaSecret")),
            (&refused(&["NoControllers", "NoBrokers"]), None),
            (&refused(&["MinIsrExceedsReplicas", "NoBrokers"]), None),
            (&refused(&["CaSecretNotFound"]), None),
            (&failed("NameTaken"), Some("NameTaken")),
            (&Verdict { failure: failed("Forbidden").failure, ..retained }, Some("ScaleDownRefused")),
        ] {
            let findings = verdict.findings();
            let stalled = findings.iter().find(|finding| finding.type_ == STALLED);
            assert_eq!(stalled.map(|finding| finding.reason.as_str()), expected, "{verdict:?}");
            assert!(stalled.is_none_or(|finding| finding.status == Status::True));
        }
    }

    #[test]
    fn what_is_stalled_says_what_to_fix() {
        let message = |verdict: &Verdict| verdict.stalled().unwrap().message;
        assert_eq!(message(&refused(&["OwnedKafkaConfig"])), "spec.field: x: way out");
        assert_eq!(message(&failed("NameTaken")), "why");
    }
}
