//! Offsets of a consumer's group are moved, and its lines are read again.

use anyhow::Result;

use crate::consumer_bed::ConsumerBed;

pub fn lines_are_read_again(bed: &ConsumerBed) -> Result<()> {
    bed.lines_arrive(100)
}
