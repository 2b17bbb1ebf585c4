//! The server: HTTPS with the certificate that the Secret holds, exchanged while it runs.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_server::tls_rustls::{RustlsConfig, from_tcp_rustls};
use futures::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_core::pki::{PrivateKey, server_certificate};
use kube::Client;
use kube::api::{Api, DynamicObject};
use kube::core::admission::{AdmissionRequest, AdmissionReview, ConvertAdmissionReviewError};
use kube::runtime::{WatchStreamExt as _, watcher};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tower::limit::ConcurrencyLimitLayer;

use super::{Settings, review};

/// Where the API server posts its questions.
const PATH: &str = "/validate";
/// An object of etcd's largest size, its older version, and what is around them.
const LARGEST_REVIEW: usize = 8 << 20;
/// Judgements at a time: each compiles programs.
const AT_ONCE: usize = 4;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, or the connection to it broke.
    #[error("the webhook's server: {0}")]
    Io(#[from] io::Error),
    /// The watch of the Secret has ended.
    #[error("the watch of the webhook's Secret has ended")]
    WatchEnded,
}

/// Serves for ever, from the first certificate on: before it there is nothing that the API server could trust.
///
/// # Errors
/// [`Error`].
pub async fn serve(client: Client, settings: Settings) -> Result<(), Error> {
    let mut certificates = std::pin::pin!(certificates(client, &settings));
    let listener = TcpListener::bind(settings.address).await?;
    let first = certificates.next().await.ok_or(Error::WatchEnded)?;
    let config = RustlsConfig::from_config(first);
    tracing::info!(webhook = %listener.local_addr()?, "the webhook listens");
    let server = from_tcp_rustls(listener.into_std()?, config.clone())?;
    let renewals = certificates.for_each(async |certificate| config.reload_from_config(certificate));
    tokio::select! {
        ended = server.serve(routes().into_make_service()) => Ok(ended?),
        () = renewals => Err(Error::WatchEnded),
    }
}

/// What the Secret holds, each time that it is something else.
fn certificates(client: Client, settings: &Settings) -> impl Stream<Item = Arc<ServerConfig>> + use<> {
    let secrets = Api::<Secret>::namespaced(client, &settings.namespace);
    watcher::watch_object(secrets, &settings.name).default_backoff().filter_map(async |secret| match secret {
        Ok(secret) => {
            secret.as_ref().and_then(server_certificate::read).and_then(|(chain, key)| server_config(&chain, &key))
        }
        Err(error) => {
            tracing::warn!(%error, "the webhook's Secret cannot be watched");
            None
        }
    })
}

/// Nothing where the two cannot be read: who leads replaces them.
fn server_config(chain: &str, key: &PrivateKey) -> Option<Arc<ServerConfig>> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().ok()?;
    let key = PrivateKeyDer::from_pem_slice(key.pem().as_bytes()).ok()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).ok()?))
}

fn routes() -> Router {
    Router::new()
        .route(PATH, post(validate))
        .layer(DefaultBodyLimit::max(LARGEST_REVIEW))
        .layer(ConcurrencyLimitLayer::new(AT_ONCE))
}

async fn validate(body: Bytes) -> Response {
    let request = match read(&body) {
        Ok(request) => request,
        Err(error) => return (StatusCode::BAD_REQUEST, error).into_response(),
    };
    let judged = tokio::task::spawn_blocking(move || serde_json::to_vec(&review::answer(&request).into_review())).await;
    match judged {
        Ok(Ok(answer)) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        // The configuration lets an object pass whose judgement failed.
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn read(body: &[u8]) -> Result<AdmissionRequest<DynamicObject>, String> {
    let review: AdmissionReview<DynamicObject> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    review.try_into().map_err(|error: ConvertAdmissionReviewError| error.to_string())
}
