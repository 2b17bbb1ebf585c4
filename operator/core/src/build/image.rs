//! Which image a container runs.

use kafkapipelines_crds::ImageSpec;

/// Reference of an image; a digest wins over the tag.
pub fn reference(spec: &ImageSpec, repository: &str, tag: &str) -> String {
    let repository = spec.repository.as_deref().unwrap_or(repository);
    match &spec.digest {
        Some(digest) => format!("{repository}@{digest}"),
        None => format!("{repository}:{}", spec.tag.as_deref().unwrap_or(tag)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_wins_over_the_tag_and_the_tag_over_the_version() {
        let some = |text: &str| Some(text.to_owned());
        for (repository, tag, digest, expected) in [
            (None, None, None, "apache/kafka:4.3.1"),
            (some("r.io/kafka"), None, None, "r.io/kafka:4.3.1"),
            (None, some("4.3.1-rc1"), None, "apache/kafka:4.3.1-rc1"),
            (None, some("4.3.1"), some("sha256:ab"), "apache/kafka@sha256:ab"),
        ] {
            let spec = ImageSpec { repository, tag, digest, ..ImageSpec::default() };
            assert_eq!(reference(&spec, "apache/kafka", "4.3.1"), expected);
        }
    }
}
