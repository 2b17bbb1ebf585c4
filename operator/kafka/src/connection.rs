//! One stream to one node, with many questions under way at once.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::ApiVersionsRequest;
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use crate::address::Address;
use crate::dial::{Stream, failure};
use crate::error::Error;
use crate::limits::Limits;
use crate::wire::{Api, Versions, frame, message, versions};

/// Questions that wait for their turn to be written.
const QUEUE: usize = 32;

/// A connection: what it is asked goes to the node in the order of asking. It ends when it is dropped, when the stream ends, when an answer
/// cannot be read, and when one is late: what is behind a late answer would be late too.
pub(crate) struct Connection {
    address: Address,
    versions: Versions,
    questions: mpsc::Sender<Bytes>,
    waiting: Arc<Waiting>,
    task: AbortHandle,
}

/// Those who wait for answers.
#[derive(Default)]
struct Waiting(Mutex<State>);

#[derive(Default)]
struct State {
    last: i32,
    answers: HashMap<i32, oneshot::Sender<Bytes>>,
    /// Why the connection ended.
    ended: Option<String>,
}

impl Connection {
    /// Learns the node's versions and begins to serve. The caller keeps the time.
    pub(crate) async fn open(address: &Address, mut stream: Box<dyn Stream>, limits: &Limits) -> Result<Self, Error> {
        let versions = ask_versions(address, &mut stream, limits.answer).await?;
        let waiting = Arc::new(Waiting::default());
        let (questions, queue) = mpsc::channel(QUEUE);
        let task = tokio::spawn(serve(stream, queue, Arc::clone(&waiting), limits.answer)).abort_handle();
        Ok(Self { address: address.clone(), versions, questions, waiting, task })
    }

    /// Whether nothing can be asked any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.waiting.lock().ended.is_some()
    }

    /// Asks, and waits for the answer for at most `patience`.
    pub(crate) async fn ask<R: Api>(&self, request: &R, patience: Duration) -> Result<R::Response, Error> {
        let version = self.versions.negotiate::<R>().map_err(|cause| Error::Unsupported {
            address: self.address.clone(),
            api: R::NAME,
            cause,
        })?;
        let (correlation, answer) = self.waiting.register().map_err(|cause| self.lost::<R>(cause))?;
        let frame = message::encode(request, version, correlation).map_err(|cause| {
            self.waiting.forget(correlation);
            Error::Unaskable { api: R::NAME, cause }
        })?;
        let exchange = async {
            // A queue or a sender that is gone went with the connection, which says why.
            self.questions.send(frame).await.ok();
            answer.await.ok()
        };
        let Ok(answer) = timeout_at(Instant::now() + patience, exchange).await else {
            self.end("an answer is late");
            return Err(Error::Deadline { api: R::NAME, after: patience });
        };
        let answer = answer.ok_or_else(|| self.lost::<R>(self.waiting.why_ended()))?;
        message::decode::<R>(answer, version).map_err(|cause| {
            self.end("an answer cannot be read");
            Error::Unreadable { address: self.address.clone(), api: R::NAME, cause }
        })
    }

    fn end(&self, cause: &str) {
        self.waiting.end(cause);
        self.task.abort();
    }

    fn lost<R: Api>(&self, cause: String) -> Error {
        Error::Lost { address: self.address.clone(), api: R::NAME, cause }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new correlation id, and where its answer comes. `Err` says why the connection ended.
    fn register(&self) -> Result<(i32, oneshot::Receiver<Bytes>), String> {
        let mut state = self.lock();
        if let Some(cause) = &state.ended {
            return Err(cause.clone());
        }
        state.last = state.last.wrapping_add(1);
        let (sender, receiver) = oneshot::channel();
        let correlation = state.last;
        state.answers.insert(correlation, sender);
        Ok((correlation, receiver))
    }

    fn forget(&self, correlation: i32) {
        self.lock().answers.remove(&correlation);
    }

    /// Hands an answer to who asked; one who no longer waits is still known. `Err` says what is wrong with it.
    fn deliver(&self, answer: Bytes) -> Result<(), String> {
        let correlation = message::correlation(&answer).ok_or("an answer without a number")?;
        let asked = self.lock().answers.remove(&correlation);
        // Nobody waits any more where a call was given up.
        asked.ok_or_else(|| format!("an answer to question {correlation}, which was not asked"))?.send(answer).ok();
        Ok(())
    }

    /// Whoever waits is woken by the loss of its sender.
    fn end(&self, cause: &str) {
        let mut state = self.lock();
        state.ended.get_or_insert_with(|| cause.to_owned());
        state.answers.clear();
    }

    fn why_ended(&self) -> String {
        self.lock().ended.clone().unwrap_or_else(|| "it ended".to_owned())
    }
}

/// The first exchange, before anybody else may ask: here a node that refuses our certificate says so.
async fn ask_versions(address: &Address, stream: &mut Box<dyn Stream>, limit: usize) -> Result<Versions, Error> {
    let unreadable =
        |cause: String| Error::Unreadable { address: address.clone(), api: ApiVersionsRequest::NAME, cause };
    let question = message::encode(&versions::question(), versions::FIRST, 0).map_err(unreadable)?;
    let exchange = async {
        stream.write_all(&question).await?;
        stream.flush().await?;
        frame::read(stream, limit).await
    };
    let frame = exchange.await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData if error.get_ref().is_none_or(|inner| !inner.is::<rustls::Error>()) => {
            unreadable(error.to_string())
        }
        _ => failure(address, &error),
    })?;
    if message::correlation(&frame) != Some(0) {
        return Err(unreadable("an answer to a question that was not asked".to_owned()));
    }
    let answer = message::decode::<ApiVersionsRequest>(frame, versions::FIRST).map_err(unreadable)?;
    match ApiVersionsRequest::failure(&answer) {
        Some(error) => Err(Error::Kafka { api: ApiVersionsRequest::NAME, error }),
        None => Ok(Versions::of(&answer)),
    }
}

/// Writes questions and reads answers until either ends.
async fn serve(stream: Box<dyn Stream>, queue: mpsc::Receiver<Bytes>, waiting: Arc<Waiting>, limit: usize) {
    let (reader, writer) = tokio::io::split(stream);
    let cause = tokio::select! {
        cause = read_answers(reader, &waiting, limit) => cause,
        cause = write_questions(writer, queue) => cause,
    };
    waiting.end(&cause);
}

async fn read_answers(mut reader: ReadHalf<Box<dyn Stream>>, waiting: &Waiting, limit: usize) -> String {
    loop {
        let answer = match frame::read(&mut reader, limit).await {
            Ok(answer) => answer,
            Err(error) => return error.to_string(),
        };
        if let Err(cause) = waiting.deliver(answer) {
            return cause;
        }
    }
}

async fn write_questions(mut writer: WriteHalf<Box<dyn Stream>>, mut queue: mpsc::Receiver<Bytes>) -> String {
    while let Some(question) = queue.recv().await {
        let written = async {
            writer.write_all(&question).await?;
            writer.flush().await
        };
        if let Err(error) = written.await {
            return error.to_string();
        }
    }
    "it is no longer needed".to_owned()
}
