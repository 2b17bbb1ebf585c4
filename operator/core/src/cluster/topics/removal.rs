//! Which topics are deleted: only what was declared deletable while it was listed, as recorded in the status.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::DeletionPolicy;

use super::desired::{Desired, is_kafkas_own};
use super::model::Topic;
use super::problem::Problem;

/// Most names that a status takes.
const MOST: usize = 1000;

/// What is known of topics that are not listed any more.
#[derive(Clone, Debug, Default)]
pub struct Removal<'a> {
    /// Topics that were seen with `deletionPolicy: Delete`, as the status has them: the only ground for a deletion.
    pub recorded: &'a [String],
    /// Topics that Consumers read from or write to, with the Consumer's name.
    pub used: BTreeMap<&'a str, String>,
}

impl Removal<'_> {
    /// Topics to delete, and why others that are recorded are not.
    pub(super) fn plan(
        &self,
        desired: &Desired,
        topics: &BTreeMap<String, Topic>,
    ) -> (Vec<String>, BTreeMap<String, Problem>) {
        let (mut delete, mut problems) = (Vec::new(), BTreeMap::new());
        for name in self.gone(desired, topics) {
            match self.used.get(name.as_str()) {
                None => delete.push(name.clone()),
                Some(consumer) => drop(problems.insert(name.clone(), in_use(consumer))),
            }
        }
        (delete, problems)
    }

    /// What the status is to record: topics to be deleted that are still there, and those that may be once they are taken off the list.
    pub fn record(&self, desired: &Desired, topics: &BTreeMap<String, Topic>) -> Vec<String> {
        let gone = self.gone(desired, topics);
        let listed = desired.iter().filter(|(_, wanted)| wanted.deletion == DeletionPolicy::Delete);
        let listed = listed.map(|(name, _)| name).filter(|name| is_deletable(name, topics));
        // Where there are too many, those that wait for their deletion come first.
        let kept: BTreeSet<_> = gone.into_iter().chain(listed).take(MOST).collect();
        kept.into_iter().cloned().collect()
    }

    /// Topics that are recorded, not listed any more, and still there.
    fn gone(&self, desired: &Desired, topics: &BTreeMap<String, Topic>) -> Vec<&String> {
        let recorded = self.recorded.iter().filter(|name| !desired.contains_key(*name));
        recorded.filter(|name| is_deletable(name, topics)).collect()
    }
}

fn is_deletable(name: &str, topics: &BTreeMap<String, Topic>) -> bool {
    !is_kafkas_own(name) && topics.get(name).is_some_and(|topic| !topic.internal)
}

fn in_use(consumer: &str) -> Problem {
    let message = format!(
        "it is to be deleted, but the Consumer {consumer} uses it: change the Consumer, or list the topic again"
    );
    Problem { reason: "TopicInUse", message }
}
