//! What is remembered of each pipeline's Kafka from one look to the next: only what says since when something is so, and what need not be
//! asked each time.

use kafkapipelines_core::cluster::report::Failing;

use super::{certificates, health, log_levels};

/// What is remembered of one pipeline's Kafka.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) failing: Failing,
    pub(super) log_levels: log_levels::Memory,
    pub(super) certificates: certificates::Memory,
    pub(super) health: health::Memory,
}
