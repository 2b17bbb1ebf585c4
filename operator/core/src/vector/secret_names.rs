//! What a user's Secret is called in the container and in the file, where Vector replaces a text by the value at its start.

use kafkapipelines_crds::SecretKey;

/// Where the Secrets' directories are in the container.
const DIRECTORIES: &str = "/etc/kafkapipelines/secrets";

/// The directory of a Secret in the container.
pub fn directory(secret: &str) -> String {
    format!("{DIRECTORIES}/{secret}")
}

/// The file of a key in the container.
pub(super) fn path(from: &SecretKey) -> String {
    format!("{}/{}", directory(&from.name), from.key)
}

/// What Vector replaces by the value.
pub(super) fn text(secret: &str, key: &str) -> String {
    format!("SECRET[{}.{key}]", backend_name(secret))
}

/// A Secret's name in letters that Vector takes; two Secrets never have the same, for their names have no such letters.
pub(super) fn backend_name(secret: &str) -> String {
    secret.replace('-', "_").replace('.', "DOT")
}
