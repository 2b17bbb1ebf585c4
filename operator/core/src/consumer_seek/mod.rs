//! The seek: offsets of a consumer's group are moved while its members are stopped.
//!
//! | file | says |
//! |---|---|
//! | `request` | what was asked for, by an annotation |
//! | `target` | where the group is to go on |
//! | `plan` | which partitions are moved, and what that means in lines |
//! | `state` | what is to be done next |
//! | `record` | what the status tells, and whether members are to stay stopped |

pub mod plan;
pub mod record;
pub mod request;
pub mod state;
pub mod target;

#[cfg(test)]
mod tests;
