//! Whole controllers against a double of the API server that keeps objects in memory.
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod consumer;
mod consumer_rollback;
mod consumer_seek;
mod gateway;
mod memory_api;
