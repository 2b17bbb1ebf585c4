//! The replay of dead letters: they pass the chain of their consumer again, after a fix.
//!
//! Not by being written back into the topics, whose other readers would get them twice: a Deployment of its own reads the dead-letter topic,
//! with the consumer's own chain and sinks behind it, and goes when it has read what was planned. docs/adr/0011-replay.md
//!
//! | file | says |
//! |---|---|
//! | `request` | what was asked for, by an annotation |
//! | `plan` | which records are read, and how many of them were |
//! | `state` | what is to be done next |
//! | `children` | the Deployment and what it needs |
//! | `tally` | what its member counts |
//! | `report` | what is left for the status |

pub mod children;
pub mod plan;
pub mod report;
pub mod request;
pub mod state;
pub mod tally;

use kafkapipelines_crds::Consumer;
use kube::ResourceExt as _;

use crate::vector;

/// The consumer group in which dead letters are read again.
pub fn group(consumer: &Consumer) -> String {
    format!("{}-replay", vector::group(&consumer.name_any(), &consumer.spec))
}
