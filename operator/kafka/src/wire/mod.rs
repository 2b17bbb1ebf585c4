//! Kafka's protocol as bytes. Pure: nothing here reads or writes a stream, [`frame`] aside, which takes whole frames off one.

pub(crate) mod api;
pub(crate) mod bounded;
pub(crate) mod frame;
#[cfg(test)]
mod fuzz;
pub(crate) mod message;
pub(crate) mod text;
pub(crate) mod versions;

pub(crate) use api::Api;
pub(crate) use text::{text, wire};
pub(crate) use versions::Versions;
