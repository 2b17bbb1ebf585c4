//! Passwords: made or given, never printed.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::pki::{Error, PrivateKey};

/// A password. Never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Where fresh passwords come from: randomness is not the core's.
pub trait PasswordSource {
    /// A new password of letters and digits.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    fn password(&self) -> Result<Password, Error>;
}

impl Password {
    /// A password as somebody wrote it, or why it is none that can be handed on in files of lines.
    pub fn new(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        match text.as_str() {
            "" => Err("is empty"),
            text if text.chars().any(char::is_control) => {
                Err("has a line break or another control character; the last one often comes from echo without -n")
            }
            _ => Ok(Self(text)),
        }
    }

    /// The text, for a Secret and for what Kafka is told.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Tells this password of a user from another one, to whoever has `key`, and nothing to anybody else.
    pub fn fingerprint(&self, user: &str, key: &PrivateKey) -> String {
        let mut digest = Sha256::new();
        for part in [key.pem(), user, &self.0] {
            digest.update(part);
            digest.update([0]);
        }
        digest.finalize().first_chunk().map(|start| format!("{:016x}", u64::from_be_bytes(*start))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_and_never_printed() {
        assert_eq!(format!("{:?}", Password::new("pass wörd\"\\")), "Ok(Password(…))");
        assert!(Password::new("").is_err() && Password::new("secret\n").unwrap_err().contains("echo"));
    }

    #[test]
    fn a_fingerprint_tells_users_passwords_and_keys_apart() {
        let print = |password: &str, user: &str, key: &str| {
            Password::new(password).unwrap().fingerprint(user, &PrivateKey::new(key))
        };
        let all = [print("a", "shop", "k"), print("b", "shop", "k"), print("a", "till", "k"), print("a", "shop", "l")];
        assert!(all.iter().enumerate().all(|(at, one)| !all[..at].contains(one)), "{all:?}");
        assert_eq!(print("a", "shop", "k"), all[0]);
    }
}
