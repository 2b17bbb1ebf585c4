//! Leader election on a `coordination.k8s.io` Lease: one replica acts, the others stand by.
//!
//! Clocks of different machines are never compared. A candidate takes over when it has watched an unchanged Lease for
//! its whole duration; the holder stops writing after two thirds of the duration since it *began* its last successful
//! renewal. The last third is for writes that are still on their way: none can arrive when the next holder starts.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, Resource as _};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::io::lease_guard::LeaseHold;

/// Which Lease, and who asks for it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// Name of this replica, different from every other's.
    pub identity: String,
    /// How long a Lease lives without renewal.
    pub duration: Duration,
}

/// The Lease went to another replica, or could not be renewed in time.
#[derive(Debug, thiserror::Error)]
#[error("lost the lease {0}")]
pub struct Lost(String);

/// A replica that wants the Lease, or has it.
pub struct Election {
    leases: Api<Lease>,
    settings: Settings,
    hold: LeaseHold,
    /// The Lease as it was seen last, and since when it has been unchanged.
    seen: Option<(Lease, Instant)>,
}

/// What can be done about a Lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// Renew it: it is ours.
    Renew,
    /// Take it: it is nobody's, or its holder has gone silent.
    Take,
    /// Ask again: it is another's.
    Wait,
}

impl Election {
    /// Stands for election; `hold` follows what comes of it.
    pub fn new(client: Client, settings: Settings, hold: LeaseHold) -> Self {
        Self { leases: Api::namespaced(client, &settings.namespace), settings, hold, seen: None }
    }

    /// Ends when the Lease is ours.
    pub async fn acquire(&mut self) {
        let retry = self.settings.duration / 8;
        loop {
            match self.attempt().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!(error, "cannot acquire the lease, trying again"),
            }
            sleep(retry).await;
        }
    }

    /// Renews the Lease until `release`, then gives it up so that the next replica need not wait.
    ///
    /// # Errors
    /// [`Lost`]. Writing has ended before this says so.
    pub async fn keep(mut self, release: CancellationToken) -> Result<(), Lost> {
        let mut next = Instant::now() + self.settings.duration / 3;
        while release.run_until_cancelled(tokio::time::sleep_until(next)).await.is_some() {
            next = match self.attempt().await {
                Ok(true) => Instant::now() + self.settings.duration / 3,
                Ok(false) => return Err(self.lost()),
                Err(error) => {
                    tracing::warn!(error, "cannot renew the lease, trying again");
                    Instant::now() + self.settings.duration / 15
                }
            };
            if !self.hold.is_valid() {
                return Err(self.lost());
            }
        }
        self.release().await;
        Ok(())
    }

    fn lost(&self) -> Lost {
        self.hold.end();
        Lost(format!("{}/{}", self.settings.namespace, self.settings.name))
    }

    /// Renews or takes the Lease if that may be done; says whether it is ours now.
    async fn attempt(&mut self) -> Result<bool, String> {
        let began = Instant::now();
        let within = self.settings.duration / 3;
        let ours = timeout(within, self.claim_once()).await.map_err(|_| format!("no answer within {within:?}"))?;
        match ours {
            Ok(true) => {
                self.hold.extend(began + self.settings.duration * 2 / 3);
                Ok(true)
            }
            Ok(false) => Ok(false),
            // Another was quicker, or we don't know the latest version: read it next time.
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
                self.seen = None;
                Err("somebody else has written it".to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    async fn claim_once(&mut self) -> kube::Result<bool> {
        // Put back only on success: after an error nothing is known, and waiting begins anew.
        let (lease, since) = match self.seen.take() {
            Some((lease, since)) if holder(&lease) == Some(&self.settings.identity) => (lease, since),
            seen => match self.leases.get_opt(&self.settings.name).await? {
                Some(lease) => {
                    let since = seen.filter(|(before, _)| version(before) == version(&lease)).map(|(_, since)| since);
                    (lease, since.unwrap_or_else(Instant::now))
                }
                None => return self.create().await,
            },
        };
        if claim(&lease, &self.settings.identity, since.elapsed()) == Claim::Wait {
            self.seen = Some((lease, since));
            return Ok(false);
        }
        let written = self.leases.replace(&self.settings.name, &params(), &self.taken(lease)).await?;
        self.seen = Some((written, Instant::now()));
        Ok(true)
    }

    async fn create(&mut self) -> kube::Result<bool> {
        let metadata = ObjectMeta { name: Some(self.settings.name.clone()), ..ObjectMeta::default() };
        let created = self.leases.create(&params(), &self.taken(Lease { metadata, spec: None })).await?;
        self.seen = Some((created, Instant::now()));
        Ok(true)
    }

    /// `lease` as it is when this replica has just taken or renewed it.
    fn taken(&self, lease: Lease) -> Lease {
        let now = Some(MicroTime(Timestamp::now()));
        let renewed = holder(&lease) == Some(&self.settings.identity);
        let before = lease.spec.unwrap_or_default();
        let spec = LeaseSpec {
            holder_identity: Some(self.settings.identity.clone()),
            lease_duration_seconds: i32::try_from(self.settings.duration.as_secs()).ok(),
            renew_time: now.clone(),
            acquire_time: if renewed { before.acquire_time } else { now },
            lease_transitions: Some(before.lease_transitions.unwrap_or(0) + i32::from(!renewed)),
            ..before
        };
        Lease { metadata: lease.metadata, spec: Some(spec) }
    }

    async fn release(mut self) {
        self.hold.end();
        let Some((mut lease, _)) = self.seen.take() else { return };
        if let Some(spec) = &mut lease.spec {
            spec.holder_identity = None;
        }
        let parameters = params();
        let released = self.leases.replace(&self.settings.name, &parameters, &lease);
        match timeout(self.settings.duration / 3, released).await {
            Ok(Ok(_)) => tracing::info!("released the lease"),
            Ok(Err(error)) => tracing::warn!(%error, "lease not released, it will expire"),
            Err(_) => tracing::warn!("lease not released in time, it will expire"),
        }
    }
}

/// What can be done about `lease`, which has not changed for `unchanged`.
fn claim(lease: &Lease, identity: &str, unchanged: Duration) -> Claim {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds).unwrap_or(0);
    let lifetime = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    match holder(lease) {
        Some(holder) if holder == identity => Claim::Renew,
        Some(_) if unchanged <= lifetime => Claim::Wait,
        _ => Claim::Take,
    }
}

fn holder(lease: &Lease) -> Option<&String> {
    lease.spec.as_ref()?.holder_identity.as_ref().filter(|holder| !holder.is_empty())
}

fn version(lease: &Lease) -> Option<&String> {
    lease.meta().resource_version.as_ref()
}

fn params() -> PostParams {
    PostParams { field_manager: Some("kafkapipelines-lease".to_owned()), ..PostParams::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_taken_only_when_its_holder_has_been_silent_for_its_whole_life() {
        let lease = |holder: Option<&str>, seconds| Lease {
            spec: Some(LeaseSpec {
                holder_identity: holder.map(str::to_owned),
                lease_duration_seconds: seconds,
                ..LeaseSpec::default()
            }),
            ..Lease::default()
        };
        let second = Duration::from_secs(1);
        for (lease, unchanged, expected) in [
            (lease(None, Some(15)), Duration::ZERO, Claim::Take),
            (lease(Some(""), Some(15)), Duration::ZERO, Claim::Take),
            (lease(Some("me"), Some(15)), 99 * second, Claim::Renew),
            (lease(Some("other"), Some(15)), Duration::ZERO, Claim::Wait),
            (lease(Some("other"), Some(15)), 15 * second, Claim::Wait),
            (lease(Some("other"), Some(15)), 16 * second, Claim::Take),
            (lease(Some("other"), None), second, Claim::Take),
            (Lease::default(), Duration::ZERO, Claim::Take),
        ] {
            assert_eq!(claim(&lease, "me", unchanged), expected, "{lease:?} unchanged for {unchanged:?}");
        }
    }
}
