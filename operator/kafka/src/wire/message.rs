//! Requests to frames, and frames to answers.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion};

use super::bounded::Bounded;
use super::{Api, wire};

/// What the nodes' logs call this client.
pub(crate) const CLIENT_ID: &str = "kafkapipelines";

/// A request as a frame, length included. `Err` says what cannot be said in this version.
pub(crate) fn encode<R: Api>(request: &R, version: i16, correlation: i32) -> Result<Bytes, String> {
    let mut request = request.clone();
    request.fit(version);
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some(wire(CLIENT_ID)));
    let mut body = BytesMut::new();
    header.encode(&mut body, R::header_version(version)).map_err(|error| error.to_string())?;
    request.encode(&mut body, version).map_err(|error| error.to_string())?;
    let length = i32::try_from(body.len()).map_err(|_| "it is too large".to_owned())?;
    let mut frame = BytesMut::with_capacity(body.len() + 4);
    frame.put_i32(length);
    frame.extend_from_slice(&body);
    Ok(frame.freeze())
}

/// The correlation id of an answer.
pub(crate) fn correlation(frame: &Bytes) -> Option<i32> {
    frame.first_chunk().copied().map(i32::from_be_bytes)
}

/// An answer from its frame, without the length. `Err` says what is wrong with it.
pub(crate) fn decode<R: Api>(frame: Bytes, version: i16) -> Result<R::Response, String> {
    let mut frame = Bounded::new(frame);
    ResponseHeader::decode(&mut frame, R::Response::header_version(version)).map_err(|error| error.to_string())?;
    R::Response::decode(&mut frame, version).map_err(|error| error.to_string())
}
