//! The client of the API server: deadlines on every part of a request, retries left to the caller.

use std::time::Duration;

use http::header::{HeaderValue, USER_AGENT};
use kube::client::ClientBuilder;
use kube::{Client, Config};
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;

/// How long connecting may take, with TLS.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the head of an answer may take, also that of a watch.
const RESPONSE_HEAD: Duration = Duration::from_secs(30);
/// How long an answer may stall: longer than a watch lives, for a quiet watch is no dead one.
const STALL: Duration = Duration::from_secs(150);

/// How many requests are on their way at a time; each needs a connection of its own. A watch counts until it has begun.
const REQUESTS: usize = 32;

const AGENT: &str = concat!("kafkapipelines-operator/", env!("CARGO_PKG_VERSION"));

/// A client by the kubeconfig if there is one, else by the Pod's service account.
///
/// # Errors
/// If there is neither, or what it names cannot be read.
pub async fn connect() -> Result<Client, kube::Error> {
    let mut config = Config::infer().await.map_err(kube::Error::InferConfig)?;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(STALL);
    config.reset_reader_on_write = true;
    // Failures go to the backoff of each object and watch, where they are seen and counted.
    config.default_retry = false;
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    let client = ClientBuilder::try_from(config)?
        .with_layer(&TimeoutLayer::new(RESPONSE_HEAD))
        .with_layer(&ConcurrencyLimitLayer::new(REQUESTS));
    Ok(client.build())
}
