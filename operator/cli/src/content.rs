//! Topics and users of a pipeline: what the spec asks for, and what Kafka has of it.

use kafkapipelines_crds::{AuthenticationType, LogPipeline, ProblemStatus, TopicSpec, UserSpec};

use crate::branch::{Branch, columns};
use crate::readiness::DOUBTFUL;

/// Lines of one kind that are drawn, unless more are in trouble.
const MOST: usize = 20;

/// The topics of the spec.
pub fn topics(pipeline: &LogPipeline) -> Option<Branch> {
    let status = pipeline.status.as_ref().and_then(|status| status.topics.as_ref());
    let counts = status.map(|topics| (topics.ready, topics.desired));
    let problems = status.map(|topics| topics.problems.as_slice()).unwrap_or_default();
    let cells = |topic: &TopicSpec| {
        let partitions = topic.partitions.map(|count| format!("{count} partitions")).unwrap_or_default();
        let replicas = topic.replicas.map(|count| format!("{count} replicas")).unwrap_or_default();
        [topic.name.clone(), partitions, replicas]
    };
    branch("topics", counts, pipeline.spec.topics.iter().map(cells).collect(), problems)
}

/// The users of the spec.
pub fn users(pipeline: &LogPipeline) -> Option<Branch> {
    let status = pipeline.status.as_ref().and_then(|status| status.users.as_ref());
    let counts = status.map(|users| (users.ready, users.desired));
    let problems = status.map(|users| users.problems.as_slice()).unwrap_or_default();
    let cells = |user: &UserSpec| {
        let how = match user.authentication.type_ {
            AuthenticationType::Tls => "tls",
            AuthenticationType::ScramSha512 => "scram-sha-512",
        };
        [user.name.clone(), how.to_owned(), String::new()]
    };
    branch("users", counts, pipeline.spec.users.iter().map(cells).collect(), problems)
}

/// What is in trouble comes first, also what is not in the spec: what consumers ask for.
fn branch(
    title: &str,
    counts: Option<(i32, i32)>,
    mut rows: Vec<[String; 3]>,
    problems: &[ProblemStatus],
) -> Option<Branch> {
    let problem = |name: &str| problems.iter().find(|problem| problem.name == name);
    let unlisted = problems.iter().filter(|problem| !rows.iter().any(|row| row[0] == problem.name));
    let unlisted: Vec<_> = unlisted.map(|problem| [problem.name.clone(), String::new(), String::new()]).collect();
    rows.extend(unlisted);
    rows.sort_by_key(|row| problem(&row[0]).is_none());
    let shown = MOST.max(problems.len()).min(rows.len());
    let more = (rows.len() > shown).then(|| format!("… and {} more", rows.len() - shown));
    rows.truncate(shown);
    let told = |(cells, row): (String, &[String; 3])| match problem(&row[0]) {
        Some(ProblemStatus { reason, message, .. }) => format!("{cells}{DOUBTFUL}{reason}: {message}{DOUBTFUL:#}"),
        None => cells,
    };
    let lines: Vec<_> = columns(&rows).into_iter().zip(&rows).map(told).chain(more).map(Branch::leaf).collect();
    let ready = counts.map(|(ready, wanted)| format!("  {ready}/{wanted} ready")).unwrap_or_default();
    (!lines.is_empty()).then(|| Branch::new(format!("{title}{ready}"), lines))
}
