//! A double of the API server: it expects these requests in this order, and no other.

use http::{Method, Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower_test::mock;

/// What a request must be, and what is answered.
pub struct Step {
    method: Method,
    path: &'static str,
    answer: Answer,
}

enum Answer {
    Json(StatusCode, Value),
    Never,
}

/// A request as it came.
#[derive(Debug)]
pub struct Seen {
    pub query: String,
    pub body: Value,
}

/// A request that is answered with an object.
pub fn step(method: Method, path: &'static str, answer: Value) -> Step {
    Step { method, path, answer: Answer::Json(StatusCode::OK, answer) }
}

/// A request that is refused.
pub fn refused(method: Method, path: &'static str, code: u16, reason: &str) -> Step {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": reason,
    });
    Step { method, path, answer: Answer::Json(StatusCode::from_u16(code).unwrap(), status) }
}

/// A request that is never answered.
pub fn unanswered(method: Method, path: &'static str) -> Step {
    Step { method, path, answer: Answer::Never }
}

/// The running double.
pub struct Double(JoinHandle<Vec<Seen>>);

/// A client of a double that expects `steps`.
pub fn api(steps: Vec<Step>) -> (Client, Double) {
    let (service, mut handle) = mock::pair::<Request<Body>, Response<Body>>();
    let served = tokio::spawn(async move {
        let (mut seen, mut unanswered) = (Vec::new(), Vec::new());
        let mut steps = steps.into_iter();
        while let Some((request, send)) = handle.next_request().await {
            let (head, body) = request.into_parts();
            let line = format!("{} {}", head.method, head.uri);
            let step = steps.next().unwrap_or_else(|| panic!("not expected: {line}"));
            assert_eq!((&head.method, head.uri.path()), (&step.method, step.path), "after {seen:?}");
            let body = body.collect_bytes().await.unwrap();
            let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
            seen.push(Seen { query: head.uri.query().unwrap_or_default().to_owned(), body });
            match step.answer {
                Answer::Json(status, json) => send.send_response(
                    Response::builder().status(status).body(Body::from(json.to_string().into_bytes())).unwrap(),
                ),
                Answer::Never => unanswered.push(send),
            }
        }
        assert_eq!(steps.next().map(|step| step.path), None, "expected, but did not come");
        seen
    });
    (Client::new(service, "default"), Double(served))
}

impl Double {
    /// The requests that came; call it when every client of the double is dropped.
    pub async fn seen(self) -> Vec<Seen> {
        let served = tokio::time::timeout(std::time::Duration::from_mins(1), self.0).await;
        served
            .expect("every client of the double is dropped")
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }
}
