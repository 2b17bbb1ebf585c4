//! Kafka's version and the `metadata.version` that goes with it.

use crate::kafka_version::KafkaVersion;
use crate::metadata_version::MetadataVersion;
use crate::refusal::Refusal;

const VERSION: &str = "spec.kafka.version";
const METADATA_VERSION: &str = "spec.kafka.metadataVersion";

/// The version, if it is supported.
pub(super) fn kafka(text: &str) -> Result<KafkaVersion, Refusal> {
    let refused = |message: &str| Refusal::new("UnsupportedKafkaVersion", VERSION, text, message);
    let version: KafkaVersion = text.parse().map_err(|_| refused("write it as three numbers, for example 4.3.1"))?;
    if version.is_supported() {
        return Ok(version);
    }
    Err(refused("supported are 3.9.x and 4.x: set one of them, for example 4.3.1"))
}

/// Whether the nodes of `version` can be formatted with `wanted` and read disks of `recorded`.
pub(super) fn metadata(version: KafkaVersion, wanted: Option<&str>, recorded: &str) -> Option<Refusal> {
    wanted.and_then(|wanted| unreadable(version, wanted)).or_else(|| {
        let recorded = MetadataVersion::read(recorded)?;
        downgrade(version, recorded).or_else(|| step_back(wanted?, recorded))
    })
}

fn unreadable(version: KafkaVersion, text: &str) -> Option<Refusal> {
    let refused = |reason, message: String| Some(Refusal::new(reason, METADATA_VERSION, text, message));
    let example = version.default_metadata_version();
    match MetadataVersion::read(text) {
        None => refused(
            "UnknownMetadataVersion",
            format!("Kafka knows no such metadata.version: set {example}, or remove the field"),
        ),
        Some(wanted) if !wanted.is_read_by(version) => refused(
            "MetadataVersionTooNew",
            format!(
                "it is newer than Kafka {version}: set {example} or older, or spec.kafka.version to {}.{}.0 or newer",
                wanted.major, wanted.minor
            ),
        ),
        Some(_) => None,
    }
}

fn downgrade(version: KafkaVersion, recorded: MetadataVersion) -> Option<Refusal> {
    let message = format!(
        "the disks are of metadata.version {recorded}, which Kafka {version} cannot read: set the version to {}.{}.0 or newer",
        recorded.major, recorded.minor
    );
    (!recorded.is_read_by(version)).then(|| Refusal::new("KafkaDowngrade", VERSION, version, message))
}

fn step_back(text: &str, recorded: MetadataVersion) -> Option<Refusal> {
    let message = format!("the disks are of metadata.version {recorded} already: set it to that");
    (MetadataVersion::read(text)? < recorded)
        .then(|| Refusal::new("MetadataVersionCannotGoBack", METADATA_VERSION, text, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_without_a_dynamic_quorum_are_refused() {
        for (text, way_out) in [("3.8.1", "3.9.x and 4.x"), ("5.0.0", "3.9.x and 4.x"), ("4.3", "three numbers")] {
            let refusal = kafka(text).unwrap_err();
            assert_eq!((refusal.field.as_str(), refusal.value.as_str()), ("spec.kafka.version", text));
            assert!(refusal.message.contains(way_out), "{refusal}");
        }
        assert!(kafka("3.9.0").is_ok() && kafka("4.0.2").is_ok());
    }

    #[test]
    fn metadata_must_be_known_to_the_software_and_never_goes_back() {
        for (version, wanted, recorded, reason) in [
            ("3.9.0", "3.9-IV0", "3.9-IV0", None),
            ("3.9.2", "3.9", "3.9-IV0", None),
            ("4.3.1", "3.9-IV0", "3.9-IV0", None),
            ("4.3.1", "4.3", "3.9-IV0", None),
            ("4.3.1", "3.3-IV3", "", None),
            ("4.5.0", "4.5", "", None),
            ("4.5.0", "4.4-IV7", "", None),
            ("3.9.0", "4.0", "", Some("MetadataVersionTooNew")),
            ("4.0.1", "4.1-IV0", "", Some("MetadataVersionTooNew")),
            ("4.3.1", "3.2", "", Some("UnknownMetadataVersion")),
            ("4.3.1", "4.0-IV4", "", Some("UnknownMetadataVersion")),
            ("4.3.1", "newest", "", Some("UnknownMetadataVersion")),
            ("4.3.1", "4.2", "4.3", Some("MetadataVersionCannotGoBack")),
        ] {
            let refusal = metadata(version.parse().unwrap(), Some(wanted), recorded);
            assert_eq!(refusal.as_ref().map(|refusal| refusal.reason), reason, "{version} {wanted} {recorded}");
            if let Some(refusal) = refusal {
                assert_eq!((refusal.field.as_str(), refusal.value.as_str()), ("spec.kafka.metadataVersion", wanted));
                assert!(refusal.message.contains(": set "), "{refusal}");
            }
        }
    }

    #[test]
    fn software_that_cannot_read_the_disks_is_refused() {
        let refusal = metadata("3.9.2".parse().unwrap(), None, "4.3").unwrap();
        assert_eq!(
            (refusal.reason, refusal.field.as_str(), refusal.value.as_str()),
            ("KafkaDowngrade", "spec.kafka.version", "3.9.2")
        );
        assert!(refusal.message.contains("set the version to 4.3.0 or newer"), "{refusal}");
    }
}
