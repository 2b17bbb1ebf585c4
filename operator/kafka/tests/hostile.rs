//! Nodes that are dead, slow or lie: the call ends in time with the right error, and other connections go on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use kafkapipelines_core::retry::{ReconcileError, Retry};
use kafkapipelines_kafka::double::codec::messages::{
    ApiVersionsRequest, ApiVersionsResponse, DescribeClusterResponse, api_versions_response::ApiVersion,
};
use kafkapipelines_kafka::double::codec::protocol::{Encodable, Message};
use kafkapipelines_kafka::double::without_tls;
use kafkapipelines_kafka::{Address, Client, Endpoint, Error, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const DESCRIBE_CLUSTER: i16 = 60;

/// Short, but far longer than anything on loopback takes.
fn limits() -> Limits {
    let short = Duration::from_millis(500);
    Limits { connect: short, request: short, call: Duration::from_mins(1), tries: 2, answer: 4096 }
}

/// A listener that does `behaviour` to every connection.
async fn node<F: Future<Output = ()> + Send + 'static>(behaviour: fn(TcpStream) -> F) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address::new("127.0.0.1", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Only the test's end ends it.
            drop(tokio::spawn(async move { behaviour(stream).await }));
        }
    });
    without_tls(Endpoint::Brokers, vec![address], limits())
}

/// Says nothing more, and keeps the connection.
async fn silence() {
    std::future::pending::<()>().await;
}

/// The correlation id of the next question; `None` when the client is gone.
async fn question(stream: &mut TcpStream) -> Option<i32> {
    let length = stream.read_i32().await.ok()?;
    let mut question = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut question).await.ok()?;
    Some(i32::from_be_bytes(question[4..8].try_into().unwrap()))
}

async fn answer(stream: &mut TcpStream, correlation: i32, body: &[u8]) {
    let mut frame = i32::try_from(body.len() + 4).unwrap().to_be_bytes().to_vec();
    frame.extend(correlation.to_be_bytes());
    frame.extend(body);
    stream.write_all(&frame).await.ok();
}

/// Tells the truth about the versions.
async fn greet(stream: &mut TcpStream) {
    let Some(correlation) = question(stream).await else { return };
    let api = ApiVersion::default().with_api_key(DESCRIBE_CLUSTER).with_min_version(0).with_max_version(1);
    let mut body = bytes::BytesMut::new();
    let versions = ApiVersionsResponse::default().with_api_keys(vec![api]);
    versions.encode(&mut body, ApiVersionsRequest::VERSIONS.max.min(3)).unwrap();
    answer(stream, correlation, &body).await;
}

/// An answer to `DescribeCluster` that is as it should be.
fn cluster() -> Vec<u8> {
    // The header's tagged fields come first.
    let mut body = bytes::BytesMut::from(&[0][..]);
    DescribeClusterResponse::default().encode(&mut body, 1).unwrap();
    body.to_vec()
}

async fn error(client: &Client) -> Error {
    client.describe_cluster().await.unwrap_err()
}

#[tokio::test]
async fn a_node_that_says_nothing_is_given_up() {
    let client = node(|stream| async move {
        let _held = stream;
        silence().await;
    });
    let error = error(&client.await).await;
    assert!(matches!(&error, Error::Unreachable { cause, .. } if cause.contains("does not speak")), "{error}");
    assert_eq!((error.reason(), error.retry()), ("KafkaUnreachable", Retry::Backoff));
}

#[tokio::test]
async fn a_node_that_greets_and_then_says_nothing_is_given_up() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        silence().await;
    });
    let error = error(&client.await).await;
    assert!(matches!(error, Error::Deadline { api: "DescribeCluster", .. }), "{error}");
    assert_eq!((error.reason(), error.retry()), ("KafkaTimeout", Retry::Backoff));
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address::new("127.0.0.1", listener.local_addr().unwrap().port());
    drop(listener);
    let error = error(&without_tls(Endpoint::Brokers, vec![address], limits())).await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_connection_that_ends_within_an_answer_is_lost() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        if question(&mut stream).await.is_some() {
            stream.write_all(&[0, 0, 1, 0, 0, 0]).await.ok();
        }
    });
    let error = error(&client.await).await;
    assert!(matches!(error, Error::Lost { .. }), "{error}");
    assert_eq!((error.reason(), error.retry()), ("KafkaConnectionLost", Retry::Backoff));
}

#[tokio::test]
async fn an_enormous_length_is_not_believed() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        if question(&mut stream).await.is_some() {
            stream.write_all(&i32::MAX.to_be_bytes()).await.ok();
            silence().await;
        }
    });
    let error = error(&client.await).await;
    assert!(matches!(&error, Error::Lost { cause, .. } if cause.contains("2147483647")), "{error}");
}

#[tokio::test]
async fn an_answer_to_another_question_ends_the_connection() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        while let Some(correlation) = question(&mut stream).await {
            answer(&mut stream, correlation + 1000, &cluster()).await;
        }
    });
    let error = error(&client.await).await;
    assert!(matches!(&error, Error::Lost { cause, .. } if cause.contains("not asked")), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_unreadable() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        while let Some(correlation) = question(&mut stream).await {
            // It says that it has four thousand million nodes.
            let lie = [&[0; 14][..], &[0xff, 0xff, 0xff, 0xff, 0x0f], &[1; 20]].concat();
            answer(&mut stream, correlation, &lie).await;
        }
    });
    let error = error(&client.await).await;
    assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    assert_eq!((error.reason(), error.retry()), ("KafkaUnreadable", Retry::Backoff));
}

#[tokio::test]
async fn answers_may_come_in_any_order() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        let (Some(first), Some(second)) = (question(&mut stream).await, question(&mut stream).await) else { return };
        for correlation in [second, first] {
            answer(&mut stream, correlation, &cluster()).await;
        }
        silence().await;
    });
    let client = client.await;
    let (one, other) = tokio::join!(client.describe_cluster(), client.describe_cluster());
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_call_that_is_given_up_by_its_caller_disturbs_nobody() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        // The first question is answered only with the second.
        let (Some(first), Some(second)) = (question(&mut stream).await, question(&mut stream).await) else { return };
        for correlation in [first, second] {
            answer(&mut stream, correlation, &cluster()).await;
        }
        silence().await;
    });
    let client = client.await;
    let given_up = tokio::time::timeout(Duration::from_millis(100), client.describe_cluster()).await;
    assert!(given_up.is_err());
    client.describe_cluster().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_the_node_ends_is_made_anew() {
    let client = node(|mut stream| async move {
        greet(&mut stream).await;
        if let Some(correlation) = question(&mut stream).await {
            answer(&mut stream, correlation, &cluster()).await;
        }
    });
    let client = client.await;
    for _ in 0..3 {
        client.describe_cluster().await.unwrap();
    }
}

#[tokio::test]
async fn a_dead_node_does_not_hold_up_another_client() {
    let dead = node(|stream| async move {
        let _held = stream;
        silence().await;
    });
    let good = node(|mut stream| async move {
        greet(&mut stream).await;
        while let Some(correlation) = question(&mut stream).await {
            answer(&mut stream, correlation, &cluster()).await;
        }
    });
    let (dead, good) = (dead.await, good.await);
    let mut waiting = Box::pin(dead.describe_cluster());
    tokio::select! {
        biased;
        ended = &mut waiting => panic!("{ended:?}"),
        answered = good.describe_cluster() => { answered.unwrap(); }
    }
    assert!(waiting.await.is_err());
}
