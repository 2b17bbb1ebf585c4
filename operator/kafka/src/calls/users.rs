//! Users that log in with a password (SCRAM-SHA-512). Kafka never sees the password, only what is derived from it.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

use kafka_protocol::messages::alter_user_scram_credentials_request::{
    ScramCredentialDeletion, ScramCredentialUpsertion,
};
use kafka_protocol::messages::{AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest};
use ring::rand::SecureRandom;
use ring::{digest, pbkdf2, rand};

use super::outcome::{Outcomes, complete, outcome};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{Api, text, wire};

const SCRAM_SHA_512: i8 = 2;
const SALT: usize = 32;
/// As many as Kafka's own tools use.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// What Kafka is told of a password. Never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Credential {
    salt: Vec<u8>,
    salted: Vec<u8>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

impl Credential {
    /// Derived from a password and fresh salt.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn of(password: &str) -> Result<Self, Error> {
        let mut salt = [0; SALT];
        let refused = |_| Error::Unaskable {
            api: AlterUserScramCredentialsRequest::NAME,
            cause: "the system gives no random bytes".to_owned(),
        };
        rand::SystemRandom::new().fill(&mut salt).map_err(refused)?;
        Ok(Self::salted(password, &salt))
    }

    fn salted(password: &str, salt: &[u8]) -> Self {
        let mut salted = [0; digest::SHA512_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, ITERATIONS, salt, password.as_bytes(), &mut salted);
        Self { salt: salt.to_vec(), salted: salted.to_vec() }
    }

    fn upsertion(&self, user: &str) -> ScramCredentialUpsertion {
        ScramCredentialUpsertion::default()
            .with_name(wire(user))
            .with_mechanism(SCRAM_SHA_512)
            .with_iterations(ITERATIONS.get().cast_signed())
            .with_salt(self.salt.clone().into())
            .with_salted_password(self.salted.clone().into())
    }
}

impl Client {
    /// Users that have a SCRAM-SHA-512 password. Kafka tells nothing about the passwords.
    pub async fn list_scram_users(&self) -> Result<Vec<String>, Error> {
        // No users at all, which is not the same as an empty list: all of them.
        let request = DescribeUserScramCredentialsRequest::default().with_users(None);
        let answer = self.ask(Route::Controller, &request).await?;
        let has = answer.results.iter().filter(|user| {
            user.error_code == 0 && user.credential_infos.iter().any(|info| info.mechanism == SCRAM_SHA_512)
        });
        Ok(has.map(|user| text(&user.user)).collect())
    }

    /// Gives users passwords, in place of those that they had. A user cannot be in both of this and a removal.
    pub async fn set_scram_credentials(
        &self,
        credentials: &BTreeMap<String, Credential>,
    ) -> Result<Outcomes<String>, Error> {
        let upsertions = credentials.iter().map(|(user, credential)| credential.upsertion(user)).collect();
        let request = AlterUserScramCredentialsRequest::default().with_upsertions(upsertions);
        self.alter_scram(credentials.keys(), &request).await
    }

    /// Takes users' passwords away. Those who are logged in stay so until they connect anew.
    pub async fn remove_scram_credentials(&self, users: &[String]) -> Result<Outcomes<String>, Error> {
        let deletion =
            |user: &String| ScramCredentialDeletion::default().with_name(wire(user)).with_mechanism(SCRAM_SHA_512);
        let deletions = users.iter().map(deletion).collect();
        let request = AlterUserScramCredentialsRequest::default().with_deletions(deletions);
        self.alter_scram(users, &request).await
    }

    async fn alter_scram(
        &self,
        users: impl IntoIterator<Item = &String>,
        request: &AlterUserScramCredentialsRequest,
    ) -> Result<Outcomes<String>, Error> {
        let answer = self.ask(Route::Controller, request).await?;
        let results = answer.results.iter();
        let told = results.map(|user| (text(&user.user), outcome((), user.error_code, user.error_message.as_ref())));
        Ok(complete(users.into_iter().cloned(), told.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against what another implementation makes of it (Python's hashlib).
    #[test]
    fn a_password_is_salted_as_scram_says() {
        let credential = Credential::salted("pencil", b"salt");
        let first = credential.salted.first_chunk().copied().map(u64::from_be_bytes);
        assert_eq!((first, credential.salted.len()), (Some(0x2cfe_3a1c_1516_62b1), 64));
    }

    #[test]
    fn every_credential_has_salt_of_its_own_and_is_never_printed() {
        let (one, other) = (Credential::of("pencil").unwrap(), Credential::of("pencil").unwrap());
        assert_ne!(one, other);
        assert_eq!(format!("{one:?}"), "Credential(…)");
    }
}
