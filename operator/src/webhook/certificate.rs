//! Keeps the certificate, and tells the API server whom to trust. Only the replica that leads does.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_core::pki;
use kafkapipelines_core::pki::server_certificate::ServerCertificate;
use kube::ResourceExt as _;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use serde_json::json;

use super::Settings;
use crate::fresh_keys::FreshKeys;
use crate::io;
use crate::io::api_server::ApiServer;
use crate::io::error::Call;

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Pki(#[from] pki::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the {0} that the installation brings is not there")]
    Missing(&'static str),
}

/// What was last seen.
struct Seen {
    secret: Option<Secret>,
    configuration: Option<ValidatingWebhookConfiguration>,
}

/// Keeps the certificate until the task is dropped. A failure is logged and tried again.
pub async fn keep(api: ApiServer, settings: Settings) {
    let name = settings.configuration();
    let secrets = Api::<Secret>::namespaced(api.client(), &settings.namespace);
    let configurations = Api::<ValidatingWebhookConfiguration>::all(api.client());
    let mut secrets = std::pin::pin!(watcher::watch_object(secrets, &settings.name).default_backoff());
    let mut configurations = std::pin::pin!(watcher::watch_object(configurations, &name).default_backoff());
    let mut seen = Seen { secret: next(&mut secrets).await, configuration: next(&mut configurations).await };
    let mut pauses = pauses();
    loop {
        let wait = match bring(&api, &settings, &seen, Timestamp::now()).await {
            Ok(due) => {
                pauses = self::pauses();
                until(due)
            }
            Err(error) => {
                tracing::warn!(%error, "the webhook's certificate");
                pauses.next().unwrap_or(LONGEST_PAUSE)
            }
        };
        tokio::select! {
            secret = next(&mut secrets) => seen.secret = secret,
            configuration = next(&mut configurations) => seen.configuration = configuration,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// The object as the watch shows it next; nothing where there is none.
async fn next<K>(shown: &mut (impl Stream<Item = watcher::Result<Option<K>>> + Unpin)) -> Option<K> {
    loop {
        match shown.next().await {
            Some(Ok(object)) => return object,
            Some(Err(error)) => tracing::warn!(%error, "the webhook's objects cannot be watched"),
            None => std::future::pending().await,
        }
    }
}

/// Brings both objects to what they should be. Tells when the certificate is due.
async fn bring(api: &ApiServer, settings: &Settings, seen: &Seen, now: Timestamp) -> Result<Timestamp, Error> {
    let secret = seen.secret.as_ref().ok_or(Error::Missing("Secret"))?;
    let configuration = seen.configuration.as_ref().ok_or(Error::Missing("ValidatingWebhookConfiguration"))?;
    let good = ServerCertificate::settle(Some(secret), &settings.service(), &settings.names(), now, &FreshKeys)?;
    if secret.data.as_ref() != Some(&good.data()) {
        write_secret(api, settings, &good).await?;
    }
    if !trusts(configuration, &good.authority.certificates) {
        write_trust(api, configuration, &good.authority.certificates).await?;
    }
    Ok(good.due)
}

async fn write_secret(api: &ApiServer, settings: &Settings, good: &ServerCertificate) -> Result<(), Error> {
    let secrets = Api::<Secret>::namespaced(api.client(), &settings.namespace);
    let patch = Patch::Merge(json!({"data": good.data()}));
    let call = call("Secret", &settings.namespace, &settings.name);
    api.write(call, async { secrets.patch(&settings.name, &params(api), &patch).await }).await?;
    tracing::info!("the webhook has another certificate");
    Ok(())
}

fn trusts(configuration: &ValidatingWebhookConfiguration, authority: &str) -> bool {
    let webhooks = configuration.webhooks.iter().flatten();
    webhooks
        .map(|webhook| webhook.client_config.ca_bundle.as_ref())
        .all(|bundle| bundle.is_some_and(|bundle| bundle.0 == authority.as_bytes()))
}

async fn write_trust(
    api: &ApiServer,
    configuration: &ValidatingWebhookConfiguration,
    authority: &str,
) -> Result<(), Error> {
    let name = configuration.name_any();
    let client_config = json!({"caBundle": STANDARD.encode(authority)});
    let webhooks: Vec<_> = configuration
        .webhooks
        .iter()
        .flatten()
        .map(|webhook| json!({"name": webhook.name, "clientConfig": client_config}))
        .collect();
    // Webhooks are merged by their names.
    let patch = Patch::Strategic(json!({"webhooks": webhooks}));
    let configurations = Api::<ValidatingWebhookConfiguration>::all(api.client());
    let call = call("ValidatingWebhookConfiguration", "", &name);
    api.write(call, async { configurations.patch(&name, &params(api), &patch).await }).await?;
    Ok(())
}

fn params(api: &ApiServer) -> PatchParams {
    PatchParams { field_manager: Some(api.field_manager()), ..PatchParams::default() }
}

fn call(kind: &str, namespace: &str, name: &str) -> Call {
    Call { verb: "patch", kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
}

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default().with_max_delay(LONGEST_PAUSE).without_max_times().with_jitter().build()
}

fn until(due: Timestamp) -> Duration {
    due.duration_since(Timestamp::now()).try_into().unwrap_or_default()
}
