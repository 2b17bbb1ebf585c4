//! Settings that keep acknowledged lines safe, where the user says nothing and there are brokers enough.

use super::properties::Properties;
use crate::pipeline::Pipeline;

const REPLICATION_FACTOR: &str = "default.replication.factor";
/// Copies that survive the loss of one broker and the restart of another.
const SAFE_REPLICATION: usize = 3;

/// The defaults for keys that the user left out.
///
/// They follow the number of brokers, which may grow. What Kafka can change while it runs is sent to it; of the rest a node learns at its
/// next start. None is started again for it, since what they steer (new topics) is settled by whichever node is asked.
pub fn silent(pipeline: &Pipeline) -> Properties {
    let wanted = wanted(pipeline).into_iter().map(|(key, value)| (key.to_owned(), value));
    wanted.filter(|(key, _)| !pipeline.config.contains_key(key)).collect()
}

fn wanted(pipeline: &Pipeline) -> Vec<(&'static str, String)> {
    let most = pipeline.brokers().len().clamp(1, SAFE_REPLICATION);
    let topics = pipeline.config.get(REPLICATION_FACTOR).and_then(|factor| factor.parse().ok()).unwrap_or(most);
    let mut wanted = vec![
        // A topic made without a word about replicas loses nothing with one broker.
        (REPLICATION_FACTOR, most.to_string()),
        // acks=all means two disks; one copy may be away.
        ("min.insync.replicas", in_sync(topics).to_string()),
        // Kafka's own default of 3 makes consumers wait for ever where there are fewer brokers.
        ("offsets.topic.replication.factor", most.to_string()),
        ("transaction.state.log.replication.factor", most.to_string()),
        ("transaction.state.log.min.isr", in_sync(most).to_string()),
        // Said, not assumed: no acknowledged line is given up for availability.
        ("unclean.leader.election.enable", "false".to_owned()),
    ];
    if pipeline.version.major >= 4 {
        // As for offsets, for share groups.
        wanted.push(("share.coordinator.state.topic.replication.factor", most.to_string()));
        wanted.push(("share.coordinator.state.topic.min.isr", in_sync(most).to_string()));
    }
    wanted
}

/// Copies that must hold a line before it is acknowledged: two, but one less than there are, or a restart stops all writing.
fn in_sync(replicas: usize) -> usize {
    replicas.saturating_sub(1).clamp(1, 2)
}
