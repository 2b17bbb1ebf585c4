//! Keys from the system's randomness.

use kafkapipelines_core::pki::{Error, KeySource};
use rcgen::KeyPair;

/// Makes ECDSA P-256 keys.
pub(super) struct FreshKeys;

impl KeySource for FreshKeys {
    fn generate(&self) -> Result<KeyPair, Error> {
        Ok(KeyPair::generate()?)
    }
}
