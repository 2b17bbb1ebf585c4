//! What a person asks of a consumer: each step finds its one member ready and all lines delivered, and leaves it so.

mod loss;
mod pattern;
mod replay;
mod rollback;
mod seek;

use anyhow::Result;
use kafkapipelines_e2e::cluster::step;

use super::consumer_bed::ConsumerBed;

#[test]
fn what_a_person_asks_of_a_consumer_is_done() -> Result<()> {
    let bed = ConsumerBed::install("consumer-operations")?;
    step("loss", || loss::lost_lines_are_read_again(&bed))?;
    step("seek", || seek::lines_are_read_again(&bed))?;
    step("members that cannot start", || rollback::members_are_brought_back(&bed))?;
    step("replay", || replay::dead_letters_are_stored_after_the_fix(&bed))?;
    step("topics by a pattern", || pattern::topics_are_found_and_nobody_restarts(&bed))?;
    bed.remove()
}
