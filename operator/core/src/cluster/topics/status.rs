//! How topics are.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::{ProblemStatus, TopicsStatus};

use super::desired::Desired;
use super::moves::REASSIGNING;
use super::problem::Problem;
use crate::conditions::{self, Finding, TOPICS_READY};

/// Most problems that a status takes.
const MOST: usize = 1000;
/// Problems that a condition names.
const SHOWN: usize = 5;

/// The status. `pending` are topics of which it is not known yet whether they are as the spec says.
pub fn status(
    desired: &Desired,
    problems: &BTreeMap<String, Problem>,
    pending: &BTreeSet<String>,
    deletable: Vec<String>,
) -> TopicsStatus {
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let ready = desired.keys().filter(|name| !problems.contains_key(*name) && !pending.contains(*name)).count();
    let problem = |(name, problem): (&String, &Problem)| ProblemStatus {
        name: name.clone(),
        reason: problem.reason.to_owned(),
        message: problem.message.clone(),
    };
    TopicsStatus {
        desired: count(desired.len()),
        ready: count(ready),
        problems: problems.iter().take(MOST).map(problem).collect(),
        deletable,
    }
}

/// Whether all topics are as the spec says; nothing where there are none.
pub fn finding(status: &TopicsStatus) -> Option<Finding> {
    let TopicsStatus { desired, ready, problems, .. } = status;
    let mut problems: Vec<_> = problems.iter().collect();
    // What ends by itself comes last.
    problems.sort_by_key(|problem| problem.reason == REASSIGNING);
    let Some(first) = problems.first() else {
        let (reason, message) = if ready == desired {
            ("AllTopicsReady", format!("{desired} topics are as the spec says"))
        } else {
            ("TopicsPending", format!("{} topics are being brought to what the spec says", desired - ready))
        };
        return (*desired > 0).then(|| Finding::new(TOPICS_READY, ready == desired, reason, message));
    };
    let told = problems.iter().map(|problem| format!("{}: {}", problem.name, problem.message));
    let message = conditions::sentence(told, SHOWN);
    Some(Finding::new(TOPICS_READY, false, first.reason.clone(), message))
}
