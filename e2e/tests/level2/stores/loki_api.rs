//! Loki's API: what it has.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use kafkapipelines_e2e::cluster::until;
use serde_json::Value;

use super::bed::Store;
use super::load::{is_garbage, is_old};
use super::web::Web;
use crate::consumer_bed::SOON;

/// The label `job` of all streams, as a query percent-encodes it.
const QUERY: &str = "%7Bjob%3D%22e2e%22%7D";

/// Loki, which answers a query with what it got last.
pub struct Loki<'a> {
    pub web: &'a Web,
}

impl Loki<'_> {
    /// Waits until it answers, as after a restart.
    pub fn is_up(&self) -> Result<()> {
        until("Loki serves", SOON, || Ok(self.web.get("/loki/api/v1/status/buildinfo").is_ok()))
    }
}

impl Store for Loki<'_> {
    fn lines(&self) -> Result<BTreeMap<usize, usize>> {
        let since = (Timestamp::now() - SignedDuration::from_hours(4)).as_second();
        let query = format!("/loki/api/v1/query_range?query={QUERY}&limit=100000&start={since}");
        let found = self.web.get(&query)?;
        let mut times = BTreeMap::new();
        let streams = found["data"]["result"].as_array().context("streams")?;
        for entry in streams.iter().filter_map(|stream| stream["values"].as_array()).flatten() {
            let line: Value = serde_json::from_str(entry[1].as_str().context("a line")?)?;
            let number = line["number"].as_u64().with_context(|| format!("a number: {line}"))?;
            *times.entry(usize::try_from(number)?).or_default() += 1;
        }
        Ok(times)
    }

    fn takes(&self, number: usize) -> bool {
        !is_garbage(number) && !is_old(number)
    }
}
