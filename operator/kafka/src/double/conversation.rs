//! A conversation that is known beforehand.

use std::any::type_name;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures::future::BoxFuture;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, ApiVersionsResponse, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Encodable, Request, decode_request_header_from_buffer};
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

use crate::address::Address;
use crate::client::Client;
use crate::dial::{Dial, Dialed};
use crate::error::Error;
use crate::limits::Limits;
use crate::route::Endpoint;
use crate::wire::frame;

/// A double of a Kafka in memory: it expects requests in an order, on whichever node and connection, and answers each as it was told.
/// Versions are negotiated for real, and not part of the script. A request that is not expected ends its connection; [`Conversation::finish`] tells.
#[derive(Clone, Default)]
pub struct Conversation(Arc<Mutex<Script>>);

type Answer = Box<dyn FnOnce(i16, &mut Bytes) -> Bytes + Send>;

#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    /// Newest versions by request, where the double is older than the client.
    newest: BTreeMap<i16, i16>,
    asked: Vec<(Address, &'static str)>,
    surprise: Option<String>,
}

struct Step {
    key: i16,
    name: &'static str,
    answer: Answer,
}

impl Conversation {
    /// Expects `R` next, and answers what `answer` makes of it.
    ///
    /// # Panics
    /// Later and in a task of its own, if the request or the answer cannot be said in the version that was agreed on.
    #[must_use]
    pub fn expect<R: Request + 'static>(self, answer: impl FnOnce(R) -> R::Response + Send + 'static) -> Self {
        let answer: Answer = Box::new(move |version, body| {
            let mut bytes = BytesMut::new();
            let written = R::decode(body, version).and_then(|request| answer(request).encode(&mut bytes, version));
            assert!(written.is_ok(), "the double cannot read or answer {} {version}: {written:?}", short_name::<R>());
            bytes.freeze()
        });
        self.lock().steps.push_back(Step { key: R::KEY, name: short_name::<R>(), answer });
        self
    }

    /// Has no version of `R` above `newest`.
    #[must_use]
    pub fn limited<R: Request>(self, newest: i16) -> Self {
        self.lock().newest.insert(R::KEY, newest);
        self
    }

    /// A client of this double.
    pub fn client(&self, endpoint: Endpoint, bootstrap: &Address, limits: Limits) -> Client {
        Client::over(Arc::new(self.clone()), endpoint, vec![bootstrap.clone()], limits)
    }

    /// What was asked of whom. Panics if something else was asked than expected, or if something was not asked.
    ///
    /// # Panics
    /// As told.
    pub fn finish(self) -> Vec<(Address, &'static str)> {
        let script = self.lock();
        assert_eq!(script.surprise, None, "asked so far: {:?}", script.asked);
        let left: Vec<_> = script.steps.iter().map(|step| step.name).collect();
        assert!(left.is_empty(), "never asked: {left:?}");
        script.asked.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, address: Address, mut stream: DuplexStream) {
        while let Ok(mut request) = frame::read(&mut stream, usize::MAX >> 1).await {
            let Some(answer) = self.answer(&address, &mut request) else { return };
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, address: &Address, request: &mut Bytes) -> Option<Bytes> {
        let header = decode_request_header_from_buffer(request).ok()?;
        let body = if header.request_api_key == ApiVersionsRequest::KEY {
            self.versions(header.request_api_version)?
        } else {
            self.next(address, &header)?(header.request_api_version, request)
        };
        envelope(&header, &body)
    }

    fn next(&self, address: &Address, header: &RequestHeader) -> Option<Answer> {
        let mut script = self.lock();
        match script.steps.pop_front() {
            Some(step) if step.key == header.request_api_key => {
                script.asked.push((address.clone(), step.name));
                Some(step.answer)
            }
            expected => {
                let expected = expected.map(|step| step.name);
                script.surprise = Some(format!("asked for {}, expected {expected:?}", header.request_api_key));
                None
            }
        }
    }

    fn versions(&self, version: i16) -> Option<Bytes> {
        let script = self.lock();
        let keys = ApiKey::iter().map(|key| {
            let range = key.valid_versions();
            let newest = script.newest.get(&(key as i16)).copied().unwrap_or(range.max);
            ApiVersion::default().with_api_key(key as i16).with_min_version(range.min).with_max_version(newest)
        });
        let mut bytes = BytesMut::new();
        let answer = ApiVersionsResponse::default().with_api_keys(keys.collect());
        answer.encode(&mut bytes, version).ok()?;
        Some(bytes.freeze())
    }
}

impl Dial for Conversation {
    fn dial<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, Result<Dialed, Error>> {
        Box::pin(async move {
            let (ours, theirs) = duplex(1 << 16);
            tokio::spawn(self.clone().serve(address.clone(), theirs));
            Ok(Dialed { stream: Box::new(ours), certificate: None })
        })
    }
}

fn short_name<R>() -> &'static str {
    type_name::<R>().rsplit("::").next().unwrap_or_default().trim_end_matches("Request")
}

fn envelope(header: &RequestHeader, body: &Bytes) -> Option<Bytes> {
    let key = ApiKey::try_from(header.request_api_key).ok()?;
    let mut answer = BytesMut::new();
    let response = ResponseHeader::default().with_correlation_id(header.correlation_id);
    response.encode(&mut answer, key.response_header_version(header.request_api_version)).ok()?;
    answer.extend_from_slice(body);
    let mut framed = BytesMut::with_capacity(answer.remaining() + 4);
    framed.put_i32(i32::try_from(answer.len()).ok()?);
    framed.extend_from_slice(&answer);
    Some(framed.freeze())
}
