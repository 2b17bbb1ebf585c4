//! The operator. Dependencies point one way: `io` ← {`controllers`, `webhook`} ← `runtime` ← `main`.
//!
//! - [`io`]: the only code that talks to the API server: watches, reads, and the few ways to write.
//! - [`controllers`]: one folder a kind, each observe → validate → build → apply → status.
//! - [`webhook`]: judges what is applied at once, where it is installed.
//! - [`runtime`]: the process around them: client, lease, admin server, metrics, logging, shutdown.
#![warn(missing_docs)]

pub mod args;
pub mod controllers;
mod fresh_keys;
pub mod io;
pub mod runtime;
pub mod webhook;
