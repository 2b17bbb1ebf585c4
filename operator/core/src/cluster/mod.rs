//! What is inside a pipeline's Kafka: topics, users, dynamic configuration, the quorum.
//!
//! Each file plans for one family: what the spec wants and what Kafka has give the changes to send, and applying them to what Kafka has
//! gives what the spec wants.

pub mod access;
pub mod acls;
pub mod authorization_gate;
pub mod certificates;
pub mod configs;
pub mod features;
pub mod health;
pub mod log_levels;
pub mod quorum;
pub mod quotas;
pub mod registrations;
pub mod report;
pub mod restart_gate;
pub mod settings;
pub mod topics;
pub mod users;
pub mod votes;
