//! What is inside a pipeline's Kafka: topics, users, dynamic configuration, the quorum.
//!
//! Each file plans for one family: what the spec wants and what Kafka has give the changes to send, and applying them to what Kafka has
//! gives what the spec wants.

pub mod access;
pub mod acls;
pub mod authorization_gate;
pub mod configs;
pub mod quorum;
pub mod quotas;
pub mod report;
pub mod restart_gate;
pub mod topics;
pub mod users;
