//! Disks of brokers that fill up or have failed.

use std::collections::BTreeMap;

use super::named;
use crate::conditions::{DISKS_HEALTHY, Finding};

/// From this percentage on, a disk is told to be filling.
const FULL: i32 = 85;
/// Percentages are told in steps of this.
const STEP: i32 = 5;
/// How far a disk may leave the step that was told before another is.
const PLAY: i32 = 2;

/// A directory with partitions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Disk {
    /// The broker that has it.
    pub broker: i32,
    /// Its path.
    pub path: String,
    /// Bytes of the volume that it is on, and those that are free; `None` where Kafka does not tell.
    pub space: Option<Space>,
    /// Bytes of the partitions in it.
    pub data: i64,
    /// Why Kafka does not use it any more.
    pub failure: Option<String>,
}

/// Space on a volume in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Space {
    /// All of it.
    pub total: i64,
    /// What is free.
    pub free: i64,
}

/// What was told of each disk by broker and path, so that one at the border of two steps is not told again and again.
#[derive(Clone, Debug, Default)]
pub struct Steps(BTreeMap<(i32, String), i32>);

/// How the disks are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judged {
    /// Space in use on the fullest disk in percent, in steps.
    pub fullest_percent: Option<i32>,
    /// The condition, where something is wrong.
    pub finding: Option<Finding>,
}

/// Judges the disks of all brokers. `before` is what was told of the fullest before anything is remembered.
pub fn judge(disks: &[Disk], before: Option<i32>, steps: &mut Steps) -> Judged {
    let told = |disk: &Disk| {
        let key = (disk.broker, disk.path.clone());
        let before = steps.0.get(&key).copied().or(before);
        Some((key, step(disk.space?.used_percent()?, before)))
    };
    steps.0 = disks.iter().filter_map(told).collect();
    Judged { fullest_percent: steps.0.values().copied().max(), finding: failed(disks).or_else(|| steps.filling()) }
}

fn failed(disks: &[Disk]) -> Option<Finding> {
    let failed = disks.iter().filter_map(|disk| {
        let failure = disk.failure.as_ref()?;
        Some(format!("{} of broker {} ({failure})", disk.path, disk.broker))
    });
    let failed: Vec<_> = failed.collect();
    let message = || format!("Kafka does not use these directories any more: {}", named(&failed));
    (!failed.is_empty()).then(|| Finding::new(DISKS_HEALTHY, false, "DiskFailed", message()))
}

impl Steps {
    fn filling(&self) -> Option<Finding> {
        let full = self.0.iter().filter(|(_, percent)| **percent >= FULL);
        let full: Vec<_> = full.map(|((broker, path), _)| format!("{path} of broker {broker}")).collect();
        let message = || format!("{FULL} % or more of these disks is in use: {}", named(&full));
        (!full.is_empty()).then(|| Finding::new(DISKS_HEALTHY, false, "DiskFilling", message()))
    }
}

impl Space {
    /// Space in use in percent.
    pub fn used_percent(self) -> Option<i32> {
        let used = i128::from(self.total.saturating_sub(self.free).max(0));
        i32::try_from((used * 100).checked_div(i128::from(self.total))?).ok()
    }
}

/// The step that a percentage is on; the one before, while it is near enough.
fn step(percent: i32, before: Option<i32>) -> i32 {
    let near = |before: &i32| (before - PLAY..before + STEP + PLAY).contains(&percent);
    before.filter(near).unwrap_or(percent - percent % STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(broker: i32, used: i64) -> Disk {
        let space = Some(Space { total: 1000, free: 1000 - used * 10 });
        Disk { broker, path: "/data".to_owned(), space, data: 0, failure: None }
    }

    fn reason(judged: &Judged) -> Option<&str> {
        judged.finding.as_ref().map(|finding| finding.reason.as_str())
    }

    #[test]
    fn the_fullest_is_told_in_steps() {
        let judged = |disks: &[Disk]| judge(disks, None, &mut Steps::default());
        assert_eq!(judged(&[]).fullest_percent, None);
        assert_eq!(judged(&[disk(0, 12), disk(1, 44)]).fullest_percent, Some(40));
        assert_eq!(reason(&judged(&[disk(0, 84)])), None);
        let full = judged(&[disk(0, 10), disk(1, 85), disk(2, 99)]);
        assert_eq!((full.fullest_percent, reason(&full)), (Some(95), Some("DiskFilling")));
        assert!(full.finding.unwrap().message.ends_with(": /data of broker 1, /data of broker 2"));
    }

    #[test]
    fn a_disk_at_the_border_of_two_steps_is_told_once() {
        let mut steps = Steps::default();
        let mut told = |used| judge(&[disk(0, used)], Some(20), &mut steps).fullest_percent.unwrap();
        let seen: Vec<_> = [85, 84, 83, 91, 92, 88, 87].map(&mut told).to_vec();
        assert_eq!(seen, [85, 85, 85, 85, 90, 90, 85]);
        assert_eq!(
            judge(&[disk(0, 39)], Some(40), &mut Steps::default()).fullest_percent,
            Some(40),
            "as before a restart"
        );
    }

    #[test]
    fn a_failed_disk_comes_before_a_full_one() {
        let failed = Disk { space: None, failure: Some("KafkaStorageError".to_owned()), ..disk(2, 0) };
        let judged = judge(&[disk(0, 90), failed], None, &mut Steps::default());
        assert_eq!((judged.fullest_percent, reason(&judged)), (Some(90), Some("DiskFailed")));
        assert!(judged.finding.unwrap().message.contains("/data of broker 2 (KafkaStorageError)"));
    }

    #[test]
    fn a_disk_of_unknown_or_no_size_has_no_percentage() {
        let of = |space| judge(&[Disk { space, ..disk(0, 0) }], None, &mut Steps::default()).fullest_percent;
        assert_eq!((of(None), of(Some(Space { total: 0, free: 0 }))), (None, None));
        assert_eq!(of(Some(Space { total: 10, free: 20 })), Some(0), "nonsense is no trouble");
    }
}
