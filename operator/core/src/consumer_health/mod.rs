//! How a Consumer does, by what is seen of it: what its members count, and how far its group has read. Pure: all that is seen is handed in.
//!
//! | file | tells |
//! |---|---|
//! | `exposition` | what Vector's page of metrics says |
//! | `counters` | what a member has counted, and what it counted since the last look |
//! | `reading` | how far behind the group is, in lines |
//! | `age` | how far behind the group is, in time |
//! | `loss` | lines that reached neither store nor dead letters: `NoLoss` |
//! | `delivery` | stores that take nothing: `Delivering` |
//! | `risk` | what Kafka will delete unread, and dead letters that would be lost: `AtRisk` |
//! | `topics` | what the consumer's topics are like |
//! | `start` | what the first member waits for |
//! | `figures` | numbers that move, told so that a status stands still |
//! | `report` | all of it |

pub mod age;
pub mod counters;
pub mod delivery;
mod exposition;
pub mod figures;
pub mod loss;
pub mod reading;
pub mod report;
pub mod risk;
pub mod start;
pub mod topics;
