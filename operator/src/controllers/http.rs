//! Short questions by HTTP, each with a deadline and a bound.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use futures::{StreamExt as _, TryFutureExt as _};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kafkapipelines_core::vector::METRICS_PORT;
use tokio::time::timeout;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// The largest page of metrics.
const LARGEST: usize = 16 << 20;

/// A client without TLS. Cheap to clone.
#[derive(Clone)]
pub(super) struct Http(Client<HttpConnector, Body>);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

impl Http {
    pub(super) fn new() -> Self {
        // A Pod's address may be another's at the next look.
        Self(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http())
    }

    /// The page of metrics of the Vector in the Pod with this address.
    pub(super) async fn metrics(&self, address: &str) -> Result<String, NoAnswer> {
        let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
        self.page(&format!("http://{host}:{METRICS_PORT}/metrics")).await
    }

    /// The page at `url`.
    pub(super) async fn page(&self, url: &str) -> Result<String, NoAnswer> {
        within(async {
            let answer = self.ask(Method::GET, url).await?;
            if !answer.status().is_success() {
                return Err(NoAnswer(format!("it answers {}", answer.status())));
            }
            let page = to_bytes(answer.into_body(), LARGEST).await.map_err(no_answer)?;
            Ok(String::from_utf8_lossy(&page).into_owned())
        })
        .await
    }

    /// Status code and beginning of the answer to a request without a body.
    pub(super) async fn probe(&self, url: &str) -> Result<(u16, Bytes), NoAnswer> {
        within(async {
            let answer = self.ask(Method::POST, url).await?;
            let status = answer.status().as_u16();
            let beginning = answer.into_body().into_data_stream().next().await;
            Ok((status, beginning.and_then(Result::ok).unwrap_or_default()))
        })
        .await
    }

    async fn ask(&self, method: Method, url: &str) -> Result<Response<Body>, NoAnswer> {
        let request = Request::builder().method(method).uri(url).body(Body::empty()).map_err(no_answer)?;
        Ok(self.0.request(request).map_err(no_answer).await?.map(Body::new))
    }
}

async fn within<T>(asked: impl Future<Output = Result<T, NoAnswer>>) -> Result<T, NoAnswer> {
    timeout(DEADLINE, asked).await.unwrap_or_else(|_| Err(NoAnswer(format!("no answer within {DEADLINE:?}"))))
}

fn no_answer(error: impl std::error::Error) -> NoAnswer {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    NoAnswer(causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}")))
}
