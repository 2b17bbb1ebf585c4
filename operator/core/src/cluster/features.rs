//! Feature levels: `metadata.version` is raised when the spec says so and every node supports it. There is no way back.

use std::collections::BTreeMap;

use crate::conditions::{Finding, WARNING};
use crate::metadata_version::MetadataVersion;
use crate::roll;

/// The feature that `spec.kafka.metadataVersion` is about.
pub const METADATA_VERSION: &str = "metadata.version";

/// Feature levels as a node sees them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Features {
    /// The lowest and highest level of each feature that this node supports.
    pub supported: BTreeMap<String, (i16, i16)>,
    /// The levels that the cluster has agreed on.
    pub finalized: BTreeMap<String, i16>,
}

impl Features {
    /// Level of `metadata.version` that the cluster has agreed on.
    pub fn metadata_version(&self) -> Option<i16> {
        self.finalized.get(METADATA_VERSION).copied()
    }

    fn supports(&self, level: i16) -> bool {
        self.supported.get(METADATA_VERSION).is_some_and(|(lowest, highest)| (*lowest..=*highest).contains(&level))
    }
}

/// The name of a finalized level: as it is on record where that is the same level, for `4.3` and `4.3-IV0` are.
pub fn name(level: i16, recorded: &str) -> Option<String> {
    if MetadataVersion::read(recorded).and_then(MetadataVersion::level) == Some(level) {
        return Some(recorded.to_owned());
    }
    MetadataVersion::of_level(level).map(|version| version.to_string())
}

/// The version to which the spec raises the cluster; none when it is there, or beyond.
pub fn raise(wanted: Option<&str>, finalized: i16) -> Option<MetadataVersion> {
    let wanted = MetadataVersion::read(wanted?)?;
    wanted.level().is_none_or(|level| level > finalized).then_some(wanted)
}

/// The level to raise to, now that every node was asked; `None` for a node that does not answer.
///
/// # Errors
/// Why it is not raised yet.
pub fn level(wanted: MetadataVersion, nodes: &BTreeMap<i32, Option<Features>>) -> Result<i16, Finding> {
    let Some(level) = wanted.level() else {
        return Err(held(wanted, "this operator does not know it: update the operator"));
    };
    let ids = |matches: fn(&Option<Features>, i16) -> bool| {
        nodes.iter().filter(|(_, features)| matches(features, level)).map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let silent = ids(|features, _| features.is_none());
    let old = ids(|features, level| features.as_ref().is_some_and(|features| !features.supports(level)));
    if !old.is_empty() {
        return Err(held(wanted, &format!("the software of nodes {} does not know it", roll::list(&old))));
    }
    if !silent.is_empty() {
        return Err(held(
            wanted,
            &format!("nodes {} do not serve, so what they support is unknown", roll::list(&silent)),
        ));
    }
    Ok(level)
}

/// What Kafka's refusal means. `strangers` are controllers that are registered and not wanted: a registration outlives the node for good,
/// and what that node supported then still counts.
pub fn refused(wanted: MetadataVersion, refusal: &str, strangers: &[i32]) -> Finding {
    let named = strangers.iter().find(|id| refusal.contains(&format!("Controller {id} ")));
    let Some(id) = named else { return held(wanted, refusal) };
    let message = format!(
        "metadata.version is not raised to {wanted}: controller {id} is gone, but Kafka goes by what it supported ({refusal}). \
         Have that controller run once with the newest Kafka, by as many replicas as its pool had, then scale down again"
    );
    Finding::new(WARNING, true, "StaleControllerRegistration", message)
}

fn held(wanted: MetadataVersion, why: &str) -> Finding {
    Finding::new(WARNING, true, "MetadataVersionHeld", format!("metadata.version is not raised to {wanted}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supports(highest: i16) -> Features {
        let supported = [(METADATA_VERSION.to_owned(), (1, highest))].into();
        Features { supported, ..Features::default() }
    }

    fn version(name: &str) -> MetadataVersion {
        MetadataVersion::read(name).unwrap()
    }

    #[test]
    fn a_level_keeps_the_name_that_is_on_record() {
        assert_eq!(name(30, "4.3").as_deref(), Some("4.3"));
        assert_eq!(name(30, "3.9-IV0").as_deref(), Some("4.3-IV0"));
        assert_eq!(name(99, "4.3"), None);
    }

    #[test]
    fn only_a_newer_wish_raises() {
        for (wanted, finalized, raised) in [
            (None, 21, None),
            (Some("3.9"), 21, None),
            (Some("4.3"), 21, Some("4.3-IV0")),
            (Some("4.0"), 30, None),
            (Some("4.9-IV1"), 30, Some("4.9-IV1")),
        ] {
            assert_eq!(raise(wanted, finalized), raised.map(version), "{wanted:?} {finalized}");
        }
    }

    #[test]
    fn it_waits_for_every_node() {
        let decide = |wanted: &str, nodes: [Option<Features>; 2]| {
            level(version(wanted), &(0..).zip(nodes).collect()).map_err(|finding| finding.message)
        };
        assert_eq!(decide("4.3", [Some(supports(30)), Some(supports(30))]), Ok(30));
        assert!(decide("4.3", [Some(supports(30)), Some(supports(21))]).unwrap_err().contains("nodes 1 does not"));
        assert!(decide("4.3", [Some(supports(30)), None]).unwrap_err().contains("nodes 1 do not serve"));
        assert!(decide("4.9", [Some(supports(99)), Some(supports(99))]).unwrap_err().contains("update the operator"));
    }

    #[test]
    fn a_registration_that_outlived_its_controller_is_told_with_the_cure() {
        let refusal =
            "Invalid update version 30 for feature metadata.version. Controller 3 only supports versions 1-21";
        assert_eq!(refused(version("4.3"), refusal, &[3]).reason, "StaleControllerRegistration");
        for strangers in [&[][..], &[33]] {
            let held = refused(version("4.3"), refusal, strangers);
            assert_eq!(held.reason, "MetadataVersionHeld");
            assert!(held.message.contains(refusal));
        }
    }
}
