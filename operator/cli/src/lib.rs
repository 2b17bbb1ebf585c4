//! `kubectl kafkapipelines`: what a person does at a terminal. The program is `kubectl-kafkapipelines`.
//!
//! `status` fetches ([`cluster`], [`watch`]), groups ([`overview`]) and draws ([`tree`]);
//! `check` reads ([`documents`]), asks the API server's rules ([`admission`]) and the operator's own, and prints ([`judgement`]);
//! `agent` makes the files of a server that sends its logs; `consumer` runs transforms and renders Vector files without a cluster.
#![warn(missing_docs)]

pub mod admission;
pub mod agent;
pub mod args;
mod branch;
pub mod check;
pub mod cluster;
pub mod consumer;
mod consumers;
mod content;
pub mod documents;
mod health;
pub mod judgement;
mod kubernetes_keywords;
mod moment;
pub mod overview;
pub mod problem;
mod readiness;
pub mod status;
mod terminal;
pub mod tree;
pub mod watch;
