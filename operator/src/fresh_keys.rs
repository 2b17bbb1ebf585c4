//! Keys and passwords from the system's randomness.

use std::fmt::Write as _;

use kafkapipelines_core::cluster::users::password::{Password, PasswordSource};
use kafkapipelines_core::pki::{Error, KeySource};
use rcgen::KeyPair;
use ring::rand::{SecureRandom as _, SystemRandom};

/// Bytes of randomness in a password.
const PASSWORD: usize = 24;

/// Makes ECDSA P-256 keys, and passwords.
pub(crate) struct FreshKeys;

impl KeySource for FreshKeys {
    fn generate(&self) -> Result<KeyPair, Error> {
        Ok(KeyPair::generate()?)
    }
}

impl PasswordSource for FreshKeys {
    fn password(&self) -> Result<Password, Error> {
        let mut bytes = [0; PASSWORD];
        SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Randomness)?;
        let text = bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Password::new(text).map_err(|_| Error::Randomness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_never_the_same() {
        let (one, other) = (FreshKeys.password().unwrap(), FreshKeys.password().unwrap());
        assert_ne!(one, other);
        assert!(one.text().len() == 2 * PASSWORD && one.text().chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
