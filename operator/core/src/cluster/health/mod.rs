//! How a pipeline's Kafka is: its partitions, the brokers' disks, the voters, the certificates.
//!
//! What moves all the time is for metrics; what is told in the status stays as it is while nothing happens that concerns people.

pub mod certificates;
pub mod disks;
pub mod partitions;
pub mod voters;

/// How many things a message names.
const NAMED: usize = 5;

/// The first few of `all`, and how many more there are.
fn named(all: &[String]) -> String {
    let shown = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = all.len().saturating_sub(NAMED);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
